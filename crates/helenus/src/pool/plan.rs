//! How many connections one host is owed, which are to be replaced, and when to try again: pure.
//!
//! Every method takes what happened and the time, and returns what is to be done. Opening, draining and closing
//! are the pool's part, and so is finding the least busy connection for a request, which must not wait for a lock.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::policy::{ReconnectionPolicy, ReconnectionSchedule};

/// A connection is replaced when one in so many of its stream ids waits for an answer that nobody wants any more.
const ORPHANED_SHARE: usize = 4;
/// It is replaced, too, when it has owed such an answer for so long: the server has lost it, and others with it.
const ORPHAN_AGE: Duration = Duration::from_secs(60);
/// The span in which attempts are counted, so that a host that drops each connection at once is not stormed.
const ATTEMPT_WINDOW: Duration = Duration::from_secs(1);
/// How many attempts beyond the wanted connections may be begun in that span.
const SPARE_ATTEMPTS: usize = 2;

/// What the pool is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PoolAction {
    /// Open one more connection.
    Connect,
    /// Close this one at once.
    Close(usize),
    /// Take this one out of use and close it when it is idle.
    Drain(usize),
    /// Call [`PoolPlan::handle_timeout`] then.
    Timer(Instant),
}

/// The answers that a connection owes though nobody waits for them any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Orphans {
    /// How many there are.
    pub(crate) count: usize,
    /// Of how many requests that the connection can have in flight.
    pub(crate) capacity: usize,
    /// Since when the oldest of them has been owed.
    pub(crate) oldest: Option<Instant>,
}

impl Orphans {
    /// When the connection is to be replaced. None if there is no reason yet.
    fn worn_at(self, now: Instant) -> Option<Instant> {
        if self.count > 0 && self.count >= self.capacity / ORPHANED_SHARE {
            return Some(now);
        }
        self.oldest.and_then(|oldest| oldest.checked_add(ORPHAN_AGE))
    }
}

/// Whether an attempt that began then counts among the last ones.
fn counts(begun: Instant, now: Instant) -> bool {
    now.saturating_duration_since(begun) < ATTEMPT_WINDOW
}

/// A connection in use.
#[derive(Debug)]
struct Open {
    serial: usize,
    /// It is used until another one can take its place.
    worn: bool,
}

/// One host's connections, as they are and as they should be.
pub(crate) struct PoolPlan {
    wanted: usize,
    /// How many may be under way at a time.
    dials: usize,
    open: Vec<Open>,
    connecting: usize,
    /// When the last attempts were begun, but for those in place of what we closed ourselves.
    attempts: VecDeque<Instant>,
    /// How many of the missing are in place of what we closed ourselves: that says nothing of the host.
    owed: usize,
    reconnection: Arc<dyn ReconnectionPolicy>,
    /// The pauses of the present outage, and when the one that runs is over.
    pauses: Option<ReconnectionSchedule>,
    retry_at: Option<Instant>,
    /// The schedule has ended: nobody tries until the host is said to be up.
    given_up: bool,
    shut_down: bool,
}

impl fmt::Debug for PoolPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolPlan")
            .field("wanted", &self.wanted)
            .field("open", &self.open)
            .field("connecting", &self.connecting)
            .field("retry_at", &self.retry_at)
            .field("given_up", &self.given_up)
            .field("shut_down", &self.shut_down)
            .finish_non_exhaustive()
    }
}

impl PoolPlan {
    /// A plan of `wanted` connections, of which no more than `dials` (one at least) are opened at a time.
    pub(crate) fn new(wanted: usize, dials: usize, reconnection: Arc<dyn ReconnectionPolicy>) -> Self {
        Self {
            wanted,
            dials: dials.max(1),
            open: Vec::new(),
            connecting: 0,
            attempts: VecDeque::new(),
            owed: 0,
            reconnection,
            pauses: None,
            retry_at: None,
            given_up: false,
            shut_down: false,
        }
    }

    /// The pool begins.
    pub(crate) fn start(&mut self, now: Instant) -> Vec<PoolAction> {
        self.fill(now)
    }

    /// A connection is open.
    pub(crate) fn handle_connected(&mut self, serial: usize, now: Instant) -> Vec<PoolAction> {
        self.connecting = self.connecting.saturating_sub(1);
        if self.shut_down {
            return vec![PoolAction::Close(serial)];
        }
        self.pauses = None;
        self.retry_at = None;
        self.open.push(Open { serial, worn: false });
        let mut actions = self.drain_surplus();
        actions.extend(self.fill(now));
        actions
    }

    /// A connection could not be opened.
    pub(crate) fn handle_failed(&mut self, now: Instant) -> Vec<PoolAction> {
        self.connecting = self.connecting.saturating_sub(1);
        // Of attempts that were under way together the first to fail begins the pause for all.
        if self.shut_down || self.retry_at.is_some() || self.given_up {
            return Vec::new();
        }
        let pauses = self.pauses.get_or_insert_with(|| ReconnectionSchedule::of(&*self.reconnection));
        match pauses.next() {
            Some(pause) => self.wait_until(now.checked_add(pause)),
            None => {
                self.given_up = true;
                Vec::new()
            }
        }
    }

    /// A connection is gone, whether or not we closed it.
    pub(crate) fn handle_closed(&mut self, serial: usize, now: Instant) -> Vec<PoolAction> {
        self.open.retain(|open| open.serial != serial);
        self.fill(now)
    }

