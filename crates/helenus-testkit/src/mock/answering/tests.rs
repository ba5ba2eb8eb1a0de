//! The answering node from its request bytes to its answers, without a socket; one test over a real one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use bytes::BytesMut;
use helenus_protocol::envelope::MAX_BODY_LENGTH;
use helenus_protocol::notation::{Reader, Value, Writer};
use helenus_protocol::segment::{SegmentDecoder, encode_envelopes};
use helenus_protocol::{RequestOpcode, ResponseOpcode};

use super::catalogue::Catalogue;
use super::dialogue::{Answers, Closing, Dialogue};
use super::{AnsweringNode, Options};

fn answers() -> Answers {
    Answers::new(Arc::new(Catalogue::new("127.0.40.1:9042".parse().unwrap(), 1))).unwrap()
}

fn envelope(version: u8, stream: i16, opcode: RequestOpcode, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![version, 0];
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.push(opcode.number());
    bytes.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let mut body = Vec::new();
    let mut out = Writer::new(&mut body);
    out.long_string(text).unwrap();
    out.short(1);
    out.int(0);
    body
}

/// Takes answers apart into stream, opcode and body.
fn split(mut bytes: &[u8]) -> Vec<(i16, u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<9>() {
        let length = u32::from_be_bytes([header[5], header[6], header[7], header[8]]) as usize;
        let (body, rest) = rest.split_at(length);
        assert!(header[0] & 0x80 != 0);
        found.push((i16::from_be_bytes([header[2], header[3]]), header[4], body.to_vec()));
        bytes = rest;
    }
    assert!(bytes.is_empty());
    found
}

/// The id and the EXECUTE of `SELECT k, v FROM bench.kv WHERE k = ?` with a key.
fn execute(version: u8, id: &[u8], key: i64, skip_metadata: bool) -> Vec<u8> {
    let mut body = Vec::new();
    let mut out = Writer::new(&mut body);
    out.short_bytes(id).unwrap();
    let flags: u8 = if skip_metadata { 3 } else { 1 };
    if version == 5 {
        out.short_bytes(id).unwrap();
        out.short(1);
        out.int(flags.into());
    } else {
        out.short(1);
        out.byte(flags);
    }
    out.short(1);
    out.value(Value::Bytes(&key.to_be_bytes())).unwrap();
    body
}

fn prepared_id(body: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(body);
    assert_eq!(reader.int().unwrap(), 4);
    reader.short_bytes().unwrap().to_vec()
}

#[test]
fn a_prepared_select_answers_with_the_key_that_was_bound() {
    for version in [3, 4] {
        let (mut answers, mut dialogue, mut out) = (answers(), Dialogue::default(), Vec::new());
        let query = text("SELECT k, v FROM bench.kv WHERE k = ?");
        let request = envelope(version, 7, RequestOpcode::Prepare, &query);
        dialogue.handle(&request, &mut answers, &mut out).unwrap();
        let prepared = split(&out).remove(0);
        assert_eq!((prepared.0, prepared.1), (7, ResponseOpcode::Result.number()));
        let id = prepared_id(&prepared.2);
        out.clear();
        for (stream, key) in [(1, -5), (2, 1 << 40)] {
            let request =
                envelope(version, stream, RequestOpcode::Execute, &execute(version, &id, key, true));
            dialogue.handle(&request, &mut answers, &mut out).unwrap();
        }
        let mut expected = Vec::new();
        let mut writer = Writer::new(&mut expected);
        [2, 4, 2, 1].into_iter().for_each(|number| writer.int(number));
        writer.bytes(Some(&(-5_i64).to_be_bytes())).unwrap();
        writer.bytes(Some(b"twenty bytes of text")).unwrap();
        let rows = split(&out);
        assert_eq!(rows[0], (1, 8, expected));
        assert!(rows[1].2.windows(8).any(|window| window == (1_i64 << 40).to_be_bytes()));
    }
}

#[test]
fn every_split_of_the_stream_gives_the_same_answers() {
    for version in [3, 4, 5] {
        let mut requests = envelope(version, 0, RequestOpcode::Startup, &[0, 0]);
        let mut envelopes = envelope(version, 1, RequestOpcode::Options, &[]);
        envelopes.extend(envelope(version, 2, RequestOpcode::Query, &text("SELECT * FROM system.local")));
        envelopes.extend(envelope(version, 3, RequestOpcode::Query, &text("INSERT INTO x (a) VALUES (1)")));
        if version == 5 {
            // One segment with all of them, then one envelope over two segments.
            encode_envelopes(&envelopes, None, &mut requests);
            let (first, second) = envelopes.split_at(5);
            let large = [first, second].concat();
            encode_envelopes(&large, None, &mut requests);
        } else {
            requests.extend_from_slice(&envelopes);
        }
        let whole = {
            let (mut answers, mut dialogue, mut out) = (answers(), Dialogue::default(), Vec::new());
            dialogue.handle(&requests, &mut answers, &mut out).unwrap();
            plain(version, &out)
        };
        assert_eq!(whole.len(), if version == 5 { 7 } else { 4 });
        for at in 0..=requests.len() {
            let (mut answers, mut dialogue, mut out) = (answers(), Dialogue::default(), Vec::new());
            dialogue.handle(&requests[..at], &mut answers, &mut out).unwrap();
            dialogue.handle(&requests[at..], &mut answers, &mut out).unwrap();
            assert_eq!(plain(version, &out), whole, "v{version} at {at}");
        }
    }
}

