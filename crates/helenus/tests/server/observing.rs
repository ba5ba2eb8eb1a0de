//! What a real node's requests look like from outside.

use std::time::Duration;

use helenus::Cluster;
use helenus::observe::{FlightRecorder, Observability};
use helenus_testkit::cassandra::Cassandra;

use super::wanted;

#[tokio::test(flavor = "multi_thread")]
async fn counts_and_flights_tell_what_a_node_was_asked() {
    if !wanted("counts_and_flights_tell_what_a_node_was_asked") {
        return;
    }
    let nodes = Cassandra::builder().base_address([127, 0, 77, 81].into()).start().expect("a node starts");
    let points = nodes.nodes().iter().map(|node| node.address().ip().to_string());
    let mut recorder = FlightRecorder::new(16);
    recorder.attach_to_errors = true;
    let mut what = Observability::default();
    (what.metrics, what.flight_recorder) = (true, Some(recorder));
    let session = Cluster::builder()
        .contact_points(points)
        .request_timeout(Some(Duration::from_secs(60)))
        .observability(what)
        .session()
        .await
        .expect("it lets everyone in");
    for statement in [
        "CREATE KEYSPACE seen WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        "CREATE TABLE seen.t (k int PRIMARY KEY, v text)",
    ] {
        session.execute(statement).await.expect(statement);
    }
    let insert = session.prepare("INSERT INTO seen.t (k, v) VALUES (?, ?)").await.expect("it is prepared");
    for k in 0..20 {
        session.execute(insert.bind((k, "c4nary")).expect("an int and a text")).await.expect("it is written");
    }
    // The server's message repeats what it does not understand; what was recorded does not.
    let error = session.execute("INSERT INTO seen.t (k, v) VALUES ('c4nary', '')").await.expect_err("no int");
    let helenus::Error::Recorded(recorded) = &error else { panic!("{error:?}") };
    let (_, flights) = &recorded.flights[0];
    assert_eq!(flights.len(), 16);
    assert_eq!((flights[15].error, flights[15].operation), (Some("invalid"), "INSERT"));
    assert!(flights[..15].iter().all(|flight| flight.error.is_none()), "{flights:?}");
    assert!(!format!("{flights:?}").contains("c4nary"), "{flights:?}");

    let metrics = session.cluster().metrics();
    let requests = metrics.requests.as_ref().expect("they are counted");
    assert_eq!((requests.started, requests.succeeded, requests.failed), (24, 23, 1), "{metrics}");
    assert_eq!((metrics.hosts[0].in_flight, metrics.hosts[0].connections), (0, 1), "{metrics}");
    assert!(requests.latency.quantile(0.5) > Some(Duration::ZERO), "{metrics}");
    println!("{metrics}");
    session.cluster().shut_down();
}
