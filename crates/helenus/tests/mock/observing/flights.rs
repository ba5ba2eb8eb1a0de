//! The flight recorder: the last attempts at each host, and errors that bring them along.

use std::sync::Arc;
use std::time::Duration;

use helenus::observe::{AttemptKind, FlightRecorder};
use helenus::protocol::response::ServerError;
use helenus::{Error, Host, RequestFailure, SimpleStatement};
use helenus_testkit::mock::{Rows, error, rows, silence, statement};

use super::{READ, nodes, observed, within};

/// A statement that is run there and nowhere else.
fn at(host: &Arc<Host>, cql: &str) -> SimpleStatement {
    let mut statement = SimpleStatement::new(cql);
    statement.options.host = Some(Arc::clone(host));
    statement
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempts_of_each_host_are_kept() {
    let overloaded = ServerError::Overloaded { message: "c4nary".into() };
    let cluster = nodes(2, 2)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement("tried again").nth(1), error(overloaded))
        .start()
        .expect("the mock starts");
    let session = observed(&cluster, |what| what.flight_recorder = Some(FlightRecorder::new(3))).await;
    let hosts = session.cluster().snapshot().hosts().to_vec();
    assert!(hosts.iter().all(|host| session.cluster().flights(host).is_empty()));
    for host in &hosts {
        for _ in 0..5 {
            session.execute(at(host, READ)).await.expect("the mock answers");
        }
    }
    session.execute("SELECT v AS \"tried again\" FROM ks.t WHERE s = 'c4nary'").await.expect("it is");
    let mut all = Vec::new();
    for host in &hosts {
        let flights = session.cluster().flights(host);
        assert_eq!(flights.len(), 3, "{flights:?}");
        assert!(flights.is_sorted_by_key(|flight| flight.ended_at));
        all.extend(flights);
    }
    let failed: Vec<_> = all.iter().filter(|flight| flight.error.is_some()).collect();
    assert_eq!(failed.len(), 1, "{all:?}");
    assert_eq!(
        (failed[0].error, failed[0].attempt, failed[0].kind),
        (Some("overloaded"), 0, AttemptKind::First)
    );
    let again = all.iter().find(|flight| flight.attempt == 1).expect("it was tried again");
    assert_eq!((again.request, again.kind, again.error), (failed[0].request, AttemptKind::Retry, None));
    assert_eq!(again.text(), "SELECT v AS \"tried again\" FROM ks.t WHERE s = ?");
    assert!(!format!("{all:?}").contains("c4nary"), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_brings_them_along_where_that_is_wanted() {
    let cluster = nodes(2, 2)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement("silent"), silence())
        .start()
        .expect("the mock starts");
    for attach in [false, true] {
        let mut recorder = FlightRecorder::new(8);
        recorder.attach_to_errors = attach;
        let session = observed(&cluster, |what| what.flight_recorder = Some(recorder)).await;
        let asked = session.cluster().snapshot().hosts()[0].clone();
        for _ in 0..2 {
            session.execute(at(&asked, READ)).await.expect("the mock answers");
        }
        let mut silent = within("SELECT silent", Duration::from_millis(50));
        silent.options.host = Some(asked);
        let error = session.execute(silent).await.expect_err("nobody answers");
        assert!(error.is_timeout(), "{error}");
        assert!(matches!(error.request_failure(), Some(RequestFailure::TimedOut { .. })));
        let Error::Recorded(recorded) = &error else {
            assert!(!attach, "{error:?}");
            continue;
        };
        assert!(attach);
        let (failure, flights) = (&recorded.failure, &recorded.flights);
        assert_eq!(failure.hosts().len(), 1);
        let (host, flights) = &flights[0];
        assert_eq!(*host, failure.hosts()[0].address());
        assert_eq!(flights.len(), 3, "two of the reads and what was not answered: {error}");
        assert_eq!((flights[2].error, flights[2].text()), (Some("unanswered"), "SELECT silent"));
        let shown = error.to_string();
        assert!(shown.starts_with("no answer within 50ms"), "{shown}");
        assert!(shown.contains(&format!("the last 3 attempts at {host}:\n")), "{shown}");
        assert!(shown.contains("unanswered: SELECT silent"), "{shown}");
    }
}
