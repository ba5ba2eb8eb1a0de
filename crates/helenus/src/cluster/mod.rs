//! The cluster as it is known: its hosts, and the snapshot that one request sees from its beginning to its end.

pub(crate) mod host;
mod snapshot;

pub use host::{Host, HostFacts, HostStatus};
pub use snapshot::Snapshot;
