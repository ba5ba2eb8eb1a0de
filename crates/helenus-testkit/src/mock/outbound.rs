//! From an answer to the bytes on the wire, and all that a rule can do to them on the way.

use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{Flags, ResponseHeader};
use helenus_protocol::notation::Writer;
use helenus_protocol::segment::encode_envelopes;
use helenus_protocol::{EncodeError, ProtocolVersion};

use super::body::Body;
use super::reaction::{Decoration, Delivery};
use super::session::Session;

/// How envelopes of a connection travel at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Framing {
    segmented: bool,
    compression: Option<Compression>,
}

/// Bytes on their way: an envelope, or anything at all.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    /// None for bytes that stand for themselves.
    framing: Option<Framing>,
}

impl Framing {
    pub(super) const fn of(session: &Session) -> Self {
        Self { segmented: session.segmented, compression: session.compression }
    }

    /// The same with or without segments.
    pub(super) const fn segmented(self, segmented: bool) -> Self {
        Self { segmented, ..self }
    }

    /// The same for an error about the framing itself: bodies are not compressed.
    pub(super) const fn for_errors(self) -> Self {
        if self.segmented { self } else { Self { compression: None, ..self } }
    }
}

impl Outgoing {
    /// Bytes that go as they are.
    pub(super) const fn raw(bytes: Vec<u8>) -> Self {
        Self { bytes, framing: None }
    }

    /// `body` in an envelope, behind what `decoration` puts in front of it.
    pub(super) fn envelope(
        body: &Body,
        decoration: &Decoration,
        version: ProtocolVersion,
        stream: i16,
        framing: Framing,
    ) -> Result<Self, EncodeError> {
        let (mut flags, mut content) = prefix(decoration, version)?;
        content.extend_from_slice(&body.bytes);
        // In v5 not even the answer to STARTUP is compressed, though it still comes without a segment.
        if let Some(compression) = framing.compression.filter(|_| !version.has_segments()) {
            let mut compressed = Vec::new();
            compression.compress_body(&content, &mut compressed)?;
            content = compressed;
            flags.insert(Flags::COMPRESSION);
        }
        let length = u32::try_from(content.len())
            .map_err(|_| EncodeError::new("envelope", "a body has less than 4 GiB"))?;
        let flags = Flags::from_bits(flags.bits() ^ decoration.flipped_flags);
        let header = ResponseHeader { version: version.number(), flags, stream, opcode: body.opcode, length };
        let mut bytes = header.encode().to_vec();
        if let Some(byte) = decoration.version_byte {
            bytes[0] = byte;
        }
        bytes.extend_from_slice(&content);
        Ok(Self { bytes, framing: Some(framing) })
    }
}

/// Tracing id, warnings and custom payload, in the order of section 2.2, with their flags.
fn prefix(decoration: &Decoration, version: ProtocolVersion) -> Result<(Flags, Vec<u8>), EncodeError> {
    let mut flags = Flags::empty();
    let mut bytes = Vec::new();
    let mut out = Writer::new(&mut bytes);
    if let Some(id) = &decoration.tracing_id {
        flags.insert(Flags::TRACING);
        out.uuid(id);
    }
    if version.has_custom_payload() && !decoration.warnings.is_empty() {
        flags.insert(Flags::WARNING);
        out.string_list(&decoration.warnings)?;
    }
    if version.has_custom_payload() && !decoration.custom_payload.is_empty() {
        flags.insert(Flags::CUSTOM_PAYLOAD);
        helenus_protocol::request::encode_custom_payload(version, &decoration.custom_payload, &mut out)?;
    }
    Ok((flags, bytes))
}

/// The bytes on the wire of answers that go out together, damaged as `delivery` says.
pub(super) fn wire(gathered: &[Outgoing], delivery: &Delivery) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = gathered;
    while let Some(first) = rest.first() {
        let alike = rest.iter().take_while(|outgoing| outgoing.framing == first.framing).count();
        let (together, others) = rest.split_at(alike);
        let plain: Vec<u8> = together.iter().flat_map(|outgoing| outgoing.bytes.iter().copied()).collect();
        match first.framing {
            Some(Framing { segmented: true, compression }) => {
                encode_envelopes(&plain, compression, &mut bytes);
            }
            _ => bytes.extend_from_slice(&plain),
        }
        rest = others;
    }
    if !bytes.is_empty() {
        let bits = bytes.len() * 8;
        let random = delivery.random_bit.map(|seed| fastrand::Rng::with_seed(seed).usize(..bits));
        for bit in [delivery.flipped_bit, random].into_iter().flatten() {
            let bit = bit % bits;
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
        }
    }
    bytes.truncate(delivery.truncated.unwrap_or(usize::MAX));
    bytes.repeat(delivery.copies)
}

/// The pieces in which `delivery` writes `bytes`.
pub(super) fn pieces<'a>(bytes: &'a [u8], delivery: &Delivery) -> Vec<&'a [u8]> {
    match (delivery.pieces, delivery.split) {
        (Some((length, _)), _) => bytes.chunks(length.max(1)).collect(),
        (None, Some(at)) => {
            let (head, tail) = bytes.split_at(at.min(bytes.len()));
            [head, tail].into_iter().filter(|piece| !piece.is_empty()).collect()
        }
        (None, None) => vec![bytes],
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::ResponseOpcode;

    use super::*;

    fn outgoing(stream: i16) -> Outgoing {
        let framing = Framing { segmented: false, compression: None };
        let body = Body::empty(ResponseOpcode::Ready);
        Outgoing::envelope(&body, &Decoration::default(), ProtocolVersion::V4, stream, framing).unwrap()
    }

    #[test]
    fn damage_is_done_where_it_was_asked_for() {
        let sound = wire(&[outgoing(1)], &Delivery::default());
        assert_eq!(sound, [0x84, 0, 0, 1, 2, 0, 0, 0, 0]);
        let flipped = wire(&[outgoing(1)], &Delivery { flipped_bit: Some(31), ..Delivery::default() });
        assert_eq!(flipped[3], 0);
        let random = Delivery { random_bit: Some(7), ..Delivery::default() };
        assert_eq!(wire(&[outgoing(1)], &random), wire(&[outgoing(1)], &random));
        assert_ne!(wire(&[outgoing(1)], &random), sound);
        let cut = wire(&[outgoing(1)], &Delivery { truncated: Some(4), copies: 2, ..Delivery::default() });
        assert_eq!(cut, [0x84, 0, 0, 1, 0x84, 0, 0, 1]);
    }

    #[test]
    fn pieces_make_up_the_whole() {
        let bytes = [1, 2, 3, 4, 5];
        let split = |at| pieces(&bytes, &Delivery { split: Some(at), ..Delivery::default() });
        assert_eq!(split(2), [&bytes[..2], &bytes[2..]]);
        assert_eq!(split(0), [&bytes[..]]);
        assert_eq!(split(9), [&bytes[..]]);
        let dribbled = Delivery { pieces: Some((2, std::time::Duration::ZERO)), ..Delivery::default() };
        assert_eq!(pieces(&bytes, &dribbled), [&bytes[..2], &bytes[2..4], &bytes[4..]]);
    }
}
