//! Slow requests in the log: which, how many, and what is said of them.

use std::time::Duration;

use helenus::observe::SlowQueries;
use helenus_testkit::mock::{Rows, rows, silence, statement};
use tracing::Level;

use super::capture::Capture;
use super::{READ, nodes, observed, within};

const TARGET: &str = "helenus::slow_query";

#[tokio::test]
async fn what_took_long_is_logged_without_its_constants() {
    let slow = rows(Rows::new([("v", "int")]).row([7])).delay(Duration::from_millis(60));
    let cluster = nodes(1, 1)
        .on(statement("slow"), slow)
        .on(statement("silent"), silence())
        .start()
        .expect("the mock starts");
    let mut queries = SlowQueries::new(Duration::from_millis(40));
    queries.text_length = 40;
    let session = observed(&cluster, |what| what.slow_queries = Some(queries)).await;
    session.set_keyspace("ks").await.expect("it is there");
    let (capture, _guard) = Capture::start(Level::WARN);
    session.execute(READ).await.expect("the mock answers");
    assert!(capture.events(TARGET).is_empty(), "that was quick: {:?}", capture.events(TARGET));
    let text = "SELECT v AS slow FROM ks.t WHERE k = 4711 AND very_long = 'c4nary'";
    session.execute(text).await.expect("the mock answers");
    session
        .execute(within("SELECT v AS silent FROM t", Duration::from_millis(50)))
        .await
        .expect_err("silent");
    let logged = capture.events(TARGET);
    let field = |at: usize, name: &str| logged[at].field(name).unwrap_or_default().to_owned();
    assert_eq!(logged.len(), 2, "{logged:?}");
    assert_eq!(field(0, "db.query.text"), "SELECT v AS slow FROM ks.t WHERE k = ?…");
    assert_eq!((field(0, "outcome"), field(0, "db.namespace")), ("succeeded".into(), "ks".into()));
    assert_eq!(field(0, "host"), cluster.addresses()[0].to_string());
    assert!(field(0, "elapsed_ms").parse::<u64>().expect("a number") >= 60, "{logged:?}");
    assert_eq!(field(1, "outcome"), "timeout");
    assert!(
        !format!("{logged:?}").contains("c4nary") && !format!("{logged:?}").contains("4711"),
        "{logged:?}"
    );
}

#[tokio::test]
async fn a_flood_is_logged_a_few_times_only() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let mut queries = SlowQueries::new(Duration::ZERO);
    queries.per_second = 3;
    let session = observed(&cluster, |what| what.slow_queries = Some(queries)).await;
    let (capture, _guard) = Capture::start(Level::WARN);
    let begun = std::time::Instant::now();
    for _ in 0..50 {
        session.execute(READ).await.expect("the mock answers");
    }
    // A machine that is busy may need more than a second for them.
    let seconds = usize::try_from(begun.elapsed().as_secs()).expect("few") + 2;
    let logged = capture.events(TARGET).len();
    assert!((1..=3 * seconds).contains(&logged) && logged < 50, "{logged}");
}
