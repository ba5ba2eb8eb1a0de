//! The spans of a request and its attempts, on a runtime of one thread so that all of them are captured.

use std::time::Duration;

use helenus::protocol::Consistency;
use helenus::protocol::request::BatchKind;
use helenus::protocol::response::ServerError;
use helenus::statement::BatchStatement;
use helenus::{SimpleStatement, Statement};
use helenus_testkit::mock::{Rows, error, rows, silence, statement};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::capture::{Capture, Captured};
use super::{READ, nodes, observed, speculative, until, within};

fn read_timeout() -> ServerError {
    let message = "the value was 'c4nary'".to_owned();
    let consistency = Consistency::Quorum;
    ServerError::ReadTimeout { message, consistency, received: 2, required: 2, data_present: false }
}

fn fields<'a, const N: usize>(span: &'a Captured, names: [&str; N]) -> [Option<&'a str>; N] {
    names.map(|name| span.field(name))
}

#[tokio::test]
async fn a_request_is_a_span_in_that_of_its_caller() {
    let cluster = nodes(1, 1).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])));
    let cluster = cluster.start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    session.set_keyspace("ks").await.expect("it is there");
    let (capture, _guard) = Capture::start(Level::DEBUG);
    let caller = tracing::info_span!("caller");
    let future = caller.in_scope(|| session.execute(READ));
    assert!(!capture.spans("attempt").is_empty(), "it is there while it lasts");
    assert!(!capture.spans("request")[0].is_closed);
    future.await.expect("the mock answers");

    let (request, attempts) = capture.request();
    assert_eq!(request.parent, Some(capture.spans("caller")[0].id));
    let host = &session.cluster().snapshot().hosts()[0].clone();
    let address = host.address();
    let (ip, port, id) = (address.ip().to_string(), address.port().to_string(), host.host_id().to_string());
    for (name, expected) in [
        ("otel.name", "SELECT ks"),
        ("otel.kind", "client"),
        ("db.system.name", "cassandra"),
        ("db.operation.name", "SELECT"),
        ("db.namespace", "ks"),
        ("cassandra.consistency.level", "local_one"),
        ("cassandra.page.size", "5000"),
        ("cassandra.query.idempotent", "true"),
        ("cassandra.speculative_execution.count", "0"),
        ("cassandra.coordinator.id", &id),
        ("cassandra.coordinator.dc", host.datacenter().expect("it tells")),
        ("server.address", &ip),
        ("server.port", &port),
        ("helenus.attempt.count", "1"),
        ("helenus.page.later", "false"),
    ] {
        assert_eq!(request.field(name), Some(expected), "{name}");
    }
    let absent = ["db.query.text", "error.type", "otel.status_code", "db.response.status_code"];
    assert_eq!(fields(&request, absent), [None; 4], "{request:?}");
    assert_eq!(attempts.len(), 1);
    let names = ["helenus.attempt.number", "helenus.attempt.kind", "server.port", "error.type"];
    assert_eq!(fields(&attempts[0], names), [Some("0"), Some("first"), Some(port.as_str()), None]);
}

#[tokio::test]
async fn a_retry_is_another_attempt_and_the_first_says_what_was_wrong() {
    let cluster = nodes(2, 2)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement(READ).nth(1), error(read_timeout()))
        .start()
        .expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    session.execute(READ).await.expect("a read is tried again");
    let (request, attempts) = capture.request();
    assert_eq!(fields(&request, ["helenus.retry.count", "error.type"]), [Some("1"), None]);
    let names = ["helenus.attempt.kind", "error.type", "db.response.status_code", "otel.status_code"];
    assert_eq!(
        fields(&attempts[0], names),
        [Some("first"), Some("read_timeout"), Some("4608"), Some("ERROR")]
    );
    assert_eq!(fields(&attempts[1], names), [Some("retry"), None, None, None]);
    assert!(!format!("{capture:?}").contains("c4nary"), "what the server says is not told: {capture:?}");
}

