//! Tells answers apart in the bytes that a node sends, and puts them together again: bare envelopes before v5 and in every
//! handshake, segments after that of v5. Pure. Connections that compress are not understood.

use helenus_protocol::connection::Receiver;
use helenus_protocol::envelope::{Envelope, HEADER_LENGTH, MAX_BODY_LENGTH};
use helenus_protocol::segment;
use helenus_protocol::{ProtocolVersion, ProtocolViolation, ResponseOpcode};

/// The answers of one connection, taken apart.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// There is none until the first byte has told the version.
    receiver: Option<Receiver>,
    /// The handshake has come as far as segments.
    has_segments: bool,
}

impl Answers {
    /// Takes bytes of the node.
    pub(super) fn handle_bytes(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.first() else { return };
        let receiver = self.receiver.get_or_insert_with(|| {
            let version = ProtocolVersion::from_number(first & 0x7F).unwrap_or(ProtocolVersion::LATEST);
            Receiver::new(version, MAX_BODY_LENGTH)
        });
        receiver.handle_bytes(bytes);
    }

    /// Whether the next answer comes in a segment.
    pub(super) const fn has_segments(&self) -> bool {
        self.has_segments
    }

    /// The next whole answer, and whether it is to be put into a segment again.
    pub(super) fn poll_answer(&mut self) -> Result<Option<(Envelope, bool)>, ProtocolViolation> {
        let Some(receiver) = &mut self.receiver else { return Ok(None) };
        let Some(envelope) = receiver.poll_envelope()? else { return Ok(None) };
        let framed = self.has_segments;
        let settles = matches!(envelope.header.opcode, ResponseOpcode::Ready | ResponseOpcode::Authenticate);
        if settles && !framed {
            receiver.settle();
            self.has_segments = has_segments(envelope.header.version);
        }
        Ok(Some((envelope, framed)))
    }
}

/// Whether this number of a version, direction bit and all, is one with segments.
fn has_segments(version: u8) -> bool {
    ProtocolVersion::from_number(version & 0x7F).is_some_and(ProtocolVersion::has_segments)
}

/// The bytes of an answer.
pub(super) fn encode(envelope: &Envelope, framed: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_LENGTH + envelope.body.len());
    bytes.extend_from_slice(&envelope.header.encode());
    bytes.extend_from_slice(&envelope.body);
    if !framed {
        return bytes;
    }
    let mut segments = Vec::with_capacity(bytes.len() + 16);
    segment::encode_envelopes(&bytes, None, &mut segments);
    segments
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use helenus_protocol::envelope::{Flags, ResponseHeader};

    use super::*;

    fn envelope(version: ProtocolVersion, opcode: ResponseOpcode, length: u32) -> Envelope {
        let header =
            ResponseHeader { version: version.number(), flags: Flags::default(), stream: 3, opcode, length };
        Envelope { header, body: Bytes::from(vec![7; length as usize]) }
    }

    /// A handshake, a short answer and one over several segments come out as the same bytes, whatever the pieces.
    #[test]
    fn what_is_taken_apart_and_put_together_again_is_the_same() {
        for (version, piece) in
            [(ProtocolVersion::V4, 1), (ProtocolVersion::V5, 7), (ProtocolVersion::V5, 5000)]
        {
            let segments = version.has_segments();
            let messages = [
                (ResponseOpcode::Supported, 2, false),
                (ResponseOpcode::Ready, 0, false),
                (ResponseOpcode::Result, 40, segments),
                (ResponseOpcode::Result, 300_000, segments),
                (ResponseOpcode::Event, 9, segments),
            ];
            let sent: Vec<u8> = messages
                .iter()
                .flat_map(|(opcode, length, framed)| encode(&envelope(version, *opcode, *length), *framed))
                .collect();
            let (mut answers, mut received, mut count) = (Answers::default(), Vec::new(), 0);
            for piece in sent.chunks(piece) {
                answers.handle_bytes(piece);
                while let Some((envelope, framed)) = answers.poll_answer().unwrap() {
                    count += 1;
                    received.extend(encode(&envelope, framed));
                }
            }
            assert_eq!(count, messages.len());
            assert!(received == sent, "{version:?}");
        }
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let mut answers = Answers::default();
        answers.handle_bytes(b"HTTP/1.1 200 OK");
        assert!(answers.poll_answer().is_err());
    }
}
