//! What moves bytes: one write for everything that callers have put into the sender since the last one; one pass over
//! everything that a read brought, with one visit to the sender for all its answers.
//!
//! Nothing is decided here: envelopes go to their requests by token, events to the owner. Whose [turn](super::turn) it is
//! waits for the socket and calls it: the [task](super::driver), or a [caller](super::caller).

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use helenus_protocol::connection::{Answered, Beat, Body, Heartbeat, Outgoing, Receiver};
use helenus_protocol::envelope::{Envelope, Flags};
use helenus_protocol::response::{Message, Response};
use helenus_protocol::{ProtocolViolation, RequestOpcode, ResponseOpcode};

use super::damage;
use super::silence::{Hush, Silence};
use super::transport::CipherError;
use super::{Connection, Dispatch, FLUSH};
use crate::error::ConnectionError;
use crate::request::Token;
use crate::request::execution::Input;
use crate::sync::{lock, try_lock};

/// How much is read at once. One buffer a thread, since nothing is kept in it.
const READ_SIZE: usize = 64 * 1024;

/// So many steps one flush makes, each a write to the socket or the work for one, before others on the thread get on: those
/// who keep sending must not keep it from reading.
const STEPS_IN_A_ROW: usize = 16;

/// Room for so many answers is kept between reads.
const KEPT_ANSWERS: usize = 4096;

/// What has been read, and whose it is, once that is known.
type Answers = Vec<(Option<Token>, Envelope)>;

thread_local! {
    static READ_BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWERS: Cell<Answers> = const { Cell::new(Vec::new()) };
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

    /// How many bytes have left the sender that the socket has not accepted.
    const fn unsent(&self) -> usize {
        self.outgoing.unsent() + self.ciphertext.len() - self.at
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
}

impl Reading {
    pub(super) const fn new(receiver: Receiver, heartbeat: Heartbeat, silence: Silence) -> Self {
        Self { receiver, heartbeat, silence, plaintext: Vec::new() }
    }
}

/// Whether a pass over the socket has moved all there was.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drained {
    Yes,
    No,
}

impl Connection {
    /// Writes until nothing is left, the socket takes no more (which is `WouldBlock`), or it has done enough for once.
    pub(super) fn flush(&self) -> Result<Drained, ConnectionError> {
        let flushed = {
            let mut writing = lock(&self.writing);
            let flushed = match self.unwritten.get() {
                None => self.flush_from(&mut writing),
                Some(error) => Err(error.clone()),
            };
            self.note_unsent(&writing);
            flushed
        };
        self.owner.handle_room();
        flushed
    }

    /// In one order with whoever begins to wait for room, and looks here after: one of both sees the other.
    fn note_unsent(&self, writing: &Writing) {
        self.unsent.store(writing.unsent(), Ordering::SeqCst);
    }

