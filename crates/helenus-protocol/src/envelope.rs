//! The envelope: the nine-byte header of every message and the body behind it (section 2 of the v3 and v4
//! specifications, section 2.3 of v5).
//!
//! What the body says is told by [`request`](crate::request) and [`response`](crate::response); what v5 puts around
//! envelopes by [`segment`](crate::segment). Headers are checked whole before anyone allocates for the body.

use std::fmt;
use std::ops::BitOr;

use bytes::{Buf, Bytes, BytesMut};

use crate::error::{DecodeError, ProtocolViolation};
use crate::opcode::{RequestOpcode, ResponseOpcode};
use crate::version::ProtocolVersion;

/// How many bytes a header has.
pub const HEADER_LENGTH: usize = 9;

/// The longest body that the specification allows (section 2.5): 256 MiB.
pub const MAX_BODY_LENGTH: usize = 256 << 20;

/// What applications and servers of a kind may tell each other beside a message: a `[bytes map]` in the order of the
/// wire (section 2.2, v4 and later). Cassandra itself ignores it.
pub type CustomPayload = Vec<(String, Option<Bytes>)>;

/// Set in the first byte of what a server sends.
const DIRECTION_BIT: u8 = 0x80;

/// The flags of a header (section 2.2).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Default)]
pub struct Flags(u8);

impl Flags {
    /// The body is compressed (never in v5, where segments are).
    pub const COMPRESSION: Self = Self(0x01);
    /// The request is to be traced; the response begins with the id of its trace.
    pub const TRACING: Self = Self(0x02);
    /// A custom payload stands before the message (v4 and later).
    pub const CUSTOM_PAYLOAD: Self = Self(0x04);
    /// Warnings stand before the message (v4 and later, responses only).
    pub const WARNING: Self = Self(0x08);
    /// The sender agrees to a version that is still in beta (v5 and later).
    pub const USE_BETA: Self = Self(0x10);

    const NAMES: [(Self, &'static str); 5] = [
        (Self::COMPRESSION, "COMPRESSION"),
        (Self::TRACING, "TRACING"),
        (Self::CUSTOM_PAYLOAD, "CUSTOM_PAYLOAD"),
        (Self::WARNING, "WARNING"),
        (Self::USE_BETA, "USE_BETA"),
    ];

    /// No flag at all.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0)
    }

    /// The flags with these bits, known or not.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits as they are on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether all of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets `other`.
    pub const fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Clears `other`.
    pub const fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    /// Those that an envelope of protocol version `number` may have. Of a version that we do not speak, all that we
    /// know: its server may still be telling us so in an ERROR.
    const fn known_in(number: u8) -> Self {
        match ProtocolVersion::from_number(number) {
            Some(version) if !version.has_custom_payload() => Self(0x03),
            Some(version) if !version.has_segments() => Self(0x0F),
            // Compression is the segments' there; a body that claims its own was asked for by nobody.
            Some(_) => Self(0x1E),
            None => Self(0x1F),
        }
    }

    fn check(self, version: u8) -> Result<(), ProtocolViolation> {
        if Self::known_in(version).contains(self) {
            Ok(())
        } else {
            Err(ProtocolViolation::Flags { flags: self.0 })
        }
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = *self;
        let mut separator = "";
        for (flag, name) in Self::NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                rest.remove(flag);
                separator = "|";
            }
        }
        if rest.0 != 0 || separator.is_empty() {
            write!(f, "{separator}{:#04x}", rest.0)?;
        }
        Ok(())
    }
}

/// The length that a header states, if it is within `limit`.
fn body_length(header: &[u8; HEADER_LENGTH], limit: usize) -> Result<u32, ProtocolViolation> {
    let stated = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
    let limit = limit.min(MAX_BODY_LENGTH);
    if stated as usize > limit {
        return Err(ProtocolViolation::BodyLength { length: stated.cast_signed(), limit });
    }
    Ok(stated)
}

fn header_bytes(first: u8, flags: Flags, stream: i16, opcode: u8, length: u32) -> [u8; HEADER_LENGTH] {
    let [s0, s1] = stream.to_be_bytes();
    let [l0, l1, l2, l3] = length.to_be_bytes();
    [first, flags.0, s0, s1, opcode, l0, l1, l2, l3]
}

/// The header of what a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHeader {
    /// The version that the connection speaks.
    pub version: ProtocolVersion,
    /// See [`Flags`].
    pub flags: Flags,
    /// Which answer belongs to this request; never negative.
    pub stream: i16,
    /// Which message the body is.
    pub opcode: RequestOpcode,
    /// The body's length in bytes.
    pub length: u32,
}

