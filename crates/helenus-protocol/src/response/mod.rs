//! What a server sends (section 4.2 of the specification): one file per message.
//!
//! [`Response::decode`] reads a whole body; [`peek`] tells what it is without reading the rest, for the way between a
//! socket and whoever decodes. Rows stay bytes: see [`rows`]. Bytes behind what a message should have are left alone,
//! as section 4.2 wants it. The way there, `encode`, is what a server does: the mock node of `helenus-testkit` and
//! the tests need it.

mod auth;
pub mod error;
pub mod event;
pub mod metadata;
mod peek;
mod prefix;
pub mod prepared;
mod result;
pub mod rows;
pub mod schema_change;
mod supported;

use bytes::Bytes;
use uuid::Uuid;

pub use auth::{AuthChallenge, AuthSuccess};
pub use error::{FailureReason, ServerError, WriteType};
pub use event::{Event, StatusChange, TopologyChange};
pub use metadata::{ColumnSpec, RowsMetadata};
pub use peek::{Peek, peek};
pub use prefix::Prefix;
pub use prepared::{BindMetadata, Prepared};
pub use result::{ResultKind, ResultMessage};
pub use rows::{RawRow, RawRows, Rows, RowsPosition};
pub use schema_change::{SchemaChange, SchemaChangeKind, SchemaTarget};
pub use supported::Supported;

use crate::compression::Compression;
use crate::envelope::{CustomPayload, Flags, HEADER_LENGTH, MAX_BODY_LENGTH, ResponseHeader};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::opcode::ResponseOpcode;
use crate::version::ProtocolVersion;

/// A message of a server with what stood in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The id of the trace, if the request asked for one.
    pub tracing_id: Option<Uuid>,
    /// What the server warns of, for people to read.
    pub warnings: Vec<String>,
    /// What the server's query handler says beside the answer.
    pub custom_payload: CustomPayload,
    /// The message.
    pub message: Message,
}

/// One message of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Something went wrong.
    Error(ServerError),
    /// The connection may be used, or the events are registered. It has no body.
    Ready,
    /// Credentials are wanted.
    Authenticate {
        /// The class name of the server's authenticator.
        authenticator: String,
    },
    /// What STARTUP can ask for.
    Supported(Supported),
    /// The answer to a statement.
    Result(ResultMessage),
    /// Something happened in the cluster.
    Event(Event),
    /// The next step of authentication.
    AuthChallenge(AuthChallenge),
    /// Authentication is done.
    AuthSuccess(AuthSuccess),
}

impl Message {
    /// Which message it is.
    #[must_use]
    pub const fn opcode(&self) -> ResponseOpcode {
        match self {
            Self::Error(_) => ResponseOpcode::Error,
            Self::Ready => ResponseOpcode::Ready,
            Self::Authenticate { .. } => ResponseOpcode::Authenticate,
            Self::Supported(_) => ResponseOpcode::Supported,
            Self::Result(_) => ResponseOpcode::Result,
            Self::Event(_) => ResponseOpcode::Event,
            Self::AuthChallenge(_) => ResponseOpcode::AuthChallenge,
            Self::AuthSuccess(_) => ResponseOpcode::AuthSuccess,
        }
    }

    /// Reads the message. The cells of rows are left where the reader stands at the end.
    fn decode(
        version: ProtocolVersion,
        opcode: ResponseOpcode,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(match opcode {
            ResponseOpcode::Error => Self::Error(ServerError::decode(version, reader)?),
            ResponseOpcode::Ready => Self::Ready,
            ResponseOpcode::Authenticate => Self::Authenticate { authenticator: reader.string_lossy()? },
            ResponseOpcode::Supported => Self::Supported(Supported::decode(reader)?),
            ResponseOpcode::Result => Self::Result(ResultMessage::decode(version, reader)?),
            ResponseOpcode::Event => Self::Event(Event::decode(reader)?),
            ResponseOpcode::AuthChallenge => Self::AuthChallenge(AuthChallenge::decode(reader)?),
            ResponseOpcode::AuthSuccess => Self::AuthSuccess(AuthSuccess::decode(reader)?),
        })
    }

    fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Error(error) => error.encode(version, out),
            Self::Ready => Ok(()),
            Self::Authenticate { authenticator } => out.string(authenticator),
            Self::Supported(supported) => supported.encode(out),
            Self::Result(result) => result.encode(version, out),
            Self::Event(event) => event.encode(out),
            Self::AuthChallenge(challenge) => challenge.encode(out),
            Self::AuthSuccess(success) => success.encode(out),
        }
    }
}

impl From<Message> for Response {
    /// The message with nothing in front of it.
    fn from(message: Message) -> Self {
        Self { tracing_id: None, warnings: Vec::new(), custom_payload: Vec::new(), message }
    }
}

impl Response {
    /// Reads a body, which must not be compressed any more.
    ///
    /// Only rows keep a part of `body`; whatever else is kept for long (ids, names, paging states) is copied out, so
    /// that it does not keep a whole page in memory.
    pub fn decode(
        version: ProtocolVersion,
        flags: Flags,
        opcode: ResponseOpcode,
        body: &Bytes,
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let prefix = Prefix::decode(flags, &mut reader)?;
        let mut message = Message::decode(version, opcode, &mut reader)?;
        if let Message::Result(ResultMessage::Rows(rows)) = &mut message {
            rows.cells = body.slice(reader.offset()..);
        }
        Ok(Self {
            tracing_id: prefix.tracing_id,
            warnings: prefix.warnings,
            custom_payload: prefix.custom_payload,
            message,
        })
    }

    /// The header flags that tell what stands in front of the message.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::empty();
        if self.tracing_id.is_some() {
            flags.insert(Flags::TRACING);
        }
        if !self.warnings.is_empty() {
            flags.insert(Flags::WARNING);
        }
        if !self.custom_payload.is_empty() {
            flags.insert(Flags::CUSTOM_PAYLOAD);
        }
        flags
    }

    /// Appends the body, which goes with [`flags`](Self::flags). After an error a part of it may stand in `out`.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        if let Some(id) = &self.tracing_id {
            out.uuid(id);
        }
        let needs_v4 = !self.warnings.is_empty() || !self.custom_payload.is_empty();
        if needs_v4 && !version.has_custom_payload() {
            return Err(EncodeError::new(
                "warnings or custom payload",
                format!("protocol {version} has no place for them; v4 has"),
            ));
        }
        if !self.warnings.is_empty() {
            out.string_list(&self.warnings)?;
        }
        if !self.custom_payload.is_empty() {
            out.bytes_map(&self.custom_payload)?;
        }
        self.message.encode(version, out)
    }

    /// Appends the whole envelope. With `compression` (v3 and v4) the body is compressed, whatever its size, as
    /// Cassandra does. On an error `out` is as it was.
    pub fn encode_envelope(
        &self,
        version: ProtocolVersion,
        stream: i16,
        compression: Option<Compression>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let mut flags = self.flags();
        let mut body = Vec::new();
        self.encode(version, &mut Writer::new(&mut body))?;
        if let Some(compression) = compression {
            body = compression.envelope_body(version, &body)?;
            flags.insert(Flags::COMPRESSION);
        }
        if body.len() > MAX_BODY_LENGTH {
            return Err(EncodeError::new(
                self.message.opcode().name(),
                format!("{} bytes are more than the {MAX_BODY_LENGTH} that an envelope can have", body.len()),
            ));
        }
        let header = ResponseHeader {
            version: version.number(),
            flags,
            stream,
            opcode: self.message.opcode(),
            // Within MAX_BODY_LENGTH, so the cast keeps the value.
            length: body.len() as u32,
        };
        out.reserve(HEADER_LENGTH + body.len());
        out.extend_from_slice(&header.encode());
        out.extend_from_slice(&body);
        Ok(())
    }
}

/// A few characters of what the server sent, for an error message that must not grow with it.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
