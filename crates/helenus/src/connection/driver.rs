//! The pump: one task a connection, which writes what has gathered, reads what has come, and keeps the timers.
//!
//! One write for everything that callers have put into the sender since the last one; one pass over everything that a
//! read brought, with one visit to the sender for all its answers. Nothing is decided here: envelopes go to their
//! requests by token, events to the owner.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use helenus_protocol::connection::{Answered, Beat, Body, Heartbeat, Outgoing, Receiver};
use helenus_protocol::envelope::{Envelope, Flags};
use helenus_protocol::response::{Message, Response};
use helenus_protocol::{ProtocolViolation, RequestOpcode, ResponseOpcode};
use tokio::io::unix::AsyncFd;
use tokio::time::Sleep;

use super::silence::{Hush, Silence};
use super::transport::{CipherError, Socket};
use super::{CLOSE, Connection, Dispatch, FLUSH};
use crate::error::ConnectionError;
use crate::request::Token;
use crate::request::execution::Input;
use crate::sync::lock;

/// How much is read at once. One buffer a thread, since nothing is kept in it.
const READ_SIZE: usize = 64 * 1024;

/// How many reads in a row one connection gets before others on the thread get a turn.
const READS_IN_A_ROW: usize = 16;
/// How often at most the owner is told of orphans.
const ORPHAN_CHECK: Duration = Duration::from_secs(1);

thread_local! {
    static READ_BUFFER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// What belongs to whoever writes to the socket at the moment.
pub(crate) struct Writing {
    pub(crate) outgoing: Outgoing,
    ciphertext: Vec<u8>,
    at: usize,
}

impl Writing {
    pub(crate) const fn new(outgoing: Outgoing) -> Self {
        Self { outgoing, ciphertext: Vec::new(), at: 0 }
    }
}

fn tls(error: CipherError) -> ConnectionError {
    ConnectionError::Tls(error.0.into())
}

/// What belongs to whoever reads the socket at the moment.
pub(crate) struct Reading {
    pub(crate) receiver: Receiver,
    pub(crate) heartbeat: Heartbeat,
    silence: Silence,
    plaintext: Vec<u8>,
    envelopes: Vec<Envelope>,
    answered: Vec<(Token, Envelope)>,
}

impl Reading {
    pub(super) const fn new(receiver: Receiver, heartbeat: Heartbeat, silence: Silence) -> Self {
        Self {
            receiver,
            heartbeat,
            silence,
            plaintext: Vec::new(),
            envelopes: Vec::new(),
            answered: Vec::new(),
        }
    }
}

/// Whether a pass over the socket got all there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drained {
    Yes,
    No,
}

impl Connection {
    /// Writes until nothing is left or the socket takes no more (which is `WouldBlock`).
    pub(super) fn flush(&self) -> Result<(), ConnectionError> {
        let flushed = {
            let mut writing = lock(&self.writing);
            let flushed = self.flush_from(&mut writing);
            let unsent = writing.outgoing.unsent() + writing.ciphertext.len() - writing.at;
            // In one order with whoever begins to wait for room, and looks here after: one of both sees the other.
            self.unsent.store(unsent, Ordering::SeqCst);
            flushed
        };
        self.owner.handle_room();
        flushed
    }

    fn flush_from(&self, writing: &mut Writing) -> Result<(), ConnectionError> {
        let Writing { outgoing, ciphertext, at } = writing;
        loop {
            if *at < ciphertext.len() {
                *at += self.socket.write(&ciphertext[*at..])?;
                continue;
            }
            if outgoing.is_empty() {
                let mut sender = lock(&self.sender);
                outgoing.gather(&mut sender);
                self.unsent.store(outgoing.unsent(), Ordering::Relaxed);
            }
            let bytes = outgoing.poll_transmit();
            let Some(cipher) = &self.cipher else {
                if bytes.is_empty() {
                    return Ok(());
                }
                let count = self.socket.write(bytes)?;
                outgoing.handle_accepted(count);
                continue;
            };
            let count = bytes.len();
            ciphertext.clear();
            *at = 0;
            {
                let mut cipher = lock(cipher);
                if count > 0 {
                    cipher.seal(bytes).map_err(tls)?;
                }
                cipher.take_output(ciphertext).map_err(tls)?;
            }
            // What the cipher has taken may leave at any time: it counts as written.
            outgoing.handle_accepted(count);
            if count == 0 && ciphertext.is_empty() {
                return Ok(());
            }
        }
    }

