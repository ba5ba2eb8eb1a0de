//! Streams of envelopes, whole and cut everywhere, plain and compressed, bare and in segments; and streams that lie.

use proptest::prelude::*;

use super::*;
use crate::envelope::MAX_BODY_LENGTH;
use crate::opcode::ResponseOpcode;
use crate::segment::{MAX_PAYLOAD_LENGTH, encode_envelopes, encode_segment};

const LIMIT: usize = 1 << 20;

const KINDS: [(ProtocolVersion, Option<Compression>); 8] = [
    (ProtocolVersion::V3, None),
    (ProtocolVersion::V3, Some(Compression::Lz4)),
    (ProtocolVersion::V3, Some(Compression::Snappy)),
    (ProtocolVersion::V4, None),
    (ProtocolVersion::V4, Some(Compression::Lz4)),
    (ProtocolVersion::V4, Some(Compression::Snappy)),
    (ProtocolVersion::V5, None),
    (ProtocolVersion::V5, Some(Compression::Lz4)),
];

fn header(version: u8, stream: i16, flags: Flags, length: usize) -> [u8; HEADER_LENGTH] {
    let length = u32::try_from(length).unwrap();
    ResponseHeader { version, flags, stream, opcode: ResponseOpcode::Result, length }.encode()
}

fn bare(version: ProtocolVersion, stream: i16, body: &[u8]) -> Vec<u8> {
    [&header(version.number(), stream, Flags::empty(), body.len()), body].concat()
}

