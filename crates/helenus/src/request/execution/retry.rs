//! After an attempt that came to nothing: whether it may be made again, and what follows from the policy's word.

use std::time::{Duration, Instant};

use helenus_protocol::response::ServerError;

use super::{Action, Actions, AttemptId, Doing, Execution, Verdict};
use crate::error::AttemptError;

impl<H: Clone + PartialEq> Execution<H> {
    /// An attempt has come to nothing; `may_have_run` says whether it may have come to something on the server.
    pub(super) fn undone(
        &mut self,
        index: usize,
        error: AttemptError,
        may_have_run: bool,
        now: Instant,
        actions: &mut Actions<H>,
    ) {
        let gated = may_have_run && !self.limits.idempotent && !self.limits.policy_decides;
        if gated || !error.is_retryable() {
            let live = self.live.swap_remove(index);
            return self.fail(live, error, None, now, actions);
        }
        let (retries, attempts) = (self.retries, self.reached());
        let live = &mut self.live[index];
        live.doing = Doing::Asking(Box::new(error.clone()));
        actions.push(Action::AskRetry {
            id: live.id,
            host: live.host.clone(),
            error: Box::new(error),
            retries,
            attempts,
            consistency: self.consistency,
        });
    }

    /// How many attempts may have reached a server.
    fn reached(&self) -> u32 {
        let failed = self.attempts.iter().filter(|attempt| attempt.written).count();
        // The error of one that pauses is among those.
        let live = self.live.iter().filter(|live| !matches!(live.doing, Doing::Pausing { .. })).count();
        u32::try_from(failed + live).unwrap_or(u32::MAX)
    }

    pub(super) fn decided(
        &mut self,
        id: AttemptId,
        verdict: Verdict,
        now: Instant,
        actions: &mut Actions<H>,
    ) {
        let Some(index) = self.find(id, |doing| matches!(doing, Doing::Asking(_))) else { return };
        let mut live = self.live.swap_remove(index);
        let Doing::Asking(error) = std::mem::replace(&mut live.doing, Doing::Waiting) else { return };
        match verdict {
            Verdict::Rethrow => self.give_up(live, *error, None, now, actions),
            Verdict::Refused(why) => self.give_up(live, *error, Some(why), now, actions),
            Verdict::Ignore => {
                self.record(live.clone(), *error, true, now);
                self.finish(None, live.host, actions);
            }
            Verdict::Again { same_host, consistency, after } => {
                // A pause that no clock can tell the end of would never end.
                let Some(until) = now.checked_add(after) else {
                    return self.give_up(live, *error, None, now, actions);
                };
                self.retries += 1;
                if consistency.is_some() {
                    self.consistency = consistency;
                }
                self.record(live.clone(), *error, true, now);
                if after > Duration::ZERO {
                    live.doing = Doing::Pausing { until, same_host };
                    self.live.push(live);
                } else if same_host {
                    self.attempt(live.host, live.prepared, now, actions);
                } else {
                    self.want_host(actions);
                }
            }
        }
    }
}

/// Errors by which a server says that it has not begun to run the request. Of one that is written in parts, one after another,
/// they may speak of one part, after others were begun; but for the one that is told before anything is run.
pub(super) const fn surely_not_run(error: &ServerError, in_parts: bool) -> bool {
    match error {
        ServerError::Unprepared { .. } => true,
        ServerError::Unavailable { .. } | ServerError::IsBootstrapping { .. } => !in_parts,
        _ => false,
    }
}
