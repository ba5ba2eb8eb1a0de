//! How the cluster is kept in sight: refreshes that fail, control connections that fall silent, floods of events, nodes
//! that are replaced or move, names that come to mean others (F6, F7, F21, F22, F25).

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use helenus::cluster::ClusterBuilder;
use helenus::config::NameResolver;
use helenus::policy::{ConstantReconnectionPolicy, HostStateListener};
use helenus::protocol::Consistency;
use helenus::protocol::response::{
    Event, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError, StatusChange, TopologyChange,
};
use helenus::{Cluster, Error, Host, Session};
use helenus_testkit::mock::schema::TableDefinition;
use helenus_testkit::mock::{RunningCluster, error, query};
use uuid::Uuid;

use super::{all_up, is_connected, nodes, settings, until};

/// How often the nodes were asked who they are.
fn readings(cluster: &RunningCluster) -> usize {
    cluster.received(&query("SELECT * FROM system.local")).len()
}

fn quick(cluster: &RunningCluster) -> ClusterBuilder {
    let mut settings = settings(cluster);
    let config = settings.config_mut();
    config.topology_refresh_window = Duration::from_millis(100);
    config.schema_refresh_window = Duration::from_millis(100);
    config.status_refresh_window = Duration::from_millis(100);
    config.control_timeout = Duration::from_millis(400);
    settings
}

async fn open(settings: ClusterBuilder) -> Session {
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_cannot_read_says_why() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = open(quick(&cluster)).await;
    let refused =
        cluster.on(query("FROM system.local"), error(ServerError::ServerError { message: "not now".into() }));
    let failure = session.cluster().refresh().await.expect_err("it cannot be read");
    assert!(failure.to_string().contains("not now"), "{failure}");
    cluster.remove(refused);
    session.cluster().refresh().await.expect("it can be read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_ends_where_nobody_is_left_to_ask() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = open(quick(&cluster)).await;
    let watcher = session.cluster();
    cluster.nodes().for_each(|node| node.stop());
    until("there is no control connection", || watcher.control_host().is_none()).await;
    for _ in 0..3 {
        let begun = Instant::now();
        let failure = watcher.refresh().await.expect_err("nobody is there");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        let Error::Connect(errors) = &failure else { panic!("{failure}") };
        assert!(errors.len() >= 2, "each is named: {failure}");
    }
    cluster.nodes().for_each(|node| node.listen().expect("its address is free"));
    watcher.refresh().await.expect("they are back");
    assert!(watcher.control_host().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_ends_where_everyone_is_silent() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let mut settings = quick(&cluster);
    settings.config_mut().connection.connect_timeout = Some(Duration::from_millis(300));
    let session = open(settings).await;
    cluster.nodes().for_each(|node| node.pause());
    let begun = Instant::now();
    let failure = session.cluster().refresh().await.expect_err("nobody answers");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}: {failure}", begun.elapsed());
    cluster.nodes().for_each(|node| node.resume());
    until("it is watched again", || session.cluster().control_host().is_some()).await;
    session.cluster().refresh().await.expect("they answer again");
}

/// What one node cannot tell at the moment it is asked for again, and nothing else has to happen for that.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_would_not_tell_is_asked_for_again() {
    let message = String::from("not now");
    let consistency = Consistency::One;
    let refusals = [
        ServerError::Overloaded { message: message.clone() },
        ServerError::ServerError { message: message.clone() },
        ServerError::ReadTimeout { message, consistency, received: 0, required: 1, data_present: false },
    ];
    for refusal in refusals {
        let cluster =
            nodes(3, 3).world(|world| world.topology.nodes[2].is_member = false).start().expect("starts");
        let session = open(quick(&cluster)).await;
        let refused = cluster.on(query("SELECT * FROM system.local").to(2), error(refusal.clone()));
        cluster.change(|world| world.topology.nodes[2].is_member = true);
        let address = cluster.node(2).address();
        let change = add_table(&cluster, "of the same moment");
        let joined = Event::TopologyChange { change: TopologyChange::New, address };
        for event in [joined, change] {
            assert_eq!(cluster.push_event(&event).expect("it can be said"), 1);
        }
        let watcher = session.cluster();
        until("the table is known", || knows(&session, "of the same moment")).await;
        until("the node is known", || watcher.snapshot().host_at(address).is_some()).await;
        assert_eq!(cluster.used(refused), 2, "{refusal}");
        let accepted = || cluster.nodes().map(|node| node.accepted()).sum::<usize>();
        until("the node is connected to", || accepted() >= 4).await;
        assert_eq!(accepted(), 4, "by the same connection");
    }
}

