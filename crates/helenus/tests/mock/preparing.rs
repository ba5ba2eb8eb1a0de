//! Preparing within the time that there is, whoever is silent, and in a keyspace that is known, whoever changes it meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::cluster::Snapshot;
use helenus::policy::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use helenus::protocol::{ProtocolVersion, RequestOpcode};
use helenus::statement::SimpleStatement;
use helenus::{Error, Host, Session};
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{
    Reaction, Rows, RunningCluster, execute, opcode, prepare, query, rows, silence, usual,
};

use super::{all_up, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = ?";
const UNQUALIFIED: &str = "SELECT v FROM t WHERE k = ?";
const CONSTANT: &str = "INSERT INTO t (k, v) VALUES (1, 2)";

/// The hosts always in this order.
#[derive(Debug)]
struct InOrder(Vec<std::net::SocketAddr>);

impl LoadBalancingPolicy for InOrder {
    fn distance(&self, _: &Arc<Snapshot>, _: &Host) -> HostDistance {
        HostDistance::Local
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, _: &RoutingInfo<'_>) -> Plan {
        Plan::from_hosts(self.0.iter().filter_map(|at| snapshot.host_at(*at).cloned()).collect())
    }
}

/// A session that asks the nodes in this order.
async fn in_order(cluster: &RunningCluster, version: ProtocolVersion, order: &[usize]) -> Session {
    let addresses = order.iter().map(|node| cluster.node(*node).address()).collect();
    let settings = settings(cluster).protocol_version(version).load_balancing(Arc::new(InOrder(addresses)));
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

fn host(session: &Session, cluster: &RunningCluster, node: usize) -> Arc<Host> {
    session.cluster().snapshot().host_at(cluster.node(node).address()).expect("it is known").clone()
}

fn within(cql: &str, limit: Duration) -> SimpleStatement {
    let mut statement = SimpleStatement::new(cql);
    statement.options.timeout = Some(limit);
    statement
}

fn seven() -> Reaction {
    rows(Rows::new([("v", "int")]).row([7]))
}

/// Connections use another keyspace than the session's for as long as an earlier change has not reached all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_known_in_the_keyspace_that_it_was_prepared_in() {
    for version in ProtocolVersion::ALL {
        for text in [UNQUALIFIED, CONSTANT] {
            let table = TableDefinition::new("t").partition_key("k", "int").regular("v", "int");
            let cluster = nodes(3, 3).keyspace(Keyspace::new("other", 1).table(table));
            let cluster = cluster.start().expect("the mock starts");
            let session = in_order(&cluster, version, &[1, 0, 2]).await;
            let change = async |keyspace: &str| {
                let mut change = SimpleStatement::new(format!("USE {keyspace}"));
                change.options.host = Some(host(&session, &cluster, 0));
                session.execute(change).await.expect("it is there");
            };
            change("ks").await;
            // The first of two changes waits for a node that does not answer, and the second for the first.
            cluster.node(2).pause();
            let preparing = async {
                until("the second is under way", || {
                    !cluster.received(&query("USE \"other\"")).is_empty()
                        && session.keyspace().as_deref() == Some("ks")
                })
                .await;
                session.prepare(text).await.expect("the mock prepares it")
            };
            let second = async {
                until("the first is under way", || session.keyspace().as_deref() == Some("other")).await;
                change("ks").await;
            };
            let ((), (), prepared) = tokio::join!(change("other"), second, preparing);
            let received = cluster.node(1).received(&prepare(text));
            let at = received.last().expect("it was prepared there").keyspace.clone();
            assert_eq!(prepared.keyspace(), at.as_deref(), "{text} in {version}");
            cluster.node(2).resume();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyspace_that_cannot_be_named_is_refused() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    for version in [ProtocolVersion::V3, ProtocolVersion::V4] {
        let session = in_order(&cluster, version, &[0]).await;
        let failure = session.prepare_in(READ, Some("ks")).await.expect_err("PREPARE has no place for it");
        assert!(matches!(failure, Error::Encode(_)), "{failure}");
        assert!(failure.to_string().contains("v5"), "it says what would: {failure}");
        assert!(cluster.received(&prepare(READ)).is_empty(), "nothing is sent");
        session.prepare_in(READ, None).await.expect("nobody asks for one");
        cluster.clear_received();
    }
    let session = in_order(&cluster, ProtocolVersion::V5, &[0]).await;
    let prepared = session.prepare_in("SELECT v FROM t WHERE k = ?", Some("ks")).await.expect("v5 has one");
    assert_eq!(prepared.keyspace(), Some("ks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn later_pages_have_the_time_of_the_statement() {
    let pages = rows(Rows::new([("v", "int")]).rows(25, |number| [i32::try_from(number).expect("small")]));
    let slow = Duration::from_millis(700);
    let cluster = nodes(1, 1)
        .on(execute(READ), pages.clone())
        .on(execute(READ).nth(2), pages.delay(slow))
        .on(prepare(READ), usual().delay(slow))
        .start()
        .expect("the mock starts");
    let session = in_order(&cluster, ProtocolVersion::V4, &[0]).await;
    let mut statement = within(READ, Duration::from_millis(1200));
    statement.options.page_size = Some(10);
    let first = session.execute_with(statement.clone(), (1,)).await.expect("it has half a second left");
    assert_eq!(first.statement().options().timeout, statement.options.timeout);
    let all = first.into_stream().collect_as::<(i32,)>().await.expect("the second page has more than that");
    assert_eq!(all.len(), 25);
    // The first has no more than what preparing has left.
    cluster.on(execute(READ), silence());
    let again = within("SELECT v FROM ks.t WHERE  k = ?", Duration::from_millis(1200));
    cluster.on(prepare(&again.text), usual().delay(slow));
    cluster.on(execute(&again.text), silence());
    let begun = Instant::now();
    let failure = session.execute_with(again, (1,)).await.expect_err("nobody answers");
    assert!(failure.is_timeout() && failure.to_string().contains("1.2s"), "{failure}");
    assert!(begun.elapsed() < Duration::from_millis(1800), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_host_leaves_time_to_run_what_others_have_prepared() {
    let cluster = nodes(3, 3)
        .on(execute(READ), seven())
        .on(prepare(READ).node(2), silence())
        .start()
        .expect("the mock starts");
    let session = in_order(&cluster, ProtocolVersion::V4, &[0, 1, 2]).await;
    let begun = Instant::now();
    let limit = Duration::from_millis(800);
    let result = session.execute_with(within(READ, limit), (1,)).await.expect("one host is enough");
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert_eq!(cluster.node(1).received(&prepare(READ)).len(), 1, "the others have it");
    // Preparing it again ends within the time that it has, too.
    cluster.nodes().for_each(|node| node.forget_statements());
    let begun = Instant::now();
    session.prepare_with_payload(READ, None, &[], Some(limit)).await.expect("one host is enough");
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_set_aside_is_not_waited_for() {
    let cluster = nodes(2, 2).on(query("SELECT v"), silence()).start().expect("the mock starts");
    let addresses = vec![cluster.node(0).address(), cluster.node(1).address()];
    let mut settings = settings(&cluster).load_balancing(Arc::new(InOrder(addresses)));
    settings.config_mut().connection.set_aside_after = Some(Duration::from_millis(100));
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let silent = host(&session, &cluster, 1);
    cluster.node(1).pause();
    let mut waiting = within("SELECT v FROM ks.t", Duration::from_secs(20));
    waiting.options.host = Some(Arc::clone(&silent));
    let waiting = session.execute(waiting);
    until("it is set aside", || silent.is_set_aside()).await;
    let begun = Instant::now();
    session.prepare(READ).await.expect("one host is enough");
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    cluster.node(1).resume();
    drop(waiting);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(cluster.node(1).received(&prepare(READ)).is_empty(), "it was not even asked");
}

/// What nobody waits for any more is not prepared again, neither by one nor by one after another.
#[tokio::test(flavor = "multi_thread")]
async fn preparing_again_ends_with_the_request() {
    for given_up in [false, true] {
        let cluster = nodes(1, 1).on(execute(READ), seven()).start().expect("the mock starts");
        let session = in_order(&cluster, ProtocolVersion::V4, &[0]).await;
        let mut prepared = session.prepare(READ).await.expect("the mock prepares it");
        cluster.node(0).forget_statements();
        cluster.on(prepare(READ), silence());
        let seconds = if given_up { 60 } else { 1 };
        prepared.options_mut().timeout = Some(Duration::from_secs(seconds));
        let requests: Vec<_> =
            (0..5).map(|_| session.execute(prepared.bind((1,)).expect("an int"))).collect();
        assert!(cluster.wait_for(&prepare(READ), 2, Duration::from_secs(10)), "one asks for it again");
        if given_up {
            drop(requests);
        } else {
            for request in requests {
                assert!(request.await.expect_err("nobody prepares it").is_timeout());
            }
        }
        let host = host(&session, &cluster, 0);
        let in_flight = || session.pool_state(&host).is_some_and(|open| open.iter().any(|(n, _)| *n > 0));
        let begun = Instant::now();
        until("nothing is under way", || !in_flight()).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        // What was sent in the last moment has arrived by then.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let asked = cluster.received(&opcode(RequestOpcode::Prepare)).len();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!in_flight());
        assert_eq!(cluster.received(&opcode(RequestOpcode::Prepare)).len(), asked);
    }
}

/// Whoever joins has the time that it was given when it asked, also where it has to take over.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_in_preparing_has_its_own_time() {
    let cluster = nodes(1, 1).on(prepare(READ), silence()).start().expect("the mock starts");
    let session = in_order(&cluster, ProtocolVersion::V4, &[0]).await;
    let timed = async |limit: u64| {
        let begun = Instant::now();
        let limit = Duration::from_millis(limit);
        let failure = session.prepare_with_payload(READ, None, &[], Some(limit)).await;
        assert!(failure.expect_err("nobody prepares it").is_timeout());
        begun.elapsed()
    };
    // The first gives up, and the second has waited for it.
    let first = tokio::time::timeout(Duration::from_millis(900), timed(60_000));
    let (first, second) = tokio::join!(first, async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        timed(1000).await
    });
    assert!(first.is_err());
    assert!(second < Duration::from_millis(1700), "{second:?}");
    // The first has less time than the second, which goes on alone.
    let (first, second) = tokio::join!(timed(100), async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        timed(600).await
    });
    assert!(
        first < Duration::from_millis(600) && second >= Duration::from_millis(600),
        "{first:?} {second:?}"
    );
}
