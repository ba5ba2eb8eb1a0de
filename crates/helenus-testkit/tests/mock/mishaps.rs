//! What rules do to answers on their way.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use helenus_protocol::envelope::Flags;
use helenus_protocol::response::{Message, Response};
use helenus_protocol::{ProtocolVersion, ProtocolViolation, ResponseOpcode};
use helenus_testkit::mock::{
    MockCluster, Reaction, RunningCluster, body, close, query as queried, raw, reset, silence, usual, void,
};
use uuid::Uuid;

use crate::client::{Client, Failure, query};

fn cluster(reaction: Reaction) -> RunningCluster {
    MockCluster::new(1).on(queried("SELECT").nth(1), reaction).start().unwrap()
}

fn client(cluster: &RunningCluster, version: ProtocolVersion) -> Client {
    Client::ready(cluster.addresses()[0], version, None)
}

/// The first answer to a SELECT under `reaction`.
fn answer(version: ProtocolVersion, reaction: Reaction) -> Result<Response, Failure> {
    client(&cluster(reaction), version).ask(&query("SELECT"))
}

#[test]
fn silence_leaves_the_connection_as_it_is() {
    let cluster = cluster(silence());
    let mut client = client(&cluster, ProtocolVersion::V4);
    client.send(&query("SELECT 1"), Flags::empty());
    let second = client.send(&query("SELECT 2"), Flags::empty());
    assert_eq!(client.receive().unwrap().0, second);
}

#[test]
fn a_late_answer_lets_others_pass() {
    let cluster = cluster(void().delay(Duration::from_millis(60)));
    let mut client = client(&cluster, ProtocolVersion::V5);
    let start = Instant::now();
    let late = client.send(&query("SELECT 1"), Flags::empty());
    let early = client.send(&query("SELECT 2"), Flags::empty());
    assert_eq!(client.receive().unwrap().0, early);
    assert_eq!(client.receive().unwrap().0, late);
    assert!(start.elapsed() >= Duration::from_millis(60));
}

#[test]
fn answers_come_twice_or_on_a_stream_that_nobody_asked_on() {
    for version in ProtocolVersion::ALL {
        let cluster = cluster(void().copies(2).on_stream(77));
        let mut client = client(&cluster, version);
        client.send(&query("SELECT"), Flags::empty());
        assert_eq!(client.receive().unwrap().0, 77);
        assert_eq!(client.receive().unwrap().0, 77);
    }
}

#[test]
fn gathered_answers_go_out_together_in_the_order_that_was_asked_for() {
    let cluster = MockCluster::new(1).on(queried("SELECT"), void().gather_reversed(3)).start().unwrap();
    for version in ProtocolVersion::ALL {
        let mut client = client(&cluster, version);
        client.socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut sent = vec![client.send(&query("SELECT"), Flags::empty())];
        sent.push(client.send(&query("SELECT"), Flags::empty()));
        assert!(matches!(client.receive(), Err(Failure::Io(ErrorKind::WouldBlock))));
        client.socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        sent.push(client.send(&query("SELECT"), Flags::empty()));
        let received: Vec<_> = (0..3).map(|_| client.receive().unwrap().0).collect();
        sent.reverse();
        assert_eq!(received, sent);
    }
}

#[test]
fn an_answer_split_anywhere_is_the_same_answer() {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        for at in 0..24 {
            let response = answer(version, void().split_at(at)).unwrap();
            assert_eq!(response.message.opcode(), ResponseOpcode::Result, "{at}");
        }
        let response = answer(version, void().dribble(1, Duration::from_millis(1))).unwrap();
        assert_eq!(response.message.opcode(), ResponseOpcode::Result);
    }
}

