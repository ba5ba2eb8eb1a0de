//! H5 and F23: a statement that may have run reaches the servers a second time only if that cannot harm.

use helenus::protocol::notation::Value;
use helenus::protocol::request::{BatchKind, SerializedValues};
use helenus::protocol::response::{ServerError, WriteType};
use helenus::protocol::{Consistency, RequestOpcode};
use helenus::statement::batch::BatchEntry;
use helenus::statement::{BatchStatement, BoundStatement, SimpleStatement, Statement};
use helenus::{Session, policy};
use helenus_testkit::mock::schema::{ColumnKind, Keyspace, TableDefinition};
use helenus_testkit::mock::{
    Reaction, Rows, RunningCluster, error, opcode, reset, rows, silence, statement, void,
};
use std::sync::Arc;
use std::time::Duration;

use super::{connect, nodes, settings};

fn write_timeout(write_type: WriteType) -> ServerError {
    ServerError::WriteTimeout {
        message: String::new(),
        consistency: Consistency::Quorum,
        received: 1,
        required: 2,
        write_type,
        contentions: None,
    }
}

fn unavailable() -> ServerError {
    ServerError::Unavailable {
        message: String::new(),
        consistency: Consistency::Quorum,
        required: 2,
        alive: 1,
    }
}

fn overloaded() -> ServerError {
    ServerError::Overloaded { message: String::new() }
}

/// How often `cql` reached any node, whose first delivery met with `reaction`, and whether it came to a good end.
async fn deliveries(cql: &str, reaction: Reaction) -> (usize, bool) {
    let cluster = nodes(3, 3)
        .on(statement(cql), void())
        .on(statement(cql).nth(1), reaction)
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let outcome = session.execute(cql).await;
    (cluster.received(&statement(cql)).len(), outcome.is_ok())
}

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";
const WRITE: &str = "INSERT INTO ks.t (k, v) VALUES (1, 2)";
const COUNT: &str = "UPDATE ks.counters SET n = n + 1 WHERE k = 1";
const APPEND: &str = "UPDATE ks.t SET l = l + [1] WHERE k = 1";
const CONDITIONAL: &str = "INSERT INTO ks.t (k, v) VALUES (1, 2) IF NOT EXISTS";
const LIST: &str = "INSERT INTO ks.t (k, l) VALUES (1, [2])";

#[tokio::test(flavor = "multi_thread")]
async fn what_surely_did_not_run_goes_to_the_next_host() {
    for cql in [READ, WRITE, COUNT, APPEND, CONDITIONAL, LIST] {
        assert_eq!(deliveries(cql, error(unavailable())).await, (2, true), "{cql}");
        let bootstrapping = ServerError::IsBootstrapping { message: String::new() };
        assert_eq!(deliveries(cql, error(bootstrapping)).await, (2, true), "{cql}");
    }
}

/// F23 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_run_is_sent_again_only_if_it_is_idempotent() {
    for (cql, times) in [(READ, 2), (WRITE, 2), (COUNT, 1), (APPEND, 1), (CONDITIONAL, 1), (LIST, 1)] {
        let again = times == 2;
        assert_eq!(deliveries(cql, error(overloaded())).await, (times, again), "{cql}, overloaded");
        let server = ServerError::ServerError { message: String::new() };
        assert_eq!(deliveries(cql, error(server)).await, (times, again), "{cql}, a server's own error");
        assert_eq!(deliveries(cql, reset()).await, (times, again), "{cql}, its connection lost");
    }
}

