//! Counts, gauges and latencies: what adds up, and what is counted without being asked for.

use std::time::Duration;

use helenus::metrics::{Attempts, Requests};
use helenus::protocol::response::ServerError;
use helenus_testkit::mock::{Rows, error, rows, silence, statement};

use super::{READ, nodes, observed, speculative, until, within};

const SILENT: &str = "SELECT v AS silent FROM ks.t";

fn adds_up(requests: &Requests) -> bool {
    requests.started == requests.succeeded + requests.failed + requests.cancelled + requests.in_flight
}

fn attempts_add_up(attempts: &Attempts) -> bool {
    attempts.started == attempts.answered + attempts.failed + attempts.unanswered + attempts.in_flight
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_started_has_ended_or_is_under_way() {
    let overloaded = ServerError::Overloaded { message: String::new() };
    let cluster = nodes(2, 2)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement(READ).nth(1), error(overloaded))
        .on(statement(READ).nth(3), silence())
        .on(statement(SILENT), silence())
        .start()
        .expect("the mock starts");
    let session = observed(&cluster, |what| what.metrics = true).await;
    session.execute(READ).await.expect("it is tried again");
    session.execute(speculative(READ)).await.expect("the other one answers");
    session.execute(within(SILENT, Duration::from_millis(50))).await.expect_err("nobody answers");
    drop(session.execute(SILENT));
    let waiting = session.execute(SILENT);

    for requests in [session.metrics().requests, session.cluster().metrics().requests] {
        let requests = requests.expect("they are counted");
        assert!(adds_up(&requests), "{requests:?}");
        let Requests {
            started,
            succeeded,
            failed,
            timed_out,
            cancelled,
            in_flight,
            retries,
            speculative,
            latency,
            ..
        } = requests;
        assert_eq!((started, succeeded, failed, cancelled, in_flight), (5, 2, 1, 1, 1));
        assert_eq!((timed_out, retries, speculative), (1, 1, 1));
        assert_eq!(latency.count(), 3, "of those that succeeded or failed");
        assert!(latency.max() >= Duration::from_millis(50), "{latency}");
    }
    let metrics = session.cluster().metrics();
    let attempts: Vec<_> = metrics.hosts.iter().map(|host| host.attempts.clone().expect("counted")).collect();
    assert!(attempts.iter().all(attempts_add_up), "{attempts:?}");
    let sum = |of: fn(&Attempts) -> u64| attempts.iter().map(of).sum::<u64>();
    assert_eq!(sum(|at| at.started), 7);
    assert_eq!((sum(|at| at.answered), sum(|at| at.failed), sum(|at| at.unanswered)), (2, 1, 3));
    assert_eq!(sum(|at| at.latency.count()), 2, "of those that were answered");
    assert_eq!(metrics.hosts.iter().map(|host| host.in_flight).sum::<usize>(), 1);
    assert_eq!(metrics.hosts.iter().map(|host| host.orphans).sum::<usize>(), 3, "{metrics}");

    drop(waiting);
    let requests = session.metrics().requests.expect("they are counted");
    assert_eq!((requests.in_flight, requests.cancelled), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_add_up_when_they_have_ended() {
    let cluster = nodes(3, 3).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])));
    let cluster = cluster.start().expect("the mock starts");
    let session = observed(&cluster, |what| what.metrics = true).await;
    let futures: Vec<_> = (0..500).map(|_| session.execute(READ)).collect();
    let under_way = session.metrics().requests.expect("they are counted");
    assert!(adds_up(&under_way) && under_way.started == 500, "{under_way:?}");
    for future in futures {
        future.await.expect("the mock answers");
    }
    let metrics = session.metrics();
    let requests = metrics.requests.expect("they are counted");
    assert_eq!((requests.started, requests.succeeded, requests.in_flight), (500, 500, 0));
    let answered: u64 =
        metrics.hosts.iter().map(|host| host.attempts.as_ref().expect("counted").answered).sum();
    assert_eq!(answered, 500);
    assert_eq!(metrics.hosts.iter().map(|host| host.in_flight + host.queued_bytes).sum::<usize>(), 0);
    assert_eq!(metrics.hosts.iter().map(|host| host.idle_connections).sum::<usize>(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_bytes_and_statements_are_counted_without_being_asked_for() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let insert = "INSERT INTO ks.t (k, v) VALUES (?, ?)";
    let prepared = session.prepare(insert).await.expect("it is prepared");
    let _the_same = session.prepare(insert).await.expect("it is prepared");
    cluster.nodes().for_each(|node| node.forget_statements());
    session.execute(prepared.bind((1_i32, 2_i32)).expect("ints")).await.expect("it is prepared again");
    let before = session.cluster().metrics();
    assert_eq!(before.requests, None, "these are counted where they are asked for");
    assert!(before.hosts.iter().all(|host| host.attempts.is_none()));
    assert_eq!(
        (before.counts.prepared, before.counts.prepared_known, before.counts.prepared_again),
        (2, 1, 1)
    );
    assert_eq!(session.metrics().prepared_statements, 1);
    assert_eq!(before.traffic.opened, 3, "two and the control connection");
    assert!(before.counts.topology_refreshes >= 1 && before.counts.schema_refreshes >= 1, "{before}");

    session.execute(READ).await.expect("the mock answers");
    let after = session.cluster().metrics();
    // A header and the text at least went out, a header came in.
    assert!(after.traffic.bytes_out >= before.traffic.bytes_out + 9 + READ.len() as u64, "{before}\n{after}");
    assert!(after.traffic.bytes_in >= before.traffic.bytes_in + 9, "{before}\n{after}");

    cluster.node(1).stop();
    until("connections are closed", || session.cluster().metrics().traffic.closed >= 1).await;
    until("none could be opened", || session.cluster().metrics().traffic.not_opened >= 1).await;
    let shown = session.cluster().metrics().to_string();
    assert!(
        shown.contains("requests: not counted") && shown.contains("prepared: 2 asked for, 1 known"),
        "{shown}"
    );
    session.cluster().shut_down();
    let closed = || session.cluster().metrics().traffic;
    until("all are closed", || closed().closed == closed().opened).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clusters_of_the_same_settings_are_counted_apart() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let builder = super::settings(&cluster);
    let (one, other) = (builder.clone().connect().await, builder.connect().await);
    let (one, other) = (one.expect("it connects"), other.expect("it connects"));
    assert_eq!((one.metrics().traffic.opened, other.metrics().traffic.opened), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_can_be_read_by_people() {
    let cluster = nodes(1, 1).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])));
    let cluster = cluster.start().expect("the mock starts");
    let session = observed(&cluster, |what| what.metrics = true).await;
    session.execute(READ).await.expect("the mock answers");
    let shown = session.cluster().metrics().to_string();
    let address = cluster.addresses()[0];
    for part in [
        "requests: 1 started, 1 succeeded, 0 failed (0 timed out), 0 cancelled, 0 in flight",
        "latency: 1 mean ",
        &format!(
            "host {address} Up: 1 connections, 0 in flight, 0 orphans, 0 bytes queued; attempts: 1 answered"
        ),
    ] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    let shown = session.metrics().to_string();
    assert!(shown.contains("prepared statements: 0") && shown.contains("requests: 1 started"), "{shown}");
}