impl RequestHeader {
    /// The nine bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_LENGTH] {
        header_bytes(self.version.number(), self.flags, self.stream, self.opcode.number(), self.length)
    }

    /// Reads it as a server would. A body longer than `limit` is refused.
    pub fn decode(bytes: &[u8; HEADER_LENGTH], limit: usize) -> Result<Self, ProtocolViolation> {
        let wrong = |offset, why: String| DecodeError::new("request header", offset, why);
        let version = ProtocolVersion::from_number(bytes[0]).ok_or_else(|| {
            wrong(0, format!("the first byte {:#04x} is no version of a request", bytes[0]))
        })?;
        let flags = Flags(bytes[1]);
        flags.check(version.number())?;
        let stream = i16::from_be_bytes([bytes[2], bytes[3]]);
        if stream < 0 {
            return Err(wrong(2, format!("stream {stream} is negative, those are the server's")).into());
        }
        let opcode = RequestOpcode::from_number(bytes[4])
            .ok_or_else(|| wrong(4, format!("opcode {:#04x} is no request", bytes[4])))?;
        Ok(Self { version, flags, stream, opcode, length: body_length(bytes, limit)? })
    }
}

/// The header of what a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseHeader {
    /// The version's number without the direction bit, as it came: a server that does not speak ours answers in its
    /// own, which may be one that we do not know.
    pub version: u8,
    /// See [`Flags`].
    pub flags: Flags,
    /// The stream of the request that this answers; negative for what the server sends by itself.
    pub stream: i16,
    /// Which message the body is.
    pub opcode: ResponseOpcode,
    /// The body's length in bytes.
    pub length: u32,
}

impl ResponseHeader {
    /// The nine bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_LENGTH] {
        let first = self.version | DIRECTION_BIT;
        header_bytes(first, self.flags, self.stream, self.opcode.number(), self.length)
    }

    /// Reads it. A body longer than `limit` (or than [`MAX_BODY_LENGTH`]) is refused, as is anything that the version
    /// in the header does not know.
    pub fn decode(bytes: &[u8; HEADER_LENGTH], limit: usize) -> Result<Self, ProtocolViolation> {
        let first_byte = bytes[0];
        if first_byte & DIRECTION_BIT == 0 {
            return Err(ProtocolViolation::Direction { first_byte });
        }
        let version = first_byte & !DIRECTION_BIT;
        if version < ProtocolVersion::OLDEST.number() {
            // Versions 1 and 2 have headers of eight bytes: nothing behind this byte is what it seems to be.
            return Err(DecodeError::new(
                "response header",
                0,
                format!(
                    "version {version} is older than {}, the oldest spoken here",
                    ProtocolVersion::OLDEST
                ),
            )
            .into());
        }
        let flags = Flags(bytes[1]);
        flags.check(version)?;
        let opcode =
            ResponseOpcode::from_number(bytes[4]).ok_or(ProtocolViolation::Opcode { opcode: bytes[4] })?;
        let stream = i16::from_be_bytes([bytes[2], bytes[3]]);
        Ok(Self { version, flags, stream, opcode, length: body_length(bytes, limit)? })
    }
}

/// What a server sent: a header and the body it announced, which is not decoded (and still compressed, where the
/// header's flags say so).
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The header.
    pub header: ResponseHeader,
    /// Exactly as many bytes as the header says.
    pub body: Bytes,
}

impl Envelope {
    /// Takes the next envelope off the front of `input`, once all of it is there. A header that is wrong, or announces
    /// more than `limit` bytes, is refused as soon as its nine bytes are there.
    pub fn decode(input: &mut BytesMut, limit: usize) -> Result<Option<Self>, ProtocolViolation> {
        let Some(bytes) = input.first_chunk::<HEADER_LENGTH>() else {
            return Ok(None);
        };
        let header = ResponseHeader::decode(bytes, limit)?;
        let length = header.length as usize;
        if input.len() - HEADER_LENGTH < length {
            return Ok(None);
        }
        input.advance(HEADER_LENGTH);
        Ok(Some(Self { header, body: input.split_to(length).freeze() }))
    }
}

impl fmt::Debug for Envelope {
    // A body may hold rows or tokens, which belong in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("header", &self.header).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: [u8; 9] = [0x84, 0x00, 0x00, 0x07, 0x02, 0, 0, 0, 0];

    fn altered(at: usize, byte: u8) -> [u8; 9] {
        let mut bytes = READY;
        bytes[at] = byte;
        bytes
    }

