//! What a statement says of itself reaches the server as it was said, on each kind of statement and version; and what the
//! server says beside its answer reaches the caller.

use std::sync::Arc;
use std::time::Duration;

use helenus::protocol::request::{BatchKind, Request};
use helenus::protocol::{Consistency, ProtocolVersion, RequestOpcode, SerialConsistency};
use helenus::statement::{BatchStatement, SimpleStatement, Statement, StatementOptions};
use helenus::{RequestFailure, Session};
use helenus_testkit::mock::{Received, Rows, RunningCluster, opcode, rows, silence, statement};

use super::{all_up, connect, nodes, settings};

const READ: &str = "SELECT v FROM ks.t";
const WRITE: &str = "INSERT INTO ks.t (k, v) VALUES (?, ?)";

/// A simple, a bound and a batch statement that all write.
async fn one_of_each(session: &Session) -> [(RequestOpcode, Statement); 3] {
    let prepared = session.prepare(WRITE).await.expect("the mock prepares it");
    let mut batch = BatchStatement::new(BatchKind::Unlogged);
    batch.push(SimpleStatement::new("UPDATE ks.t SET v = 1 WHERE k = 1"));
    batch.push(prepared.bind((1, 2)).expect("two ints"));
    [
        (RequestOpcode::Query, SimpleStatement::new("UPDATE ks.t SET v = 1 WHERE k = 1").into()),
        (RequestOpcode::Execute, prepared.bind((1, 2)).expect("two ints").into()),
        (RequestOpcode::Batch, batch.into()),
    ]
}

/// What the server got of a statement with these options.
async fn sent(
    cluster: &RunningCluster,
    session: &Session,
    kind: RequestOpcode,
    mut statement: Statement,
    set: impl Fn(&mut StatementOptions),
) -> Arc<Received> {
    set(statement.options_mut());
    cluster.clear_received();
    session.execute(statement).await.expect("the mock answers");
    let received = cluster.received(&opcode(kind));
    assert_eq!(received.len(), 1);
    received[0].clone()
}

