//! Policies that have a say in where hosts are and how they are doing, and what hosts that return are told.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use helenus::policy::{AddressTranslator, ConstantReconnectionPolicy, ConvictionPolicy};
use helenus::protocol::RequestOpcode;
use helenus::protocol::response::{Event, StatusChange};
use helenus::{Host, Session, config::PoolSize};
use helenus_testkit::mock::{RunningCluster, opcode, prepare, silence};

use super::{all_up, is_connected, nodes, settings, until};

/// Convicts at the third failure since a connection was last opened.
#[derive(Debug, Default)]
struct ThirdTime {
    failures: AtomicUsize,
    resets: AtomicUsize,
    blocks: bool,
}

impl ConvictionPolicy for ThirdTime {
    fn convict(&self, _: &Host, _: &(dyn std::error::Error + 'static)) -> bool {
        if self.blocks {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.failures.fetch_add(1, Ordering::SeqCst) >= 2
    }

    fn reset(&self, _: &Host) {
        self.failures.store(0, Ordering::SeqCst);
        self.resets.fetch_add(1, Ordering::SeqCst);
    }

    fn may_block(&self) -> bool {
        self.blocks
    }
}

async fn convicted_at_the_third_failure(blocks: bool) {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let policy = Arc::new(ThirdTime { blocks, ..ThirdTime::default() });
    let mut settings = settings(&cluster)
        .connections_per_host(2)
        .reconnection(Arc::new(ConstantReconnectionPolicy::new(Duration::from_millis(150), None)));
    settings.config_mut().conviction = Arc::clone(&policy) as _;
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let host = session.cluster().snapshot().host_at(cluster.node(1).address()).expect("it is known").clone();
    until("both are open", || session.pool_state(&host).is_some_and(|open| open.len() == 2)).await;
    // What we close ourselves is held against nobody.
    session.cluster().set_pool_size(PoolSize { local: 1, remote: 1 });
    until("one is closed", || {
        cluster.node(1).connections() <= 2 && session.pool_state(&host).is_some_and(|open| open.len() == 1)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(policy.failures.load(Ordering::SeqCst), 0);

    cluster.node(1).stop();
    until("it is lost", || policy.failures.load(Ordering::SeqCst) >= 1).await;
    until("two failures", || policy.failures.load(Ordering::SeqCst) >= 2).await;
    assert!(host.is_up(), "twice is not enough");
    until("it is convicted", || !host.is_up()).await;
    assert!(policy.failures.load(Ordering::SeqCst) >= 3);
    let resets = policy.resets.load(Ordering::SeqCst);
    cluster.node(1).listen().expect("its address is free");
    until("it is used again", || host.is_up() && policy.resets.load(Ordering::SeqCst) > resets).await;
    session.execute("SELECT v FROM ks.t").await.expect("it is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_down_when_the_conviction_policy_says_so() {
    convicted_at_the_third_failure(false).await;
}

#[tokio::test]
async fn a_conviction_policy_may_block() {
    convicted_at_the_third_failure(true).await;
}

/// Nodes know each other by addresses in 10.0.0.0/8, and are reached at those of the mock.
#[derive(Debug)]
struct Outside(Vec<SocketAddr>);

fn inside(node: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(node + 1).expect("few")], 9042))
}

impl AddressTranslator for Outside {
    fn translate(&self, address: SocketAddr) -> SocketAddr {
        let node = (0..self.0.len()).find(|node| inside(*node) == address);
        node.map_or(address, |node| self.0[node])
    }

    fn may_block(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_reached_where_the_translator_says() {
    let cluster = nodes(3, 3)
        .world(|world| {
            for (node, facts) in world.topology.nodes.iter_mut().enumerate() {
                facts.address = inside(node);
            }
        })
        .start()
        .expect("the mock starts");
    let addresses = cluster.addresses();
    let mut settings = settings(&cluster)
        .reconnection(Arc::new(ConstantReconnectionPolicy::new(Duration::from_secs(3600), None)));
    let config = settings.config_mut();
    config.address_translation = Arc::new(Outside(addresses.clone()));
    config.status_refresh_window = Duration::from_millis(50);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let snapshot = session.cluster().snapshot();
    let found: BTreeSet<_> = snapshot.hosts().iter().map(|host| host.address()).collect();
    assert_eq!(found, addresses.iter().copied().collect());
    assert_eq!(session.cluster().control_host().map(|host| host.address()), Some(addresses[0]));

    // Events name nodes by the addresses that they know each other by.
    let host = snapshot.host_at(addresses[2]).expect("it is known").clone();
    assert_eq!(host.facts().rpc_address, inside(2));
    cluster.node(2).stop();
    until("it is down", || !host.is_up()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    cluster.node(2).listen().expect("its address is free");
    cluster
        .push_event(&Event::StatusChange { status: StatusChange::Up, address: inside(2) })
        .expect("it can be said");
    until("it is used again", || is_connected(&session, &host)).await;

    // The control connection may be anywhere; every host stays where it is.
    cluster.node(0).stop();
    until("another has taken over", || {
        session.cluster().control_host().is_some_and(|host| host.address() != addresses[0])
    })
    .await;
    assert_eq!(session.cluster().snapshot().hosts().len(), 3);
    for host in session.cluster().snapshot().hosts() {
        assert!(addresses.contains(&host.address()), "{host}");
    }
}

const READ: &str = "SELECT v FROM ks.t WHERE k = ?";

async fn prepared(cluster: &RunningCluster, reprepare: bool) -> Session {
    let mut settings = settings(cluster);
    settings.config_mut().reprepare_on_up = reprepare;
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

async fn restart(cluster: &RunningCluster, session: &Session) {
    let host = session.cluster().snapshot().host_at(cluster.node(1).address()).expect("it is known").clone();
    cluster.node(1).stop();
    // Down, and known not to take connections.
    until("it is down", || !host.is_up()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    cluster.clear_received();
    cluster.node(1).listen().expect("its address is free");
    until("it is used again", || is_connected(session, &host)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_returns_is_told_of_the_prepared_statements() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = prepared(&cluster, true).await;
    let kept = session.prepare(READ).await.expect("the mock prepares it");
    let again = session.prepare(READ).await.expect("the mock prepares it");
    drop(session.prepare("SELECT l FROM ks.t").await.expect("the mock prepares it"));
    restart(&cluster, &session).await;
    until("it was told", || cluster.node(1).received(&prepare(READ)).len() == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        cluster.node(1).received(&opcode(RequestOpcode::Prepare)).len(),
        1,
        "once, and nothing that nobody holds"
    );
    for key in 0..10 {
        session.execute(kept.bind((key,)).expect("an int")).await.expect("the mock answers");
        session.execute(again.bind((key,)).expect("an int")).await.expect("the mock answers");
    }
    assert_eq!(cluster.received(&opcode(RequestOpcode::Prepare)).len(), 1, "nothing was unprepared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_returns_is_told_only_where_that_is_wanted() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = prepared(&cluster, false).await;
    let _kept = session.prepare(READ).await.expect("the mock prepares it");
    restart(&cluster, &session).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(cluster.received(&opcode(RequestOpcode::Prepare)).len(), 0);
}

/// E21 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_returns_is_told_a_few_statements_at_a_time() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = prepared(&cluster, true).await;
    let kept = Mutex::new(Vec::new());
    for n in 0..60 {
        let statement = session.prepare(&format!("SELECT v FROM ks.t WHERE k = ? LIMIT {}", n + 1)).await;
        kept.lock().expect("not poisoned").push(statement.expect("the mock prepares it"));
    }
    let stuck = cluster.on(opcode(RequestOpcode::Prepare).node(1), silence());
    restart(&cluster, &session).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(cluster.node(1).received(&opcode(RequestOpcode::Prepare)).len(), 16);
    cluster.remove(stuck);
    session.execute("SELECT v FROM ks.t").await.expect("nobody waits for that");
}
