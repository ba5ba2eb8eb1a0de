//! What a server that has stopped reading costs (F18), measured: a program of its own, since memory is the process's.

use std::time::{Duration, Instant};

use helenus::statement::SimpleStatement;
use helenus::{Cluster, Session};
use helenus_testkit::mock::{MockCluster, RunningCluster};

const MIB: usize = 1 << 20;

/// The memory of this process that is in use, in MiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().expect("a number") / 1024
}

async fn connect(cluster: &RunningCluster) -> Session {
    let contact_points = [cluster.addresses()[0].ip().to_string()];
    let session =
        Cluster::builder().contact_points(contact_points).session().await.expect("it lets everyone in");
    session.execute("SELECT v FROM ks.t").await.expect("it answers");
    session
}

/// Memory in MiB.
#[derive(Debug)]
struct Seen {
    grown: usize,
    /// How many were put into a connection, how many waited in the queue, and how many could not even do that.
    sent: usize,
    waited: usize,
    refused: usize,
    latest: Duration,
}

/// Begins `count` requests at a server that does not read, and waits for all of them.
async fn overload(count: usize, cql: &str, timeout: Duration) -> Seen {
    let cluster = MockCluster::new(1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    cluster.node(0).pause();
    let base = resident();
    let begun = Instant::now();
    let statement = || {
        let mut statement = SimpleStatement::new(cql);
        statement.options.timeout = Some(timeout);
        statement
    };
    // Whoever is told at once that all are busy is done with it; all others are held.
    let (mut pending, mut refused, mut grown) = (Vec::new(), 0, 0);
    for n in 0..count {
        let answer = session.execute(statement());
        if answer.has_ended() {
            assert!(answer.await.expect_err("nobody reads it").is_busy());
            refused += 1;
        } else {
            pending.push((answer, begun.elapsed() + timeout));
        }
        if n % 1000 == 999 || cql.len() > MIB / 2 {
            tokio::task::yield_now().await;
            grown = grown.max(resident().saturating_sub(base));
        }
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    grown = grown.max(resident().saturating_sub(base));
    let (mut sent, mut waited, mut latest) = (0, 0, Duration::ZERO);
    for (answer, due) in pending {
        let error = answer.await.expect_err("nobody reads it");
        latest = latest.max(begun.elapsed().saturating_sub(due));
        match error {
            error if error.is_busy() => waited += 1,
            error if error.is_timeout() => sent += 1,
            other => panic!("{other}"),
        }
    }
    cluster.node(0).resume();
    session.execute("SELECT v FROM ks.t").await.expect("it reads again");
    Seen { grown, sent, waited, refused, latest }
}

#[test]
fn f18_a_server_that_stops_reading_costs_a_bounded_amount_of_memory() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let small = runtime.block_on(overload(100_000, "SELECT v FROM ks.t WHERE k = 1", Duration::from_secs(5)));
    println!("100,000 small ones: {small:?}");
    assert_eq!((small.sent, small.sent + small.waited + small.refused), (32_768, 100_000));
    assert!(small.grown <= 64, "{} MiB", small.grown);
    assert!(small.latest < Duration::from_secs(3), "{:?} after its time", small.latest);

    let blob = format!("SELECT v FROM ks.t /* {} */", "x".repeat(MIB));
    let large = runtime.block_on(overload(150, &blob, Duration::from_secs(2)));
    println!("150 of 1 MiB: {large:?}");
    assert_eq!(large.sent + large.waited + large.refused, 150);
    assert!(large.sent >= 7 && large.refused >= 50, "{large:?}");
    // The text and the message of those that are held, and what waits to be written of them.
    assert!(large.grown <= 64, "{} MiB", large.grown);
}

/// What more than one connection to a host is worth, on the answering node: printed, for `docs/adr/0004-pools-and-threads.md`.
/// `cargo test --release -p helenus --test overload -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, of an otherwise idle machine"]
fn requests_a_second_by_connections_per_host() {
    use helenus_testkit::mock::answering::{AnsweringNode, Options};
    const REQUESTS: u32 = 100_000;
    for connections in [1, 2, 4, 8] {
        for concurrency in [64, 1024] {
            let address = "127.0.0.1:0".parse().expect("an address");
            let node = AnsweringNode::start(Options { address, threads: 1, rows: 1 }).expect("it starts");
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            let seconds = runtime.block_on(async {
                let session = Cluster::builder()
                    .contact_points([node.address().ip().to_string()])
                    .port(node.address().port())
                    .connections_per_host(connections)
                    .session()
                    .await
                    .expect("it lets everyone in");
                let read =
                    session.prepare("SELECT v FROM bench.kv WHERE k = ?").await.expect("it is prepared");
                let mut seconds = f64::MAX;
                for _ in 0..3 {
                    let begun = Instant::now();
                    let reads = (0..REQUESTS).map(|n| read.bind((i64::from(n),)).expect("a bigint"));
                    let mut many = session.execute_many(reads, concurrency);
                    while let Some(answer) = many.next().await {
                        answer.expect("it answers");
                    }
                    seconds = seconds.min(begun.elapsed().as_secs_f64());
                }
                seconds
            });
            println!(
                "{connections} connections, {concurrency} at a time: {:.0} requests/s",
                f64::from(REQUESTS) / seconds
            );
        }
    }
}
