//! A request is damaged on its way to the server, which cannot say whose it was, or an answer on its way back (F11).

use std::collections::BTreeSet;
use std::time::Duration;

use helenus::protocol::ProtocolVersion;
use helenus::protocol::response::ServerError;
use helenus::statement::SimpleStatement;
use helenus::{AttemptError, ConnectionError, Error, RequestFailure, Session};
use helenus_testkit::mock::{MockCluster, Reaction, Rows, RunningCluster, error, rows, silence, statement};

use super::{all_up, in_turn, nodes, settings};

const READ: &str = "SELECT v FROM ks.t";
const COUNT: &str = "UPDATE ks.counters SET n = n + 1 WHERE k = 1";
const NEVER: &str = "SELECT l FROM ks.t";
const WORDS: &str = "unrecoverable CRC mismatch detected in frame body";

/// As a server does.
fn damaged(stream: i16) -> Reaction {
    error(ServerError::ProtocolError { message: WORDS.into() }).on_stream(stream).then_close()
}

async fn speaking(cluster: &RunningCluster, version: ProtocolVersion) -> Session {
    let mut settings = settings(cluster);
    settings.config_mut().protocol_version = Some(version);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

/// The only attempt of a request that failed so.
fn told(failed: Result<helenus::ResultSet, Error>, cluster: &RunningCluster) {
    let error = failed.expect_err("it is damaged");
    let Some(RequestFailure::Attempt { error: AttemptError::Connection(why), attempts, .. }) =
        error.request_failure()
    else {
        panic!("{error}");
    };
    assert!(matches!(why, ConnectionError::Damaged(words) if &**words == WORDS), "{why}");
    assert!(attempts.len() == 1 && attempts[0].written, "it may have run");
    let (text, address) = (error.to_string(), cluster.node(0).address().to_string());
    for part in [WORDS, "damaged on the way", &address] {
        assert!(text.contains(part), "{text}");
    }
}

/// Whether or not one waits on stream 0, on which the server tells it.
#[tokio::test(flavor = "multi_thread")]
async fn the_callers_of_the_connection_are_told_in_the_servers_words() {
    for before in [NEVER, "SELECT release_version FROM system.local"] {
        let cluster = nodes(1, 1)
            .on(statement(NEVER), silence())
            .on(statement(COUNT), damaged(0))
            .start()
            .expect("the mock starts");
        let session = speaking(&cluster, ProtocolVersion::V5).await;
        let mut once = SimpleStatement::new(before);
        once.options.idempotent = Some(false);
        let mut on_stream_0 = session.execute(once);
        if before != NEVER {
            (&mut on_stream_0).await.expect("it answers");
        }
        told(session.execute(COUNT).await, &cluster);
        if before == NEVER {
            let ended = tokio::time::timeout(Duration::from_secs(5), on_stream_0).await.expect("it is told");
            assert!(ended.expect_err("its connection is gone").to_string().contains(WORDS));
        }
        assert_eq!(cluster.received(&statement(COUNT)).len(), 1, "a count is not sent again");
    }
}

/// Who is alone on the connection, and on stream 0, takes it for its own answer: the words are the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_alone_is_told_as_by_an_answer() {
    let cluster = nodes(1, 1).on(statement(COUNT), damaged(0)).start().expect("the mock starts");
    let session = speaking(&cluster, ProtocolVersion::V5).await;
    let error = session.execute(COUNT).await.expect_err("it is damaged");
    assert!(matches!(error.server_error(), Some(ServerError::ProtocolError { .. })), "{error}");
    let (text, address) = (error.to_string(), cluster.node(0).address().to_string());
    assert!(text.contains(WORDS) && text.contains(&address), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_sent_again_is() {
    let cluster = nodes(3, 3)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement(READ).nth(1), damaged(0))
        .start()
        .expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().protocol_version = Some(ProtocolVersion::V5);
    let session = in_turn(settings).await;
    for _ in 0..3 {
        session.execute("SELECT release_version FROM system.local").await.expect("stream 0 of each node");
    }
    session.execute(READ).await.expect("another host answers");
    assert_eq!(cluster.received(&statement(READ)).len(), 2);
}

/// Without checksums a server may read a wrong stream id, and answers there.
#[tokio::test(flavor = "multi_thread")]
async fn in_older_versions_it_is_what_nobody_asked() {
    let cluster = nodes(1, 1).on(statement(COUNT), damaged(77)).start().expect("the mock starts");
    let session = speaking(&cluster, ProtocolVersion::V4).await;
    told(session.execute(COUNT).await, &cluster);
}

/// A protocol error on a request's own stream is its answer, and ends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_its_own_is_the_requests() {
    let own = error(ServerError::ProtocolError { message: WORDS.into() });
    let cluster = nodes(1, 1).on(statement(COUNT), own).start().expect("the mock starts");
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let session = speaking(&cluster, version).await;
        session.execute("SELECT release_version FROM system.local").await.expect("stream 0");
        let error = session.execute(COUNT).await.expect_err("it is refused");
        assert!(matches!(error.server_error(), Some(ServerError::ProtocolError { .. })), "{error}");
        session.execute("SELECT release_version FROM system.local").await.expect("the connection is well");
        session.shut_down();
    }
}

