//! What becomes of requests when the runtime of their session ends: none waits for what will not come any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policy::{RetryContext, RetryDecision, RetryPolicy};
use helenus::protocol::response::ServerError;
use helenus::{Error, ResultSet, Session};
use helenus_testkit::mock::{error, query, silence, statement};
use tokio::runtime::{Builder, Runtime};

use super::{all_up, nodes, settings};

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";
const COUNT: &str = "UPDATE ks.counters SET n = n + 1 WHERE k = 1";
const LATER: &str = "SELECT v FROM ks.t WHERE k = 2";
const CHANGE: &str = "CREATE TABLE ks.fresh (k int PRIMARY KEY)";
const PATIENCE: Duration = Duration::from_secs(10);

/// Tries again in an hour.
#[derive(Debug)]
struct InAnHour;

impl RetryPolicy for InAnHour {
    fn decide(&self, _: &RetryContext<'_>) -> RetryDecision {
        RetryDecision::NEXT_HOST.after(Duration::from_secs(3600))
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("there are threads")
}

/// The same by a thread that blocks.
fn waited_for(session: &Session, cql: &'static str) -> std::thread::JoinHandle<Result<ResultSet, Error>> {
    let session = session.clone();
    std::thread::spawn(move || {
        let mut answer = session.execute_then_wait(cql);
        assert!(answer.wait(PATIENCE), "{cql} is waited for");
        answer.take().expect("it is there")
    })
}

#[test]
fn what_is_under_way_ends_with_the_runtime_of_its_session_and_nothing_waits_for_it_later() {
    let cluster = nodes(2, 2)
        .on(query("schema_version"), silence())
        .on(statement(READ), silence())
        .on(statement(COUNT), silence())
        .on(statement(LATER), error(ServerError::Overloaded { message: "not now".into() }))
        .start()
        .expect("the mock starts");
    let (theirs, ours) = (runtime(), runtime());
    let session = theirs.block_on(async {
        let settings = settings(&cluster).request_timeout(Some(Duration::from_secs(3600)));
        let mut settings = settings.retry_policy(Arc::new(InAnHour));
        settings.config_mut().max_schema_agreement_wait = Duration::from_secs(3600);
        let session = settings.session().await.expect("the mock lets everyone in");
        all_up(&session).await;
        session
    });
    let awaited = [READ, COUNT, LATER].map(|cql| (cql, session.execute(cql)));
    let changing = session.execute(CHANGE);
    let waited = [READ, COUNT, LATER].map(|cql| (cql, waited_for(&session, cql)));
    std::thread::sleep(Duration::from_millis(300));
    theirs.shutdown_background();
    let within = |cql: &str, outcome: Option<Result<ResultSet, Error>>| {
        let failure = outcome.unwrap_or_else(|| panic!("{cql} never ends")).expect_err("there was no answer");
        let message = failure.to_string();
        assert!(message.contains("its runtime has ended") || cql == LATER, "{cql}: {message}");
        assert!(message.contains("not now") || cql != LATER, "{cql}: {message}");
        assert!(!failure.is_timeout(), "{message}");
    };
    ours.block_on(async {
        for (cql, pending) in awaited {
            within(cql, tokio::time::timeout(PATIENCE, pending).await.ok());
        }
        let changed = tokio::time::timeout(PATIENCE, changing).await.expect("it ends");
        assert!(!changed.expect("the server has done it").is_schema_agreed());
    });
    for (cql, waited) in waited {
        within(cql, waited.join().ok());
    }
    let begun = Instant::now();
    ours.block_on(async {
        within(READ, tokio::time::timeout(PATIENCE, session.execute(READ)).await.ok());
        let prepared = tokio::time::timeout(PATIENCE, session.prepare(READ)).await.expect("it ends");
        let failure = prepared.expect_err("nobody can be asked").to_string();
        assert!(failure.contains("its runtime has ended"), "{failure}");
        let refreshed = tokio::time::timeout(PATIENCE, session.cluster().refresh()).await.expect("it ends");
        assert!(matches!(refreshed, Err(Error::Dropped)), "{refreshed:?}");
        let another = tokio::time::timeout(PATIENCE, session.cluster().session(None)).await.expect("it ends");
        let failure = another.expect_err("nobody can be connected to").to_string();
        assert!(failure.contains("its runtime has ended"), "{failure}");
    });
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
