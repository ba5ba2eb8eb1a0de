//! What becomes of a node's connections (F1, F2, F10, F22).

use std::time::{Duration, Instant};

use helenus::statement::SimpleStatement;
use helenus_testkit::mock::{silence, statement};

use super::{all_up, connect, is_connected, nodes, settings, until};

/// F2 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_returns_is_used_again_and_not_stormed() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let snapshot = session.cluster().snapshot();
    let node = cluster.node(2);
    let host = snapshot.host_at(node.address()).expect("the node is known").clone();
    node.stop();
    until("its connections are gone", || !is_connected(&session, &host)).await;
    for _ in 0..20 {
        session.execute("SELECT release_version FROM system.local").await.expect("two nodes are left");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = node.accepted();
    node.listen().expect("its address is free again");
    let returned = Instant::now();
    until("it is used again", || is_connected(&session, &host)).await;
    assert!(returned.elapsed() < Duration::from_secs(5));
    assert!(host.is_up());
    tokio::time::sleep(Duration::from_millis(300)).await;
    // One of the session, and one more if the control connection came here.
    assert!(node.accepted() - before <= 2, "{} connections", node.accepted() - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_owes_too_many_answers_is_replaced() {
    let slow = "SELECT v FROM ks.t";
    let cluster = nodes(1, 1).on(statement(slow), silence()).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().set_max_requests_per_connection(8);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let before = cluster.node(0).accepted();
    let mut request = SimpleStatement::new(slow);
    request.options.timeout = Some(Duration::from_millis(50));
    for _ in 0..2 {
        let failure = session.execute(request.clone()).await.expect_err("nobody answers");
        assert!(failure.is_timeout(), "{failure}");
    }
    until("another connection is open", || cluster.node(0).accepted() == before + 1).await;
    until("the old one is closed", || cluster.node(0).connections() == before).await;
    session.execute("SELECT release_version FROM system.local").await.expect("the new one works");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_left_is_let_go() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let gone = session.cluster().snapshot().host_at(cluster.node(2).address()).expect("it is known").clone();
    cluster.change(|world| world.topology.nodes[2].is_member = false);
    session.cluster().refresh().await.expect("the others tell");
    until("its connections are closed", || cluster.node(2).connections() == 0).await;
    assert!(!is_connected(&session, &gone));
    assert_eq!(session.cluster().snapshot().hosts().len(), 2);
    for _ in 0..10 {
        session.execute("SELECT release_version FROM system.local").await.expect("two nodes are left");
    }
}

/// Whatever its connections still owe.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_closes_what_it_drains() {
    let never = "SELECT l FROM ks.t";
    let cluster = nodes(3, 3).on(statement(never), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let node = cluster.node(2);
    let mut request = SimpleStatement::new(never);
    request.options.timeout = Some(Duration::from_secs(60));
    let waiting: Vec<_> = (0..30).map(|_| session.execute(request.clone())).collect();
    until("it owes an answer", || !node.received(&statement(never)).is_empty()).await;
    let gone = session.cluster().snapshot().host_at(node.address()).expect("it is known").clone();
    cluster.change(|world| world.topology.nodes[2].is_member = false);
    session.cluster().refresh().await.expect("the others tell");
    until("its connection is drained", || !is_connected(&session, &gone)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(node.connections(), 1, "its last answer is waited for");
    session.shut_down();
    for answer in waiting {
        let ended = tokio::time::timeout(Duration::from_secs(5), answer).await.expect("it is told at once");
        assert!(matches!(ended, Err(helenus::Error::ShutDown)), "{ended:?}");
    }
    until("it is closed", || node.connections() == 0).await;
}
