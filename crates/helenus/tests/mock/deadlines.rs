//! One deadline for each request, whatever happens in between; and late answers, which nobody gets (H3, H4).

use std::time::{Duration, Instant};

use helenus::protocol::response::ServerError;
use helenus::statement::SimpleStatement;
use helenus::{Error, RequestFailure};
use helenus_testkit::mock::{Rows, error, rows, silence, statement};

use super::{connect, nodes, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";
const LATE: &str = "SELECT v FROM ks.t WHERE k = 2";

fn within(cql: &str, limit: Duration) -> SimpleStatement {
    let mut statement = SimpleStatement::new(cql);
    statement.options.timeout = Some(limit);
    statement
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_node_is_named_when_the_time_is_up() {
    let cluster = nodes(1, 1).on(statement(READ), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let limit = Duration::from_millis(150);
    let mut late = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let failure = session.execute(within(READ, limit)).await.expect_err("nobody answers");
        let elapsed = begun.elapsed();
        assert!(failure.is_timeout(), "{failure}");
        let message = failure.to_string();
        assert!(message.contains(&cluster.addresses()[0].to_string()), "{message}");
        assert!(message.contains("150ms"), "{message}");
        late.push(elapsed.checked_sub(limit).expect("not before its time"));
    }
    // The machine may be busy: the promise is what the engine can do, so the best of the five counts.
    let best = late.iter().min().expect("five of them");
    assert!(*best <= Duration::from_millis(100), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_does_not_hold_a_request_longer() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    cluster.node(0).pause();
    let begun = Instant::now();
    let failure = session.execute(within(READ, Duration::from_millis(150))).await.expect_err("it hangs");
    assert!(failure.is_timeout(), "{failure}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    cluster.node(0).resume();
    session.execute(READ).await.expect("it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_share_the_deadline() {
    let overloaded = error(ServerError::Overloaded { message: String::new() });
    let cluster = nodes(3, 3)
        .on(statement(READ), overloaded.delay(Duration::from_millis(200)))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let limit = Duration::from_millis(300);
    let begun = Instant::now();
    let failure = session.execute(within(READ, limit)).await.expect_err("three times 200 ms is too long");
    let elapsed = begun.elapsed();
    assert!(elapsed >= limit && elapsed < limit * 2, "{elapsed:?}");
    let Error::Request(failure) = failure else { panic!("not a request's failure: {failure}") };
    let RequestFailure::TimedOut { after, waiting, attempts } = *failure else {
        panic!("not a timeout: {failure}")
    };
    assert_eq!((after, waiting.len(), attempts.len()), (limit, 1, 1));
    assert_ne!(waiting[0].host.address(), attempts[0].host.address());
}

/// F10 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_keeps_its_place_until_its_answer_has_come() {
    let cluster = nodes(1, 1)
        .on(statement(LATE), rows(Rows::new([("v", "int")]).row([-1])).delay(Duration::from_millis(400)))
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let snapshot = session.cluster().snapshot();
    let state = || session.pool_state(&snapshot.hosts()[0]);
    let given_up = session.execute(LATE);
    assert_eq!(state(), Some(vec![(1, 0)]));
    drop(given_up);
    // Either its bytes had left, then an answer is due; or they never will.
    until("it has left or was taken back", || state().is_some_and(|state| state[0].0 <= 1)).await;
    let owes = cluster.wait_for(&statement(LATE), 1, Duration::from_millis(200));
    if owes {
        assert_eq!(state().map(|state| state[0].1), Some(1), "its stream is held back");
    }
    for _ in 0..50 {
        let result = session.execute(READ).await.expect("the mock answers");
        assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
    }
    let held: Vec<_> = cluster.received(&statement(LATE)).iter().map(|received| received.stream).collect();
    if owes && state().is_some_and(|state| state[0].1 == 1) {
        let used = cluster.received(&statement(READ));
        assert!(used.iter().all(|received| !held.contains(&received.stream)), "{held:?}");
    }
    until("nothing is owed any more", || state() == Some(vec![(0, 0)])).await;
    session.execute(READ).await.expect("the connection is as good as before");
    assert_eq!(cluster.node(0).connections(), 2, "the session's and the control connection");
}
