//! The half of a connection that callers touch: stream ids and one buffer of envelopes.
//!
//! A caller encodes its request's body before it comes here, so that the sender is held only while bytes are copied.
//! The buffer holds plain envelopes; [`Outgoing`] turns what has gathered into what the socket gets (for v5: segments
//! with checksums), once per flush and not once per request.

use std::time::Instant;

use super::burst::Burst;
use super::streams::{Answered, Pending, Streams};
use crate::compression::Compression;
use crate::envelope::{Flags, HEADER_LENGTH, RequestHeader};
use crate::opcode::RequestOpcode;
use crate::segment;
use crate::version::ProtocolVersion;

/// Buffers above this many bytes are given back once they are empty.
const KEEP: usize = 64 * 1024;

/// Why a request was not taken. It was not sent, not in part either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Every stream id that may be used is taken.
    Full,
    /// The connection has ended.
    Closed,
    /// The body is longer than an envelope can say.
    TooLong,
}

/// The body of a request, in up to four pieces: its owner need not copy them together, since sending copies them anyway.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a>([&'a [u8]; 4]);

impl<'a> Body<'a> {
    /// A body that lies in these pieces, one after another.
    #[must_use]
    pub const fn new(pieces: [&'a [u8]; 4]) -> Self {
        Self(pieces)
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        let [first, second, third, fourth] = self.0;
        first.len() + second.len() + third.len() + fourth.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The body in one piece.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.concat()
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Body<'a> {
    fn from(whole: &'a T) -> Self {
        Self([whole.as_ref(), &[], &[], &[]])
    }
}

/// A request that was taken: it will be sent at the next flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The stream id that its answer will carry.
    pub stream: i16,
    /// Whether it waits to be woken earlier than anything before it, so that the timer must be set anew.
    pub wakes_first: bool,
    /// Whether so much has gathered that it should be flushed now, though whoever flushes may think that more is to come.
    pub leaves_now: bool,
}

/// Stream ids, and envelopes waiting to be flushed. `T` is what comes back with each answer.
#[derive(Debug)]
pub struct Sender<T> {
    version: ProtocolVersion,
    streams: Streams<T>,
    buffer: Vec<u8>,
    burst: Burst,
    /// How many bytes of envelopes were ever put into the buffer.
    appended: u64,
    next_wake: Option<Instant>,
    closed: bool,
}

impl<T> Sender<T> {
    /// The sender of a connection that speaks `version` and may have `max_in_flight` requests waiting.
    #[must_use]
    pub fn new(version: ProtocolVersion, max_in_flight: usize) -> Self {
        Self {
            version,
            streams: Streams::new(max_in_flight),
            buffer: Vec::new(),
            burst: Burst::default(),
            appended: 0,
            next_wake: None,
            closed: false,
        }
    }

    /// Takes a request: allots its stream id and appends its envelope. `body` must already be compressed if `flags`
    /// say so.
    pub fn send<'a>(
        &mut self,
        flags: Flags,
        opcode: RequestOpcode,
        body: impl Into<Body<'a>>,
        token: T,
        wake_at: Option<Instant>,
    ) -> Result<Sent, (Refused, T)> {
        let body = body.into();
        if self.closed {
            return Err((Refused::Closed, token));
        }
        let Some(length) =
            u32::try_from(body.len()).ok().filter(|l| *l as usize <= crate::envelope::MAX_BODY_LENGTH)
        else {
            return Err((Refused::TooLong, token));
        };
        let pending = Pending { token, wake_at, starts_at: self.appended };
        let stream = self.streams.allot(pending).map_err(|pending| (Refused::Full, pending.token))?;
        let header = RequestHeader { version: self.version, flags, stream, opcode, length };
        self.buffer.reserve(HEADER_LENGTH + body.len());
        self.buffer.extend_from_slice(&header.encode());
        body.0.iter().for_each(|piece| self.buffer.extend_from_slice(piece));
        self.appended += (HEADER_LENGTH + body.len()) as u64;
        let wakes_first = match (wake_at, self.next_wake) {
            (Some(at), Some(next)) => at < next,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if wakes_first {
            self.next_wake = wake_at;
        }
        let leaves_now = self.burst.handle_sent(self.buffer.len(), self.streams.waiting());
        Ok(Sent { stream, wakes_first, leaves_now })
    }

    /// Takes a stream id out of circulation, for no request of ours, until it is [given back](Self::give_back). None
    /// when all are taken or the connection has ended.
    pub fn reserve(&mut self) -> Option<i16> {
        if self.closed { None } else { self.streams.reserve() }
    }

    /// Puts a reserved stream id back into circulation; false if it is not reserved (any more).
    pub fn give_back(&mut self, stream: i16) -> bool {
        self.streams.give_back(stream)
    }

    /// An answer to `stream` has come.
    pub fn answer(&mut self, stream: i16) -> Answered<T> {
        self.streams.answer(stream)
    }

    /// The request on `stream` gives up, if `is_it` says that it is the one meant.
    pub fn orphan(&mut self, stream: i16, now: Instant, is_it: impl FnOnce(&T) -> bool) -> Option<T> {
        self.streams.orphan(stream, now, is_it).map(|pending| pending.token)
    }

    /// Sets when the request on `stream` wants to be woken; tells whether that is earlier than all others.
    pub fn rearm(&mut self, stream: i16, wake_at: Instant, is_it: impl FnOnce(&T) -> bool) -> bool {
        self.streams.rearm(stream, Some(wake_at), is_it);
        let first = self.next_wake.is_none_or(|next| wake_at < next);
        if first {
            self.next_wake = Some(wake_at);
        }
        first
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next; never later than the truth.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.next_wake
    }

    /// Calls `due` for each request whose time has come.
    pub fn handle_timeout(&mut self, now: Instant, due: impl FnMut(&T)) {
        if self.next_wake.is_some_and(|at| at <= now) {
            self.next_wake = self.streams.expire(now, due);
        }
    }

    /// How many stream ids are in use: requests that wait for an answer, and ids that are reserved.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.streams.waiting() + self.streams.reserved()
    }