#[test]
fn every_flipped_bit_of_a_segment_shows() {
    // 6 bytes of header and checksum, 9 + 4 of envelope, 4 of checksum.
    for bit in 0..23 * 8 {
        let failure = answer(ProtocolVersion::V5, void().flip_bit(bit)).unwrap_err();
        assert!(
            matches!(failure, Failure::Violation(ProtocolViolation::Checksum { .. })),
            "{bit}: {failure:?}"
        );
    }
    let flipped = answer(ProtocolVersion::V5, void().flip_any_bit(5));
    assert!(matches!(flipped, Err(Failure::Violation(_))));
}

#[test]
fn headers_lie_when_told_to() {
    let wrong_version = answer(ProtocolVersion::V4, void().version_byte(0x86));
    assert!(matches!(wrong_version, Err(Failure::Violation(_))));
    let request = answer(ProtocolVersion::V4, void().version_byte(0x04));
    assert!(matches!(request, Err(Failure::Violation(ProtocolViolation::Direction { .. }))));
    let flags = answer(ProtocolVersion::V4, void().flip_flags(0x40));
    assert!(matches!(flags, Err(Failure::Violation(ProtocolViolation::Flags { flags: 0x40 }))));
}

#[test]
fn connections_end_before_in_the_middle_of_and_after_an_answer() {
    let ended = |failure: &Failure| matches!(failure, Failure::Io(ErrorKind::UnexpectedEof));
    assert!(ended(&answer(ProtocolVersion::V4, close()).unwrap_err()));
    assert!(ended(&answer(ProtocolVersion::V4, void().truncate(11).then_close()).unwrap_err()));
    let cluster = cluster(void().then_close());
    let mut client = client(&cluster, ProtocolVersion::V5);
    client.ask(&query("SELECT")).unwrap();
    assert!(ended(&client.receive().unwrap_err()));
}

#[test]
fn a_reset_is_a_reset() {
    for version in ProtocolVersion::ALL {
        let failure = answer(version, reset()).unwrap_err();
        assert!(matches!(failure, Failure::Io(ErrorKind::ConnectionReset)), "{failure:?}");
    }
}

#[test]
fn bytes_that_are_no_cassandra_come_as_they_are() {
    let http = "HTTP/1.1 400 Bad Request\r\n\r\n";
    for version in ProtocolVersion::ALL {
        let cluster = cluster(raw(http).then_close());
        let mut client = client(&cluster, version);
        client.send(&query("SELECT"), Flags::empty());
        let mut read = String::new();
        client.socket.read_to_string(&mut read).unwrap();
        assert_eq!(read, http);
    }
    let nonsense = answer(ProtocolVersion::V4, body(ResponseOpcode::Result, [0, 0, 0, 99]));
    assert!(matches!(nonsense, Err(Failure::Violation(_))));
}

#[test]
fn warnings_payload_and_tracing_id_stand_in_front() {
    let id = Uuid::from_u128(7);
    let reaction = || usual().warning("careful").payload("k", Some(b"v")).tracing_id(id);
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let response = answer(version, reaction()).unwrap();
        assert_eq!((response.tracing_id, response.warnings), (Some(id), vec!["careful".to_owned()]));
        assert_eq!(response.custom_payload[0].1.as_deref(), Some(&b"v"[..]));
    }
    let response = answer(ProtocolVersion::V3, reaction()).unwrap();
    assert_eq!((response.tracing_id, response.warnings.len()), (Some(id), 0));
}

#[test]
fn a_node_that_stops_reading_answers_nothing_more_and_stays() {
    let cluster = cluster(void().then_stop_reading());
    let mut client = client(&cluster, ProtocolVersion::V4);
    assert!(matches!(client.ask(&query("SELECT")).unwrap().message, Message::Result(_)));
    client.socket.set_read_timeout(Some(Duration::from_millis(80))).unwrap();
    client.send(&query("SELECT"), Flags::empty());
    assert!(matches!(client.receive(), Err(Failure::Io(ErrorKind::WouldBlock))));
    assert_eq!(cluster.node(0).connections(), 1);
}