const FIRST: &str = "SELECT v FROM ks.t WHERE k = 1";
const SECOND: &str = "SELECT v FROM ks.t WHERE k = 2";

/// What either of two requests is answered: no bit turns one into the other.
fn own(whose: &str) -> Reaction {
    rows(Rows::new([("v", "text")]).row([whose]))
}

fn two_rows() -> MockCluster {
    nodes(1, 1).on(statement(FIRST), own("the first")).on(statement(SECOND), own("its neighbour"))
}

/// A request that is answered with this bit turned over.
fn with_bit(cluster: &RunningCluster, bit: usize) -> String {
    let cql = format!("{FIRST} /* {bit} */");
    cluster.on(statement(&cql).nth(1), own("the first").flip_bit(bit));
    cql
}

/// How many bits the answer to [`FIRST`] has, as it goes over the network.
async fn bits_of_an_answer(session: &Session) -> usize {
    let read = || session.cluster().metrics().traffic.bytes_in;
    let before = read();
    session.execute(FIRST).await.expect("it is good");
    usize::try_from(read() - before).expect("it is small") * 8
}

fn text(result: &helenus::ResultSet) -> Option<String> {
    result.first_as::<(String,)>().ok()?.map(|(text,)| text)
}

/// Each bit: of the header, its checksum, the payload, and its checksum.
#[tokio::test(flavor = "multi_thread")]
async fn f11_no_bit_of_a_segment_can_be_turned_over_unseen() {
    let cluster = two_rows().start().expect("the mock starts");
    let bits = bits_of_an_answer(&speaking(&cluster, ProtocolVersion::V5).await).await;
    assert!((8 * (6 + 9 + 20 + 4)..2000).contains(&bits), "header, envelope, some rows, checksum: {bits}");
    let mut parts = BTreeSet::new();
    for bit in 0..bits {
        // A session of its own: a host is not connected to more than a few times a second.
        let session = speaking(&cluster, ProtocolVersion::V5).await;
        let damaged = with_bit(&cluster, bit);
        let (first, second) = (session.execute(damaged.as_str()), session.execute(SECOND));
        let first = first.await.unwrap_or_else(|failure| panic!("bit {bit}: {failure}"));
        let second = second.await.unwrap_or_else(|failure| panic!("bit {bit}: {failure}"));
        assert_eq!(text(&first).as_deref(), Some("the first"), "bit {bit}");
        assert_eq!(text(&second).as_deref(), Some("its neighbour"), "bit {bit}");
        let Some(attempt) = first.failed_attempts().first() else { panic!("bit {bit} was not seen") };
        let AttemptError::Connection(ConnectionError::Protocol(why)) = &attempt.error else {
            panic!("bit {bit}: {}", attempt.error)
        };
        let why = why.to_string();
        let part = ["header", "payload"].into_iter().find(|part| why.contains(part));
        assert!(part.is_some() && why.contains("checksum"), "bit {bit}: {why}");
        parts.extend(part);
        session.shut_down();
    }
    assert_eq!(parts.len(), 2, "{parts:?}");
}

/// Nothing tells that a bit is another one: a value may be, and an error then is the request's. But no other request gets an
/// answer that is not its own, and nothing panics.
#[tokio::test(flavor = "multi_thread")]
async fn f11_whatever_bit_is_turned_over_without_checksums_no_other_request_is_answered_with_it() {
    let cluster = two_rows().start().expect("the mock starts");
    let bits = bits_of_an_answer(&speaking(&cluster, ProtocolVersion::V4).await).await;
    let (mut seen, mut unseen) = (0, 0);
    for bit in 0..bits {
        let session = speaking(&cluster, ProtocolVersion::V4).await;
        let within = |cql: &str| {
            let mut statement = SimpleStatement::new(cql);
            // A length that is too large is waited for.
            statement.options.timeout = Some(Duration::from_millis(150));
            statement
        };
        match session.execute(within(&with_bit(&cluster, bit))).await {
            Ok(result) if result.failed_attempts().is_empty() => {
                unseen += 1;
                assert_ne!(text(&result).as_deref(), Some("its neighbour"), "bit {bit}");
            }
            Ok(result) => {
                seen += 1;
                assert_eq!(text(&result).as_deref(), Some("the first"), "bit {bit}: it was asked again");
            }
            Err(_) => seen += 1,
        }
        // What is left of it is nobody's answer.
        if let Ok(result) = session.execute(within(SECOND)).await {
            assert_eq!(text(&result).as_deref(), Some("its neighbour"), "bit {bit}");
        }
        session.shut_down();
    }
    assert!(seen > 60 && unseen > 30, "most of the header is seen, and no value is: {seen}, {unseen}");
    let well = speaking(&cluster, ProtocolVersion::V4).await;
    assert_eq!(text(&well.execute(FIRST).await.expect("it is good")).as_deref(), Some("the first"));
}
