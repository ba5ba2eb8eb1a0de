//! How far an answer is looked at by the engine itself.

use helenus_protocol::envelope::Envelope;
use helenus_protocol::response::{self, Message, Peek, Response, ResultKind, ResultMessage, ServerError};
use helenus_protocol::{DecodeError, ProtocolVersion};

use super::execution::Answer;

/// Whether an answer is one that needs no more work, as nearly all are. What cannot even be told apart is not.
pub(super) fn is_plain(envelope: &Envelope) -> bool {
    let header = envelope.header;
    matches!(
        response::peek(header.opcode, header.flags, &envelope.body),
        Ok(Peek::Result(ResultKind::Rows | ResultKind::Void | ResultKind::Prepared))
    )
}

/// Looks at an answer just far enough to know whether it needs more work.
pub(super) fn classify(version: ProtocolVersion, envelope: Envelope) -> Result<Answer, DecodeError> {
    let header = envelope.header;
    match response::peek(header.opcode, header.flags, &envelope.body)? {
        Peek::Error { .. } | Peek::Result(ResultKind::SetKeyspace | ResultKind::SchemaChange) => {}
        _ => return Ok(Answer::Plain(envelope)),
    }
    let response = Response::decode(version, header.flags, header.opcode, &envelope.body)?;
    Ok(match response.message {
        Message::Error(error) => Answer::Error(Box::new(error)),
        Message::Result(ResultMessage::SetKeyspace(keyspace)) => Answer::KeyspaceSet(envelope, keyspace),
        Message::Result(ResultMessage::SchemaChange(change)) => {
            Answer::SchemaChanged(envelope, Box::new(change))
        }
        _ => Answer::Plain(envelope),
    })
}

/// Errors by which a host says that it cannot cope. They come quickly.
pub(super) const fn is_overload(error: &ServerError) -> bool {
    matches!(
        error,
        ServerError::Overloaded { .. }
            | ServerError::IsBootstrapping { .. }
            | ServerError::ServerError { .. }
    )
}
