//! Segments by hand-made bytes, by every split of a stream, and by flipping every bit.

use proptest::prelude::*;

use super::*;

const BOTH: [Option<Compression>; 2] = [None, Some(Compression::Lz4)];

fn envelope(length: usize, fill: u8) -> Vec<u8> {
    let mut bytes = vec![0x85, 0, 0, 1, 0x08];
    bytes.extend_from_slice(&(length as u32).to_be_bytes());
    // Not one byte only, so that parts in a wrong order are seen.
    bytes.extend((0..length).map(|at| fill.wrapping_add((at / 7) as u8)));
    bytes
}

fn decode_all(
    compression: Option<Compression>,
    bytes: &[u8],
    step: usize,
) -> Result<(Vec<Segment>, usize), ProtocolViolation> {
    let mut decoder = SegmentDecoder::new(compression, MAX_BODY_LENGTH);
    let mut input = BytesMut::new();
    let mut segments = Vec::new();
    for chunk in bytes.chunks(step.max(1)) {
        input.extend_from_slice(chunk);
        while let Some(segment) = decoder.decode(&mut input)? {
            segments.push(segment);
        }
    }
    Ok((segments, input.len()))
}

fn payloads(segments: &[Segment]) -> Vec<u8> {
    segments.iter().flat_map(|segment| segment.payload.to_vec()).collect()
}

/// The CRC24 one bit at a time, as the specification describes it.
fn crc24_by_bits(bytes: &[u8]) -> u32 {
    let mut crc = 0x87_5060_u32;
    for &byte in bytes {
        crc ^= u32::from(byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x100_0000 != 0 {
                crc ^= 0x197_4F0B;
            }
        }
    }
    crc
}

#[test]
fn a_segment_has_the_specified_bytes() {
    let mut out = Vec::new();
    encode_segment(b"abc", true, None, &mut out);
    // Length 3 and bit 17, little-endian.
    assert_eq!(out[..3], [3, 0, 2]);
    assert_eq!(out[3..6], crc24_by_bits(&[3, 0, 2]).to_le_bytes()[..3]);
    assert_eq!(&out[6..9], b"abc");
    assert_eq!(out[9..], crc32fast::hash(&[0xFA, 0x2D, 0x55, 0xCA, b'a', b'b', b'c']).to_le_bytes());

    out.clear();
    encode_segment(b"abc", true, Some(Compression::Lz4), &mut out);
    // Three bytes do not shrink: uncompressed length 0, and bit 34.
    assert_eq!(out[..5], [3, 0, 0, 0, 4]);
    assert_eq!(out[5..8], crc24_by_bits(&[3, 0, 0, 0, 4]).to_le_bytes()[..3]);
    assert_eq!(&out[8..11], b"abc");

    out.clear();
    encode_segment(&[7; 1000], false, Some(Compression::Lz4), &mut out);
    let header = u64::from_le_bytes([out[0], out[1], out[2], out[3], out[4], 0, 0, 0]);
    assert_eq!(header & 0x1_FFFF, (out.len() - 12) as u64);
    assert_eq!(header >> 17, 1000);
}

#[test]
fn many_envelopes_share_a_segment_and_a_large_one_is_split() {
    let small = [envelope(0, 1), envelope(100, 2), envelope(60_000, 3)].concat();
    let exact = envelope(MAX_PAYLOAD_LENGTH - ENVELOPE_HEADER_LENGTH, 4);
    let large = envelope(2 * MAX_PAYLOAD_LENGTH, 5);
    let all = [&small[..], &exact, &large, &small].concat();
    for compression in BOTH {
        let mut out = Vec::new();
        encode_envelopes(&all, compression, &mut out);
        let (segments, left) = decode_all(compression, &out, out.len()).unwrap();
        assert_eq!(left, 0);
        assert_eq!(
            segments.iter().map(|s| (s.payload.len(), s.self_contained)).collect::<Vec<_>>(),
            [
                (small.len(), true),
                (exact.len(), true),
                (MAX_PAYLOAD_LENGTH, false),
                (MAX_PAYLOAD_LENGTH, false),
                (ENVELOPE_HEADER_LENGTH, false),
                (small.len(), true),
            ]
        );
        assert_eq!(payloads(&segments), all);
    }
}

/// W4 of docs/promises.md.
#[test]
fn every_split_of_the_stream_gives_the_same() {
    let all = [envelope(3, 1), envelope(140_000, 2), envelope(0, 3), envelope(50, 4)].concat();
    for compression in BOTH {
        let mut out = Vec::new();
        encode_envelopes(&all, compression, &mut out);
        let (whole, _) = decode_all(compression, &out, out.len()).unwrap();
        assert_eq!(payloads(&whole), all);
        for step in [1, 2, 3, 5, 7, 8, 9, 10, 13, 64, 4096, 65_536, 131_072, 131_081] {
            assert_eq!(decode_all(compression, &out, step).unwrap().0, whole, "steps of {step}");
        }
    }
    // Every single place, for a stream short enough.
    let mut out = Vec::new();
    encode_envelopes(&[envelope(5, 1), envelope(0, 2)].concat(), None, &mut out);
    encode_envelopes(&envelope(9, 3), None, &mut out);
    for at in 0..=out.len() {
        let mut decoder = SegmentDecoder::new(None, 100);
        let mut input = BytesMut::from(&out[..at]);
        let mut segments = Vec::new();
        while let Some(segment) = decoder.decode(&mut input).unwrap() {
            segments.push(segment);
        }
        input.extend_from_slice(&out[at..]);
        while let Some(segment) = decoder.decode(&mut input).unwrap() {
            segments.push(segment);
        }
        assert_eq!((segments.len(), input.len()), (2, 0), "split at {at}");
    }
}

