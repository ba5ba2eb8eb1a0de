//! All connections are lost for a moment: who waits for the next ones, how long, and that nobody does once the hosts are known
//! to be down (F15).

use std::time::{Duration, Instant};

use helenus::protocol::RequestOpcode;
use helenus::statement::SimpleStatement;
use helenus::{AttemptError, Error, RequestFailure, Session};
use helenus_testkit::mock::{
    Reaction, Rows, RunningCluster, opcode, reset, rows, silence, statement, usual, void,
};

use super::{connect, is_connected, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";
const COUNT: &str = "UPDATE ks.counters SET n = n + 1 WHERE k = 1";

fn seven() -> Reaction {
    rows(Rows::new([("v", "int")]).row([7]))
}

fn within(cql: &str, limit: u64) -> SimpleStatement {
    let mut statement = SimpleStatement::new(cql);
    statement.options.timeout = Some(Duration::from_millis(limit));
    statement
}

/// Ends the connections of the node, of which the next ones are met with `reaction`; returns when the session knows.
async fn lose(cluster: &RunningCluster, session: &Session, reaction: Reaction) {
    cluster.on(opcode(RequestOpcode::Startup), reaction);
    cluster.node(0).close_connections();
    let snapshot = session.cluster().snapshot();
    until("it is lost", || !is_connected(session, &snapshot.hosts()[0])).await;
}

fn attempts(failure: Error) -> Vec<helenus::Attempt> {
    let Error::Request(failure) = failure else { panic!("not a request's failure: {failure}") };
    let RequestFailure::Exhausted { attempts, .. } = *failure else { panic!("{failure}") };
    assert!(!attempts.is_empty());
    attempts
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_no_connection_for_a_moment_waits_for_the_next() {
    let cluster = nodes(1, 1).on(statement(READ), seven()).on(statement(COUNT), void());
    let cluster = cluster.start().expect("the mock starts");
    let session = connect(&cluster).await;
    lose(&cluster, &session, usual().delay(Duration::from_millis(150))).await;
    // Nothing was sent, so it is the same for both.
    let answers: Vec<_> = (0..20).map(|n| session.execute([READ, COUNT][n % 2])).collect();
    assert_eq!(session.queue_state().requests, 20);
    for answer in answers {
        let result = answer.await.expect("it comes back");
        let [attempt] = result.failed_attempts() else { panic!("{:?}", result.failed_attempts()) };
        assert!(!attempt.written && matches!(attempt.error, AttemptError::NoConnection(_)), "{attempt:?}");
    }
    for cql in [READ, COUNT] {
        assert_eq!(cluster.received(&statement(cql)).len(), 10, "{cql}, each once");
    }
    assert_eq!(session.queue_state().requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_is_sent_again_where_it_may_be() {
    let late = seven().delay(Duration::from_secs(20));
    let cluster = nodes(1, 1)
        .on(statement(READ), seven())
        .on(statement(READ).nth(1), late.clone())
        .on(statement(COUNT), late)
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let (read, count) = (session.execute(READ), session.execute(COUNT));
    assert!(cluster.wait_for(&statement(READ), 1, Duration::from_secs(5)));
    assert!(cluster.wait_for(&statement(COUNT), 1, Duration::from_secs(5)));
    lose(&cluster, &session, usual().delay(Duration::from_millis(50))).await;
    let result = read.await.expect("it is sent again");
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
    count.await.expect_err("it may have run");
    assert_eq!(cluster.received(&statement(READ)).len(), 2);
    assert_eq!(cluster.received(&statement(COUNT)).len(), 1);
}

/// F15: each host is told with its reason, at once.
#[tokio::test(flavor = "multi_thread")]
async fn f15_when_all_nodes_are_down_each_request_fails_at_once() {
    let cluster = nodes(3, 3).on(statement(READ), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let under_way: Vec<_> = (0..30).map(|_| session.execute(READ)).collect();
    assert!(cluster.wait_for(&statement(READ), 30, Duration::from_secs(5)));
    cluster.nodes().for_each(|node| node.stop());
    let begun = Instant::now();
    // Those that were sent, and those that come right after.
    for answer in under_way.into_iter().chain((0..30).map(|_| session.execute(READ))) {
        let attempts = attempts(answer.await.expect_err("nobody is there"));
        for address in cluster.addresses() {
            assert!(attempts.iter().any(|attempt| attempt.host.address() == address), "{attempts:?}");
        }
    }
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
    let mut took = Vec::new();
    for _ in 0..10 {
        let begun = Instant::now();
        attempts(session.execute(READ).await.expect_err("nobody is there"));
        took.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    took.sort_unstable();
    assert!(took[took.len() / 2] < Duration::from_millis(50), "{took:?}");
}

/// A host that takes connections and says nothing on them is not expected for long, and never beyond the request's time.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_come_back_is_waited_for_no_longer_than_a_moment() {
    let cluster = nodes(1, 1).on(statement(READ), seven()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    lose(&cluster, &session, silence()).await;
    let (long, short) = (session.execute(within(READ, 20_000)), session.execute(within(READ, 100)));
    let begun = Instant::now();
    attempts(short.await.expect_err("its time is over"));
    assert!(begun.elapsed() < Duration::from_millis(450), "{:?}", begun.elapsed());
    attempts(long.await.expect_err("nobody answers"));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let begun = Instant::now();
    attempts(session.execute(READ).await.expect_err("nobody is expected any more"));
    assert!(begun.elapsed() < Duration::from_millis(250), "{:?}", begun.elapsed());
    assert!(cluster.received(&statement(READ)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_told_when_the_session_ends() {
    let cluster = nodes(1, 1).on(statement(READ), seven()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    lose(&cluster, &session, silence()).await;
    let waiting: Vec<_> = (0..10).map(|_| session.execute(within(READ, 20_000))).collect();
    let begun = Instant::now();
    session.shut_down();
    for answer in waiting {
        assert!(matches!(answer.await, Err(Error::ShutDown)));
    }
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
}

/// Without a place in the queue nobody waits, as everybody was told before.
#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_may_wait_it_is_told_at_once() {
    let cluster = nodes(1, 1).on(statement(READ), seven()).start().expect("the mock starts");
    let session = settings(&cluster).queue(0, 0).session().await.expect("the mock lets everyone in");
    lose(&cluster, &session, silence()).await;
    let begun = Instant::now();
    attempts(session.execute(READ).await.expect_err("nobody may wait"));
    assert!(begun.elapsed() < Duration::from_millis(250), "{:?}", begun.elapsed());
}

/// A request that costs its host the connection each time is not sent for ever.
#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_each_connection_is_sent_twice_at_most() {
    for count in [1, 2] {
        let cluster = nodes(count, 1).on(statement(READ), reset()).start().expect("the mock starts");
        let session = connect(&cluster).await;
        let attempts = attempts(session.execute(READ).await.expect_err("it breaks each connection"));
        assert_eq!((attempts.len(), cluster.received(&statement(READ)).len()), (2, 2), "{attempts:?}");
        assert!(attempts.iter().all(|attempt| attempt.written));
    }
}

/// A host that drops each connection at once gets no more attempts for a while: whoever comes then waits until there is one again.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_the_attempts_of_a_second_used_up_waits_for_the_next() {
    let cluster = nodes(1, 1).on(statement(READ), seven()).on(statement(READ).to(3), reset());
    let cluster = cluster.start().expect("the mock starts");
    let session = connect(&cluster).await;
    // It takes two connections along, the next request the last one that may be opened this second.
    attempts(session.execute(READ).await.expect_err("it takes its connections along"));
    let begun = Instant::now();
    let result = session.execute(READ).await.expect("there is an attempt again");
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
    assert!(begun.elapsed() < Duration::from_secs(4), "not its whole time: {:?}", begun.elapsed());
    assert_eq!(cluster.received(&statement(READ)).len(), 4);
}

/// A session is there as soon as one host is: whoever asks another meanwhile waits for its first connection, in the queue.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_before_the_first_connection_waits_for_it() {
    let late = usual().delay(Duration::from_millis(700));
    let cluster = nodes(2, 2).on(statement(READ), seven()).on(opcode(RequestOpcode::Startup).node(1), late);
    let cluster = cluster.start().expect("the mock starts");
    let session = settings(&cluster).session().await.expect("one of them is quick");
    let host = session.cluster().snapshot().host_at(cluster.node(1).address()).cloned().expect("known");
    assert!(!is_connected(&session, &host));
    let of_host = |limit| {
        let mut read = within(READ, limit);
        read.options.host = Some(host.clone());
        read
    };
    let (begun, hasty) = (Instant::now(), session.execute(of_host(100)));
    let answers: Vec<_> = (0..20).map(|_| session.execute(of_host(10_000))).collect();
    assert_eq!(session.queue_state().requests, 21);
    // Where another host has a connection, nobody waits.
    let result = session.execute(READ).await.expect("the other answers");
    assert!(begun.elapsed() < Duration::from_millis(600), "{:?}", begun.elapsed());
    assert_ne!(result.host().address(), host.address());
    let failed = attempts(hasty.await.expect_err("its own time is shorter"));
    assert!(!failed[0].written, "{failed:?}");
    for answer in answers {
        assert_eq!(answer.await.expect("it waits").host().address(), host.address());
    }
    assert_eq!(cluster.received(&statement(READ).node(1)).len(), 20, "each once");
}

/// Once the first attempt has failed the host is down, and that is said at once, with the reason.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_first_connection_is_told_when_it_cannot_be_had() {
    let refusing = reset().delay(Duration::from_millis(500));
    let cluster = nodes(2, 2).on(opcode(RequestOpcode::Startup).node(1), refusing);
    let cluster = cluster.start().expect("the mock starts");
    let session = settings(&cluster).session().await.expect("one of them lets everyone in");
    let host = session.cluster().snapshot().host_at(cluster.node(1).address()).cloned().expect("known");
    let mut read = within(READ, 10_000);
    read.options.host = Some(host.clone());
    let begun = Instant::now();
    let waiting = session.execute(read.clone());
    assert_eq!(session.queue_state().requests, 1);
    let failed = attempts(waiting.await.expect_err("it cannot be had"));
    assert!(begun.elapsed() < Duration::from_secs(5), "not its whole time: {:?}", begun.elapsed());
    let AttemptError::NoConnection(Some(_)) = failed[failed.len() - 1].error else { panic!("{failed:?}") };
    // And so is everyone from now on, attempts or not.
    let again = attempts(session.execute(read).await.expect_err("it is down"));
    assert!(matches!(again[0].error, AttemptError::NoConnection(Some(_))), "{again:?}");
    assert_eq!(session.queue_state().requests, 0);
}
