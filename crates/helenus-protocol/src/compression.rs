//! The two compressions of the specification (section 5), for whole bodies (v3, v4) and for segments (v5).
//!
//! Nothing is allocated on the word of a stated length alone: it must be within the caller's limit, and within what
//! the compressed bytes could hold at the format's best ratio.

use std::fmt;

use bytes::Bytes;

use crate::envelope::MAX_BODY_LENGTH;
use crate::error::{EncodeError, ProtocolViolation};
use crate::version::ProtocolVersion;

/// A compression that STARTUP can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// LZ4 blocks: all versions.
    Lz4,
    /// Snappy's raw format: v3 and v4 only.
    Snappy,
}

/// No LZ4 sequence makes more than this of one byte: each further byte of a match's length adds 255.
const LZ4_BEST_RATIO: usize = 255;

/// No Snappy element makes more than this of one byte: a copy gives at most 64 bytes and takes at least two.
const SNAPPY_BEST_RATIO: usize = 32;

impl Compression {
    /// Both, in the order of our preference.
    pub const ALL: [Self; 2] = [Self::Lz4, Self::Snappy];

    /// Its name in STARTUP and SUPPORTED.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
        }
    }

    /// The compression of this name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|compression| compression.name().eq_ignore_ascii_case(name))
    }

    /// The compressed form of the body of a whole envelope, for a `version` in which envelopes are compressed.
    pub(crate) fn envelope_body(self, version: ProtocolVersion, body: &[u8]) -> Result<Vec<u8>, EncodeError> {
        if version.has_segments() {
            return Err(EncodeError::new(
                "envelope",
                format!("protocol {version} compresses segments, not envelopes"),
            ));
        }
        let mut compressed = Vec::new();
        self.compress_body(body, &mut compressed)?;
        Ok(compressed)
    }

    /// Appends the compressed form of an envelope's body to `out` (v3 and v4). On an error `out` is as it was.
    pub fn compress_body(self, body: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if body.len() > MAX_BODY_LENGTH {
            return Err(EncodeError::new(
                "body",
                format!("{} bytes are more than the {MAX_BODY_LENGTH} that an envelope can have", body.len()),
            ));
        }
        let start = out.len();
        match self {
            Self::Lz4 => {
                // Within MAX_BODY_LENGTH, so the cast keeps the value.
                out.extend_from_slice(&(body.len() as u32).to_be_bytes());
                lz4_block_compress(body, out);
                Ok(())
            }
            Self::Snappy => {
                out.resize(start + snap::raw::max_compress_len(body.len()), 0);
                match snap::raw::Encoder::new().compress(body, &mut out[start..]) {
                    Ok(length) => {
                        out.truncate(start + length);
                        Ok(())
                    }
                    Err(error) => {
                        out.truncate(start);
                        Err(EncodeError::new("body", format!("snappy refused it: {error}")))
                    }
                }
            }
        }
    }

    /// The body that the compressed `body` of an envelope stands for (v3 and v4), at most `limit` bytes.
    pub fn decompress_body(self, body: &[u8], limit: usize) -> Result<Bytes, ProtocolViolation> {
        match self {
            Self::Lz4 => {
                let (stated, block) = body
                    .split_first_chunk::<4>()
                    .ok_or_else(|| wrong(format!("{} bytes are no LZ4 body", body.len())))?;
                let stated = within(u32::from_be_bytes(*stated), limit)?;
                lz4_block_decompress(block, stated)
            }
            Self::Snappy => {
                let stated = snap::raw::decompress_len(body).map_err(|error| wrong(error.to_string()))?;
                let stated = within(u32::try_from(stated).unwrap_or(u32::MAX), limit)?;
                plausible(stated, body.len(), SNAPPY_BEST_RATIO)?;
                let mut out = vec![0; stated];
                match snap::raw::Decoder::new().decompress(body, &mut out) {
                    Ok(length) if length == stated => Ok(out.into()),
                    Ok(length) => Err(wrong(format!("{stated} bytes were stated, {length} came out"))),
                    Err(error) => Err(wrong(error.to_string())),
                }
            }
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Appends the LZ4 block of `bytes`, without its length.
pub(crate) fn lz4_block_compress(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + lz4_flex::block::get_maximum_output_size(bytes.len()), 0);
    let length = lz4_flex::block::compress_into(bytes, &mut out[start..])
        .expect("a buffer of the maximum output size holds any block");
    out.truncate(start + length);
}

/// The `stated` bytes that an LZ4 block stands for. The caller has checked `stated` against its limit.
pub(crate) fn lz4_block_decompress(block: &[u8], stated: usize) -> Result<Bytes, ProtocolViolation> {
    plausible(stated, block.len(), LZ4_BEST_RATIO)?;
    let mut out = vec![0; stated];
    match lz4_flex::block::decompress_into(block, &mut out) {
        Ok(length) if length == stated => Ok(out.into()),
        Ok(length) => Err(wrong(format!("{stated} bytes were stated, {length} came out"))),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn within(stated: u32, limit: usize) -> Result<usize, ProtocolViolation> {
    if stated as usize > limit {
        return Err(ProtocolViolation::BodyLength { length: stated.cast_signed(), limit });
    }
    Ok(stated as usize)
}

fn plausible(stated: usize, compressed: usize, best_ratio: usize) -> Result<(), ProtocolViolation> {
    if stated > compressed.saturating_mul(best_ratio) {
        return Err(wrong(format!("{compressed} compressed bytes cannot become {stated}")));
    }
    Ok(())
}

#[cold]
fn wrong(why: String) -> ProtocolViolation {
    ProtocolViolation::Compression { why: why.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compressed(compression: Compression, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        compression.compress_body(body, &mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn bodies_round_trip(body in prop::collection::vec(0_u8..4, 0..5000)) {
            for compression in Compression::ALL {
                let bytes = compressed(compression, &body);
                prop_assert_eq!(compression.decompress_body(&bytes, body.len()).unwrap(), &body);
            }
        }

        #[test]
        fn no_bytes_panic(body: Vec<u8>) {
            for compression in Compression::ALL {
                let outcome = compression.decompress_body(&body, 4096);
                prop_assert!(outcome.is_err() || outcome.is_ok_and(|bytes| bytes.len() <= 4096));
            }
        }

        #[test]
        fn a_cut_body_is_refused(body in prop::collection::vec(0_u8..4, 1..300)) {
            for compression in Compression::ALL {
                let bytes = compressed(compression, &body);
                for length in 0..bytes.len() {
                    prop_assert!(compression.decompress_body(&bytes[..length], 4096).is_err());
                }
            }
        }
    }

    #[test]
    fn lz4_states_the_length_in_big_endian() {
        // A block of four literals (token 0x40) as the LZ4 block format writes it.
        let bytes = [0, 0, 0, 4, 0x40, b'a', b'b', b'c', b'd'];
        assert_eq!(Compression::Lz4.decompress_body(&bytes, 4).unwrap(), &b"abcd"[..]);
        assert_eq!(compressed(Compression::Lz4, b"abcd"), bytes);
    }

    #[test]
    fn snappy_is_the_raw_format() {
        // A length as a varint, then a literal: (4 - 1) << 2.
        let bytes = [4, 3 << 2, b'a', b'b', b'c', b'd'];
        assert_eq!(Compression::Snappy.decompress_body(&bytes, 4).unwrap(), &b"abcd"[..]);
        assert_eq!(compressed(Compression::Snappy, b"abcd"), bytes);
    }

    #[test]
    fn the_empty_body_of_ready_comes_compressed_too() {
        for compression in Compression::ALL {
            let bytes = compressed(compression, b"");
            assert_eq!(compression.decompress_body(&bytes, 0).unwrap(), &b""[..], "{compression}");
        }
    }

    /// F28 and W1 of docs/promises.md.
    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let zeros = vec![0; 1 << 20];
        for compression in Compression::ALL {
            let bomb = compressed(compression, &zeros);
            assert!(bomb.len() < 64 << 10, "{compression}");
            assert_eq!(
                compression.decompress_body(&bomb, (1 << 20) - 1),
                Err(ProtocolViolation::BodyLength { length: 1 << 20, limit: (1 << 20) - 1 })
            );
        }
    }

    /// W1 of docs/promises.md.
    #[test]
    fn a_length_that_the_bytes_cannot_hold_is_refused() {
        // 256 MiB out of two bytes; the limit would allow it.
        let lz4 = [0x10, 0, 0, 0, 0x10, b'a'];
        let snappy = [0x80, 0x80, 0x80, 0x80, 0x01, 0, b'a'];
        for (compression, bytes) in [(Compression::Lz4, &lz4[..]), (Compression::Snappy, &snappy)] {
            let error = compression.decompress_body(bytes, MAX_BODY_LENGTH).unwrap_err();
            assert!(error.to_string().contains("cannot become 268435456"), "{error}");
        }
    }

    #[test]
    fn a_wrong_length_is_refused() {
        for stated in [3, 5] {
            let bytes = [0, 0, 0, stated, 0x40, b'a', b'b', b'c', b'd'];
            assert!(Compression::Lz4.decompress_body(&bytes, 100).is_err(), "{stated}");
            let bytes = [stated, 3 << 2, b'a', b'b', b'c', b'd'];
            assert!(Compression::Snappy.decompress_body(&bytes, 100).is_err(), "{stated}");
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(Compression::from_name("LZ4"), Some(Compression::Lz4));
        assert_eq!(Compression::from_name("Snappy"), Some(Compression::Snappy));
        assert_eq!(Compression::from_name("zstd"), None);
    }
}