/// What a server would send.
fn stream(version: ProtocolVersion, compression: Option<Compression>, bodies: &[(i16, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (stream, body) in bodies {
        match compression {
            Some(compression) if !version.has_segments() => {
                let mut compressed = Vec::new();
                compression.compress_body(body, &mut compressed).unwrap();
                bytes.extend(header(version.number(), *stream, Flags::COMPRESSION, compressed.len()));
                bytes.extend(compressed);
            }
            _ => bytes.extend(bare(version, *stream, body)),
        }
    }
    if !version.has_segments() {
        return bytes;
    }
    let mut segments = Vec::new();
    encode_envelopes(&bytes, compression, &mut segments);
    segments
}

fn settled(version: ProtocolVersion, compression: Option<Compression>) -> Receiver {
    let mut receiver = Receiver::new(version, LIMIT);
    receiver.set_compression(compression);
    receiver.settle();
    receiver
}

/// Everything that is whole, up to the first error.
fn drain(receiver: &mut Receiver, into: &mut Vec<(i16, Vec<u8>)>) -> Result<(), ProtocolViolation> {
    while let Some(envelope) = receiver.poll_envelope()? {
        assert!(
            envelope.header.flags.contains(Flags::COMPRESSION)
                || envelope.header.length as usize == envelope.body.len()
        );
        into.push((envelope.header.stream, envelope.body.to_vec()));
    }
    Ok(())
}

fn first_error(version: ProtocolVersion, bytes: &[u8]) -> String {
    let mut receiver = settled(version, None);
    receiver.handle_bytes(bytes);
    drain(&mut receiver, &mut Vec::new()).unwrap_err().to_string()
}

fn body(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|at| seed.wrapping_add((at / 5) as u8)).collect()
}

fn bodies() -> impl Strategy<Value = Vec<(i16, Vec<u8>)>> {
    let length = prop_oneof![
        4 => 0_usize..64,
        4 => COPIED - 2..COPIED + 3,
        2 => 0_usize..40_000,
        1 => MAX_PAYLOAD_LENGTH - HEADER_LENGTH - 2..MAX_PAYLOAD_LENGTH + 3,
        1 => 250_000_usize..300_000,
    ];
    prop::collection::vec((any::<i16>(), length, any::<u8>()), 0..8)
        .prop_map(|all| all.into_iter().map(|(stream, length, seed)| (stream, body(length, seed))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_split_gives_the_same_envelopes(
        bodies in bodies(),
        cuts in prop::collection::vec(prop_oneof![3 => 1_usize..20, 2 => 1_usize..70_000], 1..12),
        by_buffer in any::<bool>(),
    ) {
        for (version, compression) in KINDS {
            let bytes = stream(version, compression, &bodies);
            let mut receiver = settled(version, compression);
            let mut got = Vec::new();
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (chunk, behind) = rest.split_at((*cut).min(rest.len()));
                if by_buffer {
                    receiver.buffer().extend_from_slice(chunk);
                } else {
                    receiver.handle_bytes(chunk);
                }
                drain(&mut receiver, &mut got).unwrap();
                rest = behind;
                prop_assert!(rest.is_empty() || got.len() < bodies.len());
            }
            prop_assert!(got == bodies, "{version} {compression:?}");
            prop_assert!(!receiver.is_mid_message());
        }
    }

    #[test]
    fn no_bytes_make_it_panic_or_believe_in_memory(bytes in prop::collection::vec(any::<u8>(), 0..600), kind in 0..KINDS.len()) {
        let (version, compression) = KINDS[kind];
        let mut receiver = settled(version, compression);
        receiver.handle_bytes(&bytes);
        let mut got = Vec::new();
        let _violation = drain(&mut receiver, &mut got);
        let total: usize = got.iter().map(|(_, body)| body.len()).sum();
        prop_assert!(total <= 255 * bytes.len());
    }
}

#[test]
fn every_single_cut_of_a_short_stream() {
    let bodies = [(1, body(3, 1)), (-1, Vec::new()), (2, body(40, 9))];
    for (version, compression) in KINDS {
        let bytes = stream(version, compression, &bodies);
        for cut in 0..=bytes.len() {
            let mut receiver = settled(version, compression);
            let mut got = Vec::new();
            for part in [&bytes[..cut], &bytes[cut..]] {
                receiver.handle_bytes(part);
                drain(&mut receiver, &mut got).unwrap();
            }
            assert_eq!(got, bodies, "{version} {compression:?} cut at {cut}");
        }
    }
}

/// W1 of docs/promises.md: as long as a length is one that could be, it is waited for, and costs nothing before its bytes come.
#[test]
fn a_length_within_the_limit_is_no_reason_to_make_room() {
    for (version, compression) in KINDS {
        for stated in [1 << 20, MAX_BODY_LENGTH] {
            for come in [0, 1, 20_000] {
                let mut bytes = header(version.number(), 1, Flags::empty(), stated).to_vec();
                bytes.extend(body(come, 1));
                if version.has_segments() {
                    let mut segment = Vec::new();
                    encode_segment(&bytes, false, compression, &mut segment);
                    bytes = segment;
                }
                let mut receiver = Receiver::new(version, MAX_BODY_LENGTH);
                receiver.set_compression(compression);
                receiver.settle();
                for chunk in bytes.chunks(5_000) {
                    receiver.handle_bytes(chunk);
                    assert_eq!(receiver.poll_envelope(), Ok(None), "{version} {compression:?}");
                }
                assert!(receiver.is_mid_message());
                let room = receiver.input.capacity() + receiver.partial.capacity();
                assert!(
                    room <= 2 * (come + READ),
                    "{room} bytes for {come} of {stated} in {version} {compression:?}"
                );
            }
        }
    }
}

#[test]
fn it_knows_when_it_is_in_the_middle() {
    for (version, compression) in KINDS {
        let bytes = stream(version, compression, &[(1, body(300_000, 1))]);
        let mut receiver = settled(version, compression);
        assert!(!receiver.is_mid_message());
        receiver.handle_bytes(&bytes[..bytes.len() - 1]);
        assert!(drain(&mut receiver, &mut Vec::new()).is_ok() && receiver.is_mid_message());
        receiver.shrink();
        receiver.handle_bytes(&bytes[bytes.len() - 1..]);
        let mut got = Vec::new();
        drain(&mut receiver, &mut got).unwrap();
        assert_eq!((got.len(), receiver.is_mid_message()), (1, false));
        receiver.shrink();
    }
}

#[test]
fn small_bodies_do_not_keep_the_buffer_and_large_ones_are_not_copied() {
    let mut receiver = settled(ProtocolVersion::V4, None);
    receiver.handle_bytes(&bare(ProtocolVersion::V4, 1, &body(COPIED, 1)));
    let start = receiver.input.as_ptr() as usize;
    let small = receiver.poll_envelope().unwrap().unwrap();
    let at = small.body.as_ptr() as usize;
    assert!(!(start..start + COPIED + HEADER_LENGTH).contains(&at));
    receiver.handle_bytes(&bare(ProtocolVersion::V4, 1, &body(COPIED + 1, 1)));
    let start = receiver.input.as_ptr() as usize;
    let large = receiver.poll_envelope().unwrap().unwrap();
    assert_eq!(large.body.as_ptr() as usize, start + HEADER_LENGTH);
}

#[test]
fn room_is_made_before_each_read() {
    let mut receiver = settled(ProtocolVersion::V4, None);
    for _ in 0..100 {
        let buffer = receiver.buffer();
        assert!(buffer.capacity() - buffer.len() >= READ / 2);
        receiver.handle_bytes(&bare(ProtocolVersion::V4, 1, &body(7000, 1)));
        receiver.poll_envelope().unwrap().unwrap();
    }
}

#[test]
fn another_version_is_heard_until_the_version_is_settled() {
    let refusal = [header(3, 0, Flags::empty(), 2).as_slice(), b"no"].concat();
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let mut receiver = Receiver::new(version, LIMIT);
        receiver.handle_bytes(&refusal);
        assert_eq!(receiver.poll_envelope().unwrap().unwrap().header.version, 3);
    }
    let error = first_error(ProtocolVersion::V4, &refusal);
    assert_eq!(error, "the server answered in protocol version 3, the connection speaks 4");
    for self_contained in [true, false] {
        let mut segment = Vec::new();
        encode_segment(&refusal, self_contained, None, &mut segment);
        let error = first_error(ProtocolVersion::V5, &segment);
        assert_eq!(error, "the server answered in protocol version 3, the connection speaks 5");
    }
}

#[test]
fn segments_begin_where_the_version_is_settled() {
    let mut receiver = Receiver::new(ProtocolVersion::V5, LIMIT);
    // The answer to STARTUP is bare, what follows is not; both may come with one read.
    receiver.handle_bytes(&bare(ProtocolVersion::V5, 0, b""));
    receiver.handle_bytes(&stream(ProtocolVersion::V5, None, &[(1, b"one".to_vec())]));
    assert_eq!(receiver.poll_envelope().unwrap().unwrap().header.stream, 0);
    receiver.settle();
    assert_eq!(receiver.poll_envelope().unwrap().unwrap().body, b"one".as_slice());
}

#[test]
fn a_self_contained_segment_holds_whole_envelopes() {
    let whole = bare(ProtocolVersion::V5, 1, b"whole");
    for cut in [1, 8, 9, whole.len() - 1] {
        let mut segment = Vec::new();
        encode_segment(&[&whole, &whole[..cut]].concat(), true, None, &mut segment);
        let mut receiver = settled(ProtocolVersion::V5, None);
        receiver.handle_bytes(&segment);
        assert_eq!(receiver.poll_envelope().unwrap().unwrap().body, b"whole".as_slice());
        let error = receiver.poll_envelope().unwrap_err().to_string();
        let expected = "the server sent a self-contained segment that ends within an envelope while whole envelopes was due";
        assert_eq!(error, expected, "cut at {cut}");
    }
}

#[test]
fn an_empty_segment_is_nothing() {
    let mut bytes = Vec::new();
    encode_segment(b"", true, None, &mut bytes);
    bytes.extend(stream(ProtocolVersion::V5, None, &[(1, b"one".to_vec())]));
    let mut receiver = settled(ProtocolVersion::V5, None);
    receiver.handle_bytes(&bytes);
    assert_eq!(receiver.poll_envelope().unwrap().unwrap().header.stream, 1);
    assert!(receiver.poll_envelope().unwrap().is_none());
}

#[test]
fn the_parts_of_a_large_envelope_are_its_own() {
    let large = bare(ProtocolVersion::V5, 1, &body(200_000, 1));
    let (first, last) = large.split_at(MAX_PAYLOAD_LENGTH);
    let mut begun = Vec::new();
    encode_segment(first, false, None, &mut begun);
    // Bytes behind the end of the envelope.
    let mut behind = begun.clone();
    encode_segment(&[last, b"x"].concat(), false, None, &mut behind);
    assert!(
        first_error(ProtocolVersion::V5, &behind)
            .contains("68939 bytes of a large envelope came, 68938 were due")
    );
    // Another envelope in between.
    let mut between = begun.clone();
    encode_segment(&bare(ProtocolVersion::V5, 2, b"me"), true, None, &mut between);
    assert!(first_error(ProtocolVersion::V5, &between).contains("68938 bytes of a large envelope are due"));
    // A first part that is too short to say what it is part of.
    let mut short = Vec::new();
    encode_segment(&large[..8], false, None, &mut short);
    assert!(first_error(ProtocolVersion::V5, &short).contains("lacks its header"));
}

/// W1 of docs/promises.md.
#[test]
fn a_length_beyond_the_limit_is_refused_before_its_body_comes() {
    let expected = format!("the server announced a body of {} bytes; the limit is {LIMIT}", LIMIT + 1);
    let long = header(4, 1, Flags::empty(), LIMIT + 1);
    assert_eq!(first_error(ProtocolVersion::V4, &long), expected);
    let long = header(5, 1, Flags::empty(), LIMIT + 1);
    for self_contained in [true, false] {
        let mut segment = Vec::new();
        encode_segment(&long, self_contained, None, &mut segment);
        assert_eq!(first_error(ProtocolVersion::V5, &segment), expected);
    }
}

#[test]
fn compression_that_nobody_asked_for_is_refused() {
    let bytes = stream(ProtocolVersion::V4, Some(Compression::Lz4), &[(1, body(100, 1))]);
    let error = first_error(ProtocolVersion::V4, &bytes);
    assert_eq!(error, "the server sent compressed bytes that are wrong: no compression was negotiated");
    let mut flagged = bare(ProtocolVersion::V5, 1, b"");
    flagged[1] = Flags::COMPRESSION.bits();
    let mut segment = Vec::new();
    encode_segment(&flagged, true, None, &mut segment);
    assert!(first_error(ProtocolVersion::V5, &segment).contains("header flags 0x01"));
}

#[test]
fn a_compressed_body_is_not_believed_beyond_the_limit() {
    let mut compressed = Vec::new();
    Compression::Lz4.compress_body(&body(LIMIT + 1, 1), &mut compressed).unwrap();
    let bytes = [&header(4, 1, Flags::COMPRESSION, compressed.len()), compressed.as_slice()].concat();
    let mut receiver = settled(ProtocolVersion::V4, Some(Compression::Lz4));
    receiver.handle_bytes(&bytes);
    assert!(receiver.poll_envelope().is_err());
}

/// F11 of docs/promises.md.
#[test]
fn a_flipped_bit_never_becomes_an_envelope_in_v5() {
    let bytes = stream(ProtocolVersion::V5, None, &[(1, b"one".to_vec())]);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut receiver = settled(ProtocolVersion::V5, None);
        receiver.handle_bytes(&flipped);
        assert!(matches!(receiver.poll_envelope(), Err(ProtocolViolation::Checksum { .. })), "bit {bit}");
    }
}
