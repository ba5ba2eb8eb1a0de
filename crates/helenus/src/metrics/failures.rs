//! What has gone wrong on the way of requests, counted: each attempt that failed, and what a retry policy made of it.
//!
//! Counted in any case, since it is rare and there is time for it.

use std::sync::atomic::{AtomicU64, Ordering};

use helenus_protocol::response::ServerError;

use crate::error::{AttemptError, NotRetried};
use crate::request::execution::{Answer, Input, Verdict};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct FailureCounters {
    connection_errors: AtomicU64,
    read_timeouts: AtomicU64,
    write_timeouts: AtomicU64,
    unavailables: AtomicU64,
    other_errors: AtomicU64,
    retries: AtomicU64,
    ignores: AtomicU64,
    retries_refused: AtomicU64,
    speculations: AtomicU64,
    speculations_refused: AtomicU64,
}

/// How often attempts of a cluster's requests have failed so far, and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Failures {
    /// Attempts whose connection was lost, or that found none.
    pub connection_errors: u64,
    /// Attempts that a server answered with a read timeout.
    pub read_timeouts: u64,
    /// Attempts that a server answered with a write timeout.
    pub write_timeouts: u64,
    /// Attempts for which too few replicas were alive.
    pub unavailables: u64,
    /// Attempts that failed in any other way.
    pub other_errors: u64,
    /// Attempts that were made because a retry policy said so.
    pub retries: u64,
    /// Failures that a retry policy had taken for a success.
    pub ignores: u64,
    /// Retries that a policy wanted and the session's retry budget refused.
    pub retries_refused: u64,
    /// Speculative attempts.
    pub speculations: u64,
    /// Speculative attempts that were due and the session's speculation budget refused.
    pub speculations_refused: u64,
}

impl FailureCounters {
    /// Takes note of what a request hears of, where that is a failure or a decision about one.
    pub(crate) fn note<H>(&self, input: &Input<H>) {
        let counter = match input {
            Input::Responded(_, Answer::Error(error)) => self.of_server(error),
            Input::Failed(_, AttemptError::Server(error), _) => self.of_server(error),
            Input::Failed(_, AttemptError::Connection(_) | AttemptError::NoConnection(_), _) => {
                Some(&self.connection_errors)
            }
            Input::Failed(..) => Some(&self.other_errors),
            Input::Retry(_, Verdict::Again { .. }) => Some(&self.retries),
            Input::Retry(_, Verdict::Ignore) => Some(&self.ignores),
            Input::Retry(_, Verdict::Refused(NotRetried::BudgetSpent)) => Some(&self.retries_refused),
            Input::Speculation(true) => Some(&self.speculations),
            Input::Speculation(false) => Some(&self.speculations_refused),
            _ => None,
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    const fn of_server(&self, error: &ServerError) -> Option<&AtomicU64> {
        Some(match error {
            ServerError::ReadTimeout { .. } => &self.read_timeouts,
            ServerError::WriteTimeout { .. } => &self.write_timeouts,
            ServerError::Unavailable { .. } => &self.unavailables,
            // The statement is prepared again, and nobody hears of it.
            ServerError::Unprepared { .. } => return None,
            _ => &self.other_errors,
        })
    }

    pub(crate) fn read(&self) -> Failures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Failures {
            connection_errors: read(&self.connection_errors),
            read_timeouts: read(&self.read_timeouts),
            write_timeouts: read(&self.write_timeouts),
            unavailables: read(&self.unavailables),
            other_errors: read(&self.other_errors),
            retries: read(&self.retries),
            ignores: read(&self.ignores),
            retries_refused: read(&self.retries_refused),
            speculations: read(&self.speculations),
            speculations_refused: read(&self.speculations_refused),
        }
    }
}
