//! Execution profiles: what a statement says stands above its profile, and that above the session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policy::{
    AllowListPolicy, ConstantSpeculativeExecutionPolicy, FallthroughRetryPolicy, MonotonicTimestampGenerator,
    NoTimestampGenerator,
};
use helenus::protocol::response::ServerError;
use helenus::protocol::{Consistency, SerialConsistency};
use helenus::statement::{SimpleStatement, Statement, StatementOptions};
use helenus::{Error, ExecutionProfile, Session};
use helenus_testkit::mock::{Received, Rows, RunningCluster, error, rows, silence, statement};

use super::{is_connected, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t";
const WRITE: &str = "INSERT INTO ks.t (k, v) VALUES (1, 2)";

fn a_read() -> Statement {
    SimpleStatement::new(READ).into()
}

/// What the nodes got since last asked.
fn taken(cluster: &RunningCluster, text: &str) -> Vec<Arc<Received>> {
    let received = cluster.received(&statement(text));
    cluster.clear_received();
    received
}

fn builder() -> helenus::profile::ExecutionProfileBuilder {
    ExecutionProfile::builder()
}

/// A session with one profile, `p`, and reads answered.
async fn with(cluster: &RunningCluster, profile: ExecutionProfile) -> Session {
    let mut settings = settings(cluster).execution_profile("p", profile).consistency(Consistency::Two);
    let defaults = &mut settings.config_mut().defaults;
    (defaults.serial_consistency, defaults.page_size) = (Some(SerialConsistency::Serial), 11);
    let session = settings.session().await.expect("the mock lets everyone in");
    super::all_up(&session).await;
    session
}

fn reading(count: usize) -> RunningCluster {
    let answer = rows(Rows::new([("v", "int")]).row([7]));
    nodes(count, count as u32).on(statement(READ), answer).start().expect("the mock starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_follows_statement_then_profile_then_session() {
    type Told = fn(&Received) -> String;
    type Change = fn(&mut StatementOptions);
    let table: [(&str, ExecutionProfile, Change, Told, [&str; 3]); 4] = [
        (
            "consistency",
            builder().consistency(Consistency::Three).build(),
            |options| options.consistency = Some(Consistency::All),
            |received| format!("{:?}", received.consistency()),
            ["Some(Two)", "Some(Three)", "Some(All)"],
        ),
        (
            "serial consistency",
            builder().serial_consistency(SerialConsistency::LocalSerial).build(),
            |options| options.serial_consistency = Some(SerialConsistency::Serial),
            |received| format!("{:?}", received.parameters().and_then(|p| p.serial_consistency)),
            ["Some(Serial)", "Some(LocalSerial)", "Some(Serial)"],
        ),
        (
            "page size",
            builder().page_size(22).build(),
            |options| options.page_size = Some(33),
            |received| format!("{:?}", received.parameters().and_then(|p| p.page_size)),
            ["Some(11)", "Some(22)", "Some(33)"],
        ),
        (
            "tracing",
            builder().tracing(true).build(),
            |options| options.tracing = Some(false),
            |received| received.flags.contains(helenus::protocol::envelope::Flags::TRACING).to_string(),
            ["false", "true", "false"],
        ),
    ];
    for (option, profile, change, told, expected) in table {
        let cluster = reading(1);
        let session = with(&cluster, profile).await;
        let handle = session.execution_profile("p").expect("it was named");
        let mut own = a_read().with_profile(&handle);
        change(own.options_mut());
        cluster.clear_received();
        for statement in [a_read(), a_read().with_profile(&handle), own] {
            session.execute(statement).await.expect("the mock answers");
        }
        let sent: Vec<_> = taken(&cluster, READ).iter().map(|received| told(received)).collect();
        assert_eq!(sent, expected, "{option}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_it_may_take() {
    let cluster = nodes(1, 1).on(statement(READ), silence()).start().expect("the mock starts");
    let session = with(&cluster, builder().timeout(Duration::from_millis(400)).build()).await;
    let handle = session.execution_profile("p").expect("it was named");
    let mut own = a_read().with_profile(&handle);
    own.options_mut().timeout = Some(Duration::from_millis(50));
    for (read, least, most) in [(own, 50, 399), (a_read().with_profile(&handle), 400, 4999)] {
        let begun = Instant::now();
        let failure = session.execute(read).await.expect_err("nobody answers");
        assert!(failure.is_timeout(), "{failure}");
        let took = begun.elapsed().as_millis();
        assert!((least..most).contains(&took), "{took} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_about_retries() {
    let overloaded = ServerError::Overloaded { message: String::new() };
    let cluster = nodes(3, 3).on(statement(READ), error(overloaded)).start().expect("the mock starts");
    let session = with(&cluster, builder().retry_policy(Arc::new(FallthroughRetryPolicy)).build()).await;
    let handle = session.execution_profile("p").expect("it was named");
    let mut own = a_read().with_profile(&handle);
    own.options_mut().retry_policy = Some(Arc::new(helenus::policy::DefaultRetryPolicy));
    cluster.clear_received();
    for (read, times) in [(a_read(), 3), (a_read().with_profile(&handle), 1), (own, 3)] {
        session.execute(read).await.expect_err("all are overloaded");
        assert_eq!(taken(&cluster, READ).len(), times);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_and_how_many() {
    let slow = rows(Rows::new([("v", "int")]).row([7])).delay(Duration::from_millis(300));
    let cluster = nodes(3, 3).on(statement(READ), slow).start().expect("the mock starts");
    let third = cluster.node(2).address();
    let twice = ConstantSpeculativeExecutionPolicy::new(Duration::from_millis(5), 1);
    let session = with(&cluster, builder().speculative_execution(Arc::new(twice)).build()).await;
    let twice = session.execution_profile("p").expect("it was named");
    let only = builder().load_balancing(Arc::new(AllowListPolicy::new([third.ip()]))).build();
    let only = session.cluster().add_execution_profile("only", &only).expect("a new name");
    let marked = |read: Statement| {
        let mut read = read;
        read.options_mut().idempotent = Some(true);
        read
    };
    let mut alone = marked(a_read().with_profile(&twice));
    alone.options_mut().speculation = Some(Vec::new());
    cluster.clear_received();
    for (read, times) in [
        (marked(a_read()), 1),
        (marked(a_read().with_profile(&twice)), 2),
        (a_read().with_profile(&twice), 1),
        (alone, 1),
    ] {
        session.execute(read).await.expect("the mock answers");
        assert_eq!(taken(&cluster, READ).len(), times);
    }
    for _ in 0..4 {
        session.execute(a_read().with_profile(&only)).await.expect("the mock answers");
    }
    assert!(taken(&cluster, READ).iter().all(|received| received.node == 2));
    let mut other = a_read().with_profile(&only);
    let first = session.cluster().snapshot().host_at(cluster.node(0).address()).expect("it is known").clone();
    other.options_mut().host = Some(first);
    session.execute(other).await.expect("the mock answers");
    assert_eq!(taken(&cluster, READ)[0].node, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_only_a_profile_uses_get_connections() {
    let cluster = reading(3);
    let only = |node: usize| Arc::new(AllowListPolicy::new([cluster.addresses()[node].ip()]));
    let near = builder().load_balancing(only(1)).build();
    let session = settings(&cluster)
        .load_balancing(only(0))
        .execution_profile("near", near)
        .session()
        .await
        .expect("the mock lets everyone in");
    let snapshot = session.cluster().snapshot();
    let host = |node: usize| snapshot.host_at(cluster.addresses()[node]).expect("it is known");
    until("two are used", || is_connected(&session, host(0)) && is_connected(&session, host(1))).await;
    assert!(session.pool_state(host(2)).is_none(), "nobody uses it");
    let far = builder().load_balancing(only(2)).build();
    let far = session.cluster().add_execution_profile("far", &far).expect("a new name");
    until("the third is used too", || is_connected(&session, host(2))).await;
    session.execute(a_read().with_profile(&far)).await.expect("it is there");
    assert_eq!(cluster.node(2).received(&statement(READ)).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_none_and_names_that_are_taken() {
    let cluster = reading(1);
    let session = with(&cluster, ExecutionProfile::default()).await;
    let error = session.execution_profile("q").expect_err("nobody named it");
    assert!(
        matches!(&error, Error::Configuration(why) if why.contains("\"q\"") && why.contains("\"p\"")),
        "{error}"
    );
    let error = session.cluster().add_execution_profile("p", &ExecutionProfile::default());
    assert!(error.expect_err("it is there").to_string().contains("already"));
    session.execute(READ).await.expect("all is well");
}

#[tokio::test(flavor = "multi_thread")]
async fn timestamps_of_the_generator_the_statement_and_nobody() {
    let cluster =
        nodes(1, 1).on(statement(WRITE), helenus_testkit::mock::void()).start().expect("the mock starts");
    let sent = |cluster: &RunningCluster| taken(cluster, WRITE)[0].parameters().and_then(|p| p.timestamp);
    let mut own = SimpleStatement::new(WRITE);
    own.options.timestamp = Some(1234);
    for (generator, is_stamped) in [
        (Some(Arc::new(MonotonicTimestampGenerator::new()) as _), true),
        (Some(Arc::new(NoTimestampGenerator) as _), false),
        (None, false),
    ] {
        let session =
            settings(&cluster).timestamps(generator).session().await.expect("the mock lets everyone in");
        cluster.clear_received();
        session.execute(WRITE).await.expect("the mock answers");
        assert_eq!(sent(&cluster).is_some(), is_stamped);
        session.execute(own.clone()).await.expect("the mock answers");
        assert_eq!(sent(&cluster), Some(1234), "the statement's own");
    }
}
