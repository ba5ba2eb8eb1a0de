//! The table of stream ids: who waits on which, and which must not be used again yet.
//!
//! An id stays taken until its answer has come, also when nobody waits for that answer any more (an *orphan*): an id
//! given out twice would hand one request the answer of another. Ids go round the whole range, so that even an answer
//! that a server wrongly sends twice meets an id that is free, and is noticed, rather than one that is in use again.
//!
//! Section 2.3 of the specification: ids are 0 to 32767; negative ones belong to the server.

use std::time::Instant;

const CHUNK: usize = 256;

/// How many ids there are.
pub const MAX_STREAMS: usize = 32_768;

/// A request that waits for its answer.
#[derive(Debug)]
pub struct Pending<T> {
    /// What the request's owner wants back with the answer.
    pub token: T,
    /// When the owner wants to hear from us if no answer has come.
    pub wake_at: Option<Instant>,
    /// Where its envelope begins in the connection's stream of envelopes, in bytes.
    pub starts_at: u64,
}

#[derive(Debug)]
enum Slot<T> {
    Free,
    Waiting(Pending<T>),
    Orphaned { since: Instant },
    Reserved,
}

#[derive(Debug)]
struct Chunk<T> {
    taken: usize,
    slots: [Slot<T>; CHUNK],
}

impl<T> Chunk<T> {
    fn boxed() -> Box<Self> {
        Box::new(Self { taken: 0, slots: std::array::from_fn(|_| Slot::Free) })
    }
}

/// Whom an answer was for.
#[derive(Debug)]
pub enum Answered<T> {
    /// A request that waits.
    Waiting(Pending<T>),
    /// A request that has given up; its id is free again.
    Orphan,
    /// Nobody: the server answers what was not asked, or answers twice.
    Nobody,
}

/// The stream ids of one connection. Memory grows with the requests in flight, not with the range of ids.
#[derive(Debug)]
pub struct Streams<T> {
    chunks: Vec<Option<Box<Chunk<T>>>>,
    /// An empty chunk kept, so that a steady load allocates nothing.
    spare: Option<Box<Chunk<T>>>,
    next: usize,
    limit: usize,
    waiting: usize,
    orphans: usize,
    reserved: usize,
}

