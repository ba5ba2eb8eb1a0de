//! Counts, gauges and latencies of a cluster, its hosts and its sessions.
//!
//! [`Cluster::metrics`](crate::Cluster::metrics) and [`Session::metrics`](crate::Session::metrics) give a plain value, [`Metrics`] or
//! [`SessionMetrics`], which is what they are at that moment and can be printed. Failures, connections and bytes are counted in
//! any case; requests and how long they take are where [`Observability::metrics`](crate::observe::Observability::metrics) says
//! so.
//!
//! * `histogram`: how long things took; `recorder`: the same for many threads; `window`: the same of the last while.
//! * `failures`, `requests`, `host`, `traffic`: what counts. * `snapshot`: the value; `display`: as text.

mod cluster;
mod display;
mod failures;
mod histogram;
mod host;
#[cfg(feature = "metrics")]
pub(crate) mod publish;
mod recorder;
mod requests;
mod snapshot;
mod traffic;
mod window;

pub use cluster::ClusterCounts;
pub use failures::Failures;
pub use histogram::{Histogram, LONGEST};
pub use host::Attempts;
pub use recorder::Recorder;
pub use requests::Requests;
pub use snapshot::{HostMetrics, Metrics, SessionMetrics};
pub use traffic::Traffic;
pub use window::Window;

pub(crate) use cluster::ClusterCounters;
pub(crate) use failures::FailureCounters;
pub(crate) use host::HostCounters;
pub(crate) use requests::RequestCounters;
pub(crate) use traffic::TrafficCounters;

use std::sync::atomic::{AtomicU64, Ordering};

/// One number that grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
