//! From the bytes of a client to whole requests: envelopes, out of their segments where there are any.

use bytes::{Buf, BytesMut};
use helenus_protocol::ProtocolViolation;
use helenus_protocol::envelope::{Flags, HEADER_LENGTH, MAX_BODY_LENGTH, RequestHeader};
use helenus_protocol::request::Request;
use helenus_protocol::segment::SegmentDecoder;

use super::session::Session;
use super::world::World;

/// What has been read and not been understood yet.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    input: BytesMut,
    /// What came out of segments.
    envelopes: BytesMut,
    decoder: Option<SegmentDecoder>,
}

/// One envelope: its header and its body, not compressed any more.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) header: RequestHeader,
    pub(super) body: Vec<u8>,
}

/// Bytes that end the connection.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A version that is not spoken, as the first byte says it, and the stream.
    Version { number: u8, stream: i16 },
    /// Bytes that break the protocol.
    Violation(ProtocolViolation),
}

impl From<ProtocolViolation> for Refusal {
    fn from(violation: ProtocolViolation) -> Self {
        Self::Violation(violation)
    }
}

impl Inbound {
    pub(super) fn extend(&mut self, read: &[u8]) {
        self.input.extend_from_slice(read);
    }

    /// The next whole envelope, if there is one.
    pub(super) fn next(&mut self, session: &Session, world: &World) -> Result<Option<Envelope>, Refusal> {
        if session.segmented {
            let decoder =
                self.decoder.get_or_insert_with(|| SegmentDecoder::new(session.compression, MAX_BODY_LENGTH));
            loop {
                if let Some(envelope) = take(&mut self.envelopes, session, world)? {
                    return Ok(Some(envelope));
                }
                match decoder.decode(&mut self.input)? {
                    Some(segment) => self.envelopes.extend_from_slice(&segment.payload),
                    None => return Ok(None),
                }
            }
        }
        take(&mut self.input, session, world)
    }
}

fn take(input: &mut BytesMut, session: &Session, world: &World) -> Result<Option<Envelope>, Refusal> {
    let Some(&first) = input.first() else { return Ok(None) };
    if world.version(first).is_none() {
        let stream = input.get(2..4).map_or(0, |bytes| i16::from_be_bytes([bytes[0], bytes[1]]));
        return Err(Refusal::Version { number: first & 0x7F, stream });
    }
    let Some(header) = input.first_chunk::<HEADER_LENGTH>() else { return Ok(None) };
    let header = RequestHeader::decode(header, MAX_BODY_LENGTH)?;
    let length = header.length as usize;
    if input.len() < HEADER_LENGTH + length {
        return Ok(None);
    }
    input.advance(HEADER_LENGTH);
    let body = input.split_to(length);
    let body = match session.compression.filter(|_| header.flags.contains(Flags::COMPRESSION)) {
        Some(compression) => compression.decompress_body(&body, MAX_BODY_LENGTH)?.to_vec(),
        None => body.to_vec(),
    };
    Ok(Some(Envelope { header, body }))
}

impl Envelope {
    /// The request, and the custom payload in front of it.
    pub(super) fn decode(
        &self,
    ) -> Result<(Request, helenus_protocol::envelope::CustomPayload), helenus_protocol::DecodeError> {
        Request::decode(self.header.version, self.header.opcode, self.header.flags, &self.body)
    }
}