/// (consistency, serial consistency, timestamp, keyspace, now in seconds), wherever the message has them.
fn told(
    received: &Received,
) -> (Consistency, Option<SerialConsistency>, Option<i64>, Option<String>, Option<i32>) {
    match &received.request {
        Request::Batch(batch) => {
            let keyspace = batch.keyspace.clone();
            (batch.consistency, batch.serial_consistency, batch.timestamp, keyspace, batch.now_in_seconds)
        }
        _ => {
            let of = received.parameters().expect("it has parameters");
            (of.consistency, of.serial_consistency, of.timestamp, of.keyspace.clone(), of.now_in_seconds)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_statement_says_of_itself_reaches_the_server() {
    for version in ProtocolVersion::ALL {
        let cluster = nodes(1, 1).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        all_up(&session).await;
        let is_v5 = version == ProtocolVersion::V5;
        for (kind, statement) in one_of_each(&session).await {
            let received = sent(&cluster, &session, kind, statement.clone(), |options| {
                options.consistency = Some(Consistency::Quorum);
                options.serial_consistency = Some(SerialConsistency::LocalSerial);
                options.timestamp = Some(123_456);
                options.keyspace = Some("ks".into());
                options.now_in_seconds = is_v5.then_some(789);
                options.tracing = Some(true);
            })
            .await;
            let keyspace = is_v5.then(|| "ks".to_owned());
            let (quorum, local) = (Consistency::Quorum, Some(SerialConsistency::LocalSerial));
            assert_eq!(
                told(&received),
                (quorum, local, Some(123_456), keyspace, is_v5.then_some(789)),
                "{kind} {version}"
            );
            assert!(received.flags.contains(helenus::protocol::envelope::Flags::TRACING));

            let received = sent(&cluster, &session, kind, statement.clone(), |_| {}).await;
            let (level, serial, timestamp, keyspace, now) = told(&received);
            assert_eq!((level, serial, keyspace, now), (Consistency::LocalOne, None, None, None));
            assert!(timestamp.is_some(), "the session's own: {kind} {version}");

            if version != ProtocolVersion::V3 {
                let payload = vec![("who".to_owned(), Some("me".into())), ("none".to_owned(), None)];
                let received = sent(&cluster, &session, kind, statement, |options| {
                    options.custom_payload = payload.clone();
                })
                .await;
                let mut got = received.custom_payload.clone();
                got.sort();
                assert_eq!(
                    got,
                    [("none".to_owned(), None), ("who".to_owned(), Some("me".into()))],
                    "{kind} {version}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_cannot_say_is_refused_before_anything_is_sent() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session =
        settings(&cluster).protocol_version(ProtocolVersion::V3).session().await.expect("it speaks all");
    for (kind, statement) in one_of_each(&session).await {
        let (mut now, mut payload) = (statement.clone(), statement);
        now.options_mut().now_in_seconds = Some(1);
        payload.options_mut().custom_payload = vec![("who".to_owned(), None)];
        cluster.clear_received();
        for statement in [now, payload] {
            let failure = session.execute(statement).await.expect_err("v3 has no place for it");
            assert!(matches!(failure, helenus::Error::Encode(_)), "{kind}: {failure}");
        }
        assert!(cluster.received(&opcode(kind)).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_batch_says_which_it_is() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    for kind in [BatchKind::Logged, BatchKind::Unlogged, BatchKind::Counter] {
        let mut batch = BatchStatement::new(kind);
        batch.push(SimpleStatement::new("UPDATE ks.counters SET n = n + 1 WHERE k = 1"));
        cluster.clear_received();
        session.execute(batch).await.expect("the mock answers");
        let received = cluster.received(&opcode(RequestOpcode::Batch));
        let Request::Batch(sent) = &received[0].request else { panic!("no BATCH") };
        assert_eq!(sent.kind, kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_host_of_the_callers_choice_and_no_other() {
    let cluster = nodes(3, 3)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    for node in 0..3 {
        let snapshot = session.cluster().snapshot();
        let host = snapshot.host_at(cluster.addresses()[node]).expect("it is known").clone();
        for _ in 0..5 {
            let mut statement = SimpleStatement::new(READ);
            statement.options.host = Some(host.clone());
            let result = session.execute(statement).await.expect("the mock answers");
            assert_eq!(result.host().address(), host.address());
        }
    }
    cluster.node(2).stop();
    let snapshot = session.cluster().snapshot();
    let host = snapshot.host_at(cluster.addresses()[2]).expect("it is known").clone();
    super::until("its connection is gone", || !super::is_connected(&session, &host)).await;
    let mut statement = SimpleStatement::new(READ);
    statement.options.host = Some(host);
    let failure = session.execute(statement).await.expect_err("no other is asked");
    assert!(failure.to_string().contains(&cluster.addresses()[2].to_string()), "{failure}");
    assert!(!failure.to_string().contains(&cluster.addresses()[0].to_string()), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_a_payload_and_the_id_of_a_trace_come_with_the_answer() {
    let cluster = nodes(1, 1)
        .on(
            statement(READ),
            rows(Rows::new([("v", "int")]).row([7]))
                .warning("too many tombstones")
                .payload("who", Some(b"you")),
        )
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let mut statement = SimpleStatement::new(READ);
    statement.options.tracing = Some(true);
    let result = session.execute(statement).await.expect("the mock answers");
    assert_eq!(result.warnings(), ["too many tombstones"]);
    assert_eq!(result.custom_payload(), [("who".to_owned(), Some("you".into()))]);
    assert!(result.tracing_id().is_some());
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
}

/// Each attempt is told, in order: which host, whether anything was sent, what it said, and how long it took.
#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_is_told_in_order() {
    use helenus::protocol::response::ServerError;
    let overloaded = |node: usize| {
        helenus_testkit::mock::error(ServerError::Overloaded { message: format!("node {node} has too much") })
    };
    let mut cluster = nodes(3, 3);
    for node in 0..2 {
        cluster = cluster.on(statement(READ).node(node), overloaded(node).delay(Duration::from_millis(20)));
    }
    let cluster = cluster.on(statement(READ).node(2), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let snapshot = session.cluster().snapshot();
    let hosts: Vec<_> = cluster
        .addresses()
        .into_iter()
        .map(|address| snapshot.host_at(address).expect("known").clone())
        .collect();
    let mut statement = SimpleStatement::new(READ);
    statement.options.hosts = Some(hosts.clone());
    statement.options.idempotent = Some(true);
    statement.options.timeout = Some(Duration::from_millis(400));
    let mut other = SimpleStatement::new(READ);
    other.options.host = Some(Arc::clone(&hosts[2]));
    let beside = [session.execute(other.clone()), session.execute(other)];
    let failure = session.execute(statement).await.expect_err("the last is silent");
    let last = failure.request_failure().and_then(RequestFailure::last_host);
    assert_eq!(last, Some(&hosts[2]));
    let told = failure.to_string();
    let helenus::Error::Request(failure) = failure else { panic!("{failure}") };
    let RequestFailure::TimedOut { after, waiting, attempts } = *failure else { panic!("{failure}") };
    assert_eq!((after, attempts.len()), (Duration::from_millis(400), 2));
    for (attempt, (node, host)) in attempts.iter().zip(hosts.iter().enumerate()) {
        assert_eq!(&attempt.host, host);
        let connection = attempt.connection.expect("it was on one");
        assert!(told.contains(&format!("{} (connection {connection}) after", host.address())), "{told}");
        assert!(attempt.written && attempt.elapsed >= Duration::from_millis(20), "{attempt:?}");
        assert!(attempt.error.to_string().contains(&format!("node {node} has too much")));
    }
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].host, hosts[2]);
    // Where it was, how busy that was, and how often it was tried before.
    let connection = waiting[0].connection.expect("it was on one");
    assert_eq!(waiting[0].in_flight, Some(3));
    let place =
        format!("{} (connection {connection}, 3 requests in flight) has been silent", hosts[2].address());
    assert!(told.contains(&place) && told.contains("2 attempts had failed before"), "{told}");
    drop(beside);
    let places: Vec<_> = ["node 0 has", "node 1 has"]
        .iter()
        .map(|part| told.find(part).unwrap_or_else(|| panic!("{told}")))
        .collect();
    assert!(places.is_sorted(), "{told}");
    for address in cluster.addresses() {
        assert!(told.contains(&address.to_string()), "{told}");
    }
}

/// A connection that asks for a sign of life without a pause would do nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn pauses_that_are_none_are_refused() {
    use helenus::config::ConnectionConfig;
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let wrong: [(&str, fn(&mut ConnectionConfig)); 4] = [
        ("heartbeat_interval is 0ns", |config| config.heartbeat_interval = Some(Duration::ZERO)),
        ("heartbeat_interval is 9ms", |config| config.heartbeat_interval = Some(Duration::from_millis(9))),
        ("set_aside_after is 0ns", |config| config.set_aside_after = Some(Duration::ZERO)),
        ("heartbeat_timeout is 0ns", |config| config.heartbeat_timeout = Duration::ZERO),
    ];
    for (told, change) in wrong {
        let mut settings = settings(&cluster);
        change(&mut settings.config_mut().connection);
        let error = settings.session().await.expect_err("it is refused");
        assert!(matches!(error, helenus::Error::Configuration(_)), "{error}");
        assert!(error.to_string().contains(told) && error.to_string().contains("10ms or more"), "{error}");
    }
    assert_eq!(cluster.node(0).accepted(), 0, "before anybody is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shortest_pauses_are_no_storm() {
    let cluster = nodes(1, 1).on(statement(READ), silence()).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    let connection = &mut settings.config_mut().connection;
    connection.heartbeat_interval = Some(Duration::from_millis(10));
    connection.set_aside_after = Some(Duration::from_millis(10));
    let session = settings.session().await.expect("the mock lets everyone in");
    let waiting = session.execute(READ);
    let probes = || cluster.received(&opcode(RequestOpcode::Options)).len();
    let (before, begun) = (probes(), std::time::Instant::now());
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Of the control connection, and of the session's, which has two reasons.
    let most = 3 * (begun.elapsed().as_millis() as usize / 10 + 1);
    assert!((1..=most).contains(&(probes() - before)), "{} of {most}", probes() - before);
    drop(waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_tells_how_long_it_is() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let length = |statement: Statement| session.execute(statement).pending().request_length();
    let [short, long] =
        ["SELECT v FROM ks.t", "SELECT v FROM ks.t WHERE k = 1"].map(|text| length(text.into()));
    assert_eq!(short.map(|short| short + 12), long);
    let prepared = session.prepare("SELECT v FROM ks.t WHERE k = ?").await.expect("it is known");
    let bound = prepared.bind((1_i32,)).expect("it fits");
    // The values are counted too, which are sent from where they are.
    let id = prepared.id().len();
    assert!(length(bound.into()) > Some(9 + 2 + id + 4 + 4), "{id}");
}
