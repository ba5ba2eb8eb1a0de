//! The keyspace of a session: on every connection, on those that come later too, whatever its name (F16).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::Session;
use helenus::protocol::response::ServerError;
use helenus::statement::SimpleStatement;
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{MockCluster, RunningCluster, error, query, silence, statement, usual};

use super::{all_up, connect, nodes, settings, until};

const READ: &str = "SELECT v FROM t";

/// The keyspaces in effect where `count` statements without one arrived.
async fn keyspaces_in_effect(cluster: &RunningCluster, session: &Session, count: usize) -> BTreeSet<String> {
    cluster.clear_received();
    for _ in 0..count {
        let _known_or_not = session.execute(READ).await;
    }
    let received = cluster.received(&statement(READ));
    assert!(received.len() >= count);
    received.iter().map(|received| received.keyspace.clone().unwrap_or_default()).collect()
}

fn only(name: &str) -> BTreeSet<String> {
    [name.to_owned()].into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_keyspace_reaches_every_connection() {
    let table = TableDefinition::new("t").partition_key("k", "int").regular("v", "int");
    let cluster =
        nodes(3, 3).keyspace(Keyspace::new("other", 1).table(table)).start().expect("the mock starts");
    let session = settings(&cluster).connections_per_host(2).session().await.expect("the mock lets us in");
    let snapshot = session.cluster().snapshot();
    until("two connections each", || {
        snapshot.hosts().iter().all(|host| session.pool_state(host).is_some_and(|open| open.len() == 2))
    })
    .await;
    for name in ["ks", "other"] {
        cluster.clear_received();
        session.set_keyspace(name).await.expect("it is there");
        assert_eq!(session.keyspace().as_deref(), Some(name));
        let told: BTreeSet<_> =
            cluster.received(&query("USE ")).iter().map(|it| (it.node, it.connection)).collect();
        assert_eq!(told.len(), 6, "{told:?}");
        assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only(name));
    }
    session.execute("USE ks").await.expect("it is there");
    assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only("ks"), "a statement does the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_in_its_keyspace() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = settings(&cluster).connect().await.expect("the mock lets us in").session(Some("ks")).await;
    let session = session.expect("the keyspace is there");
    all_up(&session).await;
    assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only("ks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyspace_that_is_not_there_is_an_error_and_changes_nothing() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = connect(&cluster).await;
    session.set_keyspace("ks").await.expect("it is there");
    let failure = session.set_keyspace("nowhere").await.expect_err("it is not there");
    assert!(matches!(failure.server_error(), Some(ServerError::Invalid { .. })), "{failure}");
    assert_eq!(session.keyspace().as_deref(), Some("ks"));
    assert_eq!(keyspaces_in_effect(&cluster, &session, 10).await, only("ks"));
    let failure = session.cluster().session(Some("nowhere")).await.expect_err("it is not there");
    assert!(matches!(failure.server_error(), Some(ServerError::Invalid { .. })), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_come_later_join_in_the_keyspace() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = connect(&cluster).await;
    session.set_keyspace("ks").await.expect("it is there");
    for _ in 0..5 {
        let accepted: usize = cluster.nodes().map(|node| node.accepted()).sum();
        cluster.nodes().for_each(|node| node.reset_connections());
        until("new connections", || {
            cluster.nodes().map(|node| node.accepted()).sum::<usize>() >= accepted + 2
        })
        .await;
        all_up(&session).await;
        assert_eq!(keyspaces_in_effect(&cluster, &session, 10).await, only("ks"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_get_into_the_keyspace_does_not_join() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().connection.connect_timeout = Some(Duration::from_millis(300));
    let session = settings.session().await.expect("the mock lets us in");
    all_up(&session).await;
    session.set_keyspace("ks").await.expect("it is there");
    let snapshot = session.cluster().snapshot();
    let host = snapshot.host_at(cluster.node(1).address()).expect("it is known");
    let silent = cluster.on(query("USE ").node(1), silence());
    cluster.clear_received();
    cluster.node(1).reset_connections();
    until("it has tried twice", || cluster.node(1).received(&query("USE ")).len() >= 2).await;
    assert_eq!(keyspaces_in_effect(&cluster, &session, 20).await, only("ks"));
    assert!(session.pool_state(host).is_some_and(|open| open.is_empty()));
    assert!(cluster.remove(silent));
    all_up(&session).await;
    assert_eq!(keyspaces_in_effect(&cluster, &session, 20).await, only("ks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyspace_that_was_dropped_can_be_made_again() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = connect(&cluster).await;
    session.set_keyspace("ks").await.expect("it is there");
    let mut dropped = Vec::new();
    cluster.change(|world| {
        dropped = std::mem::take(&mut world.schema);
        world.schema.push(Keyspace::new("other", 1));
    });
    let accepted: usize = cluster.nodes().map(|node| node.accepted()).sum();
    cluster.nodes().for_each(|node| node.reset_connections());
    until("new connections", || cluster.nodes().map(|node| node.accepted()).sum::<usize>() >= accepted + 2)
        .await;
    all_up(&session).await;
    assert_eq!(keyspaces_in_effect(&cluster, &session, 8).await, only(""), "in none rather than in another");
    cluster.change(|world| world.schema = dropped);
    session.set_keyspace("ks").await.expect("it is there again");
    assert_eq!(keyspaces_in_effect(&cluster, &session, 8).await, only("ks"));
}

/// P5 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn no_name_is_taken_for_anything_else() {
    for name in ["Upper", "two words", "a\"b", "x\"; DROP KEYSPACE ks; --", "select", "дом"] {
        let table = TableDefinition::new("t").partition_key("k", "int").regular("v", "int");
        let cluster =
            nodes(2, 2).keyspace(Keyspace::new(name, 1).table(table)).start().expect("the mock starts");
        let session = connect(&cluster).await;
        session.set_keyspace(name).await.expect("it is there");
        assert_eq!(session.keyspace().as_deref(), Some(name));
        assert_eq!(keyspaces_in_effect(&cluster, &session, 8).await, only(name));
    }
}

/// `USE` by way of one node.
async fn use_by_node(cluster: &RunningCluster, session: &Session, node: usize, keyspace: &str) {
    let mut statement = SimpleStatement::new(format!("USE {keyspace}"));
    statement.options.host =
        session.cluster().snapshot().host_at(cluster.node(node).address()).map(Arc::clone);
    session.execute(statement).await.expect("it is there");
}

fn two_keyspaces() -> MockCluster {
    let table = TableDefinition::new("t").partition_key("k", "int").regular("v", "int");
    nodes(3, 3).keyspace(Keyspace::new("other", 3).table(table))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_node_does_not_hold_up_a_change_of_keyspace() {
    let slow = "SELECT s FROM ks.t";
    let cluster = two_keyspaces().start().expect("the mock starts");
    let session = connect(&cluster).await;
    use_by_node(&cluster, &session, 0, "ks").await;
    let host = session.cluster().snapshot().host_at(cluster.node(2).address()).expect("known").clone();
    cluster.node(2).pause();
    let mut under_way = SimpleStatement::new(slow);
    under_way.options.host = Some(Arc::clone(&host));
    let under_way = session.execute(under_way);
    let begun = Instant::now();
    use_by_node(&cluster, &session, 0, "other").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    // Nothing is given to what may still be in the former keyspace.
    assert!(session.pool_state(&host).is_some_and(|open| open.is_empty()));
    assert_eq!(keyspaces_in_effect(&cluster, &session, 12).await, only("other"));
    cluster.node(2).resume();
    under_way.await.expect("what was under way ends");
    all_up(&session).await;
    assert_eq!(keyspaces_in_effect(&cluster, &session, 12).await, only("other"));
    until("the former connection is closed", || cluster.node(2).connections() == 1).await;
}

/// Connections join all the time while the keyspace changes all the time.
#[tokio::test(flavor = "multi_thread")]
async fn no_connection_joins_in_a_former_keyspace() {
    let cluster = two_keyspaces().start().expect("the mock starts");
    let session = connect(&cluster).await;
    for round in 0..40_u32 {
        let keyspace = if round % 2 == 0 { "ks" } else { "other" };
        let sizes = if round % 3 == 0 { 4 } else { 1 };
        let watcher = session.cluster();
        let resizing = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_micros(u64::from(round) * 97 % 1500)).await;
            watcher.set_pool_size(helenus::config::PoolSize { local: sizes, remote: 1 });
        });
        use_by_node(&cluster, &session, 0, keyspace).await;
        resizing.await.expect("no panic");
        assert_eq!(keyspaces_in_effect(&cluster, &session, 12).await, only(keyspace), "round {round}");
    }
}

/// Two at a time: whichever is last is everyone's.
#[tokio::test(flavor = "multi_thread")]
async fn changes_at_the_same_time_leave_all_connections_in_one_keyspace() {
    let cluster = two_keyspaces().start().expect("the mock starts");
    let session = connect(&cluster).await;
    for round in 0..30 {
        tokio::join!(
            use_by_node(&cluster, &session, 0, "ks"),
            use_by_node(&cluster, &session, 1, "other"),
            use_by_node(&cluster, &session, 2, "ks")
        );
        let current = session.keyspace().expect("there is one");
        assert_eq!(keyspaces_in_effect(&cluster, &session, 12).await, only(&current), "round {round}");
    }
}

/// What becomes of a `USE` of node 0 that its caller does not wait for.
enum GivenUp {
    Timeout,
    Drop,
    Error,
}

/// The server has switched the connection, or will; the session has not: nothing may be sent there any more.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_use_that_is_given_up_nothing_runs_in_its_keyspace() {
    for given_up in [GivenUp::Timeout, GivenUp::Drop, GivenUp::Error] {
        let cluster = two_keyspaces().start().expect("the mock starts");
        let session = connect(&cluster).await;
        session.set_keyspace("ks").await.expect("it is there");
        let accepted = cluster.node(0).accepted();
        let mut change = SimpleStatement::new("/* now */ USE other");
        change.options.host = session.cluster().snapshot().host_at(cluster.node(0).address()).map(Arc::clone);
        let late = usual().delay(Duration::from_millis(1500));
        match given_up {
            GivenUp::Timeout => {
                cluster.on(query("USE other"), late);
                change.options.timeout = Some(Duration::from_millis(100));
                let failure = session.execute(change).await.expect_err("its time is over");
                assert!(failure.is_timeout(), "{failure}");
            }
            GivenUp::Drop => {
                cluster.on(query("USE other"), late);
                let change = session.execute(change);
                assert!(cluster.wait_for(&query("USE other"), 1, Duration::from_secs(5)));
                drop(change);
            }
            GivenUp::Error => {
                cluster.on(query("USE other"), error(ServerError::ServerError { message: "?".into() }));
                session.execute(change).await.expect_err("the server says so");
            }
        }
        assert_eq!(session.keyspace().as_deref(), Some("ks"));
        assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only("ks"));
        until("its connection is replaced", || cluster.node(0).accepted() > accepted).await;
        all_up(&session).await;
        assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only("ks"));
        session.set_keyspace("other").await.expect("it is there");
        assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only("other"));
    }
}

