//! What is counted of attempts that fail.

use std::sync::Arc;

use helenus::SimpleStatement;
use helenus::policy::{RetryContext, RetryDecision, RetryPolicy};
use helenus::protocol::Consistency;
use helenus::protocol::response::{ServerError, WriteType};
use helenus_testkit::mock::{Rows, error, reset, rows, statement};

use super::{connect, nodes};

#[derive(Debug)]
struct Ignoring;

impl RetryPolicy for Ignoring {
    fn decide(&self, _: &RetryContext<'_>) -> RetryDecision {
        RetryDecision::Ignore
    }
}

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_and_each_decision_is_counted_once() {
    let message = String::new;
    let consistency = Consistency::Quorum;
    let read_timeout = ServerError::ReadTimeout {
        message: message(),
        consistency,
        received: 2,
        required: 2,
        data_present: false,
    };
    let write_timeout = ServerError::WriteTimeout {
        message: message(),
        consistency,
        received: 1,
        required: 2,
        write_type: WriteType::Simple,
        contentions: None,
    };
    let unavailable = ServerError::Unavailable { message: message(), consistency, required: 2, alive: 1 };
    let cluster = nodes(3, 3)
        .on(statement("FROM ks.t"), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement("timed out").nth(1), error(read_timeout))
        .on(statement("not written"), error(write_timeout))
        .on(statement("missing").nth(1), error(unavailable))
        .on(statement("invalid"), error(ServerError::Invalid { message: message() }))
        .on(statement("lost").nth(1), reset())
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    session.execute(READ).await.expect("the mock answers");
    assert_eq!(session.cluster().failures(), helenus::metrics::Failures::default());

    session.execute("SELECT v AS \"timed out\" FROM ks.t").await.expect("a read is tried again");
    session.execute("SELECT v AS \"missing\" FROM ks.t").await.expect("the next host is asked");
    session.execute("SELECT v AS \"invalid\" FROM ks.t").await.expect_err("it will not get better");
    let mut ignored = SimpleStatement::new("SELECT v AS \"not written\" FROM ks.t");
    ignored.options.retry_policy = Some(Arc::new(Ignoring));
    session.execute(ignored).await.expect("it was ignored");
    // Last: a request right after it may still find the lost connection in its pool, and be refused there.
    session.execute("SELECT v AS \"lost\" FROM ks.t").await.expect("a read is sent again");

    let counted = session.cluster().failures();
    let failures = (counted.read_timeouts, counted.write_timeouts, counted.unavailables);
    assert_eq!(failures, (1, 1, 1), "{counted:?}");
    assert_eq!((counted.connection_errors, counted.other_errors), (1, 1), "{counted:?}");
    assert_eq!((counted.retries, counted.ignores), (3, 1), "{counted:?}");
}
