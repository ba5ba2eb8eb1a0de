//! The segment: what v5 puts around envelopes once the handshake is done (sections 2.1 and 2.2 of the v5
//! specification, which calls it a frame).
//!
//! A segment carries at most 131,071 bytes: either whole envelopes back to back (*self-contained*), or one part of a
//! single envelope that is larger. Its header has a CRC24, its payload (as it travels, that is compressed) a CRC32.
//! All numbers in it are little-endian, unlike the rest of the protocol.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use crate::compression::{Compression, lz4_block_compress, lz4_block_decompress};
use crate::envelope::{HEADER_LENGTH as ENVELOPE_HEADER_LENGTH, MAX_BODY_LENGTH};
use crate::error::{DecodeError, ProtocolViolation};

/// The longest payload: its length has 17 bits.
pub const MAX_PAYLOAD_LENGTH: usize = (1 << 17) - 1;

/// Header length and checksum, without compression: 17 bits of length, 1 of self-containedness, 6 unused.
const PLAIN_HEADER_LENGTH: usize = 3;
/// Header length and checksum, with compression: 17 bits each of length on the wire and of length before compression,
/// 1 of self-containedness, 5 unused.
const COMPRESSED_HEADER_LENGTH: usize = 5;
const HEADER_CHECKSUM_LENGTH: usize = 3;
const PAYLOAD_CHECKSUM_LENGTH: usize = 4;

const LENGTH_MASK: u64 = MAX_PAYLOAD_LENGTH as u64;

/// The table of the CRC24 with polynomial 0x1974F0B, one byte at a time.
const CRC24_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            crc <<= 1;
            if crc & 0x100_0000 != 0 {
                crc ^= 0x197_4F0B;
            }
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x87_5060, |crc, &byte| {
        (crc << 8) & 0xFF_FFFF ^ CRC24_TABLE[usize::from((crc >> 16) as u8 ^ byte)]
    })
}

fn crc32(payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    // So that a payload of zeros does not have the checksum zero.
    hasher.update(&[0xFA, 0x2D, 0x55, 0xCA]);
    hasher.update(payload);
    hasher.finalize()
}

/// The first `N` bytes of a little-endian number, followed by their CRC24.
fn write_header<const N: usize>(header: u64, out: &mut [u8]) {
    out[..N].copy_from_slice(&header.to_le_bytes()[..N]);
    let checksum = crc24(&out[..N]).to_le_bytes();
    out[N..N + HEADER_CHECKSUM_LENGTH].copy_from_slice(&checksum[..HEADER_CHECKSUM_LENGTH]);
}

/// Appends one segment. `payload` has at most [`MAX_PAYLOAD_LENGTH`] bytes.
///
/// With a compression (v5 knows LZ4 only; the handshake never settles on another) a payload that would not shrink
/// travels as it is, which the header then says.
///
/// # Panics
///
/// If the payload is longer.
pub fn encode_segment(
    payload: &[u8],
    self_contained: bool,
    compression: Option<Compression>,
    out: &mut Vec<u8>,
) {
    assert!(payload.len() <= MAX_PAYLOAD_LENGTH, "{} bytes do not fit in a segment", payload.len());
    let start = out.len();
    let body = match compression {
        None => {
            let header = payload.len() as u64 | u64::from(self_contained) << 17;
            let body = start + PLAIN_HEADER_LENGTH + HEADER_CHECKSUM_LENGTH;
            out.resize(body, 0);
            out.extend_from_slice(payload);
            write_header::<PLAIN_HEADER_LENGTH>(header, &mut out[start..]);
            body
        }
        Some(compression) => {
            debug_assert_eq!(compression, Compression::Lz4, "v5 knows no other");
            let body = start + COMPRESSED_HEADER_LENGTH + HEADER_CHECKSUM_LENGTH;
            out.resize(body, 0);
            lz4_block_compress(payload, out);
            let mut uncompressed = payload.len() as u64;
            if out.len() - body >= payload.len() {
                out.truncate(body);
                out.extend_from_slice(payload);
                uncompressed = 0;
            }
            let header = (out.len() - body) as u64 | uncompressed << 17 | u64::from(self_contained) << 34;
            write_header::<COMPRESSED_HEADER_LENGTH>(header, &mut out[start..]);
            body
        }
    };
    let checksum = crc32(&out[body..]);
    out.extend_from_slice(&checksum.to_le_bytes());
}

/// Appends segments that carry `envelopes`, any number of whole ones back to back: as many as fit go into one
/// self-contained segment, one that is too large for that is split over segments of its own.
pub fn encode_envelopes(mut envelopes: &[u8], compression: Option<Compression>, out: &mut Vec<u8>) {
    while !envelopes.is_empty() {
        let mut fitting = 0;
        let mut large = 0;
        while let Some(length) = envelope_length(&envelopes[fitting..]) {
            if fitting + length > MAX_PAYLOAD_LENGTH {
                large = if fitting == 0 { length } else { 0 };
                break;
            }
            fitting += length;
        }
        debug_assert!(fitting + large > 0, "not whole envelopes");
        if large > 0 {
            let (envelope, rest) = envelopes.split_at(large);
            for part in envelope.chunks(MAX_PAYLOAD_LENGTH) {
                encode_segment(part, false, compression, out);
            }
            envelopes = rest;
        } else if fitting > 0 {
            let (whole, rest) = envelopes.split_at(fitting);
            encode_segment(whole, true, compression, out);
            envelopes = rest;
        } else {
            return;
        }
    }
}

