//! Who waits for room on a connection, pure: in which order, for how long, and how many at most.
//!
//! A request for which every host of its plan is full stands in one line per host, under one ticket. Whichever host has
//! room first takes it, and it is gone from the other lines. Lines are first come, first served: also for a large request
//! that does not fit yet, since a connection whose buffer is empty takes any. Whoever is *called*, to the front and to be sent,
//! keeps its place until it is known what came of it: nobody pushes in front meanwhile, and nobody gets its room in the
//! queue. Where room was gone when it got there, it stands where it stood, by its ticket.

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

/// A request that is called: there is room for it at `host`. To be [dismissed](Queue::dismiss) once it was tried there.
#[derive(Debug)]
pub(crate) struct Called<H, T> {
    pub(crate) request: T,
    pub(crate) host: H,
    pub(crate) call: Call,
}

/// One call of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    ticket: u64,
    number: u64,
}

/// The place of whoever is called.
#[derive(Debug)]
struct Kept {
    number: u64,
    bytes: usize,
    pools: SmallVec<[usize; 3]>,
}

#[derive(Debug)]
struct Line {
    tickets: BTreeSet<u64>,
    /// How many stood here and are called.
    called: usize,
    length: Arc<AtomicUsize>,
}

impl Line {
    fn tell_length(&self) {
        self.length.store(self.tickets.len() + self.called, Ordering::SeqCst);
    }
}

/// All that wait, of one session.
#[derive(Debug)]
pub(crate) struct Queue<H, T> {
    limits: QueueLimits,
    waiting: BTreeMap<u64, Waiting<H, T>>,
    lines: HashMap<usize, Line, QuickHasher>,
    deadlines: BTreeSet<(Instant, u64)>,
    bytes: usize,
    /// Whose place is kept: no more than there are threads that call.
    kept: BTreeMap<u64, Kept>,
    kept_bytes: usize,
    calls: u64,
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
            kept: BTreeMap::new(),
            kept_bytes: 0,
            calls: 0,
            armed: None,
        }
    }

    /// How many wait, and how many bytes they are; without those that are called.
    pub(crate) fn state(&self) -> QueueState {
        self.state_of(self.waiting.len(), self.bytes)
    }

    /// How full it is for a request that comes now: with the places that are kept.
    pub(crate) fn fullness(&self) -> QueueState {
        self.state_of(self.waiting.len() + self.kept.len(), self.bytes.saturating_add(self.kept_bytes))
    }

    const fn state_of(&self, requests: usize, bytes: usize) -> QueueState {
        let QueueLimits { requests: max_requests, bytes: max_bytes } = self.limits;
        QueueState { requests, bytes, max_requests, max_bytes }
    }

    /// Has a request wait; refused where so many do, or so many bytes, that it may not. What is too large by itself may
    /// wait alone; whoever was called and comes back has its place. Says when to come with [`expire`](Self::expire), where
    /// that is earlier than was said before.
    pub(crate) fn enter(&mut self, ticket: u64, waiting: Waiting<H, T>) -> Result<Option<Instant>, T> {
        let has_place = self.kept.contains_key(&ticket);
        let QueueState { requests, bytes, max_requests, max_bytes } = self.fullness();
        let has_room =
            requests < max_requests && (bytes == 0 || bytes.saturating_add(waiting.bytes) <= max_bytes);
        if !(has_room || has_place) || waiting.places.is_empty() || self.waiting.contains_key(&ticket) {
            self.give_up_place(ticket);
            return Err(waiting.request);
        }
        self.bytes += waiting.bytes;
        for place in &waiting.places {
            let line = self.lines.entry(place.pool).or_insert_with(|| Line {
                tickets: BTreeSet::new(),
                called: 0,
                length: Arc::clone(&place.length),
            });
            line.tickets.insert(ticket);
            line.tell_length();
        }
        let deadline = waiting.deadline;
        self.deadlines.extend(deadline.map(|at| (at, ticket)));
        self.waiting.insert(ticket, waiting);
        let earlier = deadline.filter(|at| self.armed.is_none_or(|armed| *at < armed));
        self.armed = earlier.or(self.armed);
        // Last, so that no line is thought to be empty in between.
        self.give_up_place(ticket);
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
            self.change_line(place.pool, |line| _ = line.tickets.remove(&ticket));
        }
        Some(waiting)
    }

    fn change_line(&mut self, pool: usize, change: impl FnOnce(&mut Line)) {
        let Some(line) = self.lines.get_mut(&pool) else { return };
        change(line);
        line.tell_length();
        if line.tickets.is_empty() && line.called == 0 {
            self.lines.remove(&pool);
        }
    }

    /// Calls whoever is first in the line of `pool`, if a request of so many bytes `fits`.
    pub(crate) fn call_first(
        &mut self,
        pool: usize,
        fits: impl FnOnce(usize) -> bool,
    ) -> Option<Called<H, T>> {
        let ticket = *self.lines.get(&pool)?.tickets.first()?;
        let Waiting { places, bytes, .. } = self.waiting.get(&ticket)?;
        if !fits(*bytes) {
            return None;
        }
        let (bytes, pools) = (*bytes, places.iter().map(|place| place.pool).collect::<SmallVec<[_; 3]>>());
        // First, for the same reason.
        for at in &pools {
            self.change_line(*at, |line| line.called += 1);
        }
        let number = self.calls;
        self.calls += 1;
        self.kept_bytes += bytes;
        self.kept.insert(ticket, Kept { number, bytes, pools });
        let waiting = self.leave(ticket)?;
        let host = waiting.places.into_iter().find(|place| place.pool == pool)?.host;
        Some(Called { request: waiting.request, host, call: Call { ticket, number } })
    }

    /// Whoever was called was tried: if it has not come back, its place is given up.
    pub(crate) fn dismiss(&mut self, call: Call) {
        if self.kept.get(&call.ticket).is_some_and(|kept| kept.number == call.number) {
            self.give_up_place(call.ticket);
        }
    }

    fn give_up_place(&mut self, ticket: u64) {
        let Some(kept) = self.kept.remove(&ticket) else { return };
        self.kept_bytes -= kept.bytes;
        for pool in kept.pools {
            self.change_line(pool, |line| line.called -= 1);
        }
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