    /// A sender's own write, of a [burst](helenus_protocol::connection::Sent::leaves_now): one, of what has gathered, if
    /// nobody else is writing and nothing is left of what was written before. The task has been signalled: it writes what
    /// the socket does not take now, tells that there is room, and ends the connection where it cannot be written to, which
    /// is not for a sender to do, who holds its request.
    pub(super) fn flush_burst(&self) {
        let Some(mut writing) = try_lock(&self.writing) else { return };
        if writing.unsent() > 0 {
            return;
        }
        // Sealed it takes a step more.
        let steps = if self.cipher.is_some() { 2 } else { 1 };
        for _ in 0..steps {
            match self.write_once(&mut writing) {
                Ok(_) => {}
                Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    let _only_the_first = self.unwritten.set(error);
                    break;
                }
            }
        }
        self.note_unsent(&writing);
        drop(writing);
        self.signal(FLUSH);
    }

    fn flush_from(&self, writing: &mut Writing) -> Result<Drained, ConnectionError> {
        for _ in 0..STEPS_IN_A_ROW {
            if self.write_once(writing)? == Drained::Yes {
                return Ok(Drained::Yes);
            }
        }
        Ok(Drained::No)
    }

    /// One step. Whether it found that nothing is left.
    fn write_once(&self, writing: &mut Writing) -> Result<Drained, ConnectionError> {
        let Writing { outgoing, ciphertext, at } = writing;
        if *at < ciphertext.len() {
            let count = self.socket.write(&ciphertext[*at..])?;
            self.traffic.bytes_out.add(count as u64);
            *at += count;
            return Ok(Drained::No);
        }
        if outgoing.is_empty() {
            let mut sender = lock(&self.sender);
            outgoing.gather(&mut sender);
            self.unsent.store(outgoing.unsent(), Ordering::Relaxed);
        }
        let bytes = outgoing.poll_transmit();
        let Some(cipher) = &self.cipher else {
            if bytes.is_empty() {
                return Ok(Drained::Yes);
            }
            let count = self.socket.write(bytes)?;
            self.traffic.bytes_out.add(count as u64);
            outgoing.handle_accepted(count);
            return Ok(Drained::No);
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
        Ok(if count == 0 && ciphertext.is_empty() { Drained::Yes } else { Drained::No })
    }

    /// One pass: reads once, and gives every whole envelope to the one it is for, when no lock is held any more. What came
    /// whole before something that ends the connection counts.
    fn read(self: &Arc<Self>) -> Result<Drained, ConnectionError> {
        let mut answers = ANSWERS.take();
        let now = Instant::now();
        let outcome = self.receive(&mut lock(&self.reading), &mut answers, now);
        for (token, envelope) in answers.drain(..) {
            if let Some(token) = token {
                token.answered(envelope, now);
            }
        }
        self.owner.handle_room();
        if answers.capacity() <= KEPT_ANSWERS {
            ANSWERS.set(answers);
        }
        outcome
    }

    /// The same; that nothing is there is no error.
    pub(super) fn read_what_is_there(self: &Arc<Self>) -> Result<Drained, ConnectionError> {
        match self.read() {
            Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(Drained::Yes),
            outcome => outcome,
        }
    }

    fn receive(
        self: &Arc<Self>,
        reading: &mut Reading,
        answers: &mut Answers,
        now: Instant,
    ) -> Result<Drained, ConnectionError> {
        let (drained, opened) = READ_BUFFER.with_borrow_mut(|buffer| {
            if buffer.is_empty() {
                *buffer = vec![0; READ_SIZE];
            }
            let count = self.socket.read(buffer)?;
            self.traffic.bytes_in.add(count as u64);
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
        reading.heartbeat.handle_bytes(now);
        if reading.silence.handle_bytes(now) {
            self.owner.handle_silence(self, false);
        }
        let taken = self.take_envelopes(reading, answers);
        if !answers.is_empty() {
            self.claim(answers)?;
        }
        taken.and(opened).map(|()| drained)
    }

    /// Sorts what has arrived, up to what breaks the protocol: events to the owner, answers to be delivered.
    fn take_envelopes(
        self: &Arc<Self>,
        reading: &mut Reading,
        answers: &mut Answers,
    ) -> Result<(), ConnectionError> {
        while let Some(envelope) = reading.receiver.poll_envelope()? {
            if envelope.header.stream < 0 {
                self.handle_pushed(&envelope)?;
            } else {
                answers.push((None, envelope));
            }
        }
        Ok(())
    }

    /// Finds out whose the envelopes are.
    fn claim(&self, answers: &mut Answers) -> Result<(), ConnectionError> {
        let mut broken = None;
        {
            let mut sender = lock(&self.sender);
            for (token, envelope) in answers {
                let stream = envelope.header.stream;
                let others = sender.waiting() + sender.orphans() > 1;
                if let Some(damage) = damage::of_some(self.ready.version, envelope, others) {
                    broken = Some(damage);
                    continue;
                }
                match sender.answer(stream) {
                    Answered::Waiting(pending) => *token = Some(pending.token),
                    Answered::Orphan => {}
                    Answered::Nobody => {
                        let told = damage::told_to_nobody(self.ready.version, envelope);
                        let unexpected = || ProtocolViolation::UnexpectedStream { stream }.into();
                        broken = Some(told.unwrap_or_else(unexpected));
                    }
                }
            }
            self.note_in_flight(sender.in_flight());
            self.orphans.store(sender.orphans(), Ordering::Relaxed);
        }
        broken.map_or(Ok(()), Err)
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
    pub(super) fn handle_timeout(self: &Arc<Self>, now: Instant) -> Result<Option<Instant>, ConnectionError> {
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
            self.owner.handle_silence(self, true);
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
                    waits: false,
                };
                let _full = self.send(options, Token::heartbeat());
            }
        }
        Ok(next.into_iter().flatten().chain(next_request).min())
    }
}
