//! What the socket gets, and the account of what it has got: at every count of bytes that it may have accepted.

use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;

use super::*;
use crate::connection::MAX_STREAMS;
use crate::envelope::MAX_BODY_LENGTH;
use crate::segment::{MAX_PAYLOAD_LENGTH, SegmentDecoder};

fn queue(sender: &mut Sender<usize>, lengths: &[usize]) {
    for (token, length) in lengths.iter().enumerate() {
        let body = vec![token as u8; *length];
        sender.send(Flags::empty(), RequestOpcode::Query, &body, token, None).unwrap();
    }
}

/// The socket takes at most `count` bytes; what it took.
fn flush<T>(sender: &mut Sender<T>, outgoing: &mut Outgoing, mut count: usize) -> Vec<u8> {
    let mut taken = Vec::new();
    loop {
        outgoing.gather(sender);
        let bytes = outgoing.poll_transmit();
        let now = bytes.len().min(count);
        if now == 0 {
            return taken;
        }
        taken.extend_from_slice(&bytes[..now]);
        outgoing.handle_accepted(now);
        count -= now;
    }
}

/// The envelopes of requests in what the socket took, as (stream, length of body); all of them must be whole.
fn envelopes(version: ProtocolVersion, compression: Option<Compression>, bytes: &[u8]) -> Vec<(i16, usize)> {
    let mut plain = Vec::new();
    if version.has_segments() {
        let mut decoder = SegmentDecoder::new(compression, MAX_BODY_LENGTH);
        let mut input = BytesMut::from(bytes);
        while let Some(segment) = decoder.decode(&mut input).unwrap() {
            plain.extend_from_slice(&segment.payload);
        }
        assert!(input.is_empty());
    } else {
        plain.extend_from_slice(bytes);
    }
    let mut rest = plain.as_slice();
    let mut found = Vec::new();
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LENGTH>() {
        let header = RequestHeader::decode(header, MAX_BODY_LENGTH).unwrap();
        assert_eq!((header.version, header.opcode), (version, RequestOpcode::Query));
        let (body, behind) = behind.split_at(header.length as usize);
        assert!(body.iter().all(|byte| *byte == body[0]));
        found.push((header.stream, body.len()));
        rest = behind;
    }
    assert!(rest.is_empty());
    found
}

#[test]
fn what_is_sent_is_what_arrives() {
    let lengths = [0, 5, 70_000, 1, MAX_PAYLOAD_LENGTH, 300_000, 2];
    for (version, compression) in [
        (ProtocolVersion::V3, None),
        (ProtocolVersion::V4, None),
        (ProtocolVersion::V5, None),
        (ProtocolVersion::V5, Some(Compression::Lz4)),
    ] {
        let mut sender = Sender::new(version, 100);
        let mut outgoing = Outgoing::new(version, compression);
        queue(&mut sender, &lengths);
        assert!(sender.has_outgoing() && outgoing.is_empty());
        let taken = flush(&mut sender, &mut outgoing, usize::MAX);
        assert!(!sender.has_outgoing() && outgoing.is_empty());
        let expected: Vec<_> = lengths.iter().enumerate().map(|(n, length)| (n as i16, *length)).collect();
        assert_eq!(envelopes(version, compression, &taken), expected, "{version} {compression:?}");
    }
}

#[test]
fn in_v4_written_is_exact_at_every_count() {
    let lengths = [0, 3, 10, 0, 25];
    let starts: Vec<usize> = lengths
        .iter()
        .scan(0, |next, length| {
            let start = *next;
            *next += HEADER_LENGTH + length;
            Some(start)
        })
        .collect();
    let total = lengths.iter().sum::<usize>() + lengths.len() * HEADER_LENGTH;
    for count in 0..=total {
        let mut sender = Sender::new(ProtocolVersion::V4, 100);
        let mut outgoing = Outgoing::new(ProtocolVersion::V4, None);
        queue(&mut sender, &lengths);
        assert_eq!(flush(&mut sender, &mut outgoing, count).len(), count);
        for (token, written) in sender.close(&mut outgoing) {
            assert_eq!(written, starts[token] < count, "request {token} when {count} bytes were accepted");
        }
    }
}

