//! Whose turn it is to wait for the socket: the task's, or a caller's that is alone on its connection.
//!
//! The task may lend it; then one caller at a time takes it, and the task may take it back at any moment, also from under a
//! caller. It is no lock. Who has the turn is who *waits* for bytes; reading them is safe for anyone, since that is done
//! under the lock of the read half. So two that wait at once are a waste, and not wrong; what must never be is an answer that
//! is due while nobody waits. [`lending`](super::lending) says when it is lent, [`caller`](super::caller) what a caller
//! does with it. The rule that keeps the promise: whoever sends, or leaves, and does not itself wait for what is due,
//! signals the task *afterwards*, and a task that is signalled takes the turn back.
//!
//! One caller at a time is inside, also one from under whom the turn was taken: until it has come back, nobody else takes the
//! turn. So the [bell](super::caller::Bell) is one caller's.

use std::sync::atomic::Ordering;

use crate::sync::AtomicU32;

/// The task waits for the socket.
const TASK: u32 = 0;
/// It is lent, and nobody has it: nothing is due.
const FREE: u32 = 1;
/// A caller has it.
const TAKEN: u32 = 2;
const WHOSE: u32 = 3;
/// Whoever took it last has not left yet, whosever it is now.
const INSIDE: u32 = 4;
/// The rest counts how often it was taken, so that a turn is not mistaken for a later one.
const ONE: u32 = 8;

/// The turn of one connection.
#[derive(Debug)]
pub(super) struct Turn(AtomicU32);

/// That a caller has taken the turn, and which time that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken(u32);

impl Turn {
    /// It is the task's.
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(TASK))
    }

    /// A caller takes it, if it is to be had.
    pub(super) fn take(&self) -> Option<Taken> {
        let free = self.0.load(Ordering::Acquire);
        if free & (WHOSE | INSIDE) != FREE {
            return None;
        }
        let taken = (free & !WHOSE).wrapping_add(ONE) | TAKEN | INSIDE;
        let exchanged = self.0.compare_exchange(free, taken, Ordering::AcqRel, Ordering::Relaxed);
        exchanged.ok().map(|_| Taken(taken))
    }

    /// Whether the caller still has it.
    pub(super) fn is_still(&self, taken: Taken) -> bool {
        self.0.load(Ordering::Acquire) == taken.0
    }

    /// The caller leaves, once. Tells whether it still had the turn, which is free now; else the task has taken it back.
    pub(super) fn leave(&self, taken: Taken) -> bool {
        let free = taken.0 & !(WHOSE | INSIDE) | FREE;
        let had = self.0.compare_exchange(taken.0, free, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if !had {
            // Nobody else has come in meanwhile: it is the caller's own.
            self.0.fetch_and(!INSIDE, Ordering::AcqRel);
        }
        had
    }

    /// The task lends it. Only the task does so, and only when it has it.
    pub(super) fn lend(&self) {
        self.0.fetch_or(FREE, Ordering::AcqRel);
    }

    /// The task takes it back.
    pub(super) fn take_back(&self) {
        self.0.fetch_and(!WHOSE, Ordering::AcqRel);
    }

    /// How often it was taken, modulo 2^29.
    pub(super) fn times_taken(&self) -> u32 {
        self.0.load(Ordering::Acquire) / ONE
    }
}
