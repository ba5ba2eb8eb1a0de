//! What a node does about a request: what it answers, and what happens to the answer on its way.

use std::time::Duration;

use bytes::Bytes;
use helenus_protocol::ResponseOpcode;
use helenus_protocol::response::{Message, ServerError};
use uuid::Uuid;

use super::rows::Rows;

/// An answer and its way.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a reaction does nothing until it is given to a cluster with `on`"]
pub struct Reaction {
    pub(super) answer: Answer,
    pub(super) decoration: Decoration,
    pub(super) delivery: Delivery,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// What the node would answer without the rule.
    Usual,
    /// Nothing.
    Nothing,
    Void,
    Rows(Rows),
    Message(Box<Message>),
    /// UNPREPARED with the id that was asked for, which the node forgets.
    Unprepared,
    /// Any body under any opcode.
    Body(ResponseOpcode, Vec<u8>),
    /// Bytes of any kind in place of the whole envelope.
    Raw(Vec<u8>),
}

/// What may stand in front of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Decoration {
    pub(super) tracing_id: Option<Uuid>,
    pub(super) warnings: Vec<String>,
    pub(super) custom_payload: Vec<(String, Option<Bytes>)>,
    /// Bits of the header's flags that are turned over.
    pub(super) flipped_flags: u8,
    /// The version byte of the header, if it is to lie.
    pub(super) version_byte: Option<u8>,
}

/// What happens to the bytes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) delay: Duration,
    pub(super) copies: usize,
    pub(super) stream: Option<i16>,
    /// Held back until so many answers have gathered.
    pub(super) gathered: usize,
    pub(super) reversed: bool,
    /// So many bytes at a time, and the pause after each.
    pub(super) pieces: Option<(usize, Duration)>,
    /// The first write ends here.
    pub(super) split: Option<usize>,
    pub(super) flipped_bit: Option<usize>,
    pub(super) random_bit: Option<u64>,
    pub(super) truncated: Option<usize>,
    pub(super) then: Then,
}

/// What happens to the connection once the answer is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Go,
    Close,
    Reset,
    StopReading,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            copies: 1,
            stream: None,
            gathered: 1,
            reversed: false,
            pieces: None,
            split: None,
            flipped_bit: None,
            random_bit: None,
            truncated: None,
            then: Then::Go,
        }
    }
}

/// Answers as if there were no rule: what is said about the way still holds.
pub fn usual() -> Reaction {
    Reaction::new(Answer::Usual)
}

/// Never answers.
pub fn silence() -> Reaction {
    Reaction::new(Answer::Nothing)
}

/// RESULT, void.
pub fn void() -> Reaction {
    Reaction::new(Answer::Void)
}

/// RESULT, rows. They are paged as the request asks.
pub fn rows(rows: Rows) -> Reaction {
    Reaction::new(Answer::Rows(rows))
}

/// Any message.
pub fn message(message: Message) -> Reaction {
    Reaction::new(Answer::Message(Box::new(message)))
}

/// ERROR.
pub fn error(error: ServerError) -> Reaction {
    message(Message::Error(error))
}

/// ERROR, unprepared, with the id that was asked for; the node forgets the statement.
pub fn unprepared() -> Reaction {
    Reaction::new(Answer::Unprepared)
}

/// Any body under any opcode, right or wrong.
pub fn body(opcode: ResponseOpcode, bytes: impl Into<Vec<u8>>) -> Reaction {
    Reaction::new(Answer::Body(opcode, bytes.into()))
}

/// Bytes in place of the whole answer, outside of any envelope or segment: another protocol, or nonsense.
pub fn raw(bytes: impl Into<Vec<u8>>) -> Reaction {
    Reaction::new(Answer::Raw(bytes.into()))
}

/// Closes the connection instead of answering.
pub fn close() -> Reaction {
    silence().then_close()
}

/// Resets the connection (RST) instead of answering.
pub fn reset() -> Reaction {
    silence().then_reset()
}

impl Reaction {
    pub(super) fn new(answer: Answer) -> Self {
        Self { answer, decoration: Decoration::default(), delivery: Delivery::default() }
    }

    /// Answers so much later, while other requests are served.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delivery.delay = delay;
        self
    }

    /// Answers so many times.
    pub const fn copies(mut self, copies: usize) -> Self {
        self.delivery.copies = copies;
        self
    }

    /// Answers on this stream, whatever stream was asked on.
    pub const fn on_stream(mut self, id: i16) -> Self {
        self.delivery.stream = Some(id);
        self
    }

    /// Holds the answer back until `count` have gathered on the connection, then sends all in one write (in v5: in one
    /// segment, if they fit).
    pub const fn gather(mut self, count: usize) -> Self {
        self.delivery.gathered = count;
        self
    }

    /// As [`gather`](Self::gather), last answer first.
    pub const fn gather_reversed(mut self, count: usize) -> Self {
        self.delivery.gathered = count;
        self.delivery.reversed = true;
        self
    }

    /// Writes the first `at` bytes, waits a little, then writes the rest.
    pub const fn split_at(mut self, at: usize) -> Self {
        self.delivery.split = Some(at);
        self
    }

    /// Writes `length` bytes at a time, with a pause after each.
    pub const fn dribble(mut self, length: usize, pause: Duration) -> Self {
        self.delivery.pieces = Some((length, pause));
        self
    }

    /// Turns one bit over, counted from the first byte that goes over the wire (a segment's, in v5), and around from
    /// the end.
    pub const fn flip_bit(mut self, bit: usize) -> Self {
        self.delivery.flipped_bit = Some(bit);
        self
    }

    /// Turns one bit over, which one follows from `seed` alone.
    pub const fn flip_any_bit(mut self, seed: u64) -> Self {
        self.delivery.random_bit = Some(seed);
        self
    }

    /// Writes the first `length` bytes only.
    pub const fn truncate(mut self, length: usize) -> Self {
        self.delivery.truncated = Some(length);
        self
    }

    /// Closes the connection after the answer.
    pub const fn then_close(mut self) -> Self {
        self.delivery.then = Then::Close;
        self
    }

    /// Resets the connection (RST) after the answer.
    pub const fn then_reset(mut self) -> Self {
        self.delivery.then = Then::Reset;
        self
    }

    /// Reads nothing more from the connection after the answer, and keeps it open.
    pub const fn then_stop_reading(mut self) -> Self {
        self.delivery.then = Then::StopReading;
        self
    }

    /// Adds a warning (v4 and later; left out in v3, which has none).
    pub fn warning(mut self, text: &str) -> Self {
        self.decoration.warnings.push(text.to_owned());
        self
    }

    /// Says that the request was traced under this id.
    pub const fn tracing_id(mut self, id: Uuid) -> Self {
        self.decoration.tracing_id = Some(id);
        self
    }

    /// Adds an entry to the custom payload (v4 and later; left out in v3, which has none).
    pub fn payload(mut self, key: &str, value: Option<&[u8]>) -> Self {
        self.decoration.custom_payload.push((key.to_owned(), value.map(Bytes::copy_from_slice)));
        self
    }

    /// Turns these bits of the header's flags over, without a change to the body: a header that lies.
    pub const fn flip_flags(mut self, bits: u8) -> Self {
        self.decoration.flipped_flags = bits;
        self
    }

    /// Writes this as the header's first byte: another version, or a missing direction bit.
    pub const fn version_byte(mut self, byte: u8) -> Self {
        self.decoration.version_byte = Some(byte);
        self
    }
}