impl<T> Streams<T> {
    /// A table that gives out at most `limit` ids at a time (1 to 32,768).
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let chunks = std::iter::repeat_with(|| None).take(MAX_STREAMS / CHUNK).collect();
        let limit = limit.clamp(1, MAX_STREAMS);
        Self { chunks, spare: None, next: 0, limit, waiting: 0, orphans: 0, reserved: 0 }
    }

    /// How many requests wait for their answer.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many ids are held back because an answer may still come to them.
    #[must_use]
    pub const fn orphans(&self) -> usize {
        self.orphans
    }

    /// How many ids are out of circulation because somebody has [reserved](Self::reserve) them.
    #[must_use]
    pub const fn reserved(&self) -> usize {
        self.reserved
    }

    /// How many ids may be out at a time.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Gives out the next free id, or the request back when all are taken.
    pub fn allot(&mut self, pending: Pending<T>) -> Result<i16, Pending<T>> {
        if self.is_full() {
            return Err(pending);
        }
        self.waiting += 1;
        Ok(self.place(Slot::Waiting(pending)))
    }

    /// Takes the next free id out of circulation, for no request of ours, until it is [given back](Self::give_back).
    /// None when all are taken.
    pub fn reserve(&mut self) -> Option<i16> {
        if self.is_full() {
            return None;
        }
        self.reserved += 1;
        Some(self.place(Slot::Reserved))
    }

    /// Puts a reserved id back into circulation; false if it is not reserved.
    pub fn give_back(&mut self, stream: i16) -> bool {
        let Some(slot @ Slot::Reserved) = self.slot(stream) else { return false };
        *slot = Slot::Free;
        self.reserved -= 1;
        self.release(stream);
        true
    }

    const fn is_full(&self) -> bool {
        self.waiting + self.orphans + self.reserved >= self.limit
    }

    /// Puts `content` into the next free slot, of which there must be one.
    #[inline]
    fn place(&mut self, content: Slot<T>) -> i16 {
        loop {
            let (index, slot) = (self.next / CHUNK, self.next % CHUNK);
            let chunk = match &mut self.chunks[index] {
                Some(chunk) => chunk,
                empty => empty.insert(self.spare.take().unwrap_or_else(Chunk::boxed)),
            };
            if chunk.taken == CHUNK {
                self.next = (index + 1) % (MAX_STREAMS / CHUNK) * CHUNK;
                continue;
            }
            let stream = self.next;
            self.next = (self.next + 1) % MAX_STREAMS;
            if matches!(chunk.slots[slot], Slot::Free) {
                chunk.slots[slot] = content;
                chunk.taken += 1;
                return stream as i16;
            }
        }
    }

    fn slot(&mut self, stream: i16) -> Option<&mut Slot<T>> {
        let stream = usize::try_from(stream).ok()?;
        Some(&mut self.chunks[stream / CHUNK].as_mut()?.slots[stream % CHUNK])
    }

    fn release(&mut self, stream: i16) {
        let index = stream as usize / CHUNK;
        let Some(chunk) = &mut self.chunks[index] else { return };
        chunk.taken -= 1;
        // The chunk that ids are given out from stays; others are given back once they are empty.
        if chunk.taken == 0 && self.next / CHUNK != index {
            self.spare = self.chunks[index].take();
        }
    }

    /// An answer to `stream` has come: whom it is for. The id is free afterwards.
    pub fn answer(&mut self, stream: i16) -> Answered<T> {
        let Some(slot) = self.slot(stream) else { return Answered::Nobody };
        match std::mem::replace(slot, Slot::Free) {
            Slot::Waiting(pending) => {
                self.waiting -= 1;
                self.release(stream);
                Answered::Waiting(pending)
            }
            Slot::Orphaned { .. } => {
                self.orphans -= 1;
                self.release(stream);
                Answered::Orphan
            }
            Slot::Free => Answered::Nobody,
            // Nothing was sent on it. It stays what it is: whoever has it gives it back.
            Slot::Reserved => {
                *slot = Slot::Reserved;
                Answered::Nobody
            }
        }
    }

    /// The request on `stream` gives up, if `is_it` says that the one waiting there is meant: its token comes back, the
    /// id stays taken until its answer or the connection's end.
    pub fn orphan(
        &mut self,
        stream: i16,
        now: Instant,
        is_it: impl FnOnce(&T) -> bool,
    ) -> Option<Pending<T>> {
        let slot = self.slot(stream)?;
        match slot {
            Slot::Waiting(pending) if is_it(&pending.token) => {
                let Slot::Waiting(pending) = std::mem::replace(slot, Slot::Orphaned { since: now }) else {
                    return None;
                };
                self.waiting -= 1;
                self.orphans += 1;
                Some(pending)
            }
            _ => None,
        }
    }

    /// Changes when the request on `stream` wants to be woken.
    pub fn rearm(&mut self, stream: i16, wake_at: Option<Instant>, is_it: impl FnOnce(&T) -> bool) {
        if let Some(Slot::Waiting(pending)) = self.slot(stream)
            && is_it(&pending.token)
        {
            pending.wake_at = wake_at;
        }
    }

    fn pending(&mut self) -> impl Iterator<Item = &mut Pending<T>> {
        let chunks = self.chunks.iter_mut().flatten().filter(|chunk| chunk.taken > 0);
        chunks.flat_map(|chunk| &mut chunk.slots).filter_map(|slot| match slot {
            Slot::Waiting(pending) => Some(pending),
            _ => None,
        })
    }

    /// Calls `due` for each request whose time has come, which will not be called again until it is re-armed; says when
    /// the next one is due.
    pub fn expire(&mut self, now: Instant, mut due: impl FnMut(&T)) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        for pending in self.pending() {
            match pending.wake_at {
                Some(at) if at <= now => {
                    pending.wake_at = None;
                    due(&pending.token);
                }
                Some(at) => next = Some(next.map_or(at, |next| next.min(at))),
                None => {}
            }
        }
        next
    }

    /// Since when the oldest orphan has been one.
    #[must_use]
    pub fn oldest_orphan(&self) -> Option<Instant> {
        if self.orphans == 0 {
            return None;
        }
        let slots = self.chunks.iter().flatten().flat_map(|chunk| &chunk.slots);
        slots.filter_map(|slot| if let Slot::Orphaned { since } = slot { Some(*since) } else { None }).min()
    }

    /// Takes out everything that waits, for a connection that has ended.
    pub fn drain(&mut self) -> Vec<Pending<T>> {
        let mut drained = Vec::with_capacity(self.waiting);
        for chunk in self.chunks.iter_mut().filter_map(Option::take) {
            drained.extend(chunk.slots.into_iter().filter_map(|slot| match slot {
                Slot::Waiting(pending) => Some(pending),
                _ => None,
            }));
        }
        self.waiting = 0;
        self.orphans = 0;
        self.reserved = 0;
        drained
    }
}

#[cfg(test)]
mod tests;
