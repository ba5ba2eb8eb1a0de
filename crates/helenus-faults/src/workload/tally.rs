//! What is noted of each operation while a workload runs: when it ended, how long it took, who answered, and what was wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::check::Finding;

/// How many findings and kinds of error are kept in words.
const KEPT: usize = 12;

/// The kinds of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A row is read: idempotent.
    Read,
    /// A row is written under a timestamp of the client: idempotent.
    Write,
    /// A counter is incremented: not to be repeated.
    Count,
    /// A register is read or set under a condition: not to be repeated.
    Register,
}

impl Kind {
    /// Whether the engine may repeat it.
    #[must_use]
    pub const fn is_idempotent(self) -> bool {
        matches!(self, Self::Read | Self::Write)
    }
}

/// One operation that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// When.
    pub at: Instant,
    /// How long it took.
    pub took: Duration,
    /// What it was.
    pub kind: Kind,
    /// Whether it was answered well.
    pub ok: bool,
    /// The node that answered.
    pub node: Option<u8>,
}

/// The sums.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// Operations that were begun.
    pub begun: u64,
    /// Operations that ended, well or with an error.
    pub ended: u64,
    /// Acknowledged writes that are not there.
    pub lost: u64,
    /// Answers that nobody asked for, or that nobody wrote.
    pub wrong: u64,
    /// Operations that had not ended long after their time.
    pub never: u64,
    /// Errors of operations that the engine may repeat.
    pub errors: u64,
    /// Of those, the ones that a server has told for lack of replicas in time: how many there are is up to the other nodes.
    pub servers_own: u64,
    /// Errors of those that it may not.
    pub other_errors: u64,
    /// Operations that were refused since the session was shut down.
    pub refused: u64,
    /// Operations that were not begun since too many were under way.
    pub skipped: u64,
    /// Histories of registers that were judged, and those that took too long.
    pub histories: u64,
    /// See [`histories`](Self::histories).
    pub undecided: u64,
    /// By how much the latest operation was later than its timeout.
    pub overdue: Duration,
    /// Some of the findings, in words.
    pub findings: Vec<String>,
    /// Errors by their beginning.
    pub reasons: BTreeMap<String, u64>,
}

/// Gathers what has happened. Shared by all operations of a workload.
#[derive(Debug, Default)]
pub struct Tally {
    inner: Mutex<(Sums, Vec<Done>)>,
}

impl Tally {
    fn locked(&self) -> MutexGuard<'_, (Sums, Vec<Done>)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the sums.
    pub fn note(&self, change: impl FnOnce(&mut Sums)) {
        change(&mut self.locked().0);
    }

    /// An operation has ended.
    pub fn ended(&self, done: Done) {
        let mut inner = self.locked();
        inner.0.ended += 1;
        inner.1.push(done);
    }

    /// An operation has failed with `error`; `by_server`: as a server has told for lack of replicas in time.
    pub fn failed(&self, kind: Kind, error: &str, by_server: bool) {
        let mut inner = self.locked();
        let sums = &mut inner.0;
        if kind.is_idempotent() {
            sums.errors += 1;
            sums.servers_own += u64::from(by_server);
        } else {
            sums.other_errors += 1;
        }
        let reason = reason(kind, error);
        if sums.reasons.len() < KEPT || sums.reasons.contains_key(&reason) {
            *sums.reasons.entry(reason).or_default() += 1;
        }
    }

    /// Something must not be.
    pub fn found(&self, finding: &Finding) {
        let mut inner = self.locked();
        let sums = &mut inner.0;
        let text = match finding {
            Finding::Lost(text) => {
                sums.lost += 1;
                format!("lost: {text}")
            }
            Finding::Wrong(text) => {
                sums.wrong += 1;
                format!("wrong: {text}")
            }
        };
        if sums.findings.len() < KEPT {
            sums.findings.push(text);
        }
    }

    /// The sums so far.
    #[must_use]
    pub fn sums(&self) -> Sums {
        self.locked().0.clone()
    }

    /// What has ended since this was last called.
    #[must_use]
    pub fn take_done(&self) -> Vec<Done> {
        std::mem::take(&mut self.locked().1)
    }

    /// Looks at all that has ended and was not taken.
    pub fn look<T>(&self, look: impl FnOnce(&[Done]) -> T) -> T {
        look(&self.locked().1)
    }
}

/// An error without its numbers, so that those of one kind are counted together.
fn reason(kind: Kind, error: &str) -> String {
    let mut text = format!("{kind:?}: ");
    for c in error.chars() {
        let c = if c.is_ascii_digit() { '#' } else { c };
        if c != '#' || !text.ends_with('#') {
            text.push(c);
        }
    }
    text.truncate(text.char_indices().nth(120).map_or(text.len(), |(at, _)| at));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_one_kind_are_counted_together() {
        let tally = Tally::default();
        tally.failed(Kind::Read, "127.0.0.1:9042: no answer within 2s", false);
        tally.failed(Kind::Read, "127.0.0.2:19042: no answer within 12s", true);
        tally.failed(Kind::Count, &"x".repeat(500), true);
        let sums = tally.sums();
        assert_eq!((sums.errors, sums.servers_own, sums.other_errors), (2, 1, 1));
        assert_eq!(sums.reasons.get("Read: #.#.#.#:#: no answer within #s"), Some(&2));
        assert!(sums.reasons.keys().all(|reason| reason.len() <= 120));
    }

    #[test]
    fn findings_are_counted_and_some_are_kept() {
        let tally = Tally::default();
        for n in 0..100 {
            tally.found(&Finding::Wrong(n.to_string()));
        }
        tally.found(&Finding::Lost("a row".into()));
        let sums = tally.sums();
        assert_eq!((sums.wrong, sums.lost, sums.findings.len()), (100, 1, KEPT));
    }
}