    /// We have taken a connection out of use that its host did nothing to: another is opened for it at once, however many attempts
    /// there were. No host is stormed by that: each of these was open before, and somebody has used it.
    pub(crate) fn handle_replaced(&mut self, serial: usize, now: Instant) -> Vec<PoolAction> {
        let before = self.open.len();
        self.open.retain(|open| open.serial != serial);
        self.owed += before - self.open.len();
        self.fill(now)
    }

    /// A connection owes these answers. To be told when their number has grown, or now and then.
    pub(crate) fn handle_orphans(
        &mut self,
        serial: usize,
        orphans: Orphans,
        now: Instant,
    ) -> Vec<PoolAction> {
        let due = orphans.worn_at(now).is_some_and(|at| at <= now);
        match self.open.iter_mut().find(|open| open.serial == serial) {
            Some(open) if due && !open.worn => open.worn = true,
            _ => return Vec::new(),
        }
        self.fill(now)
    }

    /// The host is said to be up: what was to be tried later is tried now.
    pub(crate) fn handle_up(&mut self, now: Instant) -> Vec<PoolAction> {
        self.retry_at = None;
        if self.open.is_empty() && self.connecting == 0 || self.given_up {
            self.pauses = None;
        }
        self.given_up = false;
        self.fill(now)
    }

    /// Another number of connections is wanted from now on; none for a host that is not to be used any more.
    pub(crate) fn handle_wanted(&mut self, wanted: usize, now: Instant) -> Vec<PoolAction> {
        self.wanted = wanted;
        let mut actions = self.drain_surplus();
        actions.extend(self.fill(now));
        actions
    }

    /// A pause may be over.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<PoolAction> {
        if self.retry_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.retry_at = None;
        self.fill(now)
    }

    /// Whether nothing will be opened any more.
    pub(crate) const fn is_shut_down(&self) -> bool {
        self.shut_down
    }

    /// When an attempt begins of which anything may be hoped: none has failed since a connection was open. It is `now` where one
    /// is under way. Asked when the last connection is lost, before or after the plan is told.
    pub(crate) fn hopeful_at(&self, now: Instant) -> Option<Instant> {
        if self.pauses.is_some() || self.given_up || self.shut_down || self.wanted == 0 {
            return None;
        }
        let is_under_way = self.connecting > 0 || self.owed > 0;
        let turn = if is_under_way { None } else { self.retry_at.or_else(|| self.turn_at(now)) };
        Some(turn.map_or(now, |at| at.max(now)))
    }

    /// Nothing is wanted any more, at once.
    pub(crate) fn shut_down(&mut self) -> Vec<PoolAction> {
        self.shut_down = true;
        self.retry_at = None;
        self.open.drain(..).map(|open| PoolAction::Close(open.serial)).collect()
    }

    /// Begins as many attempts as are due now.
    fn fill(&mut self, now: Instant) -> Vec<PoolAction> {
        // What is owed waits for no turn; but a host that cannot be reached is left alone.
        let is_turn = self.retry_at.is_none() || self.owed > 0 && self.pauses.is_none();
        if self.shut_down || self.given_up || !is_turn {
            return Vec::new();
        }
        let fresh = self.open.iter().filter(|open| !open.worn).count();
        let missing = self.wanted.saturating_sub(fresh + self.connecting);
        // After a failure one at a time, so that a host that returns is not stormed.
        let at_once = if self.pauses.is_some() { 1_usize.saturating_sub(self.connecting) } else { missing };
        // Each that comes to something lets the next begin.
        let due = missing.min(at_once).min(self.dials.saturating_sub(self.connecting));
        while self.attempts.front().is_some_and(|begun| !counts(*begun, now)) {
            self.attempts.pop_front();
        }
        self.owed = self.owed.min(missing);
        let owed = due.min(self.owed);
        let spare = self.wanted.saturating_add(SPARE_ATTEMPTS).saturating_sub(self.attempts.len());
        let counted = (due - owed).min(spare);
        self.attempts.extend(std::iter::repeat_n(now, counted));
        self.owed -= owed;
        let begin = owed + counted;
        self.connecting += begin;
        let mut actions: Vec<_> = std::iter::repeat_with(|| PoolAction::Connect).take(begin).collect();
        if begin < due {
            let freed = self.attempts.front().map(|begun| *begun + ATTEMPT_WINDOW);
            actions.extend(self.wait_until(freed));
        }
        actions
    }

    /// When the next attempt may begin, if not at once.
    fn turn_at(&self, now: Instant) -> Option<Instant> {
        let mut recent = self.attempts.iter().filter(|begun| counts(**begun, now));
        let oldest = recent.next()?;
        let used_up = 1 + recent.count() >= self.wanted.saturating_add(SPARE_ATTEMPTS);
        used_up.then(|| *oldest + ATTEMPT_WINDOW)
    }

    fn wait_until(&mut self, at: Option<Instant>) -> Vec<PoolAction> {
        self.retry_at = at;
        // A pause beyond the end of time is one without an end.
        self.given_up = at.is_none();
        at.map(PoolAction::Timer).into_iter().collect()
    }

    /// Takes out of use what is not needed: worn ones that have been replaced, then the youngest.
    fn drain_surplus(&mut self) -> Vec<PoolAction> {
        let surplus = self.open.len().saturating_sub(self.wanted);
        self.open.sort_by_key(|open| open.worn);
        self.open.drain(self.open.len() - surplus..).map(|open| PoolAction::Drain(open.serial)).collect()
    }
}

#[cfg(test)]
mod tests;