#[tokio::test]
async fn an_error_of_the_server_is_named_and_numbered() {
    let invalid = ServerError::Invalid { message: "c4nary".into() };
    let cluster = nodes(1, 1).on(statement(READ), error(invalid)).start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    session.execute(READ).await.expect_err("it will not get better");
    let (request, attempts) = capture.request();
    let names = ["error.type", "db.response.status_code", "otel.status_code"];
    assert_eq!(fields(&request, names), [Some("invalid"), Some("8704"), Some("ERROR")]);
    assert_eq!(fields(&attempts[0], names), [Some("invalid"), Some("8704"), Some("ERROR")]);
    assert!(request.field("server.address").is_some());
}

#[tokio::test]
async fn of_two_that_race_one_is_left_unanswered() {
    let cluster = nodes(2, 2)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement(READ).nth(1), silence())
        .start()
        .expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    session.execute(speculative(READ)).await.expect("the other one answers");
    let (request, attempts) = capture.request();
    assert_eq!(request.field("cassandra.speculative_execution.count"), Some("1"));
    let names = ["helenus.attempt.kind", "error.type", "otel.status_code"];
    assert_eq!(fields(&attempts[0], names), [Some("first"), Some("unanswered"), None]);
    assert_eq!(fields(&attempts[1], names), [Some("speculative"), None, None]);
    assert_eq!(request.field("server.address"), attempts[1].field("server.address"));
}

#[tokio::test]
async fn a_timeout_is_told_as_one() {
    let cluster = nodes(1, 1).on(statement(READ), silence()).start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    session.execute(within(READ, Duration::from_millis(50))).await.expect_err("nobody answers");
    let (request, attempts) = capture.request();
    assert_eq!(fields(&request, ["error.type", "otel.status_code"]), [Some("timeout"), Some("ERROR")]);
    assert_eq!(attempts[0].field("error.type"), Some("unanswered"));
}

#[tokio::test]
async fn what_nobody_waits_for_is_told_as_cancelled() {
    let cluster = nodes(1, 1).on(statement(READ), silence()).start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    drop(session.execute(READ));
    let (request, _) = capture.request();
    assert_eq!(fields(&request, ["error.type", "otel.status_code"]), [Some("cancelled"), None]);
}

#[tokio::test]
async fn each_page_is_a_request() {
    let all = rows(Rows::new([("v", "int")]).rows(15, |number| [i32::try_from(number).expect("small")]));
    let cluster = nodes(1, 1).on(statement(READ), all).start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    let mut paged = SimpleStatement::new(READ);
    paged.options.page_size = Some(10);
    let stream = session.execute(paged).await.expect("the mock answers").into_stream();
    assert_eq!(stream.collect_as::<(i32,)>().await.expect("ints").len(), 15);
    let pages: Vec<_> = capture.spans("request");
    let names = ["helenus.page.later", "cassandra.page.size"];
    let pages: Vec<_> = pages.iter().map(|page| fields(page, names)).collect();
    assert_eq!(pages, [[Some("false"), Some("10")], [Some("true"), Some("10")]]);
}

#[tokio::test]
async fn a_prepared_statement_has_its_table_and_one_that_was_forgotten_one_attempt() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await.expect("it is prepared");
    let (request, _) = capture.request();
    assert_eq!(fields(&request, ["db.operation.name", "cassandra.page.size"]), [Some("PREPARE"), None]);
    cluster.node(0).forget_statements();
    capture.clear();
    session.execute(insert.bind((1_i32, 2_i32)).expect("two ints")).await.expect("it is prepared again");
    let (request, attempts) = capture.request();
    let names = ["otel.name", "db.collection.name", "db.namespace", "helenus.attempt.count"];
    assert_eq!(fields(&request, names), [Some("INSERT t"), Some("t"), Some("ks"), Some("1")]);
    assert_eq!(attempts.len(), 1);

    capture.clear();
    let mut batch = BatchStatement::new(BatchKind::Logged);
    batch.push(insert.bind((1_i32, 2_i32)).expect("two ints"));
    batch.push(insert.bind((3_i32, 4_i32)).expect("two ints"));
    session.execute(Statement::Batch(batch)).await.expect("the mock answers");
    let (request, _) = capture.request();
    let names = ["db.operation.name", "db.operation.batch.size", "db.collection.name", "cassandra.page.size"];
    assert_eq!(fields(&request, names), [Some("BATCH INSERT"), Some("2"), Some("t"), None]);
}

