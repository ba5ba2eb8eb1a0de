//! Prepared statements: forgotten by a node, prepared in another keyspace, with other columns than before; batches.

use helenus::Error;
use helenus::protocol::notation::Value;
use helenus::protocol::request::{BatchKind, Request, SerializedValues, StatementKind};
use helenus::protocol::response::ServerError;
use helenus::protocol::{ProtocolVersion, RequestOpcode};
use helenus::statement::{BatchStatement, BoundStatement, PreparedStatement, SimpleStatement};
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{Rows, RunningCluster, execute, opcode, prepare, rows, statement, unprepared};

use super::{all_up, connect, nodes, settings};

const WRITE: &str = "INSERT INTO ks.t (k, v) VALUES (?, ?)";
const UNQUALIFIED: &str = "SELECT v FROM t WHERE k = ?";

fn count(cluster: &RunningCluster, kind: RequestOpcode) -> usize {
    cluster.received(&opcode(kind)).len()
}

fn bound(prepared: &PreparedStatement) -> BoundStatement {
    prepared.bind((1_i32, 2_i32)).expect("two ints")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_a_node_forgot_is_prepared_once_more() {
    for version in ProtocolVersion::ALL {
        let cluster = nodes(1, 1).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        let prepared = session.prepare(WRITE).await.expect("the mock prepares it");
        session.execute(bound(&prepared)).await.expect("it is known");
        assert_eq!(count(&cluster, RequestOpcode::Prepare), 1);
        cluster.node(0).forget_statements();
        for _ in 0..3 {
            session.execute(bound(&prepared)).await.expect("it is mended");
        }
        assert_eq!(count(&cluster, RequestOpcode::Prepare), 2, "{version}");
        assert_eq!(count(&cluster, RequestOpcode::Execute), 5, "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preparing_reaches_every_node() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let prepared = session.prepare(WRITE).await.expect("the mock prepares it");
    for node in cluster.nodes() {
        assert_eq!(node.received(&prepare(WRITE)).len(), 1, "node {}", node.index());
    }
    for _ in 0..9 {
        session.execute(bound(&prepared)).await.expect("all know it");
    }
    assert_eq!(count(&cluster, RequestOpcode::Prepare), 3);
    assert_eq!(cluster.received(&execute(WRITE)).len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_nodes_are_asked_to_prepare_at_the_same_time() {
    let delay = std::time::Duration::from_millis(300);
    let cluster = nodes(4, 3)
        .on(prepare(WRITE), helenus_testkit::mock::usual().delay(delay))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    session.prepare(WRITE).await.expect("the mock prepares it");
    let mut came: Vec<_> = cluster.received(&prepare(WRITE)).iter().map(|received| received.at).collect();
    came.sort_unstable();
    let [first, second, .., last] = came.as_slice() else { panic!("{came:?}") };
    assert_eq!(came.len(), 4);
    assert!(*second - *first >= delay, "once one has it: {came:?}");
    assert!(*last - *second < delay, "none waits for another: {came:?}");
}

/// F19 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_never_remembers_is_not_asked_for_ever() {
    let cluster =
        nodes(1, 1).on(opcode(RequestOpcode::Execute), unprepared()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let prepared = session.prepare(WRITE).await.expect("the mock prepares it");
    let failure = session.execute(bound(&prepared)).await.expect_err("it forgets each time");
    assert!(matches!(failure.server_error(), Some(ServerError::Unprepared { .. })), "{failure}");
    assert_eq!((count(&cluster, RequestOpcode::Prepare), count(&cluster, RequestOpcode::Execute)), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_cannot_be_prepared_again_says_why() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let prepared = session.prepare(WRITE).await.expect("the mock prepares it");
    cluster.node(0).forget_statements();
    let message = "table t does not exist".to_owned();
    cluster.on(prepare(WRITE), helenus_testkit::mock::error(ServerError::Invalid { message }));
    let failure = session.execute(bound(&prepared)).await.expect_err("the table is gone");
    assert!(failure.to_string().contains("table t does not exist"), "{failure}");
    assert_eq!(count(&cluster, RequestOpcode::Execute), 1);
}

/// Two keyspaces with the same table: what a statement without a keyspace means depends on where it is prepared.
async fn moved(version: ProtocolVersion) -> (RunningCluster, Result<(), Error>) {
    let table = || TableDefinition::new("t").partition_key("k", "int").regular("v", "int");
    let cluster =
        nodes(1, 1).keyspace(Keyspace::new("other", 1).table(table())).start().expect("the mock starts");
    let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
    all_up(&session).await;
    session.set_keyspace("ks").await.expect("it is there");
    let prepared = session.prepare(UNQUALIFIED).await.expect("the mock prepares it");
    session.set_keyspace("other").await.expect("it is there");
    session.execute(prepared.bind((1_i32,)).expect("an int")).await.expect("it is known");
    cluster.node(0).forget_statements();
    let outcome = session.execute(prepared.bind((1_i32,)).expect("an int")).await;
    (cluster, outcome.map(drop))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_of_the_sessions_keyspace_is_mended_and_prepared_everywhere() {
    for version in ProtocolVersion::ALL {
        let cluster = nodes(3, 3).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        all_up(&session).await;
        session.set_keyspace("ks").await.expect("it is there");
        let prepared = session.prepare(UNQUALIFIED).await.expect("the mock prepares it");
        assert_eq!(count(&cluster, RequestOpcode::Prepare), 3, "on every node, {version}");
        cluster.nodes().for_each(|node| node.forget_statements());
        for _ in 0..6 {
            session.execute(prepared.bind((1_i32,)).expect("an int")).await.expect("it is mended");
        }
        assert_eq!(cluster.received(&execute(UNQUALIFIED)).len(), 6, "{version}");
    }
}

/// F19, E15 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn another_id_for_the_same_text_is_an_error_and_not_another_statement() {
    for version in [ProtocolVersion::V3, ProtocolVersion::V4] {
        let (cluster, outcome) = moved(version).await;
        let message = outcome.expect_err("it would read another table").to_string();
        assert!(message.contains("under another id"), "{message}");
        assert!(message.contains("in another keyspace"), "{message}");
        assert!(message.contains(&cluster.addresses()[0].to_string()), "{message}");
        assert_eq!(count(&cluster, RequestOpcode::Execute), 2, "not sent again under the other id");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_v5_a_statement_is_prepared_again_where_it_was_at_first() {
    let (cluster, outcome) = moved(ProtocolVersion::V5).await;
    outcome.expect("PREPARE names the keyspace");
    assert_eq!(count(&cluster, RequestOpcode::Execute), 3);
}

/// E13 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn columns_that_have_changed_are_taken_over() {
    let read = "SELECT * FROM ks.t WHERE k = ?";
    let before = Rows::new([("k", "int"), ("v", "int")]).row((1, 2));
    let after = Rows::new([("k", "int"), ("fresh", "text"), ("v", "int")]).row((1, "new", 2));
    let cluster = nodes(1, 1).on(statement(read), rows(before)).start().expect("the mock starts");
    let session =
        settings(&cluster).protocol_version(ProtocolVersion::V5).session().await.expect("it speaks v5");
    let prepared = session.prepare(read).await.expect("the mock prepares it");
    let run = async || session.execute(prepared.bind((1_i32,)).expect("an int")).await.expect("it answers");
    assert_eq!(run().await.first_as::<(i32, i32)>().expect("two ints"), Some((1, 2)));
    let id_before = prepared.result_columns().id.clone();

    cluster.on(statement(read), rows(after));
    for _ in 0..3 {
        let result = run().await;
        let names: Vec<_> = result.columns().iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["k", "fresh", "v"]);
        assert_eq!(
            result.first_as::<(i32, String, i32)>().expect("as the columns say"),
            Some((1, "new".to_owned(), 2))
        );
    }
    let id_after = prepared.result_columns().id.clone();
    assert!(id_after.is_some() && id_after != id_before);
    let sent: Vec<_> = cluster
        .received(&execute(read))
        .iter()
        .map(|received| match &received.request {
            Request::Execute(execute) => execute.result_metadata_id.clone(),
            other => panic!("{} among EXECUTEs", other.opcode()),
        })
        .collect();
    assert_eq!(sent, [&id_before, &id_before, &id_after, &id_after].map(Clone::clone), "the new id is used");
    assert_eq!(count(&cluster, RequestOpcode::Prepare), 1, "nothing is prepared for that");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_holds_prepared_and_plain_statements_and_is_mended_too() {
    for version in ProtocolVersion::ALL {
        let cluster = nodes(1, 1).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        let first = session.prepare(WRITE).await.expect("the mock prepares it");
        let second =
            session.prepare("UPDATE ks.t SET v = ? WHERE k = ?").await.expect("the mock prepares it");
        let mut batch = BatchStatement::new(BatchKind::Logged);
        batch.push(bound(&first));
        batch.push(SimpleStatement::new("DELETE FROM ks.t WHERE k = 9"));
        batch.push(bound(&second));
        batch.push(bound(&first));
        session.execute(batch.clone()).await.expect("all are known");
        let received = cluster.received(&opcode(RequestOpcode::Batch));
        let Request::Batch(sent) = &received[0].request else { panic!("no BATCH") };
        let is_prepared: Vec<_> =
            sent.statements.iter().map(|one| matches!(one.kind, StatementKind::Prepared(_))).collect();
        assert_eq!(is_prepared, [true, false, true, true]);
        assert_eq!(sent.kind, BatchKind::Logged);

        cluster.node(0).forget_statements();
        cluster.clear_received();
        session.execute(batch).await.expect("it is mended");
        assert_eq!(count(&cluster, RequestOpcode::Prepare), 2, "each statement once, {version}");
        assert_eq!(count(&cluster, RequestOpcode::Batch), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_not_set_needs_v4() {
    for version in ProtocolVersion::ALL {
        let cluster = nodes(1, 1).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        let prepared = session.prepare(WRITE).await.expect("the mock prepares it");
        let mut values = SerializedValues::default();
        values.push(Value::Bytes(&1_i32.to_be_bytes())).expect("four bytes");
        values.push(Value::Unset).expect("no bytes");
        let outcome = session.execute(BoundStatement { prepared, values }).await;
        if version == ProtocolVersion::V3 {
            let failure = outcome.expect_err("v3 cannot say it");
            assert!(matches!(failure, Error::Encode(_)), "{failure:?}");
            assert_eq!(count(&cluster, RequestOpcode::Execute), 0, "nothing is sent");
        } else {
            outcome.expect("the mock answers");
        }
    }
}
