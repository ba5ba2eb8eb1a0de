//! A request is damaged on its way to the server, which cannot say whose it was (F11).

use std::time::Duration;

use helenus::protocol::ProtocolVersion;
use helenus::protocol::response::ServerError;
use helenus::statement::SimpleStatement;
use helenus::{AttemptError, ConnectionError, Error, RequestFailure, Session};
use helenus_testkit::mock::{Reaction, Rows, RunningCluster, error, rows, silence, statement};

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