fn add_table(cluster: &RunningCluster, name: &str) -> Event {
    cluster.change(|world| {
        let at = world.schema.iter().position(|keyspace| keyspace.name == "ks").expect("it is there");
        let keyspace = world.schema.remove(at);
        world.schema.insert(at, keyspace.table(TableDefinition::new(name).partition_key("k", "int")));
    });
    Event::SchemaChange(SchemaChange {
        change: SchemaChangeKind::Created,
        keyspace: "ks".into(),
        target: SchemaTarget::Table(name.into()),
    })
}

fn knows(session: &Session, table: &str) -> bool {
    session.cluster().snapshot().schema().table("ks", table).is_some()
}

/// F6: what changed while nobody listened is known after the takeover, and so is what changes later.
#[tokio::test(flavor = "multi_thread")]
async fn f6_whoever_takes_over_reads_all_that_was_missed() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = open(quick(&cluster)).await;
    let watcher = session.cluster();
    let dying = watcher.control_host().expect("there is one").address();
    let node = cluster.nodes().find(|node| node.address() == dying).expect("it is one of them");
    let _nobody_hears_of_it = add_table(&cluster, "missed");
    let begun = Instant::now();
    node.stop();
    until("another has taken over", || watcher.control_host().is_some_and(|host| host.address() != dying))
        .await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(knows(&session, "missed"));
    let event = add_table(&cluster, "later");
    assert_eq!(cluster.push_event(&event).expect("it can be said"), 1);
    until("it is heard of", || knows(&session, "later")).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// F7: a control connection that says nothing any more and is not closed either.
#[tokio::test(flavor = "multi_thread")]
async fn f7_a_silent_control_connection_is_found_out() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let mut settings = quick(&cluster);
    settings.config_mut().connection.heartbeat_interval = Some(Duration::from_millis(300));
    settings.config_mut().connection.heartbeat_timeout = Duration::from_millis(300);
    let session = open(settings).await;
    let watcher = session.cluster();
    let silent = watcher.control_host().expect("there is one").address();
    let node = cluster.nodes().find(|node| node.address() == silent).expect("it is one of them");
    node.pause();
    let begun = Instant::now();
    let event = add_table(&cluster, "missed");
    cluster.push_event(&event).expect("it can be said");
    until("another has taken over", || watcher.control_host().is_some_and(|host| host.address() != silent))
        .await;
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert!(knows(&session, "missed"));
    node.resume();
}

/// A control connection that serves events but no questions: what they tell of would never be read.
#[tokio::test(flavor = "multi_thread")]
async fn f7_a_control_host_that_does_not_answer_is_left() {
    let cluster =
        nodes(3, 3).world(|world| world.topology.nodes[2].is_member = false).start().expect("starts");
    let session = open(quick(&cluster)).await;
    let watcher = session.cluster();
    let deaf = watcher.control_host().expect("there is one").address();
    let node = cluster.nodes().find(|node| node.address() == deaf).expect("it is one of them");
    cluster.on(query("SELECT * FROM system.local").node(node.index()), helenus_testkit::mock::silence());
    cluster.change(|world| world.topology.nodes[2].is_member = true);
    let address = cluster.node(2).address();
    let event = Event::TopologyChange { change: TopologyChange::New, address };
    cluster.push_event(&event).expect("it can be said");
    until("the new node is known", || watcher.snapshot().host_at(address).is_some()).await;
    until("another is asked", || watcher.control_host().is_some_and(|host| host.address() != deaf)).await;
}

/// What a listener finds that is called at once when a host has joined: whether the session uses it.
struct AtOnce(Session, Mutex<Vec<bool>>);

impl std::fmt::Debug for AtOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AtOnce")
    }
}

impl HostStateListener for AtOnce {
    fn on_add(&self, host: &Arc<Host>) {
        self.1.lock().expect("not poisoned").push(self.0.pool_state(host).is_some());
    }