    /// One pass: reads once, and gives every whole envelope to the one it is for. What came whole before something that
    /// ends the connection counts.
    pub(super) fn read(self: &Arc<Self>, reading: &mut Reading) -> Result<Drained, ConnectionError> {
        let (drained, opened) = READ_BUFFER.with_borrow_mut(|buffer| {
            buffer.resize(READ_SIZE, 0);
            let count = self.socket.read(buffer)?;
            if count == 0 {
                return Err(match &self.cipher {
                    None => ConnectionError::ClosedByServer,
                    Some(cipher) => tls(lock(cipher).handle_end()),
                });
            }
            let drained = if count < READ_SIZE { Drained::Yes } else { Drained::No };
            let Some(cipher) = &self.cipher else {
                reading.receiver.handle_bytes(&buffer[..count]);
                return Ok((drained, Ok(())));
            };
            let opened = lock(cipher).open(&buffer[..count], &mut reading.plaintext);
            reading.receiver.handle_bytes(&reading.plaintext);
            reading.plaintext.clear();
            Ok((
                drained,
                match opened {
                    Ok(false) => Ok(()),
                    Ok(true) => Err(ConnectionError::ClosedByServer),
                    Err(error) => Err(tls(error)),
                },
            ))
        })?;
        let now = Instant::now();
        reading.heartbeat.handle_bytes(now);
        if reading.silence.handle_bytes(now) {
            self.owner.handle_silence(false);
        }
        let taken = self.take_envelopes(reading);
        if !reading.envelopes.is_empty() {
            self.deliver(reading, now)?;
        }
        taken.and(opened).map(|()| drained)
    }

    /// Sorts what has arrived, up to what breaks the protocol: events to the owner, answers to be delivered.
    fn take_envelopes(self: &Arc<Self>, reading: &mut Reading) -> Result<(), ConnectionError> {
        while let Some(envelope) = reading.receiver.poll_envelope()? {
            if envelope.header.stream < 0 {
                self.handle_pushed(&envelope)?;
            } else {
                reading.envelopes.push(envelope);
            }
        }
        Ok(())
    }

    fn deliver(&self, reading: &mut Reading, now: Instant) -> Result<(), ConnectionError> {
        let mut nobodys = None;
        {
            let mut sender = lock(&self.sender);
            for envelope in reading.envelopes.drain(..) {
                match sender.answer(envelope.header.stream) {
                    Answered::Waiting(pending) => reading.answered.push((pending.token, envelope)),
                    Answered::Orphan => {}
                    Answered::Nobody => nobodys = Some(envelope.header.stream),
                }
            }
            self.note_in_flight(sender.in_flight());
            self.orphans.store(sender.orphans(), Ordering::Relaxed);
        }
        for (token, envelope) in reading.answered.drain(..) {
            token.answered(envelope, now);
        }
        self.owner.handle_room();
        match nobodys {
            Some(stream) => Err(ProtocolViolation::UnexpectedStream { stream }.into()),
            None => Ok(()),
        }
    }

    fn handle_pushed(self: &Arc<Self>, envelope: &Envelope) -> Result<(), ConnectionError> {
        let header = envelope.header;
        if header.stream != -1 || header.opcode != ResponseOpcode::Event {
            return Err(ProtocolViolation::UnexpectedStream { stream: header.stream }.into());
        }
        let response = Response::decode(self.ready.version, header.flags, header.opcode, &envelope.body);
        match response.map_err(ProtocolViolation::Decode)?.message {
            Message::Event(event) => self.owner.handle_event(self, event),
            other => {
                let got = other.opcode().name();
                return Err(ProtocolViolation::UnexpectedMessage { got, expected: "EVENT" }.into());
            }
        }
        Ok(())
    }

    /// Runs what is due; says when to come back.
    fn handle_timeout(self: &Arc<Self>, now: Instant) -> Result<Option<Instant>, ConnectionError> {
        let mut due = Vec::new();
        let (next_request, owes) = {
            let mut sender = lock(&self.sender);
            sender.handle_timeout(now, |token| due.extend(token.due()));
            (sender.poll_timeout(), sender.waiting() + sender.orphans() > 0)
        };
        for request in due {
            request.handle(Input::TimerFired);
        }
        let (beat, hush, next, timeout) = {
            let mut reading = lock(&self.reading);
            let beat = reading.heartbeat.handle_timeout(now);
            let hush = reading.silence.handle_timeout(owes, now);
            let next = [reading.heartbeat.poll_timeout(), reading.silence.poll_timeout()];
            (beat, hush, next, reading.heartbeat.timeout())
        };
        if hush == Hush::Probe {
            tracing::debug!(address = %self.address, "it owes answers and is silent");
            self.owner.handle_silence(true);
        }
        match beat {
            Beat::Lost => return Err(ConnectionError::HeartbeatLost(timeout)),
            Beat::Rest if hush == Hush::Rest => {}
            Beat::Rest | Beat::Probe => {
                // A full connection is one whose answers are due: their coming is a sign of life as well.
                let options = Dispatch {
                    flags: Flags::default(),
                    opcode: RequestOpcode::Options,
                    body: Body::from(&[]),
                    wake_at: None,
                };
                let _full = self.send(options, Token::heartbeat());
            }
        }
        Ok(next.into_iter().flatten().chain(next_request).min())
    }
}