#[test]
fn in_v5_written_is_never_too_little() {
    // Two flushes: of the second nothing has left until a byte of its own has.
    let mut first = Sender::new(ProtocolVersion::V5, 100);
    let mut framing = Outgoing::new(ProtocolVersion::V5, None);
    queue(&mut first, &[5, 5]);
    let framed = flush(&mut first, &mut framing, usize::MAX).len();
    for count in 0..=2 * framed {
        let mut sender = Sender::new(ProtocolVersion::V5, 100);
        let mut outgoing = Outgoing::new(ProtocolVersion::V5, None);
        queue(&mut sender, &[5, 5]);
        outgoing.gather(&mut sender);
        let begun = count.min(framed);
        assert_eq!(flush(&mut sender, &mut outgoing, begun).len(), begun);
        for token in [2, 3] {
            sender.send(Flags::empty(), RequestOpcode::Query, &[9; 5], token, None).unwrap();
        }
        flush(&mut sender, &mut outgoing, count - begun);
        for (token, written) in sender.close(&mut outgoing) {
            let expected = if token < 2 { count > 0 } else { count > framed };
            assert_eq!(written, expected, "request {token} when {count} bytes were accepted");
        }
    }
}

#[test]
fn what_was_only_gathered_was_not_written() {
    for version in ProtocolVersion::ALL {
        let mut sender = Sender::new(version, 100);
        let mut outgoing = Outgoing::new(version, None);
        queue(&mut sender, &[5]);
        outgoing.gather(&mut sender);
        assert!(!outgoing.poll_transmit().is_empty());
        assert_eq!(sender.close(&mut outgoing), [(0, false)]);
    }
}

#[test]
fn what_was_called_unsent_is_not_sent_after_all() {
    for version in ProtocolVersion::ALL {
        for count in [0, 3] {
            let mut sender = Sender::new(version, 100);
            let mut outgoing = Outgoing::new(version, None);
            queue(&mut sender, &[5, 5]);
            assert_eq!(flush(&mut sender, &mut outgoing, count).len(), count);
            let accepted = outgoing.accepted();
            sender.close(&mut outgoing);
            assert!(outgoing.is_empty() && flush(&mut sender, &mut outgoing, usize::MAX).is_empty());
            assert_eq!(outgoing.accepted(), accepted);
        }
        // Gathered, and not yet framed.
        let mut sender = Sender::new(version, 100);
        let mut outgoing = Outgoing::new(version, None);
        queue(&mut sender, &[5]);
        outgoing.gather(&mut sender);
        assert_eq!(sender.close(&mut outgoing), [(0, false)]);
        assert!(outgoing.poll_transmit().is_empty());
    }
}

#[test]
fn a_full_connection_gives_the_token_back_and_sends_nothing() {
    let mut sender = Sender::new(ProtocolVersion::V4, 2);
    queue(&mut sender, &[0, 0]);
    assert_eq!((sender.room(), sender.in_flight(), sender.capacity()), (0, 2, 2));
    let refused = sender.send(Flags::empty(), RequestOpcode::Query, b"", 7, None);
    assert_eq!(refused.unwrap_err(), (Refused::Full, 7));
    let mut outgoing = Outgoing::new(ProtocolVersion::V4, None);
    assert_eq!(flush(&mut sender, &mut outgoing, usize::MAX).len(), 2 * HEADER_LENGTH);
    assert!(matches!(sender.answer(0), Answered::Waiting(_)));
    assert_eq!(sender.room(), 1);
    assert_eq!(sender.send(Flags::empty(), RequestOpcode::Query, b"", 7, None).unwrap().stream, 2);
}

