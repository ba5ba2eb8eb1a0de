//! What a server says of bytes that have not reached it as they were sent.
//!
//! It does not know whose they were: in v5 it says so on stream 0, and closes the connection (v5 specification, section 2: a
//! checksum that does not match). Earlier versions have no checksums; there it may read a wrong stream id, on which nobody
//! waits. Either way it is said of the connection and no single request, unless there is only one that it can be.

use helenus_protocol::envelope::Envelope;
use helenus_protocol::response::{Message, Response, ServerError};
use helenus_protocol::{ProtocolVersion, ResponseOpcode};

use crate::error::ConnectionError;

/// What is said of the connection, though a request waits on the stream on which it is said: that of `others`, perhaps.
pub(super) fn of_some(
    version: ProtocolVersion,
    envelope: &Envelope,
    others: bool,
) -> Option<ConnectionError> {
    let is_meant = envelope.header.stream == 0 && others && version.has_segments();
    if is_meant { told_to_nobody(version, envelope) } else { None }
}

/// What is said on a stream on which nobody waits.
pub(super) fn told_to_nobody(version: ProtocolVersion, envelope: &Envelope) -> Option<ConnectionError> {
    let header = envelope.header;
    if header.opcode != ResponseOpcode::Error {
        return None;
    }
    match Response::decode(version, header.flags, header.opcode, &envelope.body).ok()?.message {
        Message::Error(ServerError::ProtocolError { message }) => {
            Some(ConnectionError::Damaged(message.into()))
        }
        _ => None,
    }
}
