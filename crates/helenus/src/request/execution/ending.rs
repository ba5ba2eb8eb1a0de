//! How a request ends: well, with an error, with the plan, or with its time.

use std::time::Instant;

use helenus_protocol::envelope::Envelope;

use super::{Action, Actions, Doing, Execution, Live, Outcome, Success};
use crate::error::{
    Attempt, AttemptError, ConnectionError, NotRetried, RUNTIME_ENDED, RequestFailure, Unanswered,
};

impl<H: Clone + PartialEq> Execution<H> {
    pub(super) fn time_out(&mut self, now: Instant, actions: &mut Actions<H>) {
        if self.waits_for_room() {
            actions.push(Action::LeaveQueue);
            return self.fail_busy(None, now, actions);
        }
        let mut waiting = Vec::new();
        for mut live in std::mem::take(&mut self.live) {
            match std::mem::replace(&mut live.doing, Doing::Waiting) {
                Doing::Waiting => {
                    actions.push(Action::Orphan { id: live.id, since: live.started });
                    waiting.push(Unanswered {
                        connection: live.connection,
                        in_flight: live.connection.map(|_| usize::from(live.in_flight)),
                        ..Unanswered::new(live.host, now.duration_since(live.started))
                    });
                }
                Doing::Preparing => {
                    waiting.push(Unanswered::new(live.host, now.duration_since(live.started)));
                }
                Doing::Asking(error) => self.record(live, *error, true, now),
                // Its error is on record; nothing is due from its host.
                Doing::Pausing { .. } => {}
            }
        }
        let after = self.limits.timeout.unwrap_or_default();
        let attempts = std::mem::take(&mut self.attempts);
        self.end(Err(Box::new(RequestFailure::TimedOut { after, waiting, attempts })), actions);
    }

    /// Nothing more can be done for it. What was said of its attempts so far is what there is to say.
    pub(super) fn abandon(&mut self, now: Instant, actions: &mut Actions<H>) {
        if self.waits_for_room() {
            actions.push(Action::LeaveQueue);
        }
        for live in std::mem::take(&mut self.live) {
            let lost = AttemptError::Connection(ConnectionError::Closed(RUNTIME_ENDED));
            match live.doing.clone() {
                Doing::Waiting => {
                    actions.push(Action::Orphan { id: live.id, since: live.started });
                    self.record(live, lost, true, now);
                }
                Doing::Preparing => self.record(live, lost, true, now),
                Doing::Asking(error) => self.record(live, *error, true, now),
                Doing::Pausing { .. } => {}
            }
        }
        self.fail_exhausted(actions);
    }

    pub(super) fn record(&mut self, live: Live<H>, error: AttemptError, written: bool, now: Instant) {
        let elapsed = now.duration_since(live.started);
        // Mostly there is but one, and thousands may wait with theirs.
        if self.attempts.is_empty() {
            self.attempts.reserve_exact(1);
        }
        self.attempts.push(Attempt { host: live.host, connection: live.connection, error, written, elapsed });
    }

    /// The caller is to have this error, if nothing that is under way does better.
    pub(super) fn give_up(
        &mut self,
        live: Live<H>,
        error: AttemptError,
        not_retried: Option<NotRetried>,
        now: Instant,
        actions: &mut Actions<H>,
    ) {
        if self.live.is_empty() {
            return self.fail(live, error, not_retried, now, actions);
        }
        self.speculate_at = None;
        self.kept_back = Some(Box::new((live.host.clone(), error.clone(), not_retried)));
        self.record(live, error, true, now);
    }

    pub(super) fn fail(
        &mut self,
        live: Live<H>,
        error: AttemptError,
        not_retried: Option<NotRetried>,
        now: Instant,
        actions: &mut Actions<H>,
    ) {
        let host = live.host.clone();
        // What could not even be written down never left.
        let written = !matches!(error, AttemptError::Encode(_));
        self.record(live, error.clone(), written, now);
        self.orphan_all(actions);
        let attempts = std::mem::take(&mut self.attempts);
        let failure = RequestFailure::Attempt { error, host, attempts, not_retried };
        self.end(Err(Box::new(failure)), actions);
    }

    pub(super) fn fail_exhausted(&mut self, actions: &mut Actions<H>) {
        let attempts = std::mem::take(&mut self.attempts);
        let failure = match self.kept_back.take().map(|kept| *kept) {
            Some((host, error, not_retried)) => {
                RequestFailure::Attempt { error, host, attempts, not_retried }
            }
            None => RequestFailure::Exhausted { attempts, retries: self.retries },
        };
        self.end(Err(Box::new(failure)), actions);
    }

    pub(super) fn succeed(&mut self, envelope: Envelope, host: H, actions: &mut Actions<H>) {
        self.finish(Some(envelope), host, actions);
    }

    pub(super) fn finish(&mut self, envelope: Option<Envelope>, host: H, actions: &mut Actions<H>) {
        self.orphan_all(actions);
        let attempts = std::mem::take(&mut self.attempts);
        self.end(Ok(Success { envelope, host, attempts }), actions);
    }

    pub(super) fn end(&mut self, outcome: Outcome<H>, actions: &mut Actions<H>) {
        self.ended = true;
        actions.push(Action::Done(outcome));
    }

    pub(super) fn orphan_all(&mut self, actions: &mut Actions<H>) {
        for live in self.live.drain(..) {
            if matches!(live.doing, Doing::Waiting) {
                actions.push(Action::Orphan { id: live.id, since: live.started });
            }
        }
    }
}
