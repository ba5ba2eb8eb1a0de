//! The engine against scripted nodes: what reaches the servers, and how often.

mod altering;
mod authentication;
mod budgets;
mod bulk;
#[cfg(feature = "tls")]
mod canary;
mod choosing;
#[cfg(feature = "cloud")]
mod cloud;
mod connecting;
mod control;
mod damage;
mod deadlines;
mod deliveries;
mod distances;
mod endings;
mod extremes;
mod failing_policies;
mod failures;
mod following;
mod keyspace;
mod losses;
mod multitudes;
mod naming;
mod observing;
mod options;
mod paging;
mod pools;
mod prepared;
mod preparing;
mod profiles;
mod queue;
mod reserving;
mod returning;
mod routing;
mod runtimes;
mod scan;
mod schema;
mod silence;
#[cfg(feature = "tls")]
mod tls;
mod too_much;
mod turns;
#[cfg(feature = "macros")]
mod typed;
mod unix_sockets;
mod watching;

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policy::{ConstantReconnectionPolicy, DcAwareRoundRobinPolicy, TokenAwarePolicy};
use helenus::{Cluster, Host, Session};
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{MockCluster, RunningCluster};

/// So many nodes with the keyspace `ks` of `replication` replicas and its table `t`.
fn nodes(count: usize, replication: u32) -> MockCluster {
    let table = TableDefinition::new("t")
        .partition_key("k", "int")
        .regular("v", "int")
        .regular("l", "list<int>")
        .regular("s", "set<int>");
    let counters = TableDefinition::new("counters").partition_key("k", "int").regular("n", "counter");
    MockCluster::new(count).keyspace(Keyspace::new("ks", replication).table(table).table(counters))
}

/// Settings for these nodes that let a test end soon.
fn settings(cluster: &RunningCluster) -> helenus::cluster::ClusterBuilder {
    Cluster::builder()
        .contact_points([cluster.addresses()[0].ip().to_string()])
        .reconnection(Arc::new(ConstantReconnectionPolicy::new(Duration::from_millis(100), None)))
        .request_timeout(Some(Duration::from_secs(5)))
}

async fn connect(cluster: &RunningCluster) -> Session {
    let session = settings(cluster).session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

/// A session whose hosts come strictly in turn, whoever is quick.
async fn in_turn(settings: helenus::cluster::ClusterBuilder) -> Session {
    let child = Arc::new(DcAwareRoundRobinPolicy::new(None));
    let policy = TokenAwarePolicy::new(child).with_slow_replica_avoidance(false);
    let session = settings.load_balancing(Arc::new(policy)).session().await;
    let session = session.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

fn is_connected(session: &Session, host: &Host) -> bool {
    session.pool_state(host).is_some_and(|connections| !connections.is_empty())
}

/// Waits until the session has a connection to every node.
async fn all_up(session: &Session) {
    let snapshot = session.cluster().snapshot();
    until("every node has a connection", || snapshot.hosts().iter().all(|host| is_connected(session, host)))
        .await;
}

/// Waits until `condition` holds, but not for ever.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < patience, "not within ten seconds: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