/// The task of one connection.
pub(super) struct Driver {
    connection: Arc<Connection>,
    fd: AsyncFd<Arc<Socket>>,
    sleep: Pin<Box<Sleep>>,
    armed: Option<Instant>,
    /// What is to be flushed was left for the next turn.
    held: bool,
    /// When the owner was last told of orphans.
    told: Option<Instant>,
}

impl Drop for Driver {
    /// A runtime that ends drops its tasks: no request may be forgotten with them.
    fn drop(&mut self) {
        self.connection.close(ConnectionError::Closed("its I/O task has ended"));
    }
}

impl Driver {
    pub(super) fn new(connection: Arc<Connection>, fd: AsyncFd<Arc<Socket>>) -> Self {
        let sleep = Box::pin(tokio::time::sleep_until(Instant::now().into()));
        Self { connection, fd, sleep, armed: None, held: false, told: None }
    }

    /// Pumps until the connection has ended.
    pub(super) async fn run(mut self) {
        let outcome = std::future::poll_fn(|cx| self.poll(cx)).await;
        if let Err(error) = outcome {
            self.connection.close(error);
        }
        if let Some(cipher) = &self.connection.cipher {
            lock(cipher).close();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        let connection = Arc::clone(&self.connection);
        connection.task.register(cx.waker());
        let signals = connection.signals.swap(0, Ordering::AcqRel);
        if signals & CLOSE != 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll_read(cx)?;
        // Those who send at about the same time get one more turn to put theirs beside it: a write to the socket costs far
        // more than that. A lone request does not wait.
        self.held = signals & FLUSH != 0 && !self.held && connection.in_flight() > 1;
        if self.held {
            cx.waker().wake_by_ref();
        } else {
            self.poll_write(cx)?;
        }
        self.poll_timers(cx)?;
        if connection.signals.load(Ordering::Acquire) != 0 {
            // Something was asked for between the swap and now; its wake may have been merged into this run.
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), ConnectionError> {
        loop {
            match self.connection.flush() {
                Ok(()) => return Ok(()),
                Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.fd.poll_write_ready(cx) {
                        Poll::Pending => return Ok(()),
                        Poll::Ready(guard) => guard?.clear_ready(),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Result<(), ConnectionError> {
        for _ in 0..READS_IN_A_ROW {
            let mut guard = match self.fd.poll_read_ready(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(guard) => guard?,
            };
            let mut reading = lock(&self.connection.reading);
            match self.connection.read(&mut reading) {
                Ok(Drained::No) => {}
                Ok(Drained::Yes) => guard.clear_ready(),
                Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    guard.clear_ready();
                }
                Err(error) => return Err(error),
            }
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    /// While there are orphans, tells the owner of them, and says when to do so next. Not at each one: finding the
    /// oldest takes a walk over all ids.
    fn tell_of_orphans(&mut self, now: Instant) -> Option<Instant> {
        if self.connection.orphans() == 0 {
            return None;
        }
        if let Some(due) = self.told.map(|told| told + ORPHAN_CHECK).filter(|due| *due > now) {
            return Some(due);
        }
        if let Some(orphans) = self.connection.owed() {
            self.connection.owner.handle_orphans(&self.connection, orphans);
        }
        self.told = Some(now);
        Some(now + ORPHAN_CHECK)
    }

    fn poll_timers(&mut self, cx: &mut Context<'_>) -> Result<(), ConnectionError> {
        loop {
            let now = Instant::now();
            let next = self.connection.handle_timeout(now)?;
            let next = [next, self.tell_of_orphans(now)].into_iter().flatten().min();
            let Some(next) = next else {
                self.armed = None;
                return Ok(());
            };
            if self.armed != Some(next) {
                self.sleep.as_mut().reset(next.into());
                self.armed = Some(next);
            }
            match self.sleep.as_mut().as_mut().poll(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(()) => self.armed = None,
            }
        }
    }
}