#[tokio::test]
async fn a_text_is_told_only_when_asked_for_and_without_constants() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = observed(&cluster, |what| what.query_text = true).await;
    let (capture, _guard) = Capture::start(Level::INFO);
    session.execute("SELECT v FROM ks.t WHERE k = 4711").await.expect("the mock answers");
    let (request, attempts) = capture.request();
    assert_eq!(request.field("db.query.text"), Some("SELECT v FROM ks.t WHERE k = ?"));
    assert!(attempts.is_empty(), "attempts are of the level DEBUG");

    let without = observed(&cluster, |what| what.spans = false).await;
    capture.clear();
    without.execute(READ).await.expect("the mock answers");
    assert!(capture.spans("request").is_empty(), "spans are switched off");
}

#[tokio::test]
async fn an_attempt_that_finds_no_connection_goes_to_the_next_host() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let session = observed(&cluster, |_| {}).await;
    let hosts = session.cluster().snapshot().hosts().to_vec();
    cluster.node(0).stop();
    let gone = || hosts.iter().any(|host| !super::super::is_connected(&session, host));
    until("its connections are gone", gone).await;
    let (capture, _guard) = Capture::start(Level::DEBUG);
    let mut read = SimpleStatement::new(READ);
    let (down, up): (Vec<_>, Vec<_>) =
        hosts.iter().cloned().partition(|host| !super::super::is_connected(&session, host));
    read.options.hosts = Some(down.into_iter().chain(up).collect());
    session.execute(read).await.expect("the other one answers");
    let (_, attempts) = capture.request();
    let names = ["helenus.attempt.kind", "error.type"];
    assert_eq!(fields(&attempts[0], names), [Some("first"), Some("no_connection")]);
    assert_eq!(fields(&attempts[1], names), [Some("next_host"), None]);
}

/// A program's subscriber that fails at one of the things that it is there for.
#[derive(Debug)]
struct Failing(&'static str);

impl Failing {
    fn fail_at(&self, what: &str) {
        assert_ne!(self.0, what, "on purpose, in a program's subscriber");
    }
}

impl Subscriber for Failing {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["helenus::request", "helenus::slow_query"].contains(&metadata.target())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.fail_at(if span.metadata().name() == "request" { "request" } else { "attempt" });
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.fail_at("record");
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.fail_at("event");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, _: Id) -> bool {
        self.fail_at("close");
        true
    }
}

/// Whoever waits for a request is told of its end, and it is counted, whatever the subscriber does.
#[tokio::test]
async fn a_subscriber_that_panics_loses_no_request() {
    let cluster = nodes(2, 2)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement("silent"), silence())
        .start()
        .expect("the mock starts");
    let session = observed(&cluster, |what| {
        what.slow_queries = Some(helenus::observe::SlowQueries::new(Duration::ZERO));
        what.metrics = true;
    })
    .await;
    for fails_at in ["request", "attempt", "record", "event", "close"] {
        let _guard = tracing::subscriber::set_default(Failing(fails_at));
        let before = session.metrics().requests.expect("they are counted");
        for _ in 0..3 {
            let answer = tokio::time::timeout(Duration::from_secs(5), session.execute(READ)).await;
            answer.unwrap_or_else(|_| panic!("{fails_at}: nobody was told")).expect("the mock answers");
        }
        let failure = session.execute(within("SELECT silent", Duration::from_millis(50))).await;
        assert!(failure.expect_err("nobody answers").is_timeout(), "{fails_at}");
        let after = session.metrics().requests.expect("they are counted");
        let told = (after.succeeded - before.succeeded, after.failed - before.failed, after.in_flight);
        assert_eq!(told, (3, 1, 0), "{fails_at}");
    }
}
