//! Which node a statement is sent to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policy::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use helenus::protocol::RequestOpcode;
use helenus::protocol::notation::Value;
use helenus::protocol::request::{BatchKind, SerializedValues};
use helenus::routing::Token;
use helenus::statement::{BatchStatement, BoundStatement, PreparedStatement, SimpleStatement};
use helenus::{Error, Host, RequestFailure, Snapshot};
use helenus_testkit::mock::{RunningCluster, any, execute, statement, void};

use super::{all_up, connect, in_turn, is_connected, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = ?";

fn for_key(prepared: &PreparedStatement, key: i32) -> BoundStatement {
    let mut values = SerializedValues::default();
    values.push(Value::Bytes(&key.to_be_bytes())).expect("four bytes");
    BoundStatement { prepared: prepared.clone(), values }
}

/// The nodes that each of these keys was read from, in any order of its reads.
async fn readers(
    cluster: &RunningCluster,
    keys: i32,
    reads: usize,
) -> Vec<(BTreeSet<usize>, BTreeSet<usize>)> {
    let session = in_turn(settings(cluster)).await;
    let prepared = session.prepare(READ).await.expect("the mock prepares it");
    let snapshot = session.cluster().snapshot();
    let addresses = cluster.addresses();
    let mut seen = Vec::new();
    for key in 0..keys {
        cluster.clear_received();
        for _ in 0..reads {
            session.execute(for_key(&prepared, key)).await.expect("the mock answers");
        }
        let asked = cluster.received(&execute(READ)).iter().map(|received| received.node).collect();
        let token: Token = snapshot.token(&key.to_be_bytes()).expect("the partitioner is known");
        let replicas = snapshot
            .replicas("ks", &token)
            .iter()
            .filter_map(|host| addresses.iter().position(|address| *address == host.address()))
            .collect();
        seen.push((asked, replicas));
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_read_goes_to_its_replica() {
    let cluster = nodes(3, 1).start().expect("the mock starts");
    let seen = readers(&cluster, 30, 2).await;
    let mut used = BTreeSet::new();
    for (asked, replicas) in seen {
        assert_eq!(replicas.len(), 1);
        assert_eq!(asked, replicas);
        used.extend(asked);
    }
    assert_eq!(used.len(), 3, "thirty keys are spread over all nodes");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_of_one_key_are_shared_by_its_replicas() {
    let cluster = nodes(4, 2).start().expect("the mock starts");
    for (asked, replicas) in readers(&cluster, 4, 40).await {
        assert_eq!(replicas.len(), 2);
        assert_eq!(asked, replicas);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_without_a_key_go_round() {
    let cluster = nodes(3, 1).on(statement("SELECT v FROM ks.t"), void()).start().expect("the mock starts");
    let session = in_turn(settings(&cluster)).await;
    for _ in 0..30 {
        session.execute("SELECT v FROM ks.t").await.expect("the mock answers");
    }
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for received in cluster.received(&statement("SELECT v FROM ks.t")) {
        *counts.entry(received.node).or_default() += 1;
    }
    assert_eq!(counts, [(0, 10), (1, 10), (2, 10)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_down_is_stood_in_for() {
    let cluster = nodes(3, 1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let prepared = session.prepare(READ).await.expect("the mock prepares it");
    cluster.node(2).stop();
    for key in 0..30 {
        session.execute(for_key(&prepared, key)).await.expect("another node answers");
    }
    let asked: BTreeSet<_> = cluster.received(&execute(READ)).iter().map(|received| received.node).collect();
    assert_eq!(asked, [0, 1].into());
}

/// Which nodes got `text` for one key, of many times that it was run.
async fn nodes_asked(cluster: &RunningCluster, session: &helenus::Session, text: &str) -> BTreeSet<usize> {
    let prepared = session.prepare(text).await.expect("the mock prepares it");
    cluster.clear_received();
    for _ in 0..30 {
        session.execute(for_key(&prepared, 7)).await.expect("the mock answers");
    }
    cluster.received(&execute(text)).iter().map(|received| received.node).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lightweight_transactions_ask_the_replicas_in_the_order_of_the_ring() {
    let conditional = "DELETE FROM ks.t WHERE k = ? IF EXISTS";
    let plain = "DELETE FROM ks.t WHERE k = ?";
    let cluster = nodes(3, 3)
        .on(execute(conditional), void())
        .on(execute(plain), void())
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let snapshot = session.cluster().snapshot();
    let token = snapshot.token(&7_i32.to_be_bytes()).expect("the partitioner is known");
    let owner = snapshot.replicas("ks", &token)[0].address();
    let owner = cluster.addresses().iter().position(|address| *address == owner);
    let asked = nodes_asked(&cluster, &session, conditional).await;
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), Vec::from_iter(owner));
    let mut shared = BTreeSet::new();
    let patience = Instant::now() + Duration::from_secs(10);
    while shared.len() < 3 {
        assert!(Instant::now() < patience, "others share their replicas: {shared:?}");
        shared.extend(nodes_asked(&cluster, &session, plain).await);
    }

    let mut text = SimpleStatement::new("INSERT INTO ks.t (k) VALUES (7) IF NOT EXISTS");
    text.options.keyspace = Some("ks".into());
    text.options.routing_key = Some(7_i32.to_be_bytes().to_vec().into());
    cluster.on(statement(&text.text), void());
    cluster.clear_received();
    let mut batch = BatchStatement::new(BatchKind::Logged);
    batch.options = text.options.clone();
    batch.push(text.clone());
    for _ in 0..15 {
        session.execute(text.clone()).await.expect("the mock answers");
        session.execute(batch.clone()).await.expect("the mock answers");
    }
    let asked: BTreeSet<_> = cluster
        .received(&any().opcodes([RequestOpcode::Query, RequestOpcode::Batch]))
        .iter()
        .map(|received| received.node)
        .collect();
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), Vec::from_iter(owner));
}

/// Round and round, for ever.
#[derive(Debug)]
struct Endless;

impl LoadBalancingPolicy for Endless {
    fn distance(&self, _: &Arc<Snapshot>, _: &Host) -> HostDistance {
        HostDistance::Local
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, _: &RoutingInfo<'_>) -> Plan {
        Plan::from_iterator(snapshot.hosts().to_vec().into_iter().cycle())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_an_end_ends_where_nobody_is_left() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session =
        settings(&cluster).load_balancing(Arc::new(Endless)).session().await.expect("it lets everyone in");
    all_up(&session).await;
    cluster.nodes().for_each(|node| node.stop());
    let all_gone = || session.cluster().snapshot().hosts().iter().all(|host| !is_connected(&session, host));
    until("all connections are gone", all_gone).await;
    let begun = Instant::now();
    let failure = session.execute("SELECT v FROM ks.t").await.expect_err("nobody is there");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let Error::Request(failure) = failure else { panic!("{failure}") };
    assert!(matches!(*failure, RequestFailure::Exhausted { ref attempts, .. } if attempts.len() == 16));
}
