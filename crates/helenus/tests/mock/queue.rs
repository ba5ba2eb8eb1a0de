//! All stream ids are taken, or the server stops reading: who waits, for how long, and what the others are told (F18).

use std::time::{Duration, Instant};

use helenus::protocol::response::ServerError;
use helenus::statement::SimpleStatement;
use helenus::{AttemptError, Error, RequestFailure, ResponseFuture, Session};
use helenus_testkit::mock::{MockCluster, Rows, RunningCluster, error, rows, silence, statement};

use super::{all_up, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t";
const SLOW: &str = "SELECT s FROM ks.t";
const NEVER: &str = "SELECT l FROM ks.t";

fn mock(count: usize) -> MockCluster {
    let seven = || rows(Rows::new([("v", "int")]).row([7]));
    nodes(count, 1)
        .on(statement(NEVER), silence())
        .on(statement(SLOW), seven().delay(Duration::from_millis(300)))
        .on(statement(READ), seven())
}

/// A session whose connections take three requests at a time, and whose queue takes `queue`.
async fn narrow(cluster: &RunningCluster, queue: usize) -> Session {
    let mut settings = settings(cluster).queue(queue, 1 << 20);
    settings.config_mut().set_max_requests_per_connection(3);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

fn run(session: &Session, cql: &str, timeout: u64) -> ResponseFuture {
    let mut statement = SimpleStatement::new(cql);
    statement.options.timeout = Some(Duration::from_millis(timeout));
    session.execute(statement)
}

fn failure(answer: Result<helenus::ResultSet, Error>) -> RequestFailure {
    match answer {
        Err(Error::Request(failure)) => *failure,
        other => panic!("not a request's failure: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_a_full_host_goes_to_the_next_one() {
    let cluster = mock(3).start().expect("the mock starts");
    let session = narrow(&cluster, 0).await;
    let waiting: Vec<_> = (0..9).map(|_| run(&session, NEVER, 5000)).collect();
    for node in cluster.nodes() {
        assert!(cluster.wait_for(&statement(NEVER), 9, Duration::from_secs(5)));
        assert_eq!(node.received(&statement(NEVER)).len(), 3, "node {}", node.index());
    }
    let refused = failure(run(&session, READ, 5000).await);
    let RequestFailure::Busy { queue: Some(queue), attempts, .. } = &refused else { panic!("{refused}") };
    assert_eq!((queue.requests, queue.max_requests, attempts.len()), (0, 0, 3));
    assert!(attempts.iter().all(|attempt| !attempt.written && attempt.connection.is_none()));
    let told = refused.to_string();
    for address in cluster.addresses() {
        assert!(told.contains(&address.to_string()), "{told}");
    }
    assert!(
        told.contains("3 requests in flight") && told.contains("queue is full (0 of 0 requests"),
        "{told}"
    );
    drop(waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_all_busy_waits_and_goes_on_in_order() {
    let cluster = mock(1).start().expect("the mock starts");
    let session = narrow(&cluster, 100).await;
    let first: Vec<_> = (0..3).map(|_| run(&session, SLOW, 5000)).collect();
    let queued: Vec<_> =
        (0..30).map(|n| run(&session, &format!("{READ} WHERE k = {}", n + 10), 5000)).collect();
    let state = session.queue_state();
    assert_eq!((state.requests, state.max_requests), (30, 100));
    assert!(state.bytes > 30 * READ.len() && state.bytes < 30 * 200, "{state:?}");
    for answer in first.into_iter().chain(queued) {
        answer.await.expect("its turn comes");
    }
    assert_eq!((session.queue_state().requests, session.queue_state().bytes), (0, 0));
    let sent: Vec<_> = (0..30)
        .map(|n| {
            let received = cluster.received(&statement(&format!("{READ} WHERE k = {}", n + 10)));
            assert_eq!(received.len(), 1, "request {n} was sent once");
            received[0].at
        })
        .collect();
    assert!(sent.is_sorted(), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_ends_with_the_requests_time_and_says_busy() {
    let cluster = mock(1).start().expect("the mock starts");
    let session = narrow(&cluster, 100).await;
    let waiting: Vec<_> = (0..3).map(|_| run(&session, NEVER, 60_000)).collect();
    let limit = Duration::from_millis(100);
    let mut late = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let refused = failure(run(&session, READ, 100).await);
        late.push(begun.elapsed().checked_sub(limit).expect("not before its time"));
        let RequestFailure::Busy { waited, queue: None, attempts } = &refused else { panic!("{refused}") };
        assert!(*waited >= limit, "{waited:?}");
        let [attempt] = attempts.as_slice() else { panic!("{attempts:?}") };
        assert!(
            matches!(attempt.error, AttemptError::Busy { connections: 1, in_flight: 3, .. }),
            "{refused}"
        );
    }
    assert!(*late.iter().min().expect("five") <= Duration::from_millis(100), "{late:?}");
    assert!(cluster.received(&statement(READ)).is_empty(), "nothing was sent");
    assert_eq!(session.queue_state().requests, 0);
    drop(waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_told_at_once_and_who_gives_up_makes_room() {
    let cluster = mock(1).start().expect("the mock starts");
    let session = narrow(&cluster, 2).await;
    let waiting: Vec<_> = (0..3).map(|_| run(&session, SLOW, 5000)).collect();
    let (one, two) = (run(&session, READ, 5000), run(&session, READ, 5000));
    let begun = Instant::now();
    let refused = run(&session, READ, 5000).await.expect_err("the queue is full");
    assert!(begun.elapsed() < Duration::from_millis(250), "{:?}", begun.elapsed());
    assert!(refused.is_busy() && refused.to_string().contains("2 of 2 requests"), "{refused}");
    drop(one);
    assert_eq!(session.queue_state().requests, 1);
    let three = run(&session, READ, 5000);
    for answer in waiting.into_iter().chain([two, three]) {
        answer.await.expect("its turn comes");
    }
    assert_eq!(cluster.received(&statement(READ)).len(), 2, "what was given up was never sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_told_when_the_connection_is_lost_and_when_the_session_ends() {
    let cluster = mock(1).start().expect("the mock starts");
    let session = narrow(&cluster, 100).await;
    let waiting: Vec<_> = (0..3).map(|_| run(&session, NEVER, 60_000)).collect();
    let queued: Vec<_> = (0..10).map(|_| run(&session, READ, 60_000)).collect();
    cluster.node(0).close_connections();
    for answer in waiting {
        answer.await.expect_err("its connection is gone");
    }
    for answer in queued {
        // It finds the host without a connection, or on the new one.
        if let Err(refused) = answer.await {
            assert!(matches!(failure(Err(refused)), RequestFailure::Exhausted { .. }));
        }
    }
    until("it is connected again", || {
        super::is_connected(&session, &session.cluster().snapshot().hosts()[0])
    })
    .await;

    let waiting: Vec<_> = (0..3).map(|_| run(&session, NEVER, 60_000)).collect();
    let queued: Vec<_> = (0..10).map(|_| run(&session, READ, 60_000)).collect();
    until("they wait", || session.queue_state().requests == 10).await;
    session.shut_down();
    for answer in waiting.into_iter().chain(queued) {
        let refused = tokio::time::timeout(Duration::from_secs(5), answer).await.expect("it is told");
        assert!(matches!(refused, Err(Error::ShutDown)), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn newcomers_do_not_push_in_front() {
    let cluster = mock(1).start().expect("the mock starts");
    let session = narrow(&cluster, 1000).await;
    let slow: Vec<_> = (0..3).map(|_| run(&session, SLOW, 5000)).collect();
    let early = run(&session, "SELECT v FROM ks.t WHERE k = -1", 5000);
    // These come all the time while answers come and go.
    let late: Vec<_> = (0..200).map(|_| run(&session, READ, 5000)).collect();
    early.await.expect("its turn comes");
    for answer in slow.into_iter().chain(late) {
        answer.await.expect("its turn comes");
    }
    let first = cluster.received(&statement("SELECT v FROM ks.t WHERE k = -1"))[0].at;
    let others = cluster.received(&statement(READ));
    let before = others.iter().filter(|received| received.at < first).count();
    assert_eq!(before, 0, "of {}", others.len());
}

/// F18 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn all_stream_ids_of_a_connection_are_used_and_what_is_more_waits() {
    const IDS: usize = 32_768;
    let cluster = mock(1).start().expect("the mock starts");
    let settings = settings(&cluster).queue(100, 1 << 20).request_timeout(Some(Duration::from_secs(60)));
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let host = session.cluster().snapshot().hosts()[0].clone();
    let mut held: Vec<_> = (0..IDS).map(|_| session.execute(NEVER)).collect();
    assert_eq!(session.pool_state(&host), Some(vec![(IDS, 0)]));
    let queued: Vec<_> = (0..100).map(|_| session.execute(READ)).collect();
    assert_eq!(session.queue_state().requests, 100);
    let refused = session.execute(READ).await.expect_err("the queue is full");
    assert!(refused.to_string().contains("32768 requests in flight"), "{refused}");
    // Orphans keep their ids: nobody gets room by giving up.
    assert!(cluster.wait_for(&statement(NEVER), IDS, Duration::from_secs(60)));
    held.truncate(IDS - 10);
    assert_eq!(session.queue_state().requests, 100);
    assert_eq!(session.pool_state(&host), Some(vec![(IDS - 10, 10)]));
    // The connection is lost: all who waited are told, or find the new one.
    cluster.node(0).close_connections();
    for answer in queued {
        drop(tokio::time::timeout(Duration::from_secs(20), answer).await.expect("it is told"));
    }
    drop(held);
    assert_eq!(session.queue_state().requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_reading_costs_no_more_than_may_wait_to_be_written() {
    const LARGE: usize = 1 << 20;
    let cluster = mock(1).start().expect("the mock starts");
    let settings = settings(&cluster).max_unsent_bytes(4 * LARGE).queue(1000, 8 * LARGE);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    cluster.node(0).pause();
    let blob = format!("INSERT INTO ks.t (k, v) VALUES (1, /* {} */ 2)", "x".repeat(LARGE));
    let begun = Instant::now();
    let mut answers = Vec::new();
    for _ in 0..150 {
        answers.push(run(&session, &blob, 500));
        assert!(session.queue_state().bytes <= 8 * LARGE);
        tokio::task::yield_now().await;
    }
    let (mut told_at_once, mut waited, mut sent) = (0, 0, 0);
    for answer in answers {
        match failure(answer.await) {
            RequestFailure::Busy { queue: Some(queue), attempts, .. } => {
                assert!(queue.bytes > 7 * LARGE && queue.max_bytes == 8 * LARGE, "{queue:?}");
                let AttemptError::Busy { unsent, waiting, .. } = attempts[0].error else {
                    panic!("{:?}", attempts[0])
                };
                assert!(unsent <= 4 * LARGE && waiting >= 1, "{unsent} bytes, {waiting} wait");
                told_at_once += 1;
            }
            RequestFailure::Busy { queue: None, .. } => waited += 1,
            RequestFailure::TimedOut { .. } => sent += 1,
            other => panic!("{other}"),
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(told_at_once >= 20 && waited >= 4 && sent >= 3, "{told_at_once} {waited} {sent}");
    // It reads again: what waited goes through, one after another.
    cluster.node(0).resume();
    let answers: Vec<_> = (0..7).map(|_| run(&session, &blob, 20_000)).collect();
    for answer in answers {
        answer.await.expect("a burst of large ones is nothing wrong");
    }
}

/// What is larger than all that may wait goes alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_larger_than_the_limits_is_sent_all_the_same() {
    let cluster = mock(1).start().expect("the mock starts");
    let settings = settings(&cluster).max_unsent_bytes(1000).queue(1000, 1000);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let blob = format!("SELECT v FROM ks.t /* {} */", "x".repeat(100_000));
    let answers: Vec<_> = (0..2).map(|_| run(&session, &blob, 5000)).collect();
    for answer in answers {
        answer.await.expect("its turn comes");
    }
}

/// F18 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn overloaded_nodes_are_passed_over_and_told_in_order() {
    let overloaded = || error(ServerError::Overloaded { message: "too much".into() });
    let cluster = nodes(3, 3).on(statement(READ), overloaded()).start().expect("the mock starts");
    let session = narrow(&cluster, 100).await;
    let refused = failure(session.execute(READ).await);
    let attempts = match &refused {
        RequestFailure::Attempt { attempts, .. } | RequestFailure::Exhausted { attempts, .. } => attempts,
        other => panic!("{other}"),
    };
    assert!(attempts.len() >= 2, "{refused}");
    for attempt in attempts {
        assert!(attempt.written);
        assert!(attempt.error.to_string().contains("too much"), "{}", attempt.error);
    }
    assert_eq!(cluster.received(&statement(READ)).len(), attempts.len());
    assert_eq!(session.queue_state().requests, 0);
}
