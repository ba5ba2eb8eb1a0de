//! Bytes of a socket in v5. The first byte chooses: the bytes as they are; the bytes as envelopes in segments of ours;
//! the bytes as an LZ4 block behind a header that is right.

#![no_main]

use bytes::{Bytes, BytesMut};
use helenus_protocol::compression::Compression;
use helenus_protocol::segment::{MAX_PAYLOAD_LENGTH, SegmentDecoder, encode_segment};
use helenus_protocol_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

/// The payloads up to the first error, and whether there was one.
fn decode(compression: Option<Compression>, stream: &[u8], step: usize) -> (Vec<Bytes>, bool) {
    let mut decoder = SegmentDecoder::new(compression, 1 << 20);
    let mut input = BytesMut::new();
    let mut payloads = Vec::new();
    for chunk in stream.chunks(step.max(1)) {
        input.extend_from_slice(chunk);
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(segment)) => {
                    assert!(segment.payload.len() <= MAX_PAYLOAD_LENGTH);
                    // A few are enough, so that the bound on memory means the decoder's and not ours.
                    if payloads.len() < 4 {
                        payloads.push(segment.payload);
                    }
                }
                Ok(None) => break,
                Err(_) => return (payloads, true),
            }
        }
    }
    (payloads, false)
}

/// A segment of ours, and then other bytes where its payload was: with the right checksums.
fn lz4_segment(block: &[u8], uncompressed: u64) -> Vec<u8> {
    let crc24 = |bytes: &[u8]| {
        bytes.iter().fold(0x87_5060_u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte) << 16, |crc, _| {
                let crc = crc << 1;
                if crc & 0x100_0000 == 0 { crc } else { crc ^ 0x197_4F0B }
            })
        })
    };
    let header = block.len() as u64 | uncompressed << 17 | 1 << 34;
    let header = &header.to_le_bytes()[..5];
    // The payload's checksum does not care about compression: that of the same bytes in a plain segment.
    let mut plain = Vec::new();
    encode_segment(block, true, None, &mut plain);
    [header, &crc24(header).to_le_bytes()[..3], block, &plain[plain.len() - 4..]].concat()
}

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&choice, rest)) = data.split_first() else { return };
    let compression = (choice & 1 == 1).then_some(Compression::Lz4);
    let step = usize::from(choice >> 3) + 1;
    match choice >> 1 & 3 {
        0 => {
            let whole = decode(compression, rest, rest.len());
            assert_eq!(decode(compression, rest, step), whole);
        }
        1 => {
            let payload = &rest[..rest.len().min(MAX_PAYLOAD_LENGTH)];
            let mut stream = Vec::new();
            encode_segment(payload, true, compression, &mut stream);
            let (payloads, failed) = decode(compression, &stream, step);
            assert!(!failed && payloads.len() == 1 && payloads[0] == payload);
        }
        _ => {
            let Some((stated, block)) = rest.split_first_chunk::<2>() else { return };
            let block = &block[..block.len().min(MAX_PAYLOAD_LENGTH)];
            let stated = u64::from(u16::from_le_bytes(*stated)) * 2;
            let (payloads, failed) = decode(Some(Compression::Lz4), &lz4_segment(block, stated), step);
            match &payloads[..] {
                [payload] if stated == 0 => assert_eq!(payload, block),
                [payload] => assert_eq!(payload.len() as u64, stated),
                _ => assert!(failed, "right checksums, no payload, no error"),
            }
        }
    }
}));