/// The length, header included, of the envelope that `bytes` begin with; `None` if they do not hold all of it.
fn envelope_length(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<ENVELOPE_HEADER_LENGTH>()?;
    let length = ENVELOPE_HEADER_LENGTH + stated_body_length(header) as usize;
    (length <= bytes.len()).then_some(length)
}

const fn stated_body_length(header: &[u8; ENVELOPE_HEADER_LENGTH]) -> u32 {
    u32::from_be_bytes([header[5], header[6], header[7], header[8]])
}

/// What one segment carried, checked and decompressed.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    /// Whole envelopes back to back, or one part of a large one.
    pub payload: Bytes,
    /// Which of the two.
    pub self_contained: bool,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("length", &self.payload.len())
            .field("self_contained", &self.self_contained)
            .finish()
    }
}

/// Takes segments off a stream of bytes, and checks that the parts of a large envelope belong together.
#[derive(Debug)]
pub struct SegmentDecoder {
    compression: Option<Compression>,
    max_envelope: usize,
    /// How many bytes of a large envelope are still to come.
    awaited: usize,
}

struct Header {
    on_wire: usize,
    /// The length before compression; `None` if the payload is not compressed.
    uncompressed: Option<usize>,
    self_contained: bool,
}

impl SegmentDecoder {
    /// A decoder for a connection with this compression, which refuses bodies of more than `max_envelope` bytes.
    #[must_use]
    pub fn new(compression: Option<Compression>, max_envelope: usize) -> Self {
        debug_assert_ne!(compression, Some(Compression::Snappy), "v5 knows LZ4 only");
        Self { compression, max_envelope: max_envelope.min(MAX_BODY_LENGTH), awaited: 0 }
    }

    /// Takes the next segment off the front of `input`, once all of it is there. After an error the stream has no
    /// meaning any more.
    pub fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Segment>, ProtocolViolation> {
        let header_length = match self.compression {
            None => PLAIN_HEADER_LENGTH,
            Some(_) => COMPRESSED_HEADER_LENGTH,
        };
        let before_payload = header_length + HEADER_CHECKSUM_LENGTH;
        let Some(header) = input.get(..before_payload) else {
            return Ok(None);
        };
        let header = self.decode_header(header, header_length)?;
        if input.len() < before_payload + header.on_wire + PAYLOAD_CHECKSUM_LENGTH {
            return Ok(None);
        }
        input.advance(before_payload);
        let on_wire = input.split_to(header.on_wire).freeze();
        let stated = input.get_u32_le();
        let computed = crc32(&on_wire);
        if computed != stated {
            return Err(ProtocolViolation::Checksum { part: "payload", computed, stated });
        }
        let payload = match header.uncompressed {
            None => on_wire,
            Some(length) => lz4_block_decompress(&on_wire, length)?,
        };
        self.follow(&payload, header.self_contained)?;
        Ok(Some(Segment { payload, self_contained: header.self_contained }))
    }

    fn decode_header(&self, bytes: &[u8], length: usize) -> Result<Header, ProtocolViolation> {
        let (header, checksum) = bytes.split_at(length);
        let little_endian =
            |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        let stated = little_endian(checksum) as u32;
        let computed = crc24(header);
        if computed != stated {
            return Err(ProtocolViolation::Checksum { part: "header", computed, stated });
        }
        let header = little_endian(header);
        let on_wire = (header & LENGTH_MASK) as usize;
        Ok(match self.compression {
            None => Header { on_wire, uncompressed: None, self_contained: header >> 17 & 1 == 1 },
            Some(_) => {
                let uncompressed = (header >> 17 & LENGTH_MASK) as usize;
                Header {
                    on_wire,
                    // Zero says that compressing was not worth it (2.2).
                    uncompressed: (uncompressed != 0).then_some(uncompressed),
                    self_contained: header >> 34 & 1 == 1,
                }
            }
        })
    }

    /// Keeps count of the parts of a large envelope, so that they never grow beyond what its header announced.
    fn follow(&mut self, payload: &[u8], self_contained: bool) -> Result<(), ProtocolViolation> {
        let wrong = |why| DecodeError::new("segment", 0, why).into();
        match (self_contained, self.awaited) {
            (true, 0) => Ok(()),
            (true, awaited) => {
                Err(wrong(format!("it is self-contained, while {awaited} bytes of a large envelope are due")))
            }
            (false, 0) => {
                let Some(header) = payload.first_chunk::<ENVELOPE_HEADER_LENGTH>() else {
                    return Err(wrong("the first part of a large envelope lacks its header".to_owned()));
                };
                let length = stated_body_length(header);
                if length as usize > self.max_envelope {
                    return Err(ProtocolViolation::BodyLength {
                        length: length.cast_signed(),
                        limit: self.max_envelope,
                    });
                }
                self.awaited = ENVELOPE_HEADER_LENGTH + length as usize;
                self.subtract(payload.len()).map_err(wrong)
            }
            (false, _) => self.subtract(payload.len()).map_err(wrong),
        }
    }

    fn subtract(&mut self, length: usize) -> Result<(), String> {
        let awaited = self.awaited;
        self.awaited = awaited
            .checked_sub(length)
            .ok_or_else(|| format!("{length} bytes of a large envelope came, {awaited} were due"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
