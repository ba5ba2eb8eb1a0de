//! Whether the history of one register is linearizable: whether its operations can be put in one order that agrees with when
//! they began and ended, and in which each says what a register would have said.
//!
//! The search is that of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993): of the operations that may come first, try each,
//! and go on with the rest; with a memory of which sets of operations have led to which value, as Lowe proposed. Histories are
//! short (at most 128 operations), so a mask of bits is a set.
//!
//! An operation whose answer never came may have been done at any time after it began, or never.

use std::collections::HashSet;

/// What a register holds: nothing at first.
pub type Value = Option<i64>;

/// What was asked of the register, and what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It was read, and held this.
    Read(Value),
    /// It was to hold `new` if it held `expected`.
    CompareAndSet {
        /// What it had to hold.
        expected: Value,
        /// What it was to hold.
        new: i64,
        /// What came of it.
        outcome: Outcome,
    },
}

/// What came of a compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was applied.
    Applied,
    /// It was not, since the register held this.
    Refused(Value),
    /// Nobody knows.
    Unknown,
}

/// One operation and its time, in any unit that grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When it was asked for.
    pub called: u64,
    /// When its answer came. Of one whose fate is unknown it says nothing.
    pub returned: u64,
    /// What it was.
    pub operation: Operation,
}

/// What a history is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// One order explains it.
    Linearizable,
    /// No order does.
    Impossible,
    /// It was not found out within the steps allowed.
    Undecided,
}

/// How many operations a history may have.
pub const LONGEST: usize = 128;

impl Event {
    fn is_pending(&self) -> bool {
        matches!(self.operation, Operation::CompareAndSet { outcome: Outcome::Unknown, .. })
    }

    /// What a register that holds `value` holds after this, if it would answer so.
    fn apply(&self, value: Value) -> Option<Value> {
        match self.operation {
            Operation::Read(seen) => (seen == value).then_some(value),
            Operation::CompareAndSet { expected, new, outcome } => match outcome {
                Outcome::Applied | Outcome::Unknown => (value == expected).then_some(Some(new)),
                Outcome::Refused(held) => (held == value && value != expected).then_some(value),
            },
        }
    }
}

/// Judges the history of one register, in at most so many `steps`.
#[must_use]
pub fn judge(history: &[Event], steps: usize) -> Verdict {
    if history.len() > LONGEST {
        return Verdict::Undecided;
    }
    let answered = history.iter().enumerate().filter(|(_, event)| !event.is_pending());
    let wanted = answered.fold(0_u128, |mask, (at, _)| mask | 1 << at);
    let mut seen = HashSet::from([(0_u128, None)]);
    let mut open = vec![(0_u128, None)];
    let mut left = steps;
    while let Some((done, value)) = open.pop() {
        if done & wanted == wanted {
            return Verdict::Linearizable;
        }
        if left == 0 {
            return Verdict::Undecided;
        }
        left -= 1;
        for (next, after) in candidates(history, done, value) {
            if seen.insert((next, after)) {
                open.push((next, after));
            }
        }
    }
    Verdict::Impossible
}

