//! Nodes start, crash, hang, go on, stop and vanish when told to.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use helenus_protocol::request::{Query, QueryParameters, Request};
use helenus_protocol::{Consistency, ProtocolVersion};
use helenus_testkit::cassandra::{Cassandra, Error};
use helenus_testkit::raw::RawConnection;

use crate::{log_in, options, wanted};

fn run(connection: &mut RawConnection, text: &str) -> String {
    let parameters = QueryParameters::new(Consistency::One);
    let exchange = connection.exchange(&Request::Query(Query { query: text.into(), parameters })).unwrap();
    let shown = String::from_utf8_lossy(&exchange.response.body).into_owned();
    assert_eq!(exchange.response.header.opcode.name(), "RESULT", "{text}: {shown}");
    shown
}

#[test]
fn a_node_keeps_its_data_through_a_crash_hangs_and_goes_on() {
    if !wanted("a_node_keeps_its_data_through_a_crash_hangs_and_goes_on") {
        return;
    }
    let cluster = Cassandra::builder().base_address(Ipv4Addr::new(127, 0, 30, 10)).start().unwrap();
    let node = &cluster.nodes()[0];
    let mut connection = RawConnection::connect(node.address(), ProtocolVersion::V4).unwrap();
    connection.start(None).unwrap();
    run(
        &mut connection,
        "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    );
    run(&mut connection, "CREATE TABLE k.t (id int PRIMARY KEY, v text)");
    run(&mut connection, "INSERT INTO k.t (id, v) VALUES (1, 'still here')");
    assert!(matches!(node.start(), Err(Error::Unsupported(_))), "it was started twice");

    node.stop().unwrap();
    assert_eq!(options(node.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    node.start().unwrap();
    node.wait_until_up().unwrap();
    node.kill().unwrap();
    node.start().unwrap();
    node.wait_until_up().unwrap();
    let mut connection = RawConnection::connect(node.address(), ProtocolVersion::V4).unwrap();
    connection.start(None).unwrap();
    assert!(run(&mut connection, "SELECT v FROM k.t").contains("still here"));

    node.pause().unwrap();
    let begun = Instant::now();
    let address = node.address();
    let silent = std::thread::spawn(move || options(address));
    std::thread::sleep(Duration::from_secs(2));
    assert!(!silent.is_finished(), "a paused node answered");
    node.resume().unwrap();
    assert_eq!(silent.join().unwrap().unwrap().response.header.opcode.name(), "SUPPORTED");
    assert!(begun.elapsed() >= Duration::from_secs(2));

    let (directory, pid) = (cluster.directory().to_owned(), node.pid().unwrap());
    drop(cluster);
    assert!(!directory.exists(), "files were left");
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "a process was left");
}

#[test]
fn a_cluster_of_three_lets_in_whoever_knows_the_password_while_one_is_dead() {
    if !wanted("a_cluster_of_three_lets_in_whoever_knows_the_password_while_one_is_dead") {
        return;
    }
    let cluster = Cassandra::builder()
        .nodes(3)
        .password(true)
        .base_address(Ipv4Addr::new(127, 0, 30, 20))
        .racks([("east", "r1"), ("east", "r2"), ("west", "r1")])
        .start()
        .unwrap();
    for node in cluster.nodes() {
        let mut connection = log_in(node.address());
        // Nodes that answer may not have heard of each other yet.
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let peers = run(&mut connection, "SELECT data_center, rack FROM system.peers_v2");
            if peers.contains("east") {
                break;
            }
            assert!(Instant::now() < until, "{peers}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    cluster.nodes()[2].kill().unwrap();
    log_in(cluster.nodes()[0].address());
    log_in(cluster.nodes()[1].address());
}

#[test]
fn a_node_joins_later_and_leaves_again() {
    if !wanted("a_node_joins_later_and_leaves_again") {
        return;
    }
    let builder = Cassandra::builder().nodes(2).initially(1).password(true).nodetool(true);
    let cluster = builder.base_address(Ipv4Addr::new(127, 0, 30, 30)).start().unwrap();
    let [first, second] = cluster.nodes() else { panic!("not two nodes") };
    assert_eq!(options(second.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    second.start().unwrap();
    second.wait_until_up().unwrap();
    // The role is where its token belongs now, whichever node that is.
    log_in(first.address());
    let mut connection = log_in(second.address());
    assert!(run(&mut connection, "SELECT rack FROM system.peers_v2").contains("rack1"));
    let unknown = second.nodetool(&["no-such-command"]).unwrap_err();
    assert!(matches!(unknown, Error::SetUp(_)), "{unknown}");
    second.nodetool(&["decommission", "--force"]).unwrap();
    let mut connection = log_in(first.address());
    assert!(!run(&mut connection, "SELECT rack FROM system.peers_v2").contains("rack1"));
}

#[test]
fn the_older_server_runs_too() {
    if !wanted("the_older_server_runs_too") {
        return;
    }
    let builder = Cassandra::builder().version("4.1.10").password(true);
    let cluster = builder.base_address(Ipv4Addr::new(127, 0, 30, 40)).start().unwrap();
    let mut connection = log_in(cluster.nodes()[0].address());
    assert!(run(&mut connection, "SELECT release_version FROM system.local").contains("4.1.10"));
}

#[test]
fn a_node_that_cannot_boot_says_why() {
    if !wanted("a_node_that_cannot_boot_says_why") {
        return;
    }
    let builder = Cassandra::builder().base_address(Ipv4Addr::new(127, 0, 30, 50)).config("no_such_key", "1");
    let error = builder.start().unwrap_err();
    let Error::Boot { why, tail, log, .. } = &error else { panic!("{error}") };
    assert!(why.contains("ended while it was starting"), "{why}");
    assert!(tail.contains("no_such_key"), "{tail}");
    assert!(!log.exists(), "its files were left");

    let held = std::net::TcpListener::bind("127.0.30.50:9042").unwrap();
    let error = Cassandra::builder().base_address(Ipv4Addr::new(127, 0, 30, 50)).start().unwrap_err();
    assert!(matches!(error, Error::AddressInUse { .. }), "{error}");
    drop(held);
}