    /// How many requests wait for an answer.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.streams.waiting()
    }

    /// How many stream ids are held back for answers that nobody waits for.
    #[must_use]
    pub const fn orphans(&self) -> usize {
        self.streams.orphans()
    }

    /// Since when the oldest orphan has been one.
    #[must_use]
    pub fn oldest_orphan(&self) -> Option<Instant> {
        self.streams.oldest_orphan()
    }

    /// How many requests it takes at most.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.streams.limit()
    }

    /// How many more requests it would take now.
    #[must_use]
    pub const fn room(&self) -> usize {
        if self.closed { 0 } else { self.streams.limit() - self.in_flight() - self.streams.orphans() }
    }

    /// How many bytes of envelopes wait to be flushed.
    #[must_use]
    pub const fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Whether envelopes wait to be flushed.
    #[must_use]
    pub const fn has_outgoing(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Ends the connection: nothing is taken any more, and everything that waits comes back with whether any of its
    /// bytes may have reached the server. What the socket has not accepted of `outgoing` by now is thrown away: whoever
    /// flushes next must not send what was just called unsent.
    pub fn close(&mut self, outgoing: &mut Outgoing) -> Vec<(T, bool)> {
        self.closed = true;
        self.buffer = Vec::new();
        self.next_wake = None;
        let accepted = outgoing.discard();
        self.streams
            .drain()
            .into_iter()
            .map(|pending| (pending.token, pending.starts_at < accepted))
            .collect()
    }

    /// Whether the connection has ended.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }
}

/// What is on its way to the socket, and the account of how far the envelopes have got.
#[derive(Debug)]
pub struct Outgoing {
    version: ProtocolVersion,
    compression: Option<Compression>,
    bytes: Vec<u8>,
    at: usize,
    scratch: Vec<u8>,
    /// Bytes of envelopes, counted from the connection's beginning, that lie before `bytes`.
    before: u64,
    /// Bytes of envelopes in `bytes`.
    within: u64,
}

impl Outgoing {
    /// Nothing yet. `compression` is for the segments of v5; older versions compress bodies one by one.
    #[must_use]
    pub const fn new(version: ProtocolVersion, compression: Option<Compression>) -> Self {
        Self { version, compression, bytes: Vec::new(), at: 0, scratch: Vec::new(), before: 0, within: 0 }
    }

    /// Takes what has gathered in `sender`, once everything before it was accepted. Only swaps buffers, so that the
    /// sender is free again at once.
    pub fn gather<T>(&mut self, sender: &mut Sender<T>) {
        if self.is_empty() && self.scratch.is_empty() {
            std::mem::swap(&mut sender.buffer, &mut self.scratch);
            sender.burst.handle_flushed();
        }
    }

    /// What the socket should get next; nothing when all was accepted and nothing gathered.
    pub fn poll_transmit(&mut self) -> &[u8] {
        if self.is_empty() {
            self.before += self.within;
            self.within = self.scratch.len() as u64;
            self.at = 0;
            self.bytes.clear();
            if self.bytes.capacity() > KEEP {
                self.bytes = Vec::new();
            }
            if self.version.has_segments() {
                segment::encode_envelopes(&self.scratch, self.compression, &mut self.bytes);
                self.scratch.clear();
                if self.scratch.capacity() > KEEP {
                    self.scratch = Vec::new();
                }
            } else {
                std::mem::swap(&mut self.scratch, &mut self.bytes);
            }
        }
        &self.bytes[self.at..]
    }

    /// The socket accepted `count` bytes.
    pub const fn handle_accepted(&mut self, count: usize) {
        self.at += count;
    }

    /// Throws away what was not accepted; tells what [`accepted`](Self::accepted) is for good.
    fn discard(&mut self) -> u64 {
        let accepted = self.accepted();
        *self = Self { before: accepted, ..Self::new(self.version, self.compression) };
        accepted
    }

    /// Whether all that was taken for the socket has been accepted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// How many bytes were taken for the socket that it has not accepted yet.
    #[must_use]
    pub const fn unsent(&self) -> usize {
        self.bytes.len() - self.at + self.scratch.len()
    }

    /// How many bytes of envelopes the socket may have accepted in whole or in part. In v5 a segment's envelopes count
    /// as soon as one byte of what was framed with them has left: never too few, so that "not sent" is a fact.
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        if self.at == 0 {
            self.before
        } else if self.version.has_segments() {
            self.before + self.within
        } else {
            self.before + self.at as u64
        }
    }
}

#[cfg(test)]
mod tests;
