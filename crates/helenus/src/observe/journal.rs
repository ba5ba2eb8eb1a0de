//! What a request has gone through, and what is to be told of it: pure, with the time handed in.
//!
//! It hears of attempts as the request makes them, and keeps what is to be told in the order in which it happened, each
//! once: a beginning for every attempt, an end for every beginning, and the end of the request after all of them.

use std::time::{Duration, Instant};

use smallvec::SmallVec;

use crate::error::AttemptError;
use crate::request::execution::AttemptId;

/// Why an attempt was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptKind {
    /// It is the first.
    First,
    /// The one before had not left for its host, or could not be prepared there.
    NextHost,
    /// A retry policy said so.
    Retry,
    /// The one before took long.
    Speculative,
}

impl AttemptKind {
    /// Its name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::NextHost => "next_host",
            Self::Retry => "retry",
            Self::Speculative => "speculative",
        }
    }
}

/// How far the request's decisions have come when an attempt is made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// How often a retry policy has asked for one more.
    pub(crate) retries: u32,
    /// How often it was to be sent speculatively.
    pub(crate) speculated: usize,
    /// Whether the plan is known to have no more hosts: then no attempt is speculative.
    pub(crate) plan_empty: bool,
}

/// What became of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum Ended {
    Answered,
    Failed(AttemptError),
    /// The request has ended without it.
    Unanswered,
}

/// What is to be told.
#[derive(Debug)]
pub(crate) enum Notice<H> {
    /// The request has begun.
    Began,
    AttemptBegan {
        number: AttemptId,
        kind: AttemptKind,
        host: H,
    },
    AttemptEnded {
        number: AttemptId,
        kind: AttemptKind,
        host: H,
        elapsed: Duration,
        ended: Ended,
    },
    /// The request has ended.
    Ended(Totals),
}

/// A request, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    pub(crate) elapsed: Duration,
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
    pub(crate) speculative: u32,
}

#[derive(Debug)]
struct Open<H> {
    number: AttemptId,
    kind: AttemptKind,
    host: H,
    began: Instant,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Journal<H> {
    began: Instant,
    open: SmallVec<[Open<H>; 1]>,
    notices: Vec<Notice<H>>,
    totals: Totals,
    /// How many speculations and retries have led to an attempt.
    seen: Progress,
    ended: bool,
}

impl<H: Clone> Journal<H> {
    /// The journal of a request that begins.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            began: now,
            open: SmallVec::new(),
            notices: vec![Notice::Began],
            totals: Totals::default(),
            seen: Progress::default(),
            ended: false,
        }
    }

    /// An attempt is made. One that is known already only goes on: its statement was prepared anew.
    pub(crate) fn attempt(&mut self, number: AttemptId, host: &H, progress: Progress, now: Instant) {
        if self.ended || self.open.iter().any(|open| open.number == number) {
            return;
        }
        let kind = self.kind(progress);
        self.totals.attempts += 1;
        match kind {
            AttemptKind::Speculative => self.totals.speculative += 1,
            AttemptKind::Retry => self.totals.retries += 1,
            AttemptKind::First | AttemptKind::NextHost => {}
        }
        self.open.push(Open { number, kind, host: host.clone(), began: now });
        self.notices.push(Notice::AttemptBegan { number, kind, host: host.clone() });
    }

    fn kind(&mut self, progress: Progress) -> AttemptKind {
        if progress.plan_empty {
            // What was to be sent speculatively since then found no host.
            self.seen.speculated = progress.speculated;
        }
        if self.totals.attempts == 0 {
            AttemptKind::First
        } else if progress.speculated > self.seen.speculated {
            self.seen.speculated += 1;
            AttemptKind::Speculative
        } else if progress.retries > self.seen.retries {
            self.seen.retries += 1;
            AttemptKind::Retry
        } else {
            AttemptKind::NextHost
        }
    }

    /// An attempt has ended; nothing, where it is not known to be under way.
    pub(crate) fn attempt_ended(&mut self, number: AttemptId, ended: Ended, now: Instant) {
        if let Some(at) = self.open.iter().position(|open| open.number == number) {
            let open = self.open.remove(at);
            if matches!(ended, Ended::Failed(AttemptError::Busy { .. })) {
                self.give_back(open.kind);
            }
            self.close(open, ended, now);
        }
    }

    /// An attempt was never sent: what it was made for is the next one's.
    fn give_back(&mut self, kind: AttemptKind) {
        match kind {
            AttemptKind::Retry => {
                self.seen.retries = self.seen.retries.saturating_sub(1);
                self.totals.retries = self.totals.retries.saturating_sub(1);
            }
            AttemptKind::Speculative => {
                self.seen.speculated = self.seen.speculated.saturating_sub(1);
                self.totals.speculative = self.totals.speculative.saturating_sub(1);
            }
            AttemptKind::First | AttemptKind::NextHost => {}
        }
    }

    /// The request has ended, and with it the attempts that were still under way.
    pub(crate) fn ended(&mut self, now: Instant) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        for open in std::mem::take(&mut self.open) {
            self.close(open, Ended::Unanswered, now);
        }
        self.totals.elapsed = now.saturating_duration_since(self.began);
        self.notices.push(Notice::Ended(self.totals));
    }

    /// What is to be told by now, in order.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice<H>> {
        std::mem::take(&mut self.notices)
    }

    /// Whether there is anything to be told.
    pub(crate) fn has_notices(&self) -> bool {
        !self.notices.is_empty()
    }

    fn close(&mut self, open: Open<H>, ended: Ended, now: Instant) {
        let Open { number, kind, host, began } = open;
        let elapsed = now.saturating_duration_since(began);
        self.notices.push(Notice::AttemptEnded { number, kind, host, elapsed, ended });
    }
}

#[cfg(test)]
mod tests;
