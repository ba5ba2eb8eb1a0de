//! What a proxy does to a connection, seen by a client of a mock node behind it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use helenus_protocol::ProtocolVersion;
use helenus_protocol::envelope::Flags;
use helenus_testkit::mock::{MockCluster, RunningCluster, query as queried, void};
use helenus_testkit::proxy::{Knobs, Proxy, Reading, Towards};

use crate::client::{Client, query};

const MS: Duration = Duration::from_millis(1);
const ANYWHERE: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// A node, and a proxy that reads its answers.
fn node() -> (RunningCluster, Proxy) {
    let cluster = MockCluster::new(1).on(queried("SELECT"), void()).start().unwrap();
    let proxy = Proxy::start(ANYWHERE.into(), cluster.addresses()[0], Reading::Answers, 1).unwrap();
    (cluster, proxy)
}

fn ready(proxy: &Proxy, version: ProtocolVersion) -> Client {
    Client::ready(proxy.address(), version, None)
}

fn ask(client: &mut Client) -> i16 {
    let sent = client.send(&query("SELECT"), Flags::empty());
    assert_eq!(client.receive().unwrap().0, sent);
    sent
}

/// A server that says back what it hears, and a proxy that passes on bytes.
fn echo() -> (Proxy, SocketAddr) {
    let listener = TcpListener::bind(SocketAddr::from(ANYWHERE)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            std::thread::spawn(move || {
                let client = client.unwrap();
                // It ends however the client ends.
                let _ended = std::io::copy(&mut &client, &mut &client);
            });
        }
    });
    (Proxy::start(ANYWHERE.into(), address, Reading::Bytes, 1).unwrap(), address)
}

fn connect(proxy: &Proxy) -> TcpStream {
    let socket = TcpStream::connect(proxy.address()).unwrap();
    socket.set_read_timeout(Some(10 * Duration::from_secs(1))).unwrap();
    socket
}

fn say(socket: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    socket.write_all(bytes).unwrap();
    let mut heard = vec![0; bytes.len()];
    socket.read_exact(&mut heard).unwrap();
    heard
}

#[test]
fn by_itself_it_passes_everything_on() {
    let (cluster, proxy) = node();
    for version in ProtocolVersion::ALL {
        let mut client = ready(&proxy, version);
        (0..50).for_each(|_| _ = ask(&mut client));
        assert_eq!((proxy.open(), cluster.node(0).connections()), (1, 1));
        drop(client);
        let begun = Instant::now();
        while proxy.open() + cluster.node(0).connections() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "an end is not passed on");
            std::thread::sleep(MS);
        }
    }
    assert_eq!(proxy.accepted(), ProtocolVersion::ALL.len() as u64);
    let (proxy, _) = echo();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut socket = connect(&proxy);
    let mut writing = socket.try_clone().unwrap();
    let sent = bytes.clone();
    let writer = std::thread::spawn(move || writing.write_all(&sent).unwrap());
    let mut heard = vec![0; bytes.len()];
    socket.read_exact(&mut heard).unwrap();
    writer.join().unwrap();
    assert!(heard == bytes, "bytes were changed");
}

#[test]
fn it_delays_each_way() {
    let (proxy, _) = echo();
    let mut socket = connect(&proxy);
    for towards in [Towards::Node, Towards::Client] {
        proxy.set(towards, Knobs::delayed(60 * MS));
        let begun = Instant::now();
        assert_eq!(say(&mut socket, b"late"), b"late");
        assert!(begun.elapsed() >= 60 * MS, "{towards:?}");
        proxy.heal().unwrap();
    }
}

#[test]
fn a_partition_holds_what_is_under_way_and_takes_no_connection() {
    let (proxy, _) = echo();
    let mut socket = connect(&proxy);
    assert_eq!(say(&mut socket, b"before"), b"before");
    proxy.partition().unwrap();
    socket.write_all(b"during").unwrap();
    socket.set_read_timeout(Some(100 * MS)).unwrap();
    assert_eq!(socket.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
    let refused = TcpStream::connect_timeout(&proxy.address(), 200 * MS).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TimedOut, "its SYN is dropped");
    let accepted = proxy.accepted();
    proxy.heal().unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut heard = [0; 6];
    socket.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"during");
    assert_eq!(say(&mut connect(&proxy), b"after"), b"after");
    assert_eq!(proxy.accepted(), accepted + 1, "what barred the door counts as nobody");
    // And once more.
    proxy.partition().unwrap();
    assert!(TcpStream::connect_timeout(&proxy.address(), 200 * MS).is_err());
}

