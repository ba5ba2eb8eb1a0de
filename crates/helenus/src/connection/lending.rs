//! When the task lends a connection's turn to callers, and when it takes it back: pure.
//!
//! Lending pays where one thread asks, waits, and asks again: then nothing is due between its requests, and each of them
//! is a write and a read on its own thread. It costs the task two changes of what the operating system tells it of, so it
//! does not lend before it has seen a row of such requests, and takes the turn back at the first sign of company. Threads
//! that take turns are company, though each may find itself alone: an interpreter's lock has them wait for each other.

use std::time::{Duration, Instant};

/// So many lone requests in a row.
const ROW: u32 = 16;

/// How long the turn may lie unused, or a caller wait in it, before the task takes it back: not before this has passed, and
/// before twice as much has. Who waits longer would not notice what a hand-over costs.
pub(super) const PATIENCE: Duration = Duration::from_millis(10);

/// What callers have asked of the task since it last looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing that has to do with bytes.
    Nothing,
    /// One request and no other, by a caller that waits for its answer, as the same thread has done before.
    Lone,
    /// Anything else.
    Company,
}

/// What is to become of the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// It stays whose it is.
    Rest,
    /// The task takes it back.
    TakeBack,
}

/// One connection's lending.
#[derive(Debug, Default)]
pub(super) struct Lending {
    row: u32,
    lent: Option<Lent>,
}

#[derive(Debug)]
struct Lent {
    look_at: Instant,
    /// How often the turn had been taken when the task last looked.
    taken: u32,
}

impl Lending {
    pub(super) const fn is_lent(&self) -> bool {
        self.lent.is_some()
    }

    /// Callers have asked for something.
    pub(super) fn handle_asked(&mut self, asked: Asked) -> Order {
        match asked {
            Asked::Nothing => return Order::Rest,
            Asked::Lone => self.row = self.row.saturating_add(1),
            Asked::Company => self.row = 0,
        }
        self.take_back()
    }

    /// Whether the turn should be lent, now that nothing is due. If it is, [`handle_lent`](Self::handle_lent) is told.
    pub(super) const fn wants_to_lend(&self) -> bool {
        self.lent.is_none() && self.row >= ROW
    }

    /// The turn is being lent, and had been `taken` so often before.
    pub(super) fn handle_lent(&mut self, taken: u32, now: Instant) {
        self.lent = Some(Lent { look_at: now + PATIENCE, taken });
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.lent.as_ref().map(|lent| lent.look_at)
    }

    /// What is to be done at `now`, where the turn has been `taken` so often.
    pub(super) fn handle_timeout(&mut self, taken: u32, now: Instant) -> Order {
        let Some(lent) = self.lent.as_mut().filter(|lent| lent.look_at <= now) else { return Order::Rest };
        if lent.taken != taken {
            *lent = Lent { look_at: now + PATIENCE, taken };
            return Order::Rest;
        }
        self.row = 0;
        self.take_back()
    }

    fn take_back(&mut self) -> Order {
        if self.lent.take().is_some() { Order::TakeBack } else { Order::Rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lent() -> (Lending, Instant) {
        let (mut lending, start) = (Lending::default(), Instant::now());
        for _ in 0..ROW {
            assert!(!lending.wants_to_lend());
            assert_eq!(lending.handle_asked(Asked::Lone), Order::Rest);
        }
        assert!(lending.wants_to_lend());
        lending.handle_lent(7, start);
        (lending, start)
    }

    #[test]
    fn a_row_of_lone_requests_is_worth_it() {
        let (lending, start) = lent();
        assert!(lending.is_lent() && !lending.wants_to_lend());
        assert_eq!(lending.poll_timeout(), Some(start + PATIENCE));
    }

    #[test]
    fn company_begins_the_row_anew() {
        let mut lending = Lending::default();
        for _ in 0..ROW - 1 {
            lending.handle_asked(Asked::Lone);
        }
        assert_eq!(lending.handle_asked(Asked::Company), Order::Rest);
        lending.handle_asked(Asked::Lone);
        assert!(!lending.wants_to_lend());
    }

    #[test]
    fn whoever_asks_the_task_has_it_take_the_turn_back() {
        for asked in [Asked::Lone, Asked::Company] {
            let (mut lending, _) = lent();
            assert_eq!(lending.handle_asked(Asked::Nothing), Order::Rest);
            assert_eq!(lending.handle_asked(asked), Order::TakeBack);
            assert_eq!((lending.is_lent(), lending.poll_timeout()), (false, None));
            // One lone request that came too late for the turn does not end the row.
            assert_eq!(lending.wants_to_lend(), asked == Asked::Lone);
        }
    }

    /// Whoever has taken the turn and does nothing, and whoever waits for long, keeps what is due no longer than this.
    #[test]
    fn who_keeps_the_turn_loses_it_at_the_second_look() {
        let (mut lending, start) = lent();
        let mut now = start + PATIENCE - Duration::from_nanos(1);
        assert_eq!(lending.handle_timeout(8, now), Order::Rest, "it was taken at {now:?} at the latest");
        let mut looks = Vec::new();
        while lending.is_lent() {
            now = lending.poll_timeout().expect("it looks again");
            looks.push((now - start, lending.handle_timeout(8, now)));
        }
        assert_eq!(looks, [(PATIENCE, Order::Rest), (2 * PATIENCE, Order::TakeBack)]);
    }

    #[test]
    fn it_stays_lent_while_it_is_used() {
        let (mut lending, start) = lent();
        assert_eq!(lending.handle_timeout(7, start + PATIENCE / 2), Order::Rest);
        let mut now = start;
        for taken in 8..20 {
            now += PATIENCE;
            assert_eq!(lending.handle_timeout(taken, now), Order::Rest);
            assert_eq!(lending.poll_timeout(), Some(now + PATIENCE));
        }
        // Nobody has taken it since, or somebody has it all the time.
        assert_eq!(lending.handle_timeout(19, now + PATIENCE), Order::TakeBack);
        assert!(!lending.wants_to_lend(), "a new row has to come");
        assert_eq!(lending.handle_timeout(19, now + 2 * PATIENCE), Order::Rest);
    }
}
