//! One operation, watched from its beginning to its end.

use std::time::{Duration, Instant};

use helenus::protocol::response::ServerError;
use helenus::{Attempt, AttemptError, Error, RequestFailure, ResultSet, Statement};

use super::tally::{Done, Kind};
use super::{GRACE, Workload};
use crate::check::{Fate, Finding};

impl Workload {
    /// Runs a statement, and notes what comes of it. `None` where it has not ended long after its time.
    pub(super) async fn watch(
        &self,
        kind: Kind,
        statement: impl Into<Statement>,
    ) -> Option<Result<ResultSet, Error>> {
        self.tally.note(|sums| sums.begun += 1);
        let begun = Instant::now();
        let execute = async { self.session()?.execute(statement).await };
        let outcome = tokio::time::timeout(self.pace.timeout + GRACE, execute).await;
        let took = begun.elapsed();
        let Ok(outcome) = outcome else {
            self.tally.note(|sums| sums.never += 1);
            return None;
        };
        let node = outcome.as_ref().ok().and_then(|result| self.ring.index_of(result.host().address().ip()));
        let node = node.map(|index| index as u8);
        self.tally.ended(Done { at: Instant::now(), took, kind, ok: outcome.is_ok(), node });
        let overdue = took.saturating_sub(self.pace.timeout);
        self.tally.note(|sums| sums.overdue = sums.overdue.max(overdue));
        match &outcome {
            Ok(_) => {}
            Err(Error::ShutDown) => self.tally.note(|sums| sums.refused += 1),
            // An answer that cannot be read is another's.
            Err(error @ (Error::Decode(_) | Error::Encode(_))) => {
                self.tally.found(&Finding::Wrong(format!("{kind:?}: {error}")));
            }
            Err(error) => self.tally.failed(kind, &error.to_string(), lacks_replicas(error)),
        }
        Some(outcome)
    }

    /// When this is, in microseconds since the workload began.
    pub(super) fn clock(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Waits, but no longer than the workload runs.
    pub(super) async fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while !self.is_stopped() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20).min(pause)).await;
        }
    }
}

/// Whether a server has answered that it had too few replicas in time.
fn lacks_replicas(error: &Error) -> bool {
    use ServerError::{ReadTimeout, Unavailable, WriteTimeout};
    matches!(error.server_error(), Some(ReadTimeout { .. } | WriteTimeout { .. } | Unavailable { .. }))
}

/// What is known of a change that ended so.
pub(super) fn fate(outcome: Option<&Result<ResultSet, Error>>) -> Fate {
    match outcome {
        Some(Ok(_)) => Fate::Acknowledged,
        Some(Err(error)) if error.request_failure().is_some_and(surely_not_run) => Fate::NotRun,
        Some(Err(_)) | None => Fate::Unknown,
    }
}

/// Whether no attempt can have run: none was written, or the server said so.
fn surely_not_run(failure: &RequestFailure) -> bool {
    let (attempts, none_is_due) = match failure {
        RequestFailure::Exhausted { attempts, .. }
        | RequestFailure::Attempt { attempts, .. }
        | RequestFailure::Busy { attempts, .. } => (attempts, true),
        RequestFailure::TimedOut { attempts, waiting, .. } => (attempts, waiting.is_empty()),
    };
    let not_run = |attempt: &Attempt| {
        !attempt.written
            || matches!(&attempt.error, AttemptError::Server(error) if matches!(
                **error,
                ServerError::Unavailable { .. } | ServerError::IsBootstrapping { .. }
            ))
    };
    none_is_due && attempts.iter().all(not_run)
}

/// A result that ought to have no rows and has some is the answer to something else.
pub(super) fn is_void(result: &ResultSet) -> bool {
    result.raw_rows().is_none() && result.schema_change().is_none() && result.keyspace().is_none()
}

/// Why what was answered is no answer to what was asked.
pub(super) fn foreign(kind: Kind, id: i64, result: &ResultSet) -> Finding {
    let columns: Vec<_> = result.columns().iter().map(|column| &*column.name).collect();
    Finding::Wrong(format!("{kind:?} of {id}: the answer is another's, with columns {columns:?}"))
}