/// F23 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn no_write_type_makes_a_counter_be_sent_again() {
    for write_type in [
        WriteType::Simple,
        WriteType::Batch,
        WriteType::UnloggedBatch,
        WriteType::Counter,
        WriteType::BatchLog,
        WriteType::Cas,
        WriteType::View,
        WriteType::Cdc,
        WriteType::Unknown("NEW".into()),
    ] {
        let reaction = error(write_timeout(write_type.clone()));
        assert_eq!(deliveries(COUNT, reaction).await, (1, false), "{write_type}");
    }
    assert_eq!(deliveries(WRITE, error(write_timeout(WriteType::BatchLog))).await, (2, true));
    assert_eq!(deliveries(WRITE, error(write_timeout(WriteType::Simple))).await, (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_slow_is_not_sent_again() {
    for cql in [READ, COUNT] {
        let cluster = nodes(3, 3).on(statement(cql), silence()).start().expect("the mock starts");
        let session = connect(&cluster).await;
        let mut slow = SimpleStatement::new(cql);
        slow.options.timeout = Some(Duration::from_millis(200));
        let failure = session.execute(slow).await.expect_err("nobody answers");
        assert!(failure.is_timeout(), "{failure}");
        assert_eq!(cluster.received(&statement(cql)).len(), 1, "{cql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_word_stands_above_the_text() {
    for (cql, word, times) in [(READ, false, 1), (COUNT, true, 2)] {
        let cluster = nodes(3, 3)
            .on(statement(cql), void())
            .on(statement(cql).nth(1), error(overloaded()))
            .start()
            .expect("the mock starts");
        let session = connect(&cluster).await;
        let mut marked = SimpleStatement::new(cql);
        marked.options.idempotent = Some(word);
        let outcome = session.execute(marked).await;
        assert_eq!((cluster.received(&statement(cql)).len(), outcome.is_ok()), (times, times == 2), "{cql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_deliveries_of_a_write_carry_one_timestamp() {
    let cluster = nodes(3, 3)
        .on(statement(WRITE), void())
        .on(statement(WRITE).nth(1), reset())
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    session.execute(WRITE).await.expect("the second host takes it");
    let timestamps: Vec<_> = cluster
        .received(&statement(WRITE))
        .iter()
        .map(|received| received.parameters().and_then(|parameters| parameters.timestamp))
        .collect();
    assert!(matches!(timestamps[..], [Some(first), Some(second)] if first == second), "{timestamps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_client_timestamp_no_write_is_idempotent() {
    let cluster = nodes(3, 3).on(statement(WRITE), error(overloaded())).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().defaults.timestamps = None;
    let session = settings.session().await.expect("the mock lets everyone in");
    session.execute(WRITE).await.expect_err("it is not sent again");
    assert_eq!(cluster.received(&statement(WRITE)).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_tells_what_a_text_writes_to() {
    for (cql, times) in [
        ("UPDATE ks.t SET s = s + ? WHERE k = 1", 3),
        ("UPDATE ks.t SET l = l + ? WHERE k = 1", 1),
        ("INSERT INTO ks.t (k, l) VALUES (1, ?)", 1),
        ("INSERT INTO ks.t (k, v) VALUES (1, ?)", 3),
    ] {
        let cluster = nodes(3, 3).on(statement(cql), error(overloaded())).start().expect("the mock starts");
        let session = connect(&cluster).await;
        let mut with_value = SimpleStatement::new(cql);
        with_value.values.push(Value::Bytes(&[0; 4])).expect("four bytes");
        session.execute(with_value).await.expect_err("all are overloaded");
        assert_eq!(cluster.received(&statement(cql)).len(), times, "{cql}");
    }
}

async fn bound(session: &Session, cql: &str, values: &[&[u8]]) -> Statement {
    let prepared = session.prepare(cql).await.expect("the mock prepares it");
    let mut bound = SerializedValues::default();
    for value in values {
        bound.push(Value::Bytes(value)).expect("short values");
    }
    BoundStatement { prepared, values: bound }.into()
}

async fn bound_deliveries(cluster: &RunningCluster, session: &Session, cql: &str, values: &[&[u8]]) -> usize {
    let statement_ = bound(session, cql, values).await;
    cluster.clear_received();
    let _ = session.execute(statement_).await;
    cluster.received(&helenus_testkit::mock::execute(cql)).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_statement_is_judged_by_the_types_of_its_markers() {
    let cluster = nodes(3, 3)
        .on(helenus_testkit::mock::execute(""), error(overloaded()))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let int = &1_i32.to_be_bytes()[..];
    let none = &0_i32.to_be_bytes()[..];
    for (cql, values, times) in [
        ("INSERT INTO ks.t (k, v) VALUES (?, ?)", [int, int], 3),
        ("INSERT INTO ks.t (k, s) VALUES (?, ?)", [int, none], 3),
        ("INSERT INTO ks.t (k, l) VALUES (?, ?)", [int, none], 1),
        ("UPDATE ks.t SET s = s + ? WHERE k = ?", [none, int], 3),
        ("UPDATE ks.t SET l = l + ? WHERE k = ?", [none, int], 1),
        ("UPDATE ks.counters SET n = n + ? WHERE k = ?", [&[0; 8], int], 1),
    ] {
        assert_eq!(bound_deliveries(&cluster, &session, cql, &values).await, times, "{cql}");
    }
}

/// The server writes partition after partition, and may have begun with one when it finds no replicas for another (H5).
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_partition_by_partition_may_have_run_where_one_was_unavailable() {
    let wide = TableDefinition::new("wide")
        .partition_key("k", "int")
        .column("c", "int", ColumnKind::Clustering)
        .regular("l", "list<int>");
    let cluster = nodes(3, 3)
        .keyspace(Keyspace::new("more", 3).table(wide))
        .on(statement("UPDATE"), error(unavailable()))
        .on(opcode(RequestOpcode::Batch), error(unavailable()))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let counted = async |sent: Statement| {
        cluster.clear_received();
        session.execute(sent).await.expect_err("too few replicas are alive");
        let batches = cluster.received(&opcode(RequestOpcode::Batch)).len();
        batches.max(cluster.received(&statement("UPDATE")).len())
    };
    for (cql, times) in [
        ("UPDATE ks.counters SET n = n + 1 WHERE k = ?", 2),
        ("UPDATE ks.counters SET n = n + 1 WHERE k IN (1, ?)", 1),
        ("UPDATE more.wide SET l = l + [1] WHERE k = ? AND c IN (1, 2)", 2),
        ("UPDATE more.wide SET l = l + [1] WHERE k IN (1, ?) AND c = 1", 1),
        // Twice is as good as once.
        ("UPDATE ks.t SET v = 1 WHERE k IN (1, ?)", 2),
    ] {
        let text = cql.replace('?', "7");
        assert_eq!(counted(text.as_str().into()).await, times, "{text}");
        let bound = bound(&session, cql, &[&7_i32.to_be_bytes()]).await;
        assert_eq!(counted(bound.clone()).await, times, "{cql}");
        let Statement::Bound(bound) = bound else { panic!("it is bound") };
        for entry in [BatchEntry::from(SimpleStatement::new(text.clone())), bound.into()] {
            let mut batch = BatchStatement::new(BatchKind::Unlogged);
            batch.push(entry);
            assert_eq!(counted(batch.clone().into()).await, times, "a batch of one: {cql}");
            // A logged one is checked before any of it is written.
            batch.kind = BatchKind::Logged;
            assert_eq!(counted(batch.into()).await, 2, "a logged batch of one: {cql}");
        }
    }
    let text = "BEGIN COUNTER BATCH UPDATE ks.counters SET n = n + 1 WHERE k = 1; APPLY BATCH";
    assert_eq!(counted(text.into()).await, 1, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_policy_that_never_retries_is_obeyed() {
    let cluster = nodes(3, 3).on(statement(READ), error(overloaded())).start().expect("the mock starts");
    let never = Arc::new(policy::FallthroughRetryPolicy);
    let session = settings(&cluster).retry_policy(never).session().await.expect("the mock lets everyone in");
    let failure = session.execute(READ).await.expect_err("all are overloaded");
    assert!(matches!(failure.server_error(), Some(ServerError::Overloaded { .. })), "{failure}");
    assert_eq!(cluster.received(&statement(READ)).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_downgrade_is_sent_once_with_the_lower_level() {
    let read_timeout = ServerError::ReadTimeout {
        message: String::new(),
        consistency: Consistency::Quorum,
        received: 1,
        required: 2,
        data_present: true,
    };
    let cluster = nodes(3, 3)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement(READ).nth(1), error(read_timeout))
        .start()
        .expect("the mock starts");
    let downgrading = Arc::new(policy::DowngradingConsistencyRetryPolicy);
    let session = settings(&cluster)
        .retry_policy(downgrading)
        .consistency(Consistency::Quorum)
        .session()
        .await
        .expect("the mock lets everyone in");
    let result = session.execute(READ).await.expect("one replica is enough");
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
    let levels: Vec<_> =
        cluster.received(&statement(READ)).iter().map(|received| received.consistency()).collect();
    assert_eq!(levels, [Some(Consistency::Quorum), Some(Consistency::One)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_holds_for_a_silent_node_after_another_has_failed() {
    let cluster = nodes(2, 2)
        .on(statement(READ), silence())
        .on(statement(READ).nth(2), error(overloaded()))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let mut read = SimpleStatement::new(READ);
    read.options.idempotent = Some(true);
    read.options.speculation = Some(vec![Duration::from_millis(50)]);
    read.options.timeout = Some(Duration::from_millis(400));
    let outcome = tokio::time::timeout(Duration::from_secs(5), session.execute(read)).await;
    let failure = outcome.expect("the deadline falls").expect_err("nobody answers well");
    assert!(failure.is_timeout(), "{failure}");
    assert!(failure.to_string().contains("has been silent"), "{failure}");
    assert_eq!(cluster.received(&statement(READ)).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_cancelled_request_is_told() {
    let cluster = nodes(1, 1).on(statement(READ), silence()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let future = session.execute(READ);
    let pending = future.pending();
    let blocked = std::thread::spawn(move || pending.wait(Duration::from_secs(4)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    future.cancel();
    assert!(future.has_ended());
    let error = tokio::time::timeout(Duration::from_secs(1), future).await.expect("told at once");
    assert!(matches!(error, Err(helenus::Error::Dropped)), "{error:?}");
    let begun = std::time::Instant::now();
    assert!(blocked.join().expect("it waits"), "it was told");
    assert!(begun.elapsed() < Duration::from_secs(1));
}
