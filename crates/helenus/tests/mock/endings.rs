//! How things end: sessions that are shut down or dropped, and servers that break the protocol (F3, F11, F19).

use std::time::{Duration, Instant};

use helenus::policy::{RetryContext, RetryDecision, RetryPolicy};
use helenus::protocol::ProtocolVersion;
use helenus::protocol::response::ServerError;
use helenus::{AttemptError, ConnectionError, Error, RequestFailure, Session};
use helenus_testkit::mock::{Reaction, Rows, RunningCluster, error, rows, silence, statement};

use super::{all_up, connect, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";
const COUNT: &str = "UPDATE ks.counters SET n = n + 1 WHERE k = 1";

fn open_connections(cluster: &RunningCluster) -> usize {
    cluster.nodes().map(|node| node.connections()).sum()
}

/// F16 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn shutting_down_ends_what_is_under_way_and_refuses_what_comes_later() {
    let shut_down: [fn(&Session); 2] =
        [|session| session.shut_down(), |session| session.cluster().shut_down()];
    for shut_down in shut_down {
        let cluster =
            nodes(3, 3).on(statement(""), silence()).on(statement("system"), helenus_testkit::mock::usual());
        let cluster = cluster.start().expect("the mock starts");
        let session = connect(&cluster).await;
        let waiting: Vec<_> =
            [READ, COUNT].iter().cycle().take(20).map(|cql| session.execute(*cql)).collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let begun = Instant::now();
        shut_down(&session);
        for request in waiting {
            let failure = request.await.expect_err("nobody answered");
            assert!(!failure.is_timeout(), "{failure}");
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        let failure = session.execute(READ).await.expect_err("it is shut down");
        assert!(matches!(failure, Error::ShutDown), "{failure:?}");
        let failure = session.prepare(READ).await.expect_err("it is shut down");
        assert!(matches!(failure, Error::ShutDown), "{failure:?}");
        assert!(session.is_shut_down());
    }
}

/// Answers READ after a while.
fn slow() -> Reaction {
    rows(Rows::new([("v", "int")]).row([7])).delay(Duration::from_millis(150))
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_who_waits_for_a_request_is_told_of_its_end() {
    let cluster = nodes(1, 1).on(statement(READ), slow()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let (told, heard) = std::sync::mpsc::channel();
    let request = session.execute(READ);
    let tell = |name: &'static str| -> Box<dyn FnOnce() + Send> {
        let told = told.clone();
        Box::new(move || told.send(name).expect("the test listens"))
    };
    request.pending().when_ended(tell("first call"));
    // The others are told all the same.
    request.pending().when_ended(Box::new(|| panic!("on purpose, in a callback of the user's own")));
    let (pending, blocked) = (request.pending(), tell("blocked thread"));
    let thread = std::thread::spawn(move || {
        // As long as it takes: the clock has no end for this.
        assert!(pending.wait(Duration::MAX));
        blocked();
    });
    request.pending().when_ended(tell("second call"));
    let pending = request.pending();
    // The owner's own wait takes nobody's place.
    request.await.expect("the mock answers");
    pending.when_ended(tell("late call"));
    thread.join().expect("it was told");
    let mut names: Vec<_> = heard.try_iter().collect();
    // A thread that is woken runs when it likes.
    let calls: Vec<_> = names.iter().copied().filter(|name| *name != "blocked thread").collect();
    assert_eq!(calls[..2], ["first call", "second call"]);
    names.sort_unstable();
    assert_eq!(names, ["blocked thread", "first call", "late call", "second call"]);
    session.execute(READ).await.expect("nobody else has suffered");
}

#[derive(Debug)]
struct Panicking;

impl RetryPolicy for Panicking {
    fn decide(&self, _: &RetryContext<'_>) -> RetryDecision {
        panic!("on purpose, in a policy of the user's own");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_policy_that_panics_fails_its_own_request_alone() {
    let refused = error(ServerError::Overloaded { message: "too much".into() });
    let cluster = nodes(1, 1)
        .on(statement(COUNT), refused)
        .on(statement(READ), slow())
        .start()
        .expect("the mock starts");
    let settings = settings(&cluster).retry_policy(std::sync::Arc::new(Panicking));
    let session = settings.session().await.expect("the mock lets everyone in");
    let other = session.execute(READ);
    let failure = session.execute(COUNT).await.expect_err("the policy decides nothing");
    assert!(failure.server_error().is_some(), "{failure:?}");
    other.await.expect("it is none of its business");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_shut_down_leaves_others_alone() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let other = session.cluster().session(None).await.expect("the mock lets everyone in");
    all_up(&other).await;
    session.shut_down();
    until("its connections are closed", || open_connections(&cluster) == 3).await;
    other.execute(READ).await.expect("the mock answers");
    other.cluster().shut_down();
    until("all are closed", || open_connections(&cluster) == 0).await;
    assert!(matches!(other.cluster().refresh().await, Err(Error::ShutDown)));
    assert!(matches!(other.cluster().session(None).await, Err(Error::ShutDown)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_keeps_a_cluster_that_was_dropped() {
    let cluster = nodes(3, 3).on(statement(READ), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    drop(session.execute(READ));
    drop(session);
    until("all connections are closed", || open_connections(&cluster) == 0).await;

    // With a node down, so that pools wait for their next attempt; and dropped while connections are being made.
    cluster.node(2).stop();
    let session = settings(&cluster).session().await.expect("two nodes are left");
    drop(session);
    drop(settings(&cluster).connect().await.expect("two nodes are left"));
    until("all connections are closed", || open_connections(&cluster) == 0).await;
    let accepted: usize = cluster.nodes().map(|node| node.accepted()).sum();
    cluster.node(2).listen().expect("its address is free");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(cluster.nodes().map(|node| node.accepted()).sum::<usize>(), accepted, "nobody tries again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_keeps_its_session() {
    let answer = rows(Rows::new([("v", "int")]).row([7])).delay(Duration::from_millis(200));
    let cluster = nodes(1, 1).on(statement(READ), answer).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let request = session.execute(READ);
    drop(session);
    let result = request.await.expect("it was under way");
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
    drop(result);
    until("all connections are closed", || open_connections(&cluster) == 0).await;
}

fn seven() -> Reaction {
    rows(Rows::new([("v", "int")]).row([7]))
}

/// `broken` is the first answer: what is idempotent is run elsewhere, what is not fails with the violation, and the
/// connections on which it came are not used any more.
async fn closes_the_connection(what: &str, version: ProtocolVersion, broken: Reaction) {
    for (cql, again) in [(READ, true), (COUNT, false)] {
        let cluster = nodes(2, 2)
            .on(statement(cql), seven())
            .on(statement(cql).nth(1), broken.clone())
            .start()
            .expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        all_up(&session).await;
        let outcome = session.execute(cql).await;
        let first = cluster.received(&statement(cql))[0].clone();
        if again {
            let result = outcome.unwrap_or_else(|failure| panic!("{what}: {failure}"));
            assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)), "{what}");
            let attempts = result.failed_attempts();
            assert!(
                matches!(&attempts[0].error, AttemptError::Connection(ConnectionError::Protocol(_))),
                "{what}: {attempts:?}"
            );
        } else {
            let failure = outcome.expect_err("it may have run");
            let Error::Request(failure) = failure else { panic!("{what}: {failure}") };
            let RequestFailure::Attempt { error, .. } = *failure else { panic!("{what}: {failure}") };
            assert!(
                matches!(error, AttemptError::Connection(ConnectionError::Protocol(_))),
                "{what}: {error}"
            );
        }
        all_up(&session).await;
        cluster.clear_received();
        for _ in 0..10 {
            session.execute(READ).await.expect("new connections serve");
        }
        let after = cluster.received(&statement(READ));
        let same = after.iter().any(|it| (it.node, it.connection) == (first.node, first.connection));
        assert!(!same, "{what}: the connection is not used any more");
    }
}

/// F12 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_waits_for_closes_its_connection() {
    for version in ProtocolVersion::ALL {
        closes_the_connection("another stream", version, seven().on_stream(999)).await;
    }
    closes_the_connection("a negative stream", ProtocolVersion::V4, seven().on_stream(-2)).await;
}

/// F12, E25 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_twice_closes_its_connection() {
    let cluster = nodes(2, 2)
        .on(statement(READ), seven())
        .on(statement(READ).nth(1), seven().copies(2))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let before: Vec<_> = cluster.nodes().map(|node| node.accepted()).collect();
    let result = session.execute(READ).await.expect("the first of the two is good");
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
    let first = cluster.received(&statement(READ))[0].clone();
    until("it is replaced", || cluster.node(first.node).accepted() > before[first.node]).await;
    all_up(&session).await;
    for _ in 0..10 {
        session.execute(READ).await.expect("the mock answers");
    }
}

/// F11 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_segment_closes_its_connection() {
    for bit in [0, 13, 30, 47, 48, 60, 100, 200] {
        closes_the_connection(&format!("bit {bit}"), ProtocolVersion::V5, seven().flip_bit(bit)).await;
    }
}

/// W3 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn another_version_in_an_answer_closes_its_connection() {
    for version in [ProtocolVersion::V3, ProtocolVersion::V4] {
        closes_the_connection("another version", version, seven().version_byte(0x82)).await;
        closes_the_connection("a request", version, seven().version_byte(version.number())).await;
    }
}

/// W2 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_a_lost_connection() {
    for version in ProtocolVersion::ALL {
        for length in [0, 1, 8, 9, 15] {
            let broken = seven().truncate(length).then_close();
            let cluster = nodes(2, 2)
                .on(statement(READ), seven())
                .on(statement(READ).nth(1), broken)
                .start()
                .expect("the mock starts");
            let session =
                settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
            all_up(&session).await;
            let result = session.execute(READ).await.expect("the other host answers");
            assert_eq!(result.failed_attempts().len(), 1, "{version}, {length} bytes");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_came_whole_before_a_violation_are_good() {
    for version in ProtocolVersion::ALL {
        let cluster = nodes(1, 1)
            .on(statement(COUNT), seven().gather(3))
            .on(statement(COUNT).nth(3), seven().version_byte(0x82).gather(3))
            .start()
            .expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        all_up(&session).await;
        let requests: Vec<_> = (0..3).map(|_| session.execute(COUNT)).collect();
        let mut outcomes = Vec::new();
        for request in requests {
            outcomes.push(request.await);
        }
        assert!(outcomes[0].is_ok() && outcomes[1].is_ok(), "{version}: {outcomes:?}");
        let failure = outcomes.remove(2).expect_err("its answer breaks the protocol");
        assert!(failure.to_string().contains("version"), "{version}: {failure}");
    }
}