/// The answers, taken out of their segments where there are any behind the READY.
fn plain(version: u8, out: &[u8]) -> Vec<(i16, u8, Vec<u8>)> {
    if version < 5 {
        return split(out);
    }
    let (ready, segments) = out.split_at(9);
    let mut input = BytesMut::from(segments);
    let mut decoder = SegmentDecoder::new(None, MAX_BODY_LENGTH);
    let mut bytes = ready.to_vec();
    while let Some(segment) = decoder.decode(&mut input).unwrap() {
        bytes.extend_from_slice(&segment.payload);
    }
    assert!(input.is_empty());
    split(&bytes)
}

#[test]
fn what_cannot_be_answered_is_an_error_and_never_a_panic() {
    let (mut answers, mut dialogue, mut out) = (answers(), Dialogue::default(), Vec::new());
    let unknown = execute(4, &[9; 16], 1, false);
    dialogue.handle(&envelope(4, 1, RequestOpcode::Execute, &unknown), &mut answers, &mut out).unwrap();
    dialogue.handle(&envelope(4, 2, RequestOpcode::Execute, &unknown[..5]), &mut answers, &mut out).unwrap();
    dialogue.handle(&envelope(4, 3, RequestOpcode::Query, &[0xFF; 9]), &mut answers, &mut out).unwrap();
    dialogue.handle(&envelope(4, 4, RequestOpcode::AuthResponse, &[]), &mut answers, &mut out).unwrap();
    let query = text("SELECT nope FROM system.local");
    dialogue.handle(&envelope(4, 5, RequestOpcode::Prepare, &query), &mut answers, &mut out).unwrap();
    let answers: Vec<_> =
        split(&out).into_iter().map(|(stream, _, body)| (stream, body[2..4].to_vec())).collect();
    let codes: [[u8; 2]; 5] = [[0x25, 0], [0, 10], [0, 10], [0, 10], [0x22, 0]];
    let expected: Vec<_> = (1..).zip(codes).map(|(stream, code)| (stream, code.to_vec())).collect();
    assert_eq!(answers, expected);
}

#[test]
fn a_version_that_is_not_spoken_is_refused_in_words_that_drivers_know() {
    let (mut answers, mut dialogue, mut out) = (answers(), Dialogue::default(), Vec::new());
    assert_eq!(dialogue.handle(&[0x42, 0, 0, 3], &mut answers, &mut out), Err(Closing));
    assert_eq!(out[0], 0x85);
    let (stream, opcode, body) = split(&out).remove(0);
    assert_eq!((stream, opcode), (3, ResponseOpcode::Error.number()));
    assert!(String::from_utf8_lossy(&body).contains("unsupported protocol version (66)"));
}

#[test]
fn a_damaged_segment_ends_the_connection() {
    let (mut answers, mut dialogue, mut out) = (answers(), Dialogue::default(), Vec::new());
    dialogue.handle(&envelope(5, 0, RequestOpcode::Startup, &[0, 0]), &mut answers, &mut out).unwrap();
    let mut segment = Vec::new();
    encode_envelopes(&envelope(5, 1, RequestOpcode::Options, &[]), None, &mut segment);
    *segment.last_mut().unwrap() ^= 1;
    assert_eq!(dialogue.handle(&segment, &mut answers, &mut out), Err(Closing));
}

#[test]
fn it_serves_over_tcp_on_two_threads() {
    let address = "127.0.40.250:0".parse().unwrap();
    let node = AnsweringNode::start(Options { address, threads: 2, rows: 1 }).unwrap();
    let mut sockets: Vec<_> = (0..3).map(|_| TcpStream::connect(node.address()).unwrap()).collect();
    for socket in &mut sockets {
        let mut requests = Vec::new();
        for stream in 0..1000 {
            requests.extend(envelope(4, stream, RequestOpcode::Query, &text("SELECT * FROM bench.t")));
        }
        socket.write_all(&requests).unwrap();
        let mut header = [0; 9];
        for stream in 0..1000_i16 {
            socket.read_exact(&mut header).unwrap();
            assert_eq!(header[2..4], stream.to_be_bytes());
            let length = u32::from_be_bytes([header[5], header[6], header[7], header[8]]) as usize;
            socket.read_exact(&mut vec![0; length]).unwrap();
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_answer_more_than_there_are_requests(
        version in 3_u8..=5,
        opcode in 0_u8..=16,
        body in proptest::collection::vec(0_u8.., 0..200),
        tail in proptest::collection::vec(0_u8.., 0..200),
        cut in 0_usize..400,
    ) {
        let (mut answers, mut dialogue, mut out) = (answers(), Dialogue::default(), Vec::new());
        let mut bytes = vec![version, 0, 0, 1, opcode, 0, 0, 0, u8::try_from(body.len()).unwrap()];
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(&tail);
        let (head, rest) = bytes.split_at(cut.min(bytes.len()));
        let fine = dialogue.handle(head, &mut answers, &mut out).is_ok();
        if fine {
            let _ = dialogue.handle(rest, &mut answers, &mut out);
        }
        // Nine bytes a request; an answer is a few hundred at most.
        proptest::prop_assert!(out.len() <= (bytes.len() / 9 + 1) * 4096);
    }
}
