//! Requests, counted and timed where that is wanted.

use super::{Counter, Histogram, Recorder};
use crate::observe::{RequestEnd, RequestOutcome};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct RequestCounters {
    started: Counter,
    succeeded: Counter,
    failed: Counter,
    timed_out: Counter,
    cancelled: Counter,
    retries: Counter,
    speculative: Counter,
    latency: Recorder,
}

/// Requests so far. Each page of a result is one, and so is each `prepare`; what could not be sent at all is none.
///
/// `started` is `succeeded + failed + cancelled + in_flight`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Requests {
    /// Requests that were begun.
    pub started: u64,
    /// Those that have their answer.
    pub succeeded: u64,
    /// Those that have failed.
    pub failed: u64,
    /// Those among them whose time was over.
    pub timed_out: u64,
    /// Those that nobody wanted the answer of any more.
    pub cancelled: u64,
    /// Those that are under way.
    pub in_flight: u64,
    /// Attempts that were made because a retry policy said so.
    pub retries: u64,
    /// Attempts that were made because another took long.
    pub speculative: u64,
    /// How long those took that have succeeded or failed.
    pub latency: Histogram,
}

impl RequestCounters {
    pub(crate) fn began(&self) {
        self.started.one();
    }

    pub(crate) fn ended(&self, end: &RequestEnd) {
        match end.outcome {
            RequestOutcome::Succeeded => self.succeeded.one(),
            RequestOutcome::Failed(error) => {
                self.failed.one();
                if error == "timeout" {
                    self.timed_out.one();
                }
            }
            RequestOutcome::Cancelled => self.cancelled.one(),
        }
        if end.outcome != RequestOutcome::Cancelled {
            self.latency.record(end.elapsed);
        }
        // They are rare, and a number that all processors write to is dear.
        if end.retries > 0 {
            self.retries.add(end.retries.into());
        }
        if end.speculative > 0 {
            self.speculative.add(end.speculative.into());
        }
    }

    pub(crate) fn read(&self) -> Requests {
        // The ends before the beginnings: what ends in between is in flight, and not less than nothing is.
        let (succeeded, failed, cancelled) =
            (self.succeeded.read(), self.failed.read(), self.cancelled.read());
        let ended = succeeded + failed + cancelled;
        let started = self.started.read().max(ended);
        Requests {
            started,
            succeeded,
            failed,
            cancelled,
            timed_out: self.timed_out.read().min(failed),
            in_flight: started - ended,
            retries: self.retries.read(),
            speculative: self.speculative.read(),
            latency: self.latency.read(),
        }
    }
}
