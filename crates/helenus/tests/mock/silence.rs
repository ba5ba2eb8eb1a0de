//! A node that says nothing any more while its connections stay open (F3).

use std::time::{Duration, Instant};

use helenus::Session;
use helenus::protocol::RequestOpcode;
use helenus::statement::SimpleStatement;
use helenus_testkit::mock::{MockCluster, Rows, RunningCluster, opcode, rows, silence, statement};

use super::{connect, in_turn, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t";
const HEAVY: &str = "SELECT s FROM ks.t";

fn three() -> MockCluster {
    nodes(3, 3).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
}

/// The longest of so many reads, one after another.
async fn longest_of(session: &Session, count: usize) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..count {
        let begun = Instant::now();
        session.execute(READ).await.expect("two nodes answer");
        longest = longest.max(begun.elapsed());
    }
    longest
}

/// Which nodes got reads since the log was cleared.
fn readers(cluster: &RunningCluster) -> Vec<usize> {
    let mut nodes: Vec<_> = cluster.received(&statement(READ)).iter().map(|received| received.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// F3 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_node_is_asked_last_and_comes_back_by_itself() {
    let cluster = three().start().expect("the mock starts");
    let session = connect(&cluster).await;
    let node = cluster.node(2);
    let host = session.cluster().snapshot().host_at(node.address()).expect("it is known").clone();
    let accepted = node.accepted();
    node.pause();
    let paused = Instant::now();
    let stuck: Vec<_> = (0..6).map(|_| session.execute(READ)).collect();
    until("it is set aside", || host.is_set_aside()).await;
    assert!((Duration::from_secs(2)..Duration::from_millis(2500)).contains(&paused.elapsed()));

    let longest = longest_of(&session, 60).await;
    assert!(longest < Duration::from_millis(500), "{longest:?}");
    assert!(host.is_up(), "it is slow, not down");
    assert_eq!(session.pool_state(&host).map(|connections| connections.len()), Some(1));

    cluster.clear_received();
    node.resume();
    until("it is used again", || !host.is_set_aside()).await;
    for answer in stuck {
        answer.await.expect("it answers what it was asked");
    }
    // It was slow a moment ago, which fades.
    let patience = Instant::now() + Duration::from_secs(5);
    while readers(&cluster) != [0, 1, 2] {
        assert!(Instant::now() < patience, "it is not asked any more: {:?}", readers(&cluster));
        longest_of(&session, 30).await;
    }
    assert_eq!(node.accepted(), accepted, "nothing was closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_were_given_up_are_owed_too() {
    let cluster = three().start().expect("the mock starts");
    let session = connect(&cluster).await;
    let node = cluster.node(2);
    let host = session.cluster().snapshot().host_at(node.address()).expect("it is known").clone();
    node.pause();
    let mut hasty = SimpleStatement::new(READ);
    hasty.options.timeout = Some(Duration::from_millis(20));
    let patience = Instant::now() + Duration::from_secs(4);
    while !host.is_set_aside() {
        assert!(Instant::now() < patience, "it owes answers and is not set aside");
        let _in_time_or_not = session.execute(hasty.clone()).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.resume();
    until("it is used again", || !host.is_set_aside()).await;
}

/// F3 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_thinks_for_long_but_lives_is_not_avoided() {
    let cluster = three().start().expect("the mock starts");
    cluster.on(statement(HEAVY), silence());
    let session = in_turn(settings(&cluster)).await;
    let probes = || cluster.received(&opcode(RequestOpcode::Options)).len();
    let before = probes();
    let thinking: Vec<_> = (0..3).map(|_| session.execute(HEAVY)).collect();
    until("each was asked whether it lives", || probes() == before + 3).await;
    let snapshot = session.cluster().snapshot();
    until("all are used", || snapshot.hosts().iter().all(|host| !host.is_set_aside())).await;
    cluster.clear_received();
    longest_of(&session, 30).await;
    assert_eq!(readers(&cluster), [0, 1, 2]);
    drop(thinking);
}

#[tokio::test(flavor = "multi_thread")]
async fn patience_is_a_setting() {
    let cluster = three().start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().connection.set_aside_after = Some(Duration::from_millis(300));
    let session = in_turn(settings).await;
    cluster.node(1).pause();
    let host = session.cluster().snapshot().host_at(cluster.node(1).address()).expect("it is known").clone();
    let begun = Instant::now();
    let stuck: Vec<_> = (0..3).map(|_| session.execute(READ)).collect();
    until("it is set aside", || host.is_set_aside()).await;
    assert!(begun.elapsed() < Duration::from_millis(800), "{:?}", begun.elapsed());
    cluster.node(1).close_connections();
    until("a connection that is gone is not silent", || !host.is_set_aside()).await;
    drop(stuck);
}
