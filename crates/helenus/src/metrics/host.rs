//! Attempts at one host, counted and timed where that is wanted; shared by all sessions of a cluster.

use std::sync::OnceLock;
use std::time::Duration;

use super::{Counter, Histogram, Recorder};
use crate::observe::AttemptOutcome;
use crate::observe::flight::Flights;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct HostCounters {
    started: Counter,
    answered: Counter,
    failed: Counter,
    unanswered: Counter,
    latency: Recorder,
    /// What the flight recorder keeps of it.
    pub(crate) flights: OnceLock<Flights>,
}

/// Attempts at a host so far. `started` is `answered + failed + unanswered + in_flight`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Attempts {
    /// Attempts that were made, those among them that found no connection.
    pub started: u64,
    /// Those that were answered, and not with an error.
    pub answered: u64,
    /// Those that have failed, by an error of the host's or otherwise.
    pub failed: u64,
    /// Those whose request has ended without them.
    pub unanswered: u64,
    /// Those that are under way.
    pub in_flight: u64,
    /// How long those took that were answered.
    pub latency: Histogram,
}

impl HostCounters {
    pub(crate) fn began(&self) {
        self.started.one();
    }

    pub(crate) fn ended(&self, outcome: &AttemptOutcome, elapsed: Duration) {
        match outcome {
            AttemptOutcome::Answered => {
                self.answered.one();
                self.latency.record(elapsed);
            }
            AttemptOutcome::Failed(_) => self.failed.one(),
            AttemptOutcome::Unanswered => self.unanswered.one(),
        }
    }

    pub(crate) fn read(&self) -> Attempts {
        let (answered, failed, unanswered) =
            (self.answered.read(), self.failed.read(), self.unanswered.read());
        let ended = answered + failed + unanswered;
        let started = self.started.read().max(ended);
        Attempts {
            started,
            answered,
            failed,
            unanswered,
            in_flight: started - ended,
            latency: self.latency.read(),
        }
    }
}
