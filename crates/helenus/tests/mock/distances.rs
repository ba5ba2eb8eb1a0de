//! What the load-balancing policy says of hosts, and what becomes of their connections.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use helenus::policy::{
    DcAwareRoundRobinPolicy, HostDistance, LoadBalancingPolicy, Plan, RoundRobinPolicy, RoutingInfo,
    TokenAwarePolicy,
};
use helenus::{Host, Session, Snapshot, config::PoolSize};
use helenus_testkit::mock::{RunningCluster, statement};

use super::{nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = ?";

type Judge = Box<dyn Fn(&Snapshot, &Host) -> HostDistance + Send + Sync>;

/// A user's own policy: its distances are a closure's, its plans are those of a round robin over all hosts.
struct Own {
    judge: Judge,
    asked: AtomicUsize,
    blocks: AtomicBool,
    plans: RoundRobinPolicy,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Own")
    }
}

impl Own {
    fn new(judge: impl Fn(&Snapshot, &Host) -> HostDistance + Send + Sync + 'static) -> Arc<Self> {
        let plans = RoundRobinPolicy::new();
        Arc::new(Self { judge: Box::new(judge), asked: AtomicUsize::new(0), blocks: false.into(), plans })
    }
}

impl LoadBalancingPolicy for Own {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.blocks.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(200));
        }
        (self.judge)(snapshot, host)
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Plan {
        self.plans.plan(snapshot, query)
    }

    fn may_block(&self) -> bool {
        true
    }
}

/// The last byte of a host's address tells nodes apart.
fn at(cluster: &RunningCluster, node: usize) -> std::net::SocketAddr {
    cluster.node(node).address()
}

async fn session_with(cluster: &RunningCluster, policy: Arc<dyn LoadBalancingPolicy>) -> Session {
    settings(cluster).load_balancing(policy).session().await.expect("the mock lets everyone in")
}