/// W4 of docs/promises.md.
#[test]
fn every_flipped_bit_is_seen() {
    for compression in BOTH {
        let mut out = Vec::new();
        encode_envelopes(&envelope(40, 0), compression, &mut out);
        for bit in 0..out.len() * 8 {
            let mut flipped = out.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Enough behind it that a longer length would find its bytes.
            flipped.resize(300_000, 0);
            let error = SegmentDecoder::new(compression, MAX_BODY_LENGTH)
                .decode(&mut BytesMut::from(&flipped[..]))
                .unwrap_err();
            assert!(matches!(error, ProtocolViolation::Checksum { .. }), "bit {bit}: {error}");
        }
    }
}

#[test]
fn a_wrong_header_is_refused_before_its_payload_has_come() {
    let mut out = Vec::new();
    encode_segment(&[0; 100], true, None, &mut out);
    out[4] ^= 1;
    let error = SegmentDecoder::new(None, 100).decode(&mut BytesMut::from(&out[..6])).unwrap_err();
    assert!(matches!(error, ProtocolViolation::Checksum { part: "header", .. }));
}

#[test]
fn an_empty_segment_is_legal() {
    for compression in BOTH {
        let mut out = Vec::new();
        encode_segment(b"", true, compression, &mut out);
        let (segments, left) = decode_all(compression, &out, out.len()).unwrap();
        assert_eq!((segments.len(), segments[0].payload.len(), left), (1, 0, 0));
    }
}

fn parts(parts: &[(&[u8], bool)], max_envelope: usize) -> Result<usize, ProtocolViolation> {
    let mut out = Vec::new();
    for (payload, self_contained) in parts {
        encode_segment(payload, *self_contained, None, &mut out);
    }
    let mut decoder = SegmentDecoder::new(None, max_envelope);
    let mut input = BytesMut::from(&out[..]);
    let mut count = 0;
    while decoder.decode(&mut input)?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// W4 of docs/promises.md.
#[test]
fn the_parts_of_a_large_envelope_must_belong_together() {
    let large = envelope(20, 0);
    let (first, second) = large.split_at(15);
    let small = envelope(1, 0);
    assert_eq!(parts(&[(first, false), (second, false), (&small, true)], 20).unwrap(), 3);
    // A single part is odd, but whole.
    assert_eq!(parts(&[(&large, false), (&small, true)], 20).unwrap(), 2);
    for (wrong, max_envelope) in [
        // Something else in between.
        (vec![(first, false), (&small[..], true)], 20),
        // More than the header announced: a chain that never ends.
        (vec![(first, false), (second, false), (second, false)], 20),
        (vec![(first, false), (&large[..], false)], 20),
        // A header that is not whole.
        (vec![(&large[..8], false)], 20),
        (vec![(b"", false)], 20),
        // Too large, which is known from the first part.
        (vec![(first, false)], 19),
    ] {
        assert!(parts(&wrong, max_envelope).is_err(), "{wrong:?}");
    }
}

/// F28 of docs/promises.md.
#[test]
fn compressed_lengths_that_lie_are_refused() {
    for (uncompressed, why) in [(50_u64, "came out"), (101, ""), (131_071, "cannot become")] {
        let mut out = vec![0; 8];
        lz4_block_compress(&[9; 100], &mut out);
        let header = (out.len() - 8) as u64 | uncompressed << 17 | 1 << 34;
        write_header::<COMPRESSED_HEADER_LENGTH>(header, &mut out);
        let checksum = crc32(&out[8..]);
        out.extend_from_slice(&checksum.to_le_bytes());
        let error = SegmentDecoder::new(Some(Compression::Lz4), MAX_BODY_LENGTH)
            .decode(&mut BytesMut::from(&out[..]))
            .unwrap_err();
        assert!(matches!(error, ProtocolViolation::Compression { .. }), "{uncompressed}: {error}");
        assert!(uncompressed == 50 || error.to_string().contains(why), "{uncompressed}: {error}");
    }
}

proptest! {
    #[test]
    fn envelopes_come_back_as_they_went(
        lengths in prop::collection::vec(prop_oneof![8 => 0_usize..300, 1 => 100_000_usize..300_000], 0..12),
        step in 1_usize..100_000,
        compressed: bool,
    ) {
        let compression = compressed.then_some(Compression::Lz4);
        let all: Vec<u8> =
            lengths.iter().enumerate().flat_map(|(fill, &length)| envelope(length, fill as u8)).collect();
        let mut out = Vec::new();
        encode_envelopes(&all, compression, &mut out);
        let (segments, left) = decode_all(compression, &out, step).unwrap();
        prop_assert_eq!(left, 0);
        prop_assert_eq!(payloads(&segments), all);
        for segment in segments.iter().filter(|segment| segment.self_contained) {
            let mut rest = &segment.payload[..];
            while let Some(length) = envelope_length(rest) {
                rest = &rest[length..];
            }
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn the_table_is_the_specified_checksum(bytes: Vec<u8>) {
        prop_assert_eq!(crc24(&bytes), crc24_by_bits(&bytes));
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, compressed: bool) {
        let compression = compressed.then_some(Compression::Lz4);
        let _outcome = decode_all(compression, &bytes, bytes.len()).is_ok();
    }
}
