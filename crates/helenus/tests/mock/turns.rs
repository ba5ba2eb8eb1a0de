//! F19 and F16: what many requests find out at once is mended once; a shutdown is told as one.

use helenus::Error;
use helenus_testkit::mock::{Rows, prepare, rows, silence, statement};
use std::time::{Duration, Instant};

use super::{all_up, connect, nodes};

const READ: &str = "SELECT v FROM ks.t WHERE k = ?";

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_statement_is_prepared_again_once_on_each_node() {
    let cluster =
        nodes(3, 3).on(statement(READ), rows(Rows::new([("v", "int")]))).start().expect("the mock starts");
    let session = connect(&cluster).await;
    all_up(&session).await;
    let prepared = session.prepare(READ).await.expect("it is prepared");
    cluster.nodes().for_each(|node| node.forget_statements());
    cluster.clear_received();
    let futures: Vec<_> =
        (0..60).map(|key: i32| session.execute(prepared.bind((key,)).expect("a key"))).collect();
    for future in futures {
        future.await.expect("it is run after it was prepared again");
    }
    for node in cluster.nodes() {
        let again = node.received(&prepare(READ)).len();
        assert!(again <= 1, "{again} PREPAREs on {}", node.address());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_at_a_shutdown_ends_at_once_and_says_why() {
    let cluster = nodes(1, 1).on(statement("SELECT 1"), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let waiting = session.execute("SELECT 1");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    session.shut_down();
    let error = waiting.await.expect_err("the session was shut down");
    assert!(matches!(error, Error::ShutDown), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let later = session.execute("SELECT 1").await.expect_err("the session is shut down");
    assert!(matches!(later, Error::ShutDown), "{later:?}");
}