#[test]
fn an_orphan_takes_room_until_its_answer_comes() {
    let mut sender = Sender::new(ProtocolVersion::V4, 1);
    queue(&mut sender, &[0]);
    let now = Instant::now();
    assert_eq!(sender.orphan(0, now, |token| *token == 5), None, "someone else's");
    assert_eq!(sender.orphan(0, now, |token| *token == 0), Some(0));
    assert_eq!((sender.in_flight(), sender.orphans(), sender.room()), (0, 1, 0));
    assert_eq!(sender.oldest_orphan(), Some(now));
    assert!(sender.send(Flags::empty(), RequestOpcode::Query, b"", 1, None).is_err());
    assert!(matches!(sender.answer(0), Answered::Orphan));
    assert!(matches!(sender.answer(0), Answered::Nobody));
    assert_eq!(sender.room(), 1);
}

#[test]
fn a_body_that_no_header_can_say_is_refused() {
    let mut sender = Sender::new(ProtocolVersion::V4, 2);
    let body = vec![0; MAX_BODY_LENGTH + 1];
    let refused = sender.send(Flags::empty(), RequestOpcode::Query, &body, 7, None);
    assert_eq!(refused.unwrap_err(), (Refused::TooLong, 7));
    assert_eq!((sender.in_flight(), sender.has_outgoing()), (0, false));
}

#[test]
fn a_closed_connection_takes_nothing_and_gives_each_token_back_once() {
    let mut sender = Sender::new(ProtocolVersion::V4, 10);
    let mut outgoing = Outgoing::new(ProtocolVersion::V4, None);
    queue(&mut sender, &[1, 1, 1]);
    sender.answer(1);
    sender.orphan(2, Instant::now(), |_| true);
    assert_eq!(sender.close(&mut outgoing), [(0, false)]);
    assert!(sender.is_closed() && !sender.has_outgoing());
    assert_eq!((sender.room(), sender.in_flight(), sender.orphans()), (0, 0, 0));
    assert!(sender.close(&mut outgoing).is_empty());
    assert!(matches!(sender.answer(0), Answered::Nobody));
    let refused = sender.send(Flags::empty(), RequestOpcode::Query, b"", 7, None);
    assert_eq!(refused.unwrap_err(), (Refused::Closed, 7));
    assert_eq!(sender.poll_timeout(), None);
}

