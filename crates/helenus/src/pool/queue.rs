//! Who waits for room on a connection, pure: in which order, for how long, and how many at most.
//!
//! A request for which every host of its plan is full stands in one line per host, under one ticket. Whichever host has
//! room first takes it, and it is gone from the other lines. Lines are first come, first served: also for a large request
//! that does not fit yet, since a connection whose buffer is empty takes any. Who is sent back from the front (room was
//! gone when it got there) stands where it stood, by its ticket.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use smallvec::SmallVec;

use crate::config::QueueLimits;
use crate::error::QueueState;
use crate::hash::QuickHasher;

/// One host at which a request waits.
#[derive(Debug, Clone)]
pub(crate) struct Place<H> {
    /// The number of the host's pool.
    pub(crate) pool: usize,
    pub(crate) host: H,
    /// Where the length of the line is told: who finds one there does not push in front of it.
    pub(crate) length: Arc<AtomicUsize>,
}

/// The hosts at which one request waits.
pub(crate) type Places<H> = SmallVec<[Place<H>; 3]>;

/// A request that waits.
#[derive(Debug)]
pub(crate) struct Waiting<H, T> {
    pub(crate) places: Places<H>,
    /// How many bytes it is.
    pub(crate) bytes: usize,
    /// When it will not wait any longer.
    pub(crate) deadline: Option<Instant>,
    pub(crate) request: T,
}

#[derive(Debug)]
struct Line {
    tickets: BTreeSet<u64>,
    length: Arc<AtomicUsize>,
}

/// All that wait, of one session.
#[derive(Debug)]
pub(crate) struct Queue<H, T> {
    limits: QueueLimits,
    waiting: BTreeMap<u64, Waiting<H, T>>,
    lines: HashMap<usize, Line, QuickHasher>,
    deadlines: BTreeSet<(Instant, u64)>,
    bytes: usize,
    /// When somebody will come with [`expire`](Self::expire).
    armed: Option<Instant>,
}

impl<H, T> Queue<H, T> {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            waiting: BTreeMap::new(),
            lines: HashMap::default(),
            deadlines: BTreeSet::new(),
            bytes: 0,
            armed: None,
        }
    }

    /// How many wait, and how many bytes they are.
    pub(crate) fn state(&self) -> QueueState {
        let QueueLimits { requests, bytes } = self.limits;
        QueueState {
            requests: self.waiting.len(),
            bytes: self.bytes,
            max_requests: requests,
            max_bytes: bytes,
        }
    }

    /// Has a request wait; refused where so many do, or so many bytes, that it may not. What is too large by itself may
    /// wait alone. Says when to come with [`expire`](Self::expire), where that is earlier than was said before.
    pub(crate) fn enter(&mut self, ticket: u64, waiting: Waiting<H, T>) -> Result<Option<Instant>, T> {
        let has_room = self.waiting.len() < self.limits.requests
            && (self.bytes == 0 || self.bytes.saturating_add(waiting.bytes) <= self.limits.bytes);
        if !has_room || waiting.places.is_empty() || self.waiting.contains_key(&ticket) {
            return Err(waiting.request);
        }
        self.bytes += waiting.bytes;
        for place in &waiting.places {
            let line = self
                .lines
                .entry(place.pool)
                .or_insert_with(|| Line { tickets: BTreeSet::new(), length: Arc::clone(&place.length) });
            line.tickets.insert(ticket);
            line.length.store(line.tickets.len(), Ordering::SeqCst);
        }
        let deadline = waiting.deadline;
        self.deadlines.extend(deadline.map(|at| (at, ticket)));
        self.waiting.insert(ticket, waiting);
        let earlier = deadline.filter(|at| self.armed.is_none_or(|armed| *at < armed));
        self.armed = earlier.or(self.armed);
        Ok(earlier)
    }

    /// A request does not wait any longer; `None` where it did not.
    pub(crate) fn leave(&mut self, ticket: u64) -> Option<Waiting<H, T>> {
        let waiting = self.waiting.remove(&ticket)?;
        self.bytes -= waiting.bytes;
        if let Some(at) = waiting.deadline {
            self.deadlines.remove(&(at, ticket));
        }
        for place in &waiting.places {
            if let Some(line) = self.lines.get_mut(&place.pool) {
                line.tickets.remove(&ticket);
                line.length.store(line.tickets.len(), Ordering::SeqCst);
                if line.tickets.is_empty() {
                    self.lines.remove(&place.pool);
                }
            }
        }
        Some(waiting)
    }

    /// Takes whoever is first in the line of `pool`, if a request of so many bytes `fits`.
    pub(crate) fn take_first(&mut self, pool: usize, fits: impl FnOnce(usize) -> bool) -> Option<(T, H)> {
        let first = *self.lines.get(&pool)?.tickets.first()?;
        if !fits(self.waiting.get(&first)?.bytes) {
            return None;
        }
        let waiting = self.leave(first)?;
        let place = waiting.places.into_iter().find(|place| place.pool == pool)?;
        Some((waiting.request, place.host))
    }

    /// Takes all whose time is up at `now`, and says when to come again. Who comes was told to for `due`: where an earlier
    /// one was told to in the meantime, it is that one that comes again.
    pub(crate) fn expire(&mut self, due: Instant, now: Instant) -> (Vec<T>, Option<Instant>) {
        let mut expired = Vec::new();
        while let Some((at, ticket)) = self.deadlines.first().copied() {
            if at > now {
                break;
            }
            expired.extend(self.leave(ticket).map(|waiting| waiting.request));
        }
        if self.armed != Some(due) {
            return (expired, None);
        }
        self.armed = self.deadlines.first().map(|(at, _)| *at);
        (expired, self.armed)
    }
}

#[cfg(test)]
mod tests;