#[test]
fn one_direction_alone_can_be_lost() {
    let (cluster, proxy) = node();
    let mut client = ready(&proxy, ProtocolVersion::V5);
    proxy.set(Towards::Client, Knobs::held());
    let sent = client.send(&query("SELECT 1"), Flags::empty());
    assert!(cluster.wait_for(&queried("SELECT 1"), 1, Duration::from_secs(10)), "the node gets it");
    client.socket.set_read_timeout(Some(50 * MS)).unwrap();
    assert!(client.receive().is_err());
    proxy.heal().unwrap();
    client.socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(client.receive().unwrap().0, sent);
}

#[test]
fn what_is_discarded_never_comes() {
    let (proxy, _) = echo();
    let mut socket = connect(&proxy);
    proxy.set(Towards::Node, Knobs { discard: true, ..Knobs::default() });
    socket.write_all(b"lost").unwrap();
    std::thread::sleep(100 * MS);
    proxy.heal().unwrap();
    assert_eq!(say(&mut socket, b"kept"), b"kept");
}

#[test]
fn bits_are_turned_over_and_counted() {
    let (proxy, _) = echo();
    let mut socket = connect(&proxy);
    proxy.set(Towards::Node, Knobs { flip_each: Some(1000), ..Knobs::default() });
    let heard = say(&mut socket, &[0; 60_000]);
    let bits: u32 = heard.iter().map(|byte| byte.count_ones()).sum();
    assert!((20..=180).contains(&bits), "{bits}");
    assert_eq!(proxy.deeds().flipped, u64::from(bits));
}

#[test]
fn connections_are_reset_at_once_or_after_a_while() {
    let (proxy, address) = echo();
    let mut socket = connect(&proxy);
    say(&mut socket, b"here");
    assert_eq!(proxy.reset_connections(), 1);
    assert_eq!(socket.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    proxy.set(Towards::Client, Knobs { reset_each: Some(20 * MS), ..Knobs::default() });
    let mut socket = connect(&proxy);
    assert_eq!(socket.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(proxy.resets(), 2);
    assert_eq!(proxy.target(), address);
}

#[test]
fn a_node_that_is_not_there_is_a_reset() {
    let nobody = TcpListener::bind(SocketAddr::from(ANYWHERE)).unwrap().local_addr().unwrap();
    let proxy = Proxy::start(ANYWHERE.into(), nobody, Reading::Bytes, 1).unwrap();
    assert_eq!(connect(&proxy).read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn answers_come_twice() {
    let (_cluster, proxy) = node();
    for version in ProtocolVersion::ALL {
        let mut client = ready(&proxy, version);
        proxy.set(Towards::Client, Knobs { duplicate: 1.0, duplicate_after: 30 * MS, ..Knobs::default() });
        let sent = ask(&mut client);
        assert_eq!(client.receive().unwrap().0, sent, "{version:?}");
        proxy.heal().unwrap();
    }
    assert_eq!(proxy.deeds().duplicated, ProtocolVersion::ALL.len() as u64);
}

#[test]
fn late_answers_are_overtaken() {
    let (_cluster, proxy) = node();
    for version in ProtocolVersion::ALL {
        let mut client = ready(&proxy, version);
        proxy.set(Towards::Client, Knobs { late: 1.0, late_by: 150 * MS, ..Knobs::default() });
        let before = proxy.deeds().late;
        let late = client.send(&query("SELECT 1"), Flags::empty());
        let begun = Instant::now();
        while proxy.deeds().late == before {
            assert!(begun.elapsed() < Duration::from_secs(10));
            std::thread::sleep(MS);
        }
        proxy.heal().unwrap();
        let early = client.send(&query("SELECT 2"), Flags::empty());
        let order = [client.receive().unwrap().0, client.receive().unwrap().0];
        assert!(order == [early, late] || begun.elapsed() > 150 * MS, "{version:?}");
    }
}

#[test]
fn two_answers_change_their_streams() {
    let (_cluster, proxy) = node();
    for version in ProtocolVersion::ALL {
        let mut client = ready(&proxy, version);
        proxy.set(Towards::Client, Knobs { swap: 1.0, ..Knobs::default() });
        let sent = [1, 2].map(|_| client.send(&query("SELECT"), Flags::empty()));
        assert_eq!([client.receive().unwrap().0, client.receive().unwrap().0], [sent[1], sent[0]]);
        proxy.heal().unwrap();
    }
}

#[test]
fn what_is_no_answer_is_reset() {
    let (proxy, target) = echo();
    let proxy_of_answers = Proxy::start(ANYWHERE.into(), target, Reading::Answers, 1).unwrap();
    let mut socket = connect(&proxy_of_answers);
    socket.write_all(b"HTTP/1.1 200 OK").unwrap();
    assert_eq!(socket.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    drop(proxy);
}

#[test]
fn dropping_it_ends_its_connections_and_its_listening() {
    let (proxy, _) = echo();
    let (mut socket, address) = (connect(&proxy), proxy.address());
    say(&mut socket, b"here");
    drop(proxy);
    assert_eq!(socket.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}
