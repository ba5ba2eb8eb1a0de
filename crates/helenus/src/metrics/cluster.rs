//! What happens to a cluster besides its requests, counted in any case: it is rare.

use super::{Counter, FailureCounters};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct ClusterCounters {
    pub(crate) failures: FailureCounters,
    pub(crate) events: Counter,
    pub(crate) topology_refreshes: Counter,
    pub(crate) schema_refreshes: Counter,
    pub(crate) prepared: Counter,
    pub(crate) prepared_known: Counter,
    pub(crate) prepared_again: Counter,
}

/// What has happened to a cluster so far, besides its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ClusterCounts {
    /// Events that its nodes have sent.
    pub events: u64,
    /// How often its nodes were read from the system tables.
    pub topology_refreshes: u64,
    /// How often its schema, or a part of it, was read from the system tables.
    pub schema_refreshes: u64,
    /// Statements that were prepared because a program asked for it.
    pub prepared: u64,
    /// Those among them that were known already.
    pub prepared_known: u64,
    /// How often a host had forgotten a statement and was told again before it was run.
    pub prepared_again: u64,
}

impl ClusterCounters {
    pub(crate) fn read(&self) -> ClusterCounts {
        ClusterCounts {
            events: self.events.read(),
            topology_refreshes: self.topology_refreshes.read(),
            schema_refreshes: self.schema_refreshes.read(),
            prepared: self.prepared.read(),
            prepared_known: self.prepared_known.read(),
            prepared_again: self.prepared_again.read(),
        }
    }
}