fn held(session: &Session, node: std::net::SocketAddr) -> usize {
    let snapshot = session.cluster().snapshot();
    let host = snapshot.host_at(node).expect("it is known");
    session.pool_state(host).map_or(0, |connections| connections.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_host_gets_no_connection() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let ignored = at(&cluster, 2);
    let policy =
        Own::new(
            move |_, host| {
                if host.address() == ignored { HostDistance::Ignored } else { HostDistance::Local }
            },
        );
    let session = session_with(&cluster, policy).await;
    until("the others are connected to", || (0..2).all(|node| held(&session, at(&cluster, node)) == 1)).await;
    for _ in 0..9 {
        session.execute("SELECT v FROM ks.t").await.expect("two nodes are used");
    }
    // Nor is it watched from.
    cluster.node(0).stop();
    until("another has taken over", || {
        session.cluster().control_host().is_some_and(|host| host.address() == at(&cluster, 1))
    })
    .await;
    assert_eq!(cluster.node(2).accepted(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn distances_that_change_with_a_hosts_state_move_connections() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let (first, spare) = (at(&cluster, 1), at(&cluster, 2));
    let policy = Own::new(move |snapshot, host| {
        let first_is_down =
            snapshot.host_at(first).is_some_and(|host| host.status() == helenus::cluster::HostStatus::Down);
        if host.address() != spare || first_is_down { HostDistance::Local } else { HostDistance::Ignored }
    });
    let session = session_with(&cluster, policy).await;
    until("the first is connected to", || held(&session, first) == 1).await;
    assert_eq!(cluster.node(2).accepted(), 0);
    cluster.node(1).stop();
    until("the spare one stands in", || held(&session, spare) == 1).await;
    cluster.node(1).listen().expect("its address is free");
    until("the spare one is let go", || held(&session, first) == 1 && cluster.node(2).connections() == 0)
        .await;
    assert_eq!(held(&session, spare), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_asks_a_users_policy_for_distances() {
    let cluster = nodes(3, 2).start().expect("the mock starts");
    let own = Own::new(|_, _| HostDistance::Local);
    let policy = TokenAwarePolicy::new(Arc::clone(&own) as _);
    let session = session_with(&cluster, Arc::new(policy)).await;
    until("all are connected to", || (0..3).all(|node| held(&session, at(&cluster, node)) == 1)).await;
    let prepared = session.prepare(READ).await.expect("the mock prepares it");
    // What followed from hosts that came up is over.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let asked = own.asked.load(Ordering::Relaxed);
    for key in 0..60 {
        let bound = prepared.bind((key,)).expect("an int");
        session.execute(bound).await.expect("the mock answers");
    }
    assert_eq!(own.asked.load(Ordering::Relaxed), asked);
    assert!(asked >= 3);
    cluster.node(2).stop();
    until("it is asked again", || own.asked.load(Ordering::Relaxed) >= asked + 3).await;
}

#[tokio::test]
async fn a_policy_that_blocks_does_not_stop_the_engine() {
    let cluster = nodes(3, 2).start().expect("the mock starts");
    let own = Own::new(|_, _| HostDistance::Local);
    let session = session_with(&cluster, Arc::clone(&own) as _).await;
    until("all are connected to", || (0..3).all(|node| held(&session, at(&cluster, node)) == 1)).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    own.blocks.store(true, Ordering::Relaxed);
    let asked = own.asked.load(Ordering::Relaxed);
    cluster.node(2).stop();
    let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
    let patience = Instant::now() + Duration::from_secs(10);
    while own.asked.load(Ordering::Relaxed) < asked + 3 {
        assert!(Instant::now() < patience, "it was not asked again");
        session.execute("SELECT v FROM ks.t").await.expect("two nodes are left");
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    assert!(longest < Duration::from_millis(150), "{longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_have_the_size_of_their_distance() {
    let cluster = nodes(3, 3)
        .world(|world| world.topology.nodes[2].datacenter = "elsewhere".into())
        .start()
        .expect("the mock starts");
    let local = cluster.world().topology.nodes[0].datacenter.clone();
    let policy = Arc::new(DcAwareRoundRobinPolicy::with_used_hosts_per_remote_dc(Some(&local), 1));
    let session = settings(&cluster)
        .load_balancing(policy)
        .connections_per_host(3)
        .connections_per_remote_host(2)
        .session()
        .await
        .expect("the mock lets everyone in");
    let sizes = || [0, 1, 2].map(|node| held(&session, at(&cluster, node)));
    until("all are open", || sizes() == [3, 3, 2]).await;
    session.cluster().set_pool_size(PoolSize { local: 1, remote: 0 });
    until("what is not needed is closed", || sizes() == [1, 1, 0] && cluster.node(2).connections() == 0)
        .await;
    session.cluster().set_pool_size(PoolSize { local: 2, remote: 1 });
    until("what is needed is open", || sizes() == [2, 2, 1]).await;
    assert_eq!(session.cluster().pool_size(), PoolSize { local: 2, remote: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_ignores_everyone_is_named() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let policy = Arc::new(DcAwareRoundRobinPolicy::new(Some("no such data centre")));
    let refused = settings(&cluster).load_balancing(policy).session().await.expect_err("nobody is used");
    assert!(refused.to_string().contains("the load-balancing policy uses none of the hosts"), "{refused}");
    assert!(cluster.received(&statement("SELECT v FROM ks.t")).is_empty());
}

/// Hosts that join while distances are asked for must not be lost, nor keep the connections of those that left.
#[tokio::test(flavor = "multi_thread")]
async fn changes_that_come_together_are_all_heeded() {
    let cluster = nodes(4, 2)
        .world(|world| world.topology.nodes[3].is_member = false)
        .start()
        .expect("the mock starts");
    let slow = Arc::new(Mutex::new(Duration::from_millis(30)));
    let pause = Arc::clone(&slow);
    let policy = Own::new(move |_, _| {
        std::thread::sleep(*pause.lock().expect("not poisoned"));
        HostDistance::Local
    });
    let session = session_with(&cluster, policy).await;
    until("all are connected to", || (0..3).all(|node| held(&session, at(&cluster, node)) == 1)).await;
    cluster.change(|world| world.topology.nodes[3].is_member = true);
    cluster.node(2).stop();
    session.cluster().refresh().await.expect("the others tell");
    cluster.node(2).listen().expect("its address is free");
    until("all four are used", || (0..4).all(|node| held(&session, at(&cluster, node)) == 1)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let open: Vec<_> = cluster.nodes().map(|node| node.connections()).collect();
    assert_eq!(open.iter().sum::<usize>(), 5, "one each and the control connection: {open:?}");
}