/// What may be done next: whatever began before the first end of all that has been answered and is not done yet.
fn candidates(history: &[Event], done: u128, value: Value) -> impl Iterator<Item = (u128, Value)> + '_ {
    let undone = move |at: usize| done & 1 << at == 0;
    let first_end = history
        .iter()
        .enumerate()
        .filter(|(at, event)| undone(*at) && !event.is_pending())
        .map(|(_, event)| event.returned)
        .min()
        .unwrap_or(u64::MAX);
    history.iter().enumerate().filter_map(move |(at, event)| {
        let possible = undone(at) && event.called <= first_end;
        let after = if possible { event.apply(value) } else { None };
        after.map(|after| (done | 1 << at, after))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Outcome::{Applied, Refused, Unknown};
    use super::*;

    fn cas(called: u64, returned: u64, expected: Value, new: i64, outcome: Outcome) -> Event {
        Event { called, returned, operation: Operation::CompareAndSet { expected, new, outcome } }
    }

    fn read(called: u64, returned: u64, value: Value) -> Event {
        Event { called, returned, operation: Operation::Read(value) }
    }

    fn verdict(history: &[Event]) -> Verdict {
        judge(history, 100_000)
    }

    #[test]
    fn good_histories() {
        let good: [&[Event]; 7] = [
            &[],
            &[read(0, 1, None), cas(2, 3, None, 1, Applied), read(4, 5, Some(1))],
            // The read overlaps the write: before it or after it.
            &[cas(0, 9, None, 1, Applied), read(1, 2, None), read(3, 4, Some(1))],
            // Two at once, one wins.
            &[cas(0, 9, None, 1, Applied), cas(0, 9, None, 2, Refused(Some(1)))],
            // What nobody heard of may have been done long after,
            &[cas(0, 1, None, 1, Unknown), read(5, 6, None), read(7, 8, Some(1))],
            // or never,
            &[cas(0, 1, None, 1, Unknown), cas(5, 6, None, 2, Applied), read(7, 8, Some(2))],
            // and others may have built upon it.
            &[cas(0, 1, None, 1, Unknown), cas(2, 3, Some(1), 2, Applied)],
        ];
        for history in good {
            assert_eq!(verdict(history), Verdict::Linearizable, "{history:?}");
        }
    }

    #[test]
    fn bad_histories() {
        let bad: [&[Event]; 8] = [
            // An acknowledged write that is not there.
            &[cas(0, 1, None, 1, Applied), read(2, 3, None)],
            // Two that both won.
            &[cas(0, 9, None, 1, Applied), cas(0, 9, None, 2, Applied)],
            // A value that nobody wrote.
            &[read(0, 1, Some(7))],
            // Back in time.
            &[cas(0, 9, None, 1, Applied), read(1, 2, Some(1)), read(3, 4, None)],
            // Refused with what was expected, and with what was not there.
            &[cas(0, 1, None, 1, Refused(None))],
            &[cas(0, 1, None, 1, Refused(Some(3)))],
            // What was done cannot be undone.
            &[cas(0, 1, None, 1, Unknown), read(2, 3, Some(1)), read(4, 5, None)],
            // Done before it was asked for.
            &[read(0, 1, Some(1)), cas(2, 3, None, 1, Unknown)],
        ];
        for history in bad {
            assert_eq!(verdict(history), Verdict::Impossible, "{history:?}");
        }
    }

    #[test]
    fn what_takes_too_long_is_undecided() {
        let history: Vec<_> =
            (0..40).map(|n| cas(0, 99, None, n, Unknown)).chain([read(0, 99, Some(99))]).collect();
        assert_eq!(judge(&history, 3), Verdict::Undecided);
        assert_eq!(judge(&vec![read(0, 1, None); LONGEST + 1], 1000), Verdict::Undecided);
    }

    /// A true register, asked in an order, seen with times that stretch around it.
    fn true_history(asks: &[(u8, bool, u64, u64)]) -> Vec<Event> {
        let mut value: Value = None;
        let mut history = Vec::new();
        for (n, (kind, lost, before, after)) in asks.iter().enumerate() {
            let at = 100 * (n as u64 + 1);
            let (called, returned) = (at.saturating_sub(*before), at + after);
            let new = n as i64;
            history.push(match kind % 3 {
                0 => read(called, returned, value),
                1 => {
                    let expected = value;
                    value = Some(new);
                    cas(called, returned, expected, new, if *lost { Unknown } else { Applied })
                }
                _ => {
                    let outcome = if *lost { Unknown } else { Refused(value) };
                    cas(called, returned, Some(-1), new, outcome)
                }
            });
        }
        history
    }

    proptest! {
        /// What a true register has said is linearizable; with one read of a value that was never written it is not.
        #[test]
        fn a_true_register_is_one_and_a_lie_is_found(
            asks in prop::collection::vec((any::<u8>(), any::<bool>(), 0_u64..300, 0_u64..300), 1..24),
            at in any::<prop::sample::Index>(),
        ) {
            let mut history = true_history(&asks);
            prop_assert_eq!(judge(&history, 1_000_000), Verdict::Linearizable);
            let at = at.index(history.len());
            history[at].operation = Operation::Read(Some(-7));
            prop_assert_eq!(judge(&history, 1_000_000), Verdict::Impossible);
        }
    }
}
