//! What is to be observed.

use std::sync::Arc;
use std::time::Duration;

use super::flight::FlightRecorder;
use super::slow::SlowQueries;
use super::tracker::RequestTracker;

/// What a cluster shows of its requests. By default: spans, where a `tracing` subscriber wants them, and nothing else.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Observability {
    /// Whether requests make spans of [`tracing`], where a subscriber wants them: yes. A request's is of the level INFO, an
    /// attempt's of the level DEBUG; the target of both is `helenus::request`.
    pub spans: bool,
    /// Whether spans hold the text of the statement (`db.query.text`), without its constants: no.
    pub query_text: bool,
    /// Whether requests are counted and timed, by session and by host: no. What fails is counted in any case, and so are
    /// connections and bytes.
    pub metrics: bool,
    /// How often all counts and gauges are given to the recorder of the `metrics` crate: `None`, never. Each request's duration
    /// goes there at once. It implies `metrics`.
    #[cfg(feature = "metrics")]
    pub publish_every: Option<Duration>,
    /// Who is told of each request.
    pub trackers: Vec<Arc<dyn RequestTracker>>,
    /// Which requests are logged for being slow: none.
    pub slow_queries: Option<SlowQueries>,
    /// How many of the last requests to each host are kept: none.
    pub flight_recorder: Option<FlightRecorder>,
}

impl Observability {
    /// Whether anything but spans is wanted.
    pub(super) fn is_any(&self) -> bool {
        self.counts()
            || !self.trackers.is_empty()
            || self.slow_queries.is_some()
            || self.flight_recorder.is_some()
    }

    /// Whether requests are counted.
    pub(crate) fn counts(&self) -> bool {
        self.metrics || self.publish_every().is_some()
    }

    /// Whether and how often the recorder of the `metrics` crate is told.
    pub(crate) const fn publish_every(&self) -> Option<Duration> {
        #[cfg(feature = "metrics")]
        return self.publish_every;
        #[cfg(not(feature = "metrics"))]
        None
    }
}

impl Default for Observability {
    fn default() -> Self {
        Self {
            spans: true,
            query_text: false,
            metrics: false,
            #[cfg(feature = "metrics")]
            publish_every: None,
            trackers: Vec::new(),
            slow_queries: None,
            flight_recorder: None,
        }
    }
}
