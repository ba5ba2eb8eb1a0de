//! How a cluster is found: versions, compression, credentials, contact points, peers (F8, F14, F18).

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use helenus::config::ContactPoint;
use helenus::protocol::compression::Compression;
use helenus::protocol::request::Request;
use helenus::protocol::response::ServerError;
use helenus::protocol::{ProtocolVersion, RequestOpcode};
use helenus::{Cluster, ConnectionError, Error};
use helenus_testkit::mock::cell;
use helenus_testkit::mock::{Rows, RunningCluster, error, opcode, query, rows, statement};
use uuid::Uuid;

use super::{all_up, connect, nodes, settings};

const READ: &str = "SELECT v FROM ks.t";

fn contact_errors(error: &Error) -> &[(SocketAddr, ConnectionError)] {
    match error {
        Error::Connect(errors) => errors,
        other => panic!("not about contact points: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_that_both_know_is_spoken() {
    for newest in ProtocolVersion::ALL {
        let cluster = nodes(2, 1).versions(ProtocolVersion::V3, newest).start().expect("the mock starts");
        let session = connect(&cluster).await;
        assert_eq!(session.cluster().protocol_version(), newest);
        for _ in 0..4 {
            session.execute(READ).await.expect("the mock answers");
        }
        let received = cluster.received(&statement(READ));
        assert_eq!(received.len(), 4);
        assert!(received.iter().all(|received| received.version == newest), "{newest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_asked_for_by_name_is_not_left() {
    let old =
        nodes(1, 1).versions(ProtocolVersion::V3, ProtocolVersion::V4).start().expect("the mock starts");
    let failure = settings(&old).protocol_version(ProtocolVersion::V5).session().await.expect_err("not v5");
    assert_eq!(contact_errors(&failure).len(), 1);
    let message = failure.to_string();
    assert!(message.contains("does not speak protocol v5"), "{message}");
    assert!(message.contains(&old.addresses()[0].to_string()), "{message}");
    assert_eq!(old.node(0).accepted(), 1, "no other version is tried");

    let new = nodes(1, 1).start().expect("the mock starts");
    for version in ProtocolVersion::ALL {
        let session = settings(&new).protocol_version(version).session().await.expect("it speaks all three");
        assert_eq!(session.cluster().protocol_version(), version);
    }
}

/// What the connections have asked for in STARTUP.
fn compressions(cluster: &RunningCluster) -> Vec<Option<String>> {
    let asked = cluster.received(&opcode(RequestOpcode::Startup));
    let option = |request: &Request| match request {
        Request::Startup(startup) => startup.option("COMPRESSION").map(str::to_owned),
        other => panic!("{} among STARTUPs", other.opcode()),
    };
    asked.iter().map(|received| option(&received.request)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn long_statements_and_long_rows_come_through_each_compression() {
    let text = "long and dull; ".repeat(20_000);
    let asked = format!("SELECT v FROM ks.t WHERE k = 1 /* {text} */");
    for (version, compression) in [
        (ProtocolVersion::V3, Compression::Lz4),
        (ProtocolVersion::V3, Compression::Snappy),
        (ProtocolVersion::V4, Compression::Lz4),
        (ProtocolVersion::V4, Compression::Snappy),
        (ProtocolVersion::V5, Compression::Lz4),
    ] {
        let answer = Rows::new([("v", "text")]).row([text.as_str()]);
        let cluster = nodes(1, 1).on(query(READ), rows(answer)).start().expect("the mock starts");
        let session = settings(&cluster)
            .protocol_version(version)
            .compression(compression)
            .session()
            .await
            .expect("it knows both");
        let result = session.execute(asked.as_str()).await.expect("the mock answers");
        let (found,) = result.first_as::<(String,)>().expect("a text").expect("a row");
        assert_eq!(found, text, "{version}, {compression:?}");
        assert_eq!(cluster.received(&query(READ))[0].text(), Some(asked.as_str()));
        let wanted = Some(compression.name().to_owned());
        let startups = compressions(&cluster);
        assert!(startups.iter().all(|option| *option == wanted), "{version}, {startups:?}");
    }
}

/// C3 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_compression_that_cannot_be_had_is_an_error() {
    let cluster = nodes(1, 1).compressions(&[Compression::Snappy]).start().expect("the mock starts");
    let failure = settings(&cluster).compression(Compression::Lz4).session().await.expect_err("no lz4");
    let message = failure.to_string();
    assert!(message.contains("compression lz4 cannot be had"), "{message}");
    assert!(message.contains("snappy"), "it says what there is: {message}");

    let snappy = settings(&cluster).compression(Compression::Snappy).protocol_version(ProtocolVersion::V5);
    let message = snappy.session().await.expect_err("not in v5").to_string();
    assert!(message.contains("protocol v5 does not allow it"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_compression_chooses_a_version_that_allows_it() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = settings(&cluster).compression(Compression::Snappy).session().await.expect("in v4");
    assert_eq!(session.cluster().protocol_version(), ProtocolVersion::V4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_is_let_in() {
    let cluster = nodes(2, 1).credentials("alice", "s3cret").start().expect("the mock starts");
    for version in ProtocolVersion::ALL {
        let session = settings(&cluster).credentials("alice", "s3cret").protocol_version(version);
        let session = session.session().await.expect("they are right");
        all_up(&session).await;
        session.execute(READ).await.expect("the mock answers");
    }
}

/// A1 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_and_none_are_told_apart_and_never_shown() {
    let cluster = nodes(1, 1).credentials("alice", "s3cret").start().expect("the mock starts");
    let wrong = settings(&cluster).credentials("alice", "gu3ss");
    assert!(!format!("{wrong:?}").contains("gu3ss"));
    let wrong = wrong.session().await.expect_err("it is wrong");
    let none = settings(&cluster).session().await.expect_err("there are none");
    for failure in [&wrong, &none] {
        let errors = contact_errors(failure);
        assert!(errors.len() == 1 && errors[0].1.is_authentication(), "{failure:?}");
        let shown = format!("{failure} {failure:?} {failure:#?}");
        assert!(!shown.contains("gu3ss") && !shown.contains("s3cret"), "{shown}");
    }
    let words = wrong.to_string();
    assert!(words.contains("password are incorrect"), "the server's words: {words}");
    let words = none.to_string();
    assert!(
        words.contains("PasswordAuthenticator") && words.contains("no credentials were given"),
        "{words}"
    );
}

/// C1 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn contact_points_that_are_all_dead_are_all_named() {
    let cluster = nodes(3, 1).start().expect("the mock starts");
    let addresses = cluster.addresses();
    cluster.nodes().for_each(|node| node.stop());
    let points = addresses.iter().map(|address| address.ip().to_string());
    let failure = Cluster::builder().contact_points(points).session().await.expect_err("nobody listens");
    let named: Vec<_> = contact_errors(&failure).iter().map(|(address, _)| *address).collect();
    assert_eq!(named, addresses);
    let message = failure.to_string();
    for address in addresses {
        assert!(message.contains(&address.to_string()), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_contact_point_does_not_matter_while_another_lives() {
    let cluster = nodes(3, 1).start().expect("the mock starts");
    cluster.node(0).stop();
    let addresses = cluster.addresses();
    let points = addresses[..2].iter().map(|address| address.ip().to_string());
    let session = Cluster::builder().contact_points(points).session().await.expect("the second listens");
    assert_eq!(session.cluster().snapshot().hosts().len(), 3);
    assert_eq!(session.cluster().control_host().map(|host| host.address()), Some(addresses[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_found_in_the_newer_peers_table_and_in_the_older_one() {
    for old in [false, true] {
        let cluster = nodes(3, 1).start().expect("the mock starts");
        if old {
            let message = "unconfigured table peers_v2".to_owned();
            cluster.on(query("FROM system.peers_v2"), error(ServerError::Invalid { message }));
        }
        let session = connect(&cluster).await;
        let snapshot = session.cluster().snapshot();
        let mut found: Vec<_> = snapshot.hosts().iter().map(|host| host.address()).collect();
        found.sort();
        assert_eq!(found, cluster.addresses());
        for (host, facts) in cluster.addresses().iter().zip(&cluster.world().topology.nodes) {
            let host = snapshot.host_at(*host).expect("it is known");
            assert_eq!((host.host_id(), host.datacenter()), (facts.host_id, Some(facts.datacenter.as_str())));
            assert_eq!(host.tokens().len(), facts.tokens.len());
        }
        let older =
            query("FROM system.peers").when(|received| !received.text().is_some_and(|it| it.contains("_v2")));
        assert_eq!(cluster.received(&older).is_empty(), !old);
    }
}

/// F22 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_peers_that_cannot_be_true_are_skipped() {
    let cluster = nodes(2, 1).start().expect("the mock starts");
    let addresses = cluster.addresses();
    let columns = [
        ("peer", "inet"),
        ("host_id", "uuid"),
        ("native_address", "inet"),
        ("native_port", "int"),
        ("data_center", "text"),
    ];
    let good = addresses[1].ip();
    let port = i32::from(addresses[1].port());
    let nowhere = std::net::IpAddr::from([0, 0, 0, 0]);
    let id = cluster.world().topology.nodes[1].host_id;
    let mut peers = Rows::of_keyspace("system", "peers_v2", columns, None);
    let mut add = |peer: cell::Cell, id: Option<Uuid>, native: cell::Cell, port: cell::Cell| {
        let row = vec![peer, id.and_then(cell::uuid), native, port, cell::text("datacenter1")];
        peers = peers.clone().row(row);
    };
    add(cell::inet(good), None, cell::inet(good), cell::int(port));
    add(None, Some(Uuid::from_u128(1)), None, cell::int(port));
    add(cell::inet(nowhere), Some(Uuid::from_u128(2)), cell::inet(nowhere), cell::int(port));
    add(Some(vec![1, 2, 3]), Some(Uuid::from_u128(3)), Some(vec![9]), cell::int(port));
    add(cell::inet(good), Some(id), cell::inet(good), cell::int(port));
    // The same node again, and the node that tells about itself.
    add(cell::inet(good), Some(id), cell::inet(good), cell::int(port));
    let own = addresses[0].ip();
    add(cell::inet(own), Some(Uuid::from_u128(4)), cell::inet(own), cell::int(port));
    cluster.on(query("FROM system.peers_v2"), rows(peers));
    let session = connect(&cluster).await;
    let snapshot = session.cluster().snapshot();
    let found: Vec<_> = snapshot.hosts().iter().map(|host| host.address()).collect();
    assert_eq!(found, addresses);
}

/// F4 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("it is bound");
    let mut builder = Cluster::builder();
    let limit = Duration::from_millis(300);
    builder.config_mut().contact_points.push(ContactPoint::Address(address));
    builder.config_mut().connection.connect_timeout = Some(limit);
    let begun = Instant::now();
    let failure = builder.session().await.expect_err("nobody answers");
    let elapsed = begun.elapsed();
    assert!(elapsed >= limit && elapsed < limit * 4, "{elapsed:?}");
    assert!(
        matches!(contact_errors(&failure), [(at, ConnectionError::ConnectTimeout(after))] if *at == address && *after == limit),
        "{failure}"
    );
}

/// A program that gives connecting no limit of its own still says by its heartbeats how long a host may be silent.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_connect_timeout_a_silent_server_is_given_up_as_an_open_connection_is() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let mut builder = Cluster::builder();
    let config = builder.config_mut();
    let address = silent.local_addr().expect("it is bound");
    config.contact_points = [address, cluster.node(0).address()].map(ContactPoint::Address).into();
    config.connection.connect_timeout = None;
    config.connection.heartbeat_interval = Some(Duration::from_millis(200));
    config.connection.heartbeat_timeout = Duration::from_millis(100);
    let found = tokio::time::timeout(Duration::from_secs(20), builder.clone().connect()).await;
    let found = found.expect("it has an end").expect("the other one answers");
    assert_eq!(found.control_host().map(|host| host.address()), Some(cluster.node(0).address()));

    builder.config_mut().contact_points.pop();
    let failure = tokio::time::timeout(Duration::from_secs(20), builder.connect()).await;
    let failure = failure.expect("it has an end").expect_err("nobody answers");
    let limit = Duration::from_millis(300);
    assert!(
        matches!(contact_errors(&failure), [(at, ConnectionError::ConnectTimeout(after))] if *at == address && *after == limit),
        "{failure}"
    );
}
