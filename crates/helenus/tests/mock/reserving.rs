//! Stream ids that a caller takes out of circulation.

use std::time::{Duration, Instant};

use helenus::statement::SimpleStatement;
use helenus::{AttemptError, Session};
use helenus_testkit::mock::{MockCluster, Rows, RunningCluster, rows, silence, statement};

use super::{all_up, connect, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t";
const NEVER: &str = "SELECT l FROM ks.t";

fn one_node() -> MockCluster {
    nodes(1, 1).on(statement(NEVER), silence()).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
}

/// A session whose one connection takes three requests at a time.
async fn narrow(cluster: &RunningCluster) -> Session {
    // Nobody waits in a queue here.
    let mut settings = settings(cluster).queue(0, 0);
    settings.config_mut().set_max_requests_per_connection(3);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reserved_id_takes_the_place_of_a_request_until_it_is_given_back() {
    let cluster = one_node().start().expect("the mock starts");
    let session = narrow(&cluster).await;
    let host = session.cluster().snapshot().hosts()[0].clone();
    let state = || session.pool_state(&host);

    let first = session.reserve(&host, Duration::ZERO).await.expect("there is room");
    let second = session.reserve(&host, Duration::ZERO).await.expect("there is room");
    assert_ne!(first.stream(), second.stream());
    assert_eq!((first.connection(), first.address()), (second.connection(), host.address()));
    assert_eq!((first.in_flight(), first.capacity(), state()), (2, 3, Some(vec![(2, 0)])));
    for _ in 0..20 {
        session.execute(READ).await.expect("there is room for one");
    }
    let used = cluster.received(&statement(READ));
    assert!(used.iter().all(|received| ![first.stream(), second.stream()].contains(&received.stream)));

    let waiting = session.execute(NEVER);
    let failure = session.execute(READ).await.expect_err("the connection is full");
    assert!(failure.to_string().contains("busy (3 requests in flight"), "{failure}");
    drop(second);
    session.execute(READ).await.expect("there is room again");
    drop((waiting, first));
    until("only an orphan is left", || state() == Some(vec![(0, 1)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_room_has_an_end() {
    let cluster = one_node().start().expect("the mock starts");
    let session = narrow(&cluster).await;
    let host = session.cluster().snapshot().hosts()[0].clone();
    let mut reserved = Vec::new();
    for _ in 0..3 {
        reserved.push(session.reserve(&host, Duration::ZERO).await.expect("there is room"));
    }
    let begun = Instant::now();
    let refused = session.reserve(&host, Duration::from_millis(100)).await.expect_err("all are taken");
    assert!(matches!(refused, AttemptError::Busy { connections: 1, in_flight: 3, .. }), "{refused}");
    let waited = begun.elapsed();
    assert!((Duration::from_millis(100)..Duration::from_secs(1)).contains(&waited), "{waited:?}");

    let (given_back, got) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            reserved.pop().map(|reserved| reserved.stream())
        },
        session.reserve(&host, Duration::from_secs(5))
    );
    assert_ne!(given_back, Some(got.expect("one was given back").stream()), "ids go round");

    session.shut_down();
    let begun = Instant::now();
    session.reserve(&host, Duration::from_secs(5)).await.expect_err("it is shut down");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_reserved_id_is_nobodys_and_the_id_dies_with_its_connection() {
    let cluster = one_node().start().expect("the mock starts");
    let session = connect(&cluster).await;
    let host = session.cluster().snapshot().hosts()[0].clone();
    let before = cluster.node(0).accepted();
    let reserved = session.reserve(&host, Duration::ZERO).await.expect("there is room");
    let astray = rows(Rows::new([("v", "int")]).row([-1])).on_stream(reserved.stream());
    cluster.on(statement("SELECT s FROM ks.t"), astray);
    let mut once = SimpleStatement::new("SELECT s FROM ks.t");
    once.options.idempotent = Some(false);
    let failure = session.execute(once).await.expect_err("its answer went astray");
    assert!(failure.to_string().contains("stream"), "{failure}");
    assert!(reserved.ended().is_some());
    until("another connection is open", || {
        cluster.node(0).accepted() == before + 1 && session.pool_state(&host) == Some(vec![(0, 0)])
    })
    .await;
    drop(reserved);
    assert_eq!(session.pool_state(&host), Some(vec![(0, 0)]));
    session.execute(READ).await.expect("the new connection works");
}