/// Each costs its connection; none of that is the node's doing, and nobody finds it without one.
#[tokio::test(flavor = "multi_thread")]
async fn however_many_uses_are_given_up_their_node_is_there_for_all_others() {
    let table = TableDefinition::new("t").partition_key("k", "int").regular("v", "int");
    let cluster = nodes(1, 1).keyspace(Keyspace::new("other", 1).table(table));
    let cluster = cluster.on(query("USE other"), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    session.set_keyspace("ks").await.expect("it is there");
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    for round in 0..10 {
        let mut change = SimpleStatement::new("USE other");
        change.options.timeout = Some(Duration::from_millis(10));
        let failure = session.execute(change).await.expect_err("its time is over");
        assert!(failure.is_timeout(), "round {round}: {failure}");
        let asked = Instant::now();
        session.execute("SELECT v FROM t").await.expect("another connection is opened, and waited for");
        longest = longest.max(asked.elapsed());
    }
    // Three a second would take three seconds.
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}, the longest {longest:?}", begun.elapsed());
}

/// Nobody knows when the slower one takes effect.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_speculative_uses_the_slower_ones_connection_is_replaced() {
    let cluster = two_keyspaces();
    let cluster = cluster.on(query("USE other").nth(1), usual().delay(Duration::from_millis(1500)));
    let cluster = cluster.start().expect("the mock starts");
    let session = connect(&cluster).await;
    session.set_keyspace("ks").await.expect("it is there");
    let accepted = |cluster: &RunningCluster| cluster.nodes().map(|node| node.accepted()).sum::<usize>();
    let before = accepted(&cluster);
    let mut change = SimpleStatement::new("USE other");
    change.options.idempotent = Some(true);
    change.options.speculation = Some(vec![Duration::from_millis(30)]);
    session.execute(change).await.expect("the second answers");
    until("one connection is replaced", || accepted(&cluster) > before).await;
    all_up(&session).await;
    assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only("other"));
    // One that is refused has changed nothing.
    let before = accepted(&cluster);
    session.execute("USE nowhere").await.expect_err("it is not there");
    assert_eq!(keyspaces_in_effect(&cluster, &session, 30).await, only("other"));
    assert_eq!(accepted(&cluster), before);
}
