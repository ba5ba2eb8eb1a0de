//! Observability: a tracker of our own, counts and latencies, slow queries, the flight recorder, and spans, on one session.

mod node;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use helenus::SimpleStatement;
use helenus::observe::{
    FlightRecorder, Observability, RequestEnd, RequestInfo, RequestOutcome, RequestTracker, SlowQueries,
};
use uuid::Uuid;

/// Counts what fails, by what a program of ours wants to know. It must not block: a counter, a channel that is never full.
#[derive(Debug, Default)]
struct Failures(AtomicU64);

impl RequestTracker for Failures {
    fn end(&self, request: &RequestInfo<'_>, end: &RequestEnd) {
        if let RequestOutcome::Failed(error) = end.outcome {
            self.0.fetch_add(1, Ordering::Relaxed);
            println!("request {} failed: {error}: {}", request.id(), request.text(80));
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let failures = Arc::new(Failures::default());
    let mut recorder = FlightRecorder::new(32);
    recorder.attach_to_errors = true;
    let mut what = Observability::default();
    what.metrics = true;
    what.trackers.push(failures.clone());
    // A warning of `tracing` with the target `helenus::slow_query`, ten a second at most.
    what.slow_queries = Some(SlowQueries::new(Duration::from_millis(500)));
    what.flight_recorder = Some(recorder);
    // Requests are spans of `tracing` as well, wherever a subscriber wants them: nothing is to be set for that.

    let session = node::settings().observability(what).session().await?;
    node::create_users(&session).await?;
    let insert = session.prepare("INSERT INTO users (id, name) VALUES (?, ?)").await?;
    for _ in 0..100 {
        session.execute(insert.bind((Uuid::new_v4(), "Ann O'Nymous"))?).await?;
    }

    // What fails brings along what its host was doing before; no value is in it.
    let error = session.execute(SimpleStatement::new("SELECT no_such_column FROM users")).await;
    println!("{}", error.err().ok_or("there is no such column")?);

    let metrics = session.cluster().metrics();
    print!("{metrics}");
    let requests = metrics.requests.ok_or("they are counted")?;
    let p99 = requests.latency.quantile(0.99).ok_or("some have ended")?;
    assert_eq!(
        requests.started,
        requests.succeeded + requests.failed + requests.cancelled + requests.in_flight
    );
    assert_eq!((requests.failed, failures.0.load(Ordering::Relaxed)), (1, 1));
    println!("done: {} requests, one of which failed, 99 of 100 within {p99:?}", requests.started);
    session.cluster().shut_down();
    Ok(())
}
