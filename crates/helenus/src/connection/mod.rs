//! One connection: the protocol's machine, a socket, and the task that pumps bytes between them.
//!
//! * [`transport`]: the socket and the cipher's seam. * [`open`]: from an [`endpoint`] and its [`config`] to a connection;
//!   [`dial`]: TCP; [`wire`]: TLS and the handshake; [`login`]: credentials.
//! * [`pump`]: bytes in and out. * [`driver`]: the task. * [`silence`]: when a server that owes answers is to be set aside.
//! * [`damage`]: what it says of bytes that were damaged on the way.
//! * [`turn`], [`lending`]: whose turn it is to wait for the socket. * [`caller`]: what a caller does in its turn.
//!
//! Locks, in the order in which they may be taken: a request's state, then the session's queue, then `writing`, then
//! `cipher`, then `sender`; `reading` before the last three. None of them is held when a token is given back to its
//! request.

mod caller;
pub(crate) mod config;
mod damage;
mod dial;
mod driver;
pub(crate) mod endpoint;
mod lending;
mod login;
mod not_sent;
pub(crate) mod open;
mod pump;
mod seat;
mod silence;
pub(crate) mod transport;
mod turn;
mod wire;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize as Count, Ordering};
use std::time::Instant;

use helenus_protocol::RequestOpcode;
use helenus_protocol::compression::Compression;
use helenus_protocol::connection::handshake::Ready;
use helenus_protocol::connection::{Body, Refused, Sender};
use helenus_protocol::envelope::Flags;
use helenus_protocol::response::Event;

use crate::cluster::load::HostLoad;
use crate::error::ConnectionError;
use crate::metrics::TrafficCounters;
use crate::pool::plan::Orphans;
use crate::request::Token;
use crate::sync::{AtomicU8, AtomicUsize, AtomicWaker, Mutex, OnceLock, lock};
use caller::Bell;
use pump::{Reading, Writing};
pub(crate) use seat::Seat;
use transport::{Cipher, Socket};
pub(crate) use turn::Taken;
use turn::Turn;

/// The task has something to flush.
const FLUSH: u8 = 1;
/// The connection is to end.
const CLOSE: u8 = 2;
/// The timer must be set anew.
const TIMER: u8 = 4;
/// A caller that has waited for the socket does so no more, and something is due.
const READ: u8 = 8;
/// With [`FLUSH`]: it is the only request, and its caller waits, who is the one that did so before.
const LONE: u8 = 16;

/// What a connection tells its owner, from its I/O task or a caller that does its work.
pub(crate) trait Owner: Send + Sync {
    /// The server pushed an event.
    fn handle_event(&self, connection: &Arc<Connection>, event: Event);
    /// It owes answers that nobody waits for any more. Told now and then while that is so.
    fn handle_orphans(&self, connection: &Arc<Connection>, orphans: Orphans) {
        let _ = (connection, orphans);
    }
    /// The server owes answers and has been silent for a while, or is so no longer. It may be told so again. Not to block,
    /// nor to use the connection.
    fn handle_silence(&self, connection: &Connection, silent: bool) {
        let _ = (connection, silent);
    }
    /// Stream ids were given back, or bytes were written: there may be room where there was none.
    fn handle_room(&self) {}
    /// Whose load this connection's requests are; `None`: nobody's who is chosen by it.
    fn load(&self) -> Option<Arc<HostLoad>> {
        None
    }
    /// The connection has ended; its requests have been told.
    fn handle_closed(&self, connection: &Arc<Connection>, error: &ConnectionError);
}

/// Numbers connections within the process, for logs and errors.
static SERIAL: Count = Count::new(1);

/// An open connection. Dropping the last handle does not close it: its owner says [`close`](Self::close).
pub(crate) struct Connection {
    serial: usize,
    address: SocketAddr,
    ready: Ready,
    socket: Arc<Socket>,
    cipher: Option<Mutex<Box<dyn Cipher>>>,
    /// Others than the task may do its I/O, a lone caller or the sender of a burst: not where the cipher may wait for what a thread holds that waits for a request.
    callers_write: bool,
    sender: Mutex<Sender<Token>>,
    writing: Mutex<Writing>,
    reading: Mutex<Reading>,
    task: AtomicWaker,
    signals: AtomicU8,
    turn: Turn,
    last_waiter: AtomicUsize,
    /// There, once the turn has been lent.
    bell: OnceLock<Bell>,
    /// Requests in flight as of the last change; read without the lock to choose the least busy connection.
    in_flight: AtomicUsize,
    load: Arc<HostLoad>,
    orphans: AtomicUsize,
    /// Bytes that have left the sender and that the socket has not accepted.
    unsent: AtomicUsize,
    /// Why a caller could not write; the task's flush ends with it.
    unwritten: OnceLock<ConnectionError>,
    ended: OnceLock<ConnectionError>,
    owner: Arc<dyn Owner>,
    traffic: Arc<TrafficCounters>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("serial", &self.serial)
            .field("address", &self.address)
            .field("version", &self.ready.version)
            .field("in_flight", &self.in_flight())
            .field("orphans", &self.orphans())
            .field("ended", &self.ended.get())
            .finish_non_exhaustive()
    }
}