    fn may_block(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_finds_the_pool_of_a_host_that_has_joined() {
    let cluster =
        nodes(3, 3).world(|world| world.topology.nodes[2].is_member = false).start().expect("starts");
    let session = open(quick(&cluster)).await;
    let listener = Arc::new(AtOnce(session.clone(), Mutex::default()));
    session.cluster().add_listener(Arc::clone(&listener) as _);
    cluster.change(|world| world.topology.nodes[2].is_member = true);
    session.cluster().refresh().await.expect("it can be read");
    until("it is told", || !listener.1.lock().expect("not poisoned").is_empty()).await;
    assert_eq!(*listener.1.lock().expect("not poisoned"), [true]);
}

/// F21: ten thousand events, half of them lies.
#[tokio::test(flavor = "multi_thread")]
async fn f21_a_flood_of_events_is_few_refreshes() {
    const WINDOW: Duration = Duration::from_secs(1);
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let mut settings = quick(&cluster);
    let config = settings.config_mut();
    config.topology_refresh_window = WINDOW;
    config.schema_refresh_window = WINDOW;
    config.status_refresh_window = WINDOW;
    let session = open(settings).await;
    let schema_reads = || cluster.received(&query("FROM system_schema.tables")).len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (before, schema_before) = (readings(&cluster), schema_reads());
    let accepted: usize = cluster.nodes().map(|node| node.accepted()).sum();
    let begun = Instant::now();
    // As many a second as without: each is begun when it is due, whatever became of those before it.
    let (load, is_over) = (session.clone(), Arc::new(AtomicBool::new(false)));
    let over = Arc::clone(&is_over);
    let load = tokio::spawn(async move {
        let mut answers = Vec::new();
        while !over.load(Ordering::Relaxed) {
            answers.push(load.execute("SELECT v FROM ks.t"));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (mut good, asked) = (0, answers.len());
        for answer in answers {
            good += usize::from(answer.await.is_ok());
        }
        (good, asked)
    });
    for n in 0..2500_usize {
        let address = cluster.node(n % 3).address();
        for event in [
            Event::StatusChange { status: StatusChange::Down, address },
            Event::StatusChange { status: StatusChange::Up, address },
            Event::TopologyChange { change: TopologyChange::Removed, address },
            Event::SchemaChange(SchemaChange {
                change: SchemaChangeKind::Updated,
                keyspace: "ks".into(),
                target: SchemaTarget::Table("t".into()),
            }),
        ] {
            cluster.push_event(&event).expect("it can be said");
        }
        if n % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
    // On a slow machine events arrive long after they were pushed.
    until("all was read again", || readings(&cluster) > before && schema_reads() > schema_before).await;
    tokio::time::sleep(WINDOW + WINDOW / 2).await;
    is_over.store(true, Ordering::Relaxed);
    let (good, asked) = load.await.expect("no panic");
    assert!(asked >= 50 && good * 100 >= asked * 95, "{good} of {asked} while events came");
    let since = begun.elapsed();
    // The first event may be heeded at once, and one refresh ends each window.
    let most = 3.max(since.as_secs() + 1);
    let readings = u64::try_from(readings(&cluster) - before).expect("few");
    assert!(readings <= most, "{readings} in {since:?}");
    let schema_reads = u64::try_from(schema_reads() - schema_before).expect("few");
    assert!(schema_reads <= most, "{schema_reads} in {since:?}");
    assert_eq!(cluster.nodes().map(|node| node.accepted()).sum::<usize>(), accepted, "nothing was lost");
}

/// However often a host is said to be up, it is tried once a window.
#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_are_said_to_be_up_are_tried_once() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let mut settings = quick(&cluster)
        .reconnection(Arc::new(ConstantReconnectionPolicy::new(Duration::from_secs(3600), None)));
    settings.config_mut().status_refresh_window = Duration::from_millis(300);
    let session = open(settings).await;
    let node = cluster.node(1);
    let host = session.cluster().snapshot().host_at(node.address()).expect("it is known").clone();
    node.stop();
    until("it is down", || !host.is_up()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    node.listen().expect("its address is free");
    let before = node.accepted();
    let event = Event::StatusChange { status: StatusChange::Up, address: node.address() };
    for _ in 0..500 {
        cluster.push_event(&event).expect("it can be said");
    }
    until("it is used again", || is_connected(&session, &host) && host.is_up()).await;
    assert_eq!(node.accepted(), before + 1);
}

/// F22: another node at the same address.
#[tokio::test(flavor = "multi_thread")]
async fn f22_a_node_that_was_replaced_is_another_host() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = open(quick(&cluster)).await;
    let address = cluster.node(2).address();
    let old = session.cluster().snapshot().host_at(address).expect("it is known").clone();
    let id = Uuid::from_u128(77);
    cluster.change(|world| world.topology.nodes[2].host_id = id);
    let event = Event::TopologyChange { change: TopologyChange::New, address };
    cluster.push_event(&event).expect("it can be said");
    until("the new one is known", || session.cluster().snapshot().host(id).is_some()).await;
    all_up(&session).await;
    assert!(session.cluster().snapshot().host(old.host_id()).is_none());
    assert!(session.pool_state(&old).is_none());
    until("the old connection is gone", || cluster.node(2).connections() == 1).await;
    for _ in 0..9 {
        session.execute("SELECT v FROM ks.t").await.expect("all are used");
    }
}

/// F22: the same node at another address.
#[tokio::test(flavor = "multi_thread")]
async fn f22_a_node_that_has_moved_is_followed() {
    let cluster =
        nodes(4, 2).world(|world| world.topology.nodes[3].is_member = false).start().expect("starts");
    let session = open(quick(&cluster)).await;
    let before = session.cluster().snapshot().host_at(cluster.node(2).address()).expect("known").clone();
    cluster.change(|world| {
        let id = world.topology.nodes[2].host_id;
        world.topology.nodes[2].is_member = false;
        world.topology.nodes[3].host_id = id;
        world.topology.nodes[3].is_member = true;
    });
    let address = cluster.node(3).address();
    let event = Event::StatusChange { status: StatusChange::Up, address };
    cluster.push_event(&event).expect("it can be said");
    until("it is followed", || session.cluster().snapshot().host_at(address).is_some()).await;
    all_up(&session).await;
    let snapshot = session.cluster().snapshot();
    let after = snapshot.host_at(address).expect("it is known");
    assert_eq!((&*before, snapshot.hosts().len()), (&**after, 3));
    until("it is left where it was", || cluster.node(2).connections() == 0).await;
}

/// F22: the default policy stays in the data centre that was contacted, also when that gets another name.
#[tokio::test(flavor = "multi_thread")]
async fn f22_a_datacenter_that_is_renamed_stays_the_local_one() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = open(quick(&cluster)).await;
    cluster.change(|world| {
        world.topology.nodes.iter_mut().for_each(|node| node.datacenter = "renamed".into());
    });
    session.cluster().refresh().await.expect("they tell");
    assert_eq!(session.cluster().snapshot().contacted_datacenter(), Some("renamed"));
    session.execute("SELECT v FROM ks.t").await.expect("it is used");
}

/// A name server of two answers.
#[derive(Debug, Default)]
struct Names {
    addresses: Mutex<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl NameResolver for Names {
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match name {
            "db.example" => Ok(self.addresses.lock().expect("not poisoned").clone()),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        }
    }
}

/// F25: all nodes are gone, and the name means others by now.
#[tokio::test(flavor = "multi_thread")]
async fn f25_names_are_resolved_again_when_all_hosts_are_lost() {
    let (first, second) = (nodes(2, 2).start().expect("starts"), nodes(2, 2).start().expect("starts"));
    let names = Arc::new(Names::default());
    let set = |cluster: &RunningCluster| {
        *names.addresses.lock().expect("not poisoned") =
            cluster.addresses().iter().map(|address| address.ip()).collect();
    };
    set(&first);
    let mut settings = Cluster::builder()
        .contact_point("db.example")
        .contact_point("nobody.example")
        .reconnection(Arc::new(ConstantReconnectionPolicy::new(Duration::from_millis(100), None)));
    settings.config_mut().resolver = Arc::clone(&names) as _;
    let session = settings.session().await.expect("one name is known");
    all_up(&session).await;
    let asked = names.asked.load(Ordering::Relaxed);
    set(&second);
    first.nodes().for_each(|node| node.stop());
    let begun = Instant::now();
    until("it is found again", || {
        let address = session.cluster().control_host().map(|host| host.address());
        address.is_some_and(|address| second.addresses().contains(&address))
    })
    .await;
    all_up(&session).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(names.asked.load(Ordering::Relaxed) > asked);
    session.execute("SELECT v FROM ks.t").await.expect("it is served");

    let mut unknown = Cluster::builder().contact_point("nobody.example");
    unknown.config_mut().resolver = Arc::clone(&names) as _;
    let failure = unknown.connect().await.expect_err("it has no address");
    assert!(failure.to_string().contains("nobody.example: no such name"), "{failure}");
    names.addresses.lock().expect("not poisoned").clear();
    let mut empty = Cluster::builder().contact_point("db.example");
    empty.config_mut().resolver = names;
    let failure = empty.connect().await.expect_err("it has no address");
    assert!(failure.to_string().contains("db.example: it has no address"), "{failure}");
}
