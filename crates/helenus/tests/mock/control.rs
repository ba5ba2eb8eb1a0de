//! The control connection: it moves when its host dies, and hears what becomes of the cluster (F9, F13, F15).

use std::time::{Duration, Instant};

use helenus::protocol::response::{
    Event, SchemaChange, SchemaChangeKind, SchemaTarget, StatusChange, TopologyChange,
};
use helenus::{Session, SimpleStatement, protocol::RequestOpcode};
use helenus_testkit::mock::schema::TableDefinition;
use helenus_testkit::mock::{MockCluster, RunningCluster, opcode, query};

use super::{all_up, nodes, settings, until};

/// A session that reads again soon after an event.
async fn attentive(cluster: &RunningCluster) -> Session {
    let mut settings = settings(cluster);
    settings.config_mut().topology_refresh_window = Duration::from_millis(50);
    settings.config_mut().schema_refresh_window = Duration::from_millis(50);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

fn topology_event(cluster: &RunningCluster, node: usize, change: TopologyChange) -> Event {
    Event::TopologyChange { change, address: cluster.node(node).address() }
}

/// Three nodes, the last of which has not joined yet.
fn two_and_one() -> MockCluster {
    nodes(3, 2).world(|world| world.topology.nodes[2].is_member = false)
}

fn host_count(session: &Session) -> usize {
    session.cluster().snapshot().hosts().len()
}

/// F6 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn another_host_takes_over_when_the_control_host_dies() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    let control = || session.cluster().control_host().map(|host| host.address());
    for _ in 0..2 {
        let dying = control().expect("there is one");
        let node = cluster.nodes().find(|node| node.address() == dying).expect("it is one of them");
        let begun = Instant::now();
        node.stop();
        until("another has taken over", || control().is_some_and(|address| address != dying)).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        session.execute("SELECT release_version FROM system.local").await.expect("others are left");
    }
    assert_eq!(cluster.received(&opcode(RequestOpcode::Register)).len(), 3, "each asks for events");

    // Who is left tells of changes.
    cluster.change(|world| world.topology.nodes[0].is_member = false);
    let left = control().expect("there is one");
    let gone = cluster.nodes().find(|node| node.address() != left).expect("two are gone").index();
    cluster.change(|world| {
        world.topology.nodes.iter_mut().for_each(|node| node.is_member = true);
        world.topology.nodes[gone].is_member = false;
    });
    let told = cluster.push_event(&topology_event(&cluster, gone, TopologyChange::Removed));
    assert_eq!(told.expect("it can be said"), 1);
    until("it was let go", || host_count(&session) == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster_is_found_again_after_all_nodes_were_gone() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    cluster.nodes().for_each(|node| node.stop());
    until("there is no control connection", || session.cluster().control_host().is_none()).await;
    let failure = session.execute("SELECT v FROM ks.t").await.expect_err("nobody is there");
    let message = failure.to_string();
    assert!(cluster.addresses().iter().all(|address| message.contains(&address.to_string())), "{message}");
    cluster.nodes().for_each(|node| node.listen().expect("its address is free"));
    until("there is one again", || session.cluster().control_host().is_some()).await;
    all_up(&session).await;
    session.execute("SELECT v FROM ks.t").await.expect("the mock answers");
    assert_eq!(
        cluster.push_event(&topology_event(&cluster, 1, TopologyChange::New)).expect("it can be said"),
        1
    );
}

/// F22 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_joins_is_used_and_one_that_leaves_is_not() {
    let cluster = two_and_one().start().expect("the mock starts");
    let session = attentive(&cluster).await;
    assert_eq!((host_count(&session), cluster.node(2).accepted()), (2, 0));

    cluster.change(|world| world.topology.nodes[2].is_member = true);
    cluster.push_event(&topology_event(&cluster, 2, TopologyChange::New)).expect("it can be said");
    until("it is known", || host_count(&session) == 3).await;
    all_up(&session).await;
    assert_eq!(cluster.node(2).connections(), 1);

    cluster.change(|world| world.topology.nodes[2].is_member = false);
    cluster.push_event(&topology_event(&cluster, 2, TopologyChange::Removed)).expect("it can be said");
    until("it is let go", || host_count(&session) == 2 && cluster.node(2).connections() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_which_only_its_state_is_told_is_looked_up() {
    let cluster = two_and_one().start().expect("the mock starts");
    let session = attentive(&cluster).await;
    cluster.change(|world| world.topology.nodes[2].is_member = true);
    let event = Event::StatusChange { status: StatusChange::Up, address: cluster.node(2).address() };
    cluster.push_event(&event).expect("it can be said");
    until("it is known", || host_count(&session) == 3).await;
}

/// F21 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_lies_takes_no_host_down() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    let address = cluster.node(1).address();
    let event = Event::StatusChange { status: StatusChange::Down, address };
    cluster.push_event(&event).expect("it can be said");
    cluster.push_event(&topology_event(&cluster, 1, TopologyChange::Removed)).expect("it can be said");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let snapshot = session.cluster().snapshot();
    assert!(snapshot.host_at(address).expect("it is a member").is_up());
    assert_eq!((host_count(&session), cluster.node(1).connections()), (2, 1));
}

fn with_fresh_table(cluster: &RunningCluster) {
    cluster.change(|world| {
        let table = TableDefinition::new("fresh").partition_key("k", "int");
        let at = world.schema.iter().position(|keyspace| keyspace.name == "ks").expect("it is there");
        let keyspace = world.schema.remove(at);
        world.schema.insert(at, keyspace.table(table));
    });
}

fn knows_fresh_table(session: &Session) -> bool {
    session.cluster().snapshot().schema().table("ks", "fresh").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_the_schema_sees_the_change_at_once() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    assert!(!knows_fresh_table(&session));
    with_fresh_table(&cluster);
    let result =
        session.execute("CREATE TABLE ks.fresh (k int PRIMARY KEY)").await.expect("the mock answers");
    assert!(knows_fresh_table(&session), "when the answer is there, so is the table");
    assert!(result.is_schema_agreed());
    assert!(result.schema_change().is_some_and(|change| change.keyspace == "ks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_that_changed_the_schema_is_asked_whether_all_agree() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    all_up(&session).await;
    for host in session.cluster().snapshot().hosts() {
        cluster.clear_received();
        let mut statement = SimpleStatement::new("CREATE TABLE ks.fresh (k int PRIMARY KEY)");
        statement.options.host = Some(host.clone());
        session.execute(statement).await.expect("the mock answers");
        let made = cluster.received(&query("CREATE TABLE"))[0].node;
        let asked = cluster.received(&query("SELECT schema_version FROM system.local"));
        assert!(!asked.is_empty() && asked.iter().all(|asked| asked.node == made), "{made}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_someone_else_is_heard_of() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    with_fresh_table(&cluster);
    let change = SchemaChange {
        change: SchemaChangeKind::Created,
        keyspace: "ks".into(),
        target: SchemaTarget::Table("fresh".into()),
    };
    cluster.push_event(&Event::SchemaChange(change)).expect("it can be said");
    until("the table is known", || knows_fresh_table(&session)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_do_not_agree_on_the_schema_are_waited_for_but_not_for_ever() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().max_schema_agreement_wait = Duration::from_millis(500);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    cluster.change(|world| world.topology.nodes[1].schema_version = Some(uuid::Uuid::from_u128(1)));
    let result =
        session.execute("CREATE TABLE ks.fresh (k int PRIMARY KEY)").await.expect("the mock answers");
    assert!(!result.is_schema_agreed());
    cluster.change(|world| world.topology.nodes[1].schema_version = None);
    let result =
        session.execute("CREATE TABLE ks.other (k int PRIMARY KEY)").await.expect("the mock answers");
    assert!(result.is_schema_agreed());
}
