//! Which of several replicas is asked, by how busy and how quick they are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policy::{DcAwareRoundRobinPolicy, TokenAwarePolicy};
use helenus::protocol::response::ServerError;
use helenus::statement::{BoundStatement, SimpleStatement};
use helenus::{PreparedStatement, Session};
use helenus_testkit::mock::{Rows, RunningCluster, error, execute, rows, statement};

use super::{all_up, nodes, settings};

const READ: &str = "SELECT v FROM ks.t WHERE k = ?";

/// Three nodes with all rows on each, of which the last takes its time.
fn with_a_slow_one(delay: Duration) -> RunningCluster {
    let answer = || rows(Rows::new([("v", "int")]).row([7]));
    nodes(3, 3)
        .on(execute(READ), answer())
        .on(execute(READ).node(2), answer().delay(delay))
        .start()
        .expect("the mock starts")
}

async fn session(cluster: &RunningCluster, avoid: bool) -> (Session, PreparedStatement) {
    let child = Arc::new(DcAwareRoundRobinPolicy::new(None));
    let policy = Arc::new(TokenAwarePolicy::new(child).with_slow_replica_avoidance(avoid));
    let session =
        settings(cluster).load_balancing(policy).session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let prepared = session.prepare(READ).await.expect("the mock prepares it");
    cluster.clear_received();
    (session, prepared)
}

fn read(prepared: &PreparedStatement, key: i32) -> BoundStatement {
    prepared.bind((key,)).expect("an int")
}

/// How many of so many reads, a few at a time, each node got, and how long each took, in order.
async fn run(cluster: &RunningCluster, avoid: bool, reads: i32) -> (Vec<usize>, Vec<Duration>) {
    let (session, prepared) = session(cluster, avoid).await;
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let (session, prepared) = (session.clone(), prepared.clone());
            tokio::spawn(async move {
                let mut took = Vec::new();
                for key in 0..reads / 4 {
                    let begun = Instant::now();
                    session.execute(read(&prepared, key * 4 + worker)).await.expect("the mock answers");
                    took.push(begun.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for worker in workers {
        took.extend(worker.await.expect("it reads"));
    }
    took.sort_unstable();
    let of = |node| cluster.received(&execute(READ)).iter().filter(|received| received.node == node).count();
    ((0..3).map(of).collect(), took)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_replica_gets_few_requests() {
    let share = |counts: &[usize]| counts[2] as f64 / counts.iter().sum::<usize>() as f64;
    let percentile = |took: &[Duration], q: f64| took[((took.len() - 1) as f64 * q) as usize];
    let without = run(&with_a_slow_one(Duration::from_millis(20)), false, 1200).await;
    let with = run(&with_a_slow_one(Duration::from_millis(20)), true, 1200).await;
    for (what, (counts, took)) in [("without", &without), ("with", &with)] {
        let (half, most) = (percentile(took, 0.5), percentile(took, 0.99));
        println!("{what} avoidance: {counts:?}, slow share {:.4}, p50 {half:?}, p99 {most:?}", share(counts));
    }
    assert!(share(&without.0) > 0.2, "without, it gets its third: {:?}", without.0);
    assert!(share(&with.0) < 0.1, "with, it gets few: {:?}", with.0);
    assert!(with.0[0] > 200 && with.0[1] > 200, "the others share: {:?}", with.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_quick_again_is_used_again() {
    let cluster = with_a_slow_one(Duration::from_millis(100));
    let (session, prepared) = session(&cluster, true).await;
    for key in 0..100 {
        session.execute(read(&prepared, key)).await.expect("the mock answers");
    }
    let quick = cluster.on(execute(READ).node(2), rows(Rows::new([("v", "int")]).row([7])));
    let patience = Instant::now() + Duration::from_secs(10);
    while cluster.used(quick) < 50 {
        assert!(Instant::now() < patience, "it is forgotten: {}", cluster.used(quick));
        session.execute(read(&prepared, 1)).await.expect("the mock answers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_refuses_quickly_is_not_taken_for_a_quick_one() {
    let overloaded = ServerError::Overloaded { message: String::new() };
    let cluster = nodes(3, 3)
        .on(execute(READ), rows(Rows::new([("v", "int")]).row([7])).delay(Duration::from_millis(2)))
        .on(execute(READ).node(1), error(overloaded))
        .start()
        .expect("the mock starts");
    let (session, prepared) = session(&cluster, true).await;
    for key in 0..300 {
        session.execute(read(&prepared, key)).await.expect("another node answers");
    }
    let refused = cluster.node(1).received(&execute(READ)).len();
    assert!(refused < 60, "{refused} of 300 began with the node that refuses");
}

#[tokio::test(flavor = "multi_thread")]
async fn lightweight_transactions_keep_to_the_order_of_the_ring() {
    const WRITE: &str = "INSERT INTO ks.t (k, v) VALUES (?, 1) IF NOT EXISTS";
    let cluster = nodes(3, 3).on(execute(WRITE), rows(Rows::new([("[applied]", "boolean")]).row([true])));
    let cluster = cluster.start().expect("the mock starts");
    let (session, _) = session(&cluster, true).await;
    let prepared = session.prepare(WRITE).await.expect("the mock prepares it");
    let write = || prepared.bind((1,)).expect("an int");
    session.execute(write()).await.expect("the mock answers");
    let first = cluster.received(&execute(WRITE))[0].node;
    cluster.on(
        execute(WRITE).node(first),
        rows(Rows::new([("[applied]", "boolean")]).row([true])).delay(Duration::from_millis(30)),
    );
    for _ in 0..20 {
        session.execute(write()).await.expect("the mock answers");
    }
    let asked = cluster.received(&execute(WRITE));
    assert!(asked.iter().all(|received| received.node == first), "slow or not, it is the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_without_a_key_avoid_a_slow_node_too() {
    const ALL: &str = "SELECT v FROM ks.t";
    let answer = || rows(Rows::new([("v", "int")]).row([7]));
    let cluster = nodes(3, 3)
        .on(statement(ALL), answer())
        .on(statement(ALL).node(2), answer().delay(Duration::from_millis(20)))
        .start()
        .expect("the mock starts");
    let (session, _) = session(&cluster, true).await;
    for _ in 0..200 {
        session.execute(SimpleStatement::new(ALL)).await.expect("the mock answers");
    }
    let slow = cluster.node(2).received(&statement(ALL)).len();
    assert!(slow < 40, "{slow} of 200");
}
