//! What a client sends (section 4.1 of the specification): one file per message.
//!
//! Each message encodes its body only; [`Request::encode_envelope`] puts the header and the custom payload in front of
//! it. The way back, `decode`, is what a server does: the mock node of `helenus-testkit` and the tests need it.

mod around_values;
mod auth_response;
mod batch;
mod execute;
mod parameters;
mod prepare;
mod query;
mod register;
mod startup;
mod values;

use bytes::Bytes;

pub use around_values::AroundValues;
pub use auth_response::AuthResponse;
pub use batch::{Batch, BatchKind, BatchStatement, StatementKind};
pub use execute::Execute;
pub use parameters::{BorrowedParameters, QueryParameters};
pub use prepare::Prepare;
pub use query::Query;
pub use register::{EventType, Register};
pub use startup::Startup;
pub use values::{SerializedValues, SerializedValuesIter};

use crate::compression::Compression;
use crate::envelope::{CustomPayload, Flags, HEADER_LENGTH, MAX_BODY_LENGTH, RequestHeader};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::opcode::RequestOpcode;
use crate::version::ProtocolVersion;

/// One message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Begins a connection.
    Startup(Startup),
    /// Asks what the server supports. It has no body.
    Options,
    /// A step of authentication.
    AuthResponse(AuthResponse),
    /// Asks for events.
    Register(Register),
    /// Has a statement prepared.
    Prepare(Prepare),
    /// A statement as text.
    Query(Query),
    /// Runs a prepared statement.
    Execute(Execute),
    /// Several statements at once.
    Batch(Batch),
}

impl Request {
    /// Which message it is.
    #[must_use]
    pub const fn opcode(&self) -> RequestOpcode {
        match self {
            Self::Startup(_) => RequestOpcode::Startup,
            Self::Options => RequestOpcode::Options,
            Self::AuthResponse(_) => RequestOpcode::AuthResponse,
            Self::Register(_) => RequestOpcode::Register,
            Self::Prepare(_) => RequestOpcode::Prepare,
            Self::Query(_) => RequestOpcode::Query,
            Self::Execute(_) => RequestOpcode::Execute,
            Self::Batch(_) => RequestOpcode::Batch,
        }
    }

    /// Appends the body. After an error a part of it may stand in `out`.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Startup(message) => message.encode(version, out),
            Self::Options => Ok(()),
            Self::AuthResponse(message) => message.encode(version, out),
            Self::Register(message) => message.encode(version, out),
            Self::Prepare(message) => message.encode(version, out),
            Self::Query(message) => message.encode(version, out),
            Self::Execute(message) => message.encode(version, out),
            Self::Batch(message) => message.encode(version, out),
        }
    }

    /// Appends the whole envelope: header, custom payload if there is one, body. On an error `out` is as it was.
    ///
    /// `flags` may hold [`Flags::TRACING`] and [`Flags::USE_BETA`]; the others are set here. With `compression` (which
    /// is for v3 and v4, once STARTUP has been answered) a body that does not shrink travels as it is.
    pub fn encode_envelope(
        &self,
        version: ProtocolVersion,
        mut flags: Flags,
        stream: i16,
        custom_payload: &[(String, Option<Bytes>)],
        compression: Option<Compression>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        let body = start + HEADER_LENGTH;
        out.resize(body, 0);
        let mut finish = || {
            if !custom_payload.is_empty() {
                flags.insert(Flags::CUSTOM_PAYLOAD);
                encode_custom_payload(version, custom_payload, &mut Writer::new(out))?;
            }
            self.encode(version, &mut Writer::new(out))?;
            if let Some(compression) = compression {
                let compressed = compression.envelope_body(version, &out[body..])?;
                if compressed.len() < out.len() - body {
                    flags.insert(Flags::COMPRESSION);
                    out.truncate(body);
                    out.extend_from_slice(&compressed);
                }
            }
            let length = out.len() - body;
            if length > MAX_BODY_LENGTH {
                return Err(EncodeError::new(
                    self.opcode().name(),
                    format!("{length} bytes are more than the {MAX_BODY_LENGTH} that an envelope can have"),
                ));
            }
            // Within MAX_BODY_LENGTH, so the cast keeps the value.
            let header =
                RequestHeader { version, flags, stream, opcode: self.opcode(), length: length as u32 };
            out[start..body].copy_from_slice(&header.encode());
            Ok(())
        };
        finish().inspect_err(|_| out.truncate(start))
    }

    /// Reads a body as a server would, with the custom payload in front of it. Bytes behind the message are an error:
    /// no client has a reason to send them.
    pub fn decode(
        version: ProtocolVersion,
        opcode: RequestOpcode,
        flags: Flags,
        body: &[u8],
    ) -> Result<(Self, CustomPayload), DecodeError> {
        let mut reader = Reader::new(body);
        let custom_payload = if flags.contains(Flags::CUSTOM_PAYLOAD) {
            decode_custom_payload(&mut reader)?
        } else {
            Vec::new()
        };
        let message = match opcode {
            RequestOpcode::Startup => Self::Startup(Startup::decode(version, &mut reader)?),
            RequestOpcode::Options => Self::Options,
            RequestOpcode::AuthResponse => Self::AuthResponse(AuthResponse::decode(version, &mut reader)?),
            RequestOpcode::Register => Self::Register(Register::decode(version, &mut reader)?),
            RequestOpcode::Prepare => Self::Prepare(Prepare::decode(version, &mut reader)?),
            RequestOpcode::Query => Self::Query(Query::decode(version, &mut reader)?),
            RequestOpcode::Execute => Self::Execute(Execute::decode(version, &mut reader)?),
            RequestOpcode::Batch => Self::Batch(Batch::decode(version, &mut reader)?),
        };
        reader.finish(opcode.name())?;
        Ok((message, custom_payload))
    }
}

/// Appends a custom payload, a `[bytes map]` (v4 and later). It stands in front of the body, under
/// [`Flags::CUSTOM_PAYLOAD`].
pub fn encode_custom_payload(
    version: ProtocolVersion,
    payload: &[(String, Option<Bytes>)],
    out: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    if !version.has_custom_payload() {
        return Err(EncodeError::new("custom payload", format!("protocol {version} has none; v4 has")));
    }
    out.bytes_map(payload)
}

/// Reads a custom payload.
pub fn decode_custom_payload(reader: &mut Reader<'_>) -> Result<CustomPayload, DecodeError> {
    let entries = reader.bytes_map()?;
    Ok(entries.into_iter().map(|(key, value)| (key.to_owned(), value.map(Bytes::copy_from_slice))).collect())
}

#[cfg(test)]
mod tests;
