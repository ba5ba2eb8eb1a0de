//! The three errors of this crate; the first words of each message say whose fault it is.
//!
//! What the server itself answered with an ERROR message is not an error of this crate: see
//! [`response::error`](crate::response::error).

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;

use crate::types::CqlType;

/// The caller asked for something that the protocol cannot say. Nothing was written.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot encode {}: {}", .0.what, .0.why)]
pub struct EncodeError(Box<EncodeErrorParts>);

/// What an [`EncodeError`] says. Behind a pointer, so that success costs no room for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodeErrorParts {
    /// The thing that was to be encoded, such as `[string]` or `bind value 3 (int)`. Never its content.
    pub what: Cow<'static, str>,
    /// What was wrong with it, with the limit that it broke.
    pub why: Cow<'static, str>,
}

impl std::ops::Deref for EncodeError {
    type Target = EncodeErrorParts;

    fn deref(&self) -> &EncodeErrorParts {
        &self.0
    }
}

impl fmt::Debug for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EncodeErrorParts { what, why } = &**self;
        f.debug_struct("EncodeError").field("what", what).field("why", why).finish()
    }
}

impl EncodeError {
    /// An error about `what`, because of `why`.
    #[cold]
    pub fn new(what: impl Into<Cow<'static, str>>, why: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(EncodeErrorParts { what: what.into(), why: why.into() }))
    }

    /// The Rust type named `rust` is not written as values of type `cql_type`.
    #[must_use]
    #[cold]
    pub fn wrong_type(rust: &str, cql_type: &CqlType) -> Self {
        Self::new(format!("a Rust {rust}"), format!("the CQL type is {cql_type}"))
    }

    /// The same error, told about the enclosing thing `what` (a column, an element).
    #[must_use]
    pub fn within(mut self, what: impl fmt::Display) -> Self {
        self.0.what = format!("{what}: {}", self.0.what).into();
        self
    }
}

/// The peer sent bytes that are not what they should be, or (rarely: [`is_misread`](Self::is_misread)) the caller asked
/// to read them as something that they are not.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<DecodeErrorParts>);

/// What a [`DecodeError`] says. Behind a pointer, so that success costs no room for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeErrorParts {
    /// What was being read, such as `[string]` or `column "age" (int)`.
    pub what: Cow<'static, str>,
    /// Where, in bytes from the start of the envelope's body (or of the value, where only that was given).
    pub offset: usize,
    /// What was wrong with it.
    pub why: Cow<'static, str>,
    /// Who sent it, where whoever read it knew.
    pub sender: Option<SocketAddr>,
    misread: bool,
}

impl std::error::Error for DecodeError {}

impl std::ops::Deref for DecodeError {
    type Target = DecodeErrorParts;

    fn deref(&self) -> &DecodeErrorParts {
        &self.0
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodeErrorParts { what, offset, why, sender, misread } = &**self;
        let mut shown = f.debug_struct("DecodeError");
        shown.field("what", what).field("offset", offset).field("why", why);
        shown.field("sender", sender).field("misread", misread).finish()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodeErrorParts { what, offset, why, sender, misread } = &**self;
        match sender {
            _ if *misread => write!(f, "cannot read {what}: {why}"),
            None => write!(f, "the server sent a malformed {what} at byte {offset}: {why}"),
            Some(sender) => write!(f, "the server {sender} sent a malformed {what} at byte {offset}: {why}"),
        }
    }
}

impl DecodeError {
    /// An error about `what` at `offset`, because of `why`.
    #[cold]
    pub fn new(what: impl Into<Cow<'static, str>>, offset: usize, why: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(DecodeErrorParts {
            what: what.into(),
            offset,
            why: why.into(),
            sender: None,
            misread: false,
        }))
    }

    /// An error about sound bytes that the caller asked to read as `what`, which they are not: a column of another type,
    /// or a null where none is expected.
    pub fn misread(what: impl Into<Cow<'static, str>>, why: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(DecodeErrorParts {
            what: what.into(),
            offset: 0,
            why: why.into(),
            sender: None,
            misread: true,
        }))
    }

    /// The Rust type named `rust` is not read from values of type `cql_type`.
    #[must_use]
    #[cold]
    pub fn wrong_type(rust: &str, cql_type: &CqlType) -> Self {
        Self::misread(format!("a Rust {rust}"), format!("the CQL type is {cql_type}"))
    }

    /// Whether the bytes are sound and the caller's wish was wrong.
    #[must_use]
    pub fn is_misread(&self) -> bool {
        self.0.misread
    }

    /// The same error, of bytes that `sender` has sent.
    #[must_use]
    pub fn sent_by(mut self, sender: SocketAddr) -> Self {
        self.0.sender = Some(sender);
        self
    }

    /// The same error, of bytes that stand `base` bytes behind the start of something larger.
    #[must_use]
    pub fn shifted(mut self, base: usize) -> Self {
        self.0.offset += base;
        self
    }

    /// The same error, told about the enclosing thing `what` (a column, an element).
    #[must_use]
    pub fn within(mut self, what: impl fmt::Display) -> Self {
        self.0.what = format!("{what}: {}", self.0.what).into();
        self
    }
}

/// The peer broke the protocol in a way that leaves the whole connection without meaning: it must be closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolViolation {
    /// A header or a message that does not parse.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An answer to a stream id on which nobody waits (answered twice, or never asked).
    #[error("the server answered on stream {stream}, on which no request is waiting")]
    UnexpectedStream {
        /// The stream id of the answer.
        stream: i16,
    },
    /// A version other than the one negotiated.
    #[error("the server answered in protocol version {got}, the connection speaks {expected}")]
    Version {
        /// What the header said (without its direction bit).
        got: u8,
        /// What was negotiated.
        expected: u8,
    },
    /// The direction bit says that this is a request.
    #[error("the server sent a request (direction bit clear, first byte {first_byte:#04x})")]
    Direction {
        /// The first byte of the header.
        first_byte: u8,
    },
    /// An opcode that is unknown, or that no response has.
    #[error("the server sent opcode {opcode:#04x}, which is no response")]
    Opcode {
        /// The opcode of the header.
        opcode: u8,
    },
    /// Header flags that the version does not know.
    #[error("the server set header flags {flags:#04x}, which this version does not know")]
    Flags {
        /// All flags of the header.
        flags: u8,
    },
    /// A body length that is negative or above the limit; nothing was allocated for it.
    #[error("the server announced a body of {length} bytes; the limit is {limit}")]
    BodyLength {
        /// What the header said.
        length: i32,
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// A segment's header or payload does not match its checksum (v5).
    #[error(
        "corrupt bytes: the {part} of a segment has checksum {computed:#010x}, it should be {stated:#010x}"
    )]
    Checksum {
        /// `header` or `payload`.
        part: &'static str,
        /// What the bytes give.
        computed: u32,
        /// What the segment states.
        stated: u32,
    },
    /// Compressed bytes that do not decompress to what was stated, or that nobody asked for.
    #[error("the server sent compressed bytes that are wrong: {why}")]
    Compression {
        /// What was wrong.
        why: Cow<'static, str>,
    },
    /// A message that is legal by itself but not at this point of the handshake.
    #[error("the server sent {got} while {expected} was due")]
    UnexpectedMessage {
        /// The message that came.
        got: &'static str,
        /// What would have been legal.
        expected: &'static str,
    },
}