    #[test]
    fn headers_have_the_specified_bytes() {
        let header = RequestHeader {
            version: ProtocolVersion::V5,
            flags: Flags::TRACING | Flags::CUSTOM_PAYLOAD,
            stream: 0x0102,
            opcode: RequestOpcode::Execute,
            length: 0x0A0B_0C0D,
        };
        let bytes = [0x05, 0x06, 0x01, 0x02, 0x0A, 0x0A, 0x0B, 0x0C, 0x0D];
        assert_eq!(header.encode(), bytes);
        assert_eq!(RequestHeader::decode(&bytes, MAX_BODY_LENGTH), Ok(header));

        let header = ResponseHeader {
            version: 4,
            flags: Flags::WARNING,
            stream: -1,
            opcode: ResponseOpcode::Event,
            length: 3,
        };
        let bytes = [0x84, 0x08, 0xFF, 0xFF, 0x0C, 0, 0, 0, 3];
        assert_eq!(header.encode(), bytes);
        assert_eq!(ResponseHeader::decode(&bytes, 3), Ok(header));
    }

    /// W1 of docs/promises.md.
    #[test]
    fn every_wrong_header_is_told_apart() {
        let decode = |bytes| ResponseHeader::decode(&bytes, 1024).unwrap_err();
        assert_eq!(decode(altered(0, b'H')), ProtocolViolation::Direction { first_byte: b'H' });
        assert!(decode(altered(0, 0x82)).to_string().contains("version 2 is older than v3"));
        assert_eq!(decode(altered(1, 0x20)), ProtocolViolation::Flags { flags: 0x20 });
        assert_eq!(decode(altered(4, 0x07)), ProtocolViolation::Opcode { opcode: 7 });
        assert_eq!(decode(altered(4, 0x04)), ProtocolViolation::Opcode { opcode: 4 });
        assert_eq!(decode(altered(7, 5)), ProtocolViolation::BodyLength { length: 1280, limit: 1024 });
        assert_eq!(
            decode(altered(5, 0xFF)),
            ProtocolViolation::BodyLength { length: -16_777_216, limit: 1024 }
        );
        // Even without a limit of the caller's, the specification's holds.
        assert_eq!(
            ResponseHeader::decode(&altered(5, 0x11), usize::MAX),
            Err(ProtocolViolation::BodyLength { length: 0x1100_0000, limit: MAX_BODY_LENGTH })
        );
    }

    /// W3 of docs/promises.md.
    #[test]
    fn each_version_has_its_own_flags() {
        for (version, known) in [(3_u8, 0x03_u8), (4, 0x0F), (5, 0x1E), (6, 0x1F), (0x42, 0x1F)] {
            for flags in 0..=0xFF {
                let bytes = [0x80 | version, flags, 0, 0, 0, 0, 0, 0, 0];
                assert_eq!(
                    ResponseHeader::decode(&bytes, 0).is_ok(),
                    flags & !known == 0,
                    "version {version}, flags {flags:#04x}"
                );
            }
        }
    }

    #[test]
    fn requests_have_neither_the_direction_bit_nor_negative_streams() {
        let request = [4, 0, 0, 0, 0x05, 0, 0, 0, 0];
        assert!(RequestHeader::decode(&request, 0).is_ok());
        for (at, byte) in [(0, 0x84), (0, 2), (0, 6), (1, 0x10), (2, 0x80), (4, 0x02), (8, 1)] {
            let mut wrong = request;
            wrong[at] = byte;
            assert!(RequestHeader::decode(&wrong, 0).is_err(), "byte {at} = {byte:#04x}");
        }
    }

    #[test]
    fn an_envelope_waits_for_all_of_its_bytes() {
        let bytes = [0x84, 0, 0, 1, 0x10, 0, 0, 0, 2, 0xAA, 0xBB, 0x84];
        for length in 0..11 {
            let mut input = BytesMut::from(&bytes[..length]);
            assert_eq!(Envelope::decode(&mut input, 2), Ok(None));
            assert_eq!(input.len(), length);
        }
        let mut input = BytesMut::from(&bytes[..]);
        let envelope = Envelope::decode(&mut input, 2).unwrap().unwrap();
        assert_eq!((&envelope.body[..], &input[..]), (&[0xAA, 0xBB][..], &[0x84][..]));
        // Refused on the strength of the header alone.
        assert!(Envelope::decode(&mut BytesMut::from(&bytes[..9]), 1).is_err());
    }

    #[test]
    fn flags_are_shown_by_name() {
        assert_eq!(format!("{:?}", Flags::TRACING | Flags::WARNING), "TRACING|WARNING");
        assert_eq!(format!("{:?}", Flags::from_bits(0xC1)), "COMPRESSION|0xc0");
        assert_eq!(format!("{:?}", Flags::empty()), "0x00");
    }
}