/// What a connection is to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dispatch<'a> {
    pub(crate) flags: Flags,
    pub(crate) opcode: RequestOpcode,
    pub(crate) body: Body<'a>,
    /// When the request wants to be woken, should no answer have come.
    pub(crate) wake_at: Option<Instant>,
    /// The caller will wait for the answer at once, on this thread: it may take the [turn](Taken).
    pub(crate) waits: bool,
}

/// Why a connection did not take a request.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// As many requests as may be are in flight, or as many bytes wait to be written.
    Full(Token),
    /// It has ended.
    Closed(Token, ConnectionError),
    /// The body cannot be said.
    TooLong(Token, usize),
}

/// Whether `bytes` more may wait to be written where `unsent` do. However many they are, they may where none do.
const fn fits(unsent: usize, bytes: usize, max_unsent: usize) -> bool {
    unsent == 0 || unsent.saturating_add(bytes) <= max_unsent
}

impl Connection {
    pub(crate) const fn serial(&self) -> usize {
        self.serial
    }

    /// The path of the Unix-domain socket, where it is one.
    pub(crate) fn socket_path(&self) -> Option<Arc<Path>> {
        self.socket.path()
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) const fn ready(&self) -> &Ready {
        &self.ready
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn orphans(&self) -> usize {
        self.orphans.load(Ordering::Relaxed)
    }

    /// Why it ended, once it has.
    pub(crate) fn ended(&self) -> Option<&ConnectionError> {
        self.ended.get()
    }

    /// How busy and how quick its host is.
    pub(crate) const fn load(&self) -> &Arc<HostLoad> {
        &self.load
    }

    /// Requests in flight have changed; the sender is held.
    fn note_in_flight(&self, now: usize) {
        let before = self.in_flight.load(Ordering::Relaxed);
        self.in_flight.store(now, Ordering::Relaxed);
        self.load.in_flight_changed(before, now);
    }

    /// How many bytes wait to be written.
    pub(crate) fn unsent(&self) -> usize {
        self.unsent_beside(&lock(&self.sender))
    }

    fn unsent_beside(&self, sender: &Sender<Token>) -> usize {
        sender.buffered() + self.unsent.load(Ordering::SeqCst)
    }

    /// Whether a request of so many bytes would be taken now, where no more than `max_unsent` bytes may wait to be written.
    pub(crate) fn has_room(&self, bytes: usize, max_unsent: usize) -> bool {
        let sender = lock(&self.sender);
        sender.room() > 0 && fits(self.unsent_beside(&sender), bytes, max_unsent)
    }

    /// As [`send`](Self::send), unless so much waits to be written that it would be more than `max_unsent` bytes with it.
    pub(crate) fn offer(
        self: &Arc<Self>,
        dispatch: Dispatch<'_>,
        token: Token,
        max_unsent: usize,
    ) -> Result<Seat, NotSent> {
        self.send_within(dispatch, token, max_unsent)
    }

    /// Hands a request to the connection: it will leave with the next flush. `token` is told what comes of it.
    pub(crate) fn send(self: &Arc<Self>, dispatch: Dispatch<'_>, token: Token) -> Result<Seat, NotSent> {
        self.send_within(dispatch, token, usize::MAX)
    }

    fn send_within(
        self: &Arc<Self>,
        dispatch: Dispatch<'_>,
        token: Token,
        max_unsent: usize,
    ) -> Result<Seat, NotSent> {
        let Dispatch { flags, opcode, body, wake_at, waits } = dispatch;
        // What asks whether there is room knows this length: by another, who was let in could be refused for ever.
        let length = body.len();
        let compressed;
        let (flags, body) = match self.body_compression(body.len()) {
            None => (flags, body),
            Some(compression) => {
                let mut out = Vec::with_capacity(body.len());
                if compression.compress_body(&body.to_vec(), &mut out).is_err() {
                    return Err(NotSent::TooLong(token, body.len()));
                }
                compressed = out;
                (flags | Flags::COMPRESSION, Body::from(&compressed))
            }
        };
        let (sent, due) = {
            let mut sender = lock(&self.sender);
            let sent = if fits(self.unsent_beside(&sender), length, max_unsent) {
                sender.send(flags, opcode, body, token, wake_at)
            } else {
                Err((Refused::Full, token))
            };
            let in_flight = sender.in_flight();
            self.note_in_flight(in_flight);
            (sent, in_flight + sender.orphans())
        };
        match sent {
            Ok(sent) => {
                let is_lone = waits && due == 1;
                let taken = if is_lone { self.turn.take() } else { None };
                match taken {
                    None => self.signal(if is_lone && self.is_last_waiter() { FLUSH | LONE } else { FLUSH }),
                    Some(_) if sent.wakes_first => self.signal(TIMER),
                    Some(_) => {}
                }
                // A thread of the runtime is in the task's way; another's the task does not wait for, and it may hold what
                // others want: an interpreter's lock. The sender holds its request: nothing here may wait for such a lock either.
                if sent.leaves_now && self.callers_write && tokio::runtime::Handle::try_current().is_ok() {
                    self.flush_burst();
                }
                Ok(Seat { connection: Arc::clone(self), stream: sent.stream, taken })
            }
            Err((Refused::Full, token)) => Err(NotSent::Full(token)),
            Err((Refused::TooLong, token)) => Err(NotSent::TooLong(token, body.len())),
            Err((Refused::Closed, token)) => {
                let error =
                    self.ended.get().cloned().unwrap_or(ConnectionError::Closed("it is being closed"));
                Err(NotSent::Closed(token, error))
            }
        }
    }

    /// Whether the thread is the one that asked for this the last time.
    fn is_last_waiter(&self) -> bool {
        thread_local!(static HERE: u8 = const { 0 });
        // Where it lies tells threads apart.
        let here = HERE.with(|here| std::ptr::from_ref(here).addr());
        self.last_waiter.swap(here, Ordering::Relaxed) == here
    }

    /// v3 and v4 compress bodies one by one; tiny ones only grow.
    fn body_compression(&self, length: usize) -> Option<Compression> {
        self.ready.compression.filter(|_| !self.ready.version.has_segments() && length >= 64)
    }

    /// The request of `attempt` does not want its answer any more.
    pub(crate) fn orphan(
        &self,
        stream: i16,
        is_it: impl FnOnce(&Token) -> bool,
        now: Instant,
    ) -> Option<Token> {
        let mut sender = lock(&self.sender);
        let token = sender.orphan(stream, now, is_it);
        self.note_in_flight(sender.in_flight());
        self.orphans.store(sender.orphans(), Ordering::Relaxed);
        token
    }

    /// Takes a stream id out of circulation; see [`Sender::reserve`].
    pub(crate) fn reserve(&self) -> Option<i16> {
        let mut sender = lock(&self.sender);
        let stream = sender.reserve();
        self.note_in_flight(sender.in_flight());
        stream
    }

    /// Puts a stream id that was reserved back into circulation.
    pub(crate) fn give_back(&self, stream: i16) {
        let mut sender = lock(&self.sender);
        // On a connection that has ended there is nothing to give back.
        let _was_reserved = sender.give_back(stream);
        self.note_in_flight(sender.in_flight());
        drop(sender);
        self.owner.handle_room();
    }

    /// How many stream ids may be in use at a time.
    pub(crate) fn capacity(&self) -> usize {
        lock(&self.sender).capacity()
    }

    /// The request on `stream` wants to be woken at `wake_at`.
    pub(crate) fn rearm(&self, stream: i16, wake_at: Instant, is_it: impl FnOnce(&Token) -> bool) {
        let first = lock(&self.sender).rearm(stream, wake_at, is_it);
        if first {
            self.signal(TIMER);
        }
    }

    /// The answers that are due though nobody waits for them, if there are any.
    fn owed(&self) -> Option<Orphans> {
        if self.orphans() == 0 {
            return None;
        }
        let sender = lock(&self.sender);
        let (count, capacity) = (sender.orphans(), sender.capacity());
        Some(Orphans { count, capacity, oldest: sender.oldest_orphan() })
    }

    fn signal(&self, what: u8) {
        // Mostly somebody has asked for it already. The task takes the signals before it takes the lock under which what is
        // signalled was put there: if it was not seen then, these signals are newer than what was taken.
        if self.signals.load(Ordering::Relaxed) & what == what {
            return;
        }
        if self.signals.fetch_or(what, Ordering::AcqRel) & what == 0 {
            self.task.wake();
        }
    }

    /// Ends the connection. Requests on it fail with `error`.
    pub(crate) fn close(self: &Arc<Self>, error: ConnectionError) {
        if self.ended.set(error).is_err() {
            return;
        }
        self.traffic.closed.one();
        let error = self.ended.get().cloned().unwrap_or(ConnectionError::Closed("it is being closed"));
        let waiting = {
            let mut writing = lock(&self.writing);
            let mut sender = lock(&self.sender);
            self.note_in_flight(0);
            self.orphans.store(0, Ordering::Relaxed);
            sender.close(&mut writing.outgoing)
        };
        self.signal(CLOSE);
        self.socket.shutdown();
        for (token, written) in waiting {
            token.failed(crate::error::AttemptError::Connection(error.clone()), written);
        }
        self.owner.handle_closed(self, &error);
    }
}

#[cfg(all(test, helenus_loom))]
mod models;
#[cfg(all(test, not(helenus_loom)))]
mod tests;
