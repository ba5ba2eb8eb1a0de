//! How many connections one host is owed, and when to try again: pure.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::policy::{ReconnectionPolicy, ReconnectionSchedule};

/// What the pool is to do.
#[derive(Debug, PartialEq, Eq)]
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

/// One host's connections, as they are and as they should be.
pub(crate) struct PoolPlan {
    wanted: usize,
    open: Vec<usize>,
    connecting: usize,
    reconnection: Arc<dyn ReconnectionPolicy>,
    /// The pauses of the present outage, and when the one that runs is over.
    pauses: Option<ReconnectionSchedule>,
    retry_at: Option<Instant>,
    shut_down: bool,
}

impl fmt::Debug for PoolPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolPlan")
            .field("wanted", &self.wanted)
            .field("open", &self.open)
            .field("connecting", &self.connecting)
            .field("retry_at", &self.retry_at)
            .field("shut_down", &self.shut_down)
            .finish_non_exhaustive()
    }
}

impl PoolPlan {
    pub(crate) fn new(wanted: usize, reconnection: Arc<dyn ReconnectionPolicy>) -> Self {
        Self {
            wanted,
            open: Vec::new(),
            connecting: 0,
            reconnection,
            pauses: None,
            retry_at: None,
            shut_down: false,
        }
    }

    /// The pool begins.
    pub(crate) fn start(&mut self, _now: Instant) -> Vec<PoolAction> {
        self.fill()
    }

    fn fill(&mut self) -> Vec<PoolAction> {
        if self.shut_down || self.retry_at.is_some() {
            return Vec::new();
        }
        // After a failure one attempt at a time, so that a host that returns is not stormed.
        let most = if self.pauses.is_some() { 1 } else { self.wanted };
        let missing = self.wanted.saturating_sub(self.open.len() + self.connecting);
        let begin = missing.min(most.saturating_sub(self.connecting));
        self.connecting += begin;
        (0..begin).map(|_| PoolAction::Connect).collect()
    }

    /// A connection is open.
    pub(crate) fn handle_connected(&mut self, serial: usize, _now: Instant) -> Vec<PoolAction> {
        self.connecting = self.connecting.saturating_sub(1);
        if self.shut_down {
            return vec![PoolAction::Close(serial)];
        }
        self.open.push(serial);
        self.pauses = None;
        self.retry_at = None;
        self.fill()
    }

    /// A connection could not be opened.
    pub(crate) fn handle_failed(&mut self, now: Instant) -> Vec<PoolAction> {
        self.connecting = self.connecting.saturating_sub(1);
        if self.shut_down || self.retry_at.is_some() {
            return Vec::new();
        }
        let pauses = self.pauses.get_or_insert_with(|| self.reconnection.schedule());
        // A schedule that ends leaves the host alone until it is said to be up.
        let Some(pause) = pauses.next() else { return Vec::new() };
        let at = now + pause;
        self.retry_at = Some(at);
        vec![PoolAction::Timer(at)]
    }

    /// A connection is gone.
    pub(crate) fn handle_closed(&mut self, serial: usize, _now: Instant) -> Vec<PoolAction> {
        self.open.retain(|open| *open != serial);
        self.fill()
    }

    /// The host is said to be up.
    pub(crate) fn handle_up(&mut self, _now: Instant) -> Vec<PoolAction> {
        self.retry_at = None;
        if self.open.is_empty() && self.connecting == 0 {
            self.pauses = None;
        }
        self.fill()
    }

    /// A pause may be over.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<PoolAction> {
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            return self.fill();
        }
        Vec::new()
    }

    /// Nothing is wanted any more.
    pub(crate) fn shut_down(&mut self) -> Vec<PoolAction> {
        self.shut_down = true;
        self.open.drain(..).map(PoolAction::Close).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::policy::ConstantReconnectionPolicy;

    const SECOND: Duration = Duration::from_secs(1);

    fn plan(wanted: usize) -> PoolPlan {
        PoolPlan::new(wanted, Arc::new(ConstantReconnectionPolicy::new(SECOND, Some(2))))
    }

    #[test]
    fn all_that_is_wanted_is_opened_at_once() {
        let now = Instant::now();
        let mut plan = plan(3);
        assert_eq!(plan.start(now), [PoolAction::Connect, PoolAction::Connect, PoolAction::Connect]);
        assert_eq!(plan.handle_connected(1, now), []);
    }

    #[test]
    fn a_failure_is_tried_again_after_each_pause_and_then_left_alone() {
        let now = Instant::now();
        let mut plan = plan(1);
        plan.start(now);
        assert_eq!(plan.handle_failed(now), [PoolAction::Timer(now + SECOND)]);
        assert_eq!(plan.handle_timeout(now), []);
        assert_eq!(plan.handle_timeout(now + SECOND), [PoolAction::Connect]);
        assert_eq!(plan.handle_failed(now + SECOND), [PoolAction::Timer(now + 2 * SECOND)]);
        assert_eq!(plan.handle_timeout(now + 2 * SECOND), [PoolAction::Connect]);
        assert_eq!(plan.handle_failed(now + 2 * SECOND), []);
        assert_eq!(plan.handle_up(now + 9 * SECOND), [PoolAction::Connect]);
    }

    #[test]
    fn after_a_failure_one_attempt_at_a_time() {
        let now = Instant::now();
        let mut plan = plan(2);
        plan.start(now);
        assert_eq!(plan.handle_failed(now), [PoolAction::Timer(now + SECOND)]);
        assert_eq!(plan.handle_failed(now), []);
        assert_eq!(plan.handle_timeout(now + SECOND), [PoolAction::Connect]);
        assert_eq!(plan.handle_connected(7, now + SECOND), [PoolAction::Connect]);
    }

    #[test]
    fn a_lost_connection_is_replaced_but_not_after_the_end() {
        let now = Instant::now();
        let mut plan = plan(1);
        plan.start(now);
        plan.handle_connected(1, now);
        assert_eq!(plan.handle_closed(1, now), [PoolAction::Connect]);
        assert_eq!(plan.shut_down(), []);
        assert_eq!(plan.handle_connected(2, now), [PoolAction::Close(2)]);
        assert_eq!(plan.handle_closed(2, now), []);
    }
}