#[test]
fn the_earliest_wake_is_known_and_each_is_told_once() {
    let start = Instant::now();
    let at = |seconds| Some(start + Duration::from_secs(seconds));
    let mut sender = Sender::new(ProtocolVersion::V4, 10);
    let mut send = |token, wake_at| {
        sender.send(Flags::empty(), RequestOpcode::Query, b"", token, wake_at).unwrap().wakes_first
    };
    assert!(send(0, at(5)));
    assert!(!send(1, at(7)));
    assert!(!send(2, None));
    assert!(send(3, at(3)));
    assert_eq!(sender.poll_timeout(), at(3));
    assert!(sender.rearm(2, at(2).unwrap(), |token| *token == 2));
    assert!(!sender.rearm(3, at(6).unwrap(), |token| *token == 3));
    let mut due = Vec::new();
    sender.handle_timeout(at(1).unwrap(), |token| due.push(*token));
    assert!(due.is_empty());
    sender.handle_timeout(at(5).unwrap(), |token| due.push(*token));
    assert_eq!((due.as_slice(), sender.poll_timeout()), ([0, 2].as_slice(), at(6)));
    sender.handle_timeout(at(9).unwrap(), |token| due.push(*token));
    assert_eq!((due.as_slice(), sender.poll_timeout()), ([0, 2, 1, 3].as_slice(), None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Requests and partial writes in any order: the bytes are the same as without, and at the close `written` is what
    /// the bytes that left say (v5: never less).
    #[test]
    fn partial_writes_change_neither_bytes_nor_account(
        steps in prop::collection::vec((prop::option::of(0_usize..2000), 0_usize..3000), 0..40),
        kind in 0_usize..3,
        whole in any::<bool>(),
    ) {
        let (version, compression) = [
            (ProtocolVersion::V4, None),
            (ProtocolVersion::V5, None),
            (ProtocolVersion::V5, Some(Compression::Lz4)),
        ][kind];
        let mut sender = Sender::new(version, 100);
        let mut outgoing = Outgoing::new(version, compression);
        let mut socket = Vec::new();
        let mut lengths = Vec::new();
        for (length, count) in steps {
            if let Some(length) = length {
                let sent = sender.send(Flags::empty(), RequestOpcode::Query, &vec![1; length], lengths.len(), None);
                prop_assert_eq!(sent.unwrap().stream as usize, lengths.len());
                lengths.push(length);
            }
            socket.extend(flush(&mut sender, &mut outgoing, count));
        }
        if whole {
            socket.extend(flush(&mut sender, &mut outgoing, usize::MAX));
            let expected: Vec<_> = lengths.iter().enumerate().map(|(n, length)| (n as i16, *length)).collect();
            prop_assert_eq!(envelopes(version, compression, &socket), expected);
        }
        let back = sender.close(&mut outgoing);
        let tokens: Vec<usize> = back.iter().map(|(token, _)| *token).collect();
        prop_assert_eq!(tokens, (0..lengths.len()).collect::<Vec<_>>());
        let mut left = socket.len();
        if version.has_segments() {
            let mut input = BytesMut::from(socket.as_slice());
            let mut decoder = SegmentDecoder::new(compression, MAX_BODY_LENGTH);
            left = 0;
            while let Some(segment) = decoder.decode(&mut input).unwrap() {
                left += segment.payload.len();
            }
            // What follows has begun to leave, if a part of its segment has.
            left += usize::from(!input.is_empty());
        }
        let mut start = 0;
        for (token, written) in back {
            if version.has_segments() {
                prop_assert!(written || start >= left, "request {token} has left");
                prop_assert!(!written || !socket.is_empty());
            } else {
                prop_assert_eq!(written, start < left, "request {}", token);
            }
            start += HEADER_LENGTH + lengths[token];
        }
    }
}

/// F12: a second answer, also one that comes long after the first, meets an id that is free, whoever is under way; and
/// the answers of all others reach whom they are for.
#[test]
fn f12_a_hundred_thousand_second_answers_are_nobodys() {
    const REMEMBERED: usize = 10_000;
    let mut sender = Sender::new(ProtocolVersion::V4, 1000);
    let mut state = 12_usize;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut under_way, mut answered) = (Vec::new(), Vec::new());
    let (mut serial, mut second_answers) = (0, 0);
    while second_answers < 100_000 {
        for _ in 0..random(50) {
            if let Ok(sent) = sender.send(Flags::empty(), RequestOpcode::Options, &[0; 0], serial, None) {
                under_way.push((sent.stream, serial));
                serial += 1;
            }
        }
        for _ in 0..random(50).min(under_way.len()) {
            let (stream, token) = under_way.swap_remove(random(under_way.len()));
            let Answered::Waiting(pending) = sender.answer(stream) else { panic!("{stream} was asked on") };
            assert_eq!(pending.token, token);
            answered.push(stream);
        }
        let recent = answered.len().min(REMEMBERED);
        for _ in 0..recent.min(10) {
            let stream = answered[answered.len() - 1 - random(recent)];
            assert!(matches!(sender.answer(stream), Answered::Nobody), "{stream}");
            second_answers += 1;
        }
        answered.drain(..answered.len() - recent);
        assert_eq!((sender.waiting(), sender.orphans()), (under_way.len(), 0));
    }
    assert!(serial > 3 * MAX_STREAMS, "the ids went round more than three times: {serial}");
}
