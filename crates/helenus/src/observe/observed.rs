//! A request that is observed: its journal, and the telling of it.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::error_type::{failure_type, status_code};
use super::journal::{Ended, Journal, Notice, Progress, Totals};
use super::observer::Observer;
use super::shield::Shielded;
use super::tracker::{AttemptOutcome, AttemptRecord, RequestEnd, RequestInfo, RequestOutcome};
use crate::cluster::Host;
use crate::error::RequestFailure;
use crate::lock::lock;
use crate::metrics::RequestCounters;
use crate::request::execution::AttemptId;
use crate::request::{Outcome, Request};

/// How a request ended, and by whom.
#[derive(Debug)]
struct End {
    outcome: RequestOutcome,
    status_code: Option<i32>,
    host: Option<Arc<Host>>,
}

/// What is told next. It is with whoever tells: two who have something to tell do not tell it at the same time.
#[derive(Debug)]
struct Teller {
    spans: Shielded,
}

#[derive(Debug)]
struct Inside {
    journal: Journal<Arc<Host>>,
    end: Option<End>,
    /// `None` while somebody tells.
    teller: Option<Teller>,
    ended_at: Instant,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Observed {
    id: u64,
    observer: Arc<Observer>,
    session: Arc<RequestCounters>,
    inside: Mutex<Inside>,
}

impl Observed {
    pub(crate) fn new(observer: &Arc<Observer>, session: &Arc<RequestCounters>, now: Instant) -> Self {
        let inside = Inside {
            journal: Journal::new(now),
            end: None,
            teller: Some(Teller { spans: Shielded::default() }),
            ended_at: now,
        };
        Self {
            id: Observer::next_id(),
            observer: Arc::clone(observer),
            session: Arc::clone(session),
            inside: Mutex::new(inside),
        }
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.observer
    }

    /// The request makes an attempt. It is not told yet: the request's state is held.
    #[cold]
    pub(crate) fn attempt(&self, id: AttemptId, host: &Arc<Host>, progress: Progress, now: Instant) {
        lock(&self.inside).journal.attempt(id, host, progress, now);
    }

    /// An attempt has ended; it is not told yet.
    #[cold]
    pub(crate) fn attempt_ended(&self, id: AttemptId, ended: Ended, now: Instant) {
        lock(&self.inside).journal.attempt_ended(id, ended, now);
    }

    /// The request has ended like this, or was cancelled, and this attempt of it was answered; it is not told yet.
    #[cold]
    pub(crate) fn ended(&self, answered: Option<AttemptId>, outcome: Option<&Outcome>, now: Instant) {
        let mut inside = lock(&self.inside);
        if let Some(id) = answered {
            inside.journal.attempt_ended(id, Ended::Answered, now);
        }
        inside.journal.ended(now);
        inside.end = Some(End::of(outcome));
        inside.ended_at = now;
    }

    /// Tells all that there is to tell, with no lock held. Where another thread does so already, it does that too.
    #[cold]
    pub(crate) fn tell(&self, request: &Request) {
        let info = RequestInfo { id: self.id, request };
        loop {
            let (mut teller, notices, mut end, now) = {
                let mut inside = lock(&self.inside);
                if !inside.journal.has_notices() {
                    return;
                }
                let Some(teller) = inside.teller.take() else { return };
                (teller, inside.journal.take_notices(), inside.end.take(), inside.ended_at)
            };
            for notice in notices {
                self.tell_one(notice, &info, &mut teller, &mut end, now);
            }
            lock(&self.inside).teller = Some(teller);
        }
    }

    fn tell_one(
        &self,
        notice: Notice<Arc<Host>>,
        info: &RequestInfo<'_>,
        teller: &mut Teller,
        end: &mut Option<End>,
        now: Instant,
    ) {
        match notice {
            Notice::Began => {
                teller.spans = Shielded::begin(|| self.observer.spans(info));
                self.observer.began(info, &self.session);
            }
            Notice::AttemptBegan { number, kind, host } => {
                teller.spans.tell(|spans| spans.attempt(number, kind, &host));
                self.observer.attempt_began(&host);
            }
            Notice::AttemptEnded { number, kind, host, elapsed, ended } => {
                let outcome = match ended {
                    Ended::Answered => AttemptOutcome::Answered,
                    Ended::Failed(error) => AttemptOutcome::Failed(error),
                    Ended::Unanswered => AttemptOutcome::Unanswered,
                };
                let attempt = AttemptRecord { number, kind, host, elapsed, outcome };
                teller.spans.tell(|spans| spans.attempt_ended(&attempt));
                self.observer.attempt_ended(info, &attempt);
            }
            Notice::Ended(totals) => {
                let end = end.take().unwrap_or_else(|| End::of(None)).with(totals);
                teller.spans.end(|spans| spans.end(&end));
                self.observer.ended(info, &end, &self.session, now);
            }
        }
    }
}

impl End {
    fn of(outcome: Option<&Outcome>) -> Self {
        match outcome {
            None => Self { outcome: RequestOutcome::Cancelled, status_code: None, host: None },
            Some(Ok(success)) => Self {
                outcome: RequestOutcome::Succeeded,
                status_code: None,
                host: Some(Arc::clone(&success.host)),
            },
            Some(Err(failure)) => {
                let (host, status_code) = match &**failure {
                    RequestFailure::Attempt { host, error, .. } => {
                        (Some(Arc::clone(host)), status_code(error))
                    }
                    RequestFailure::Exhausted { .. }
                    | RequestFailure::Busy { .. }
                    | RequestFailure::TimedOut { .. } => (None, None),
                };
                Self { outcome: RequestOutcome::Failed(failure_type(failure)), status_code, host }
            }
        }
    }

    fn with(self, totals: Totals) -> RequestEnd {
        let Self { outcome, status_code, host } = self;
        let Totals { elapsed, attempts, retries, speculative } = totals;
        RequestEnd { outcome, status_code, host, elapsed, attempts, retries, speculative }
    }
}
