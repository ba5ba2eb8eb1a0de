//! Every way to run a statement and every kind of result.

use std::net::SocketAddr;

use bytes::Bytes;
use helenus_protocol::envelope::Flags;
use helenus_protocol::notation::Value;
use helenus_protocol::request::{
    BatchKind, BatchStatement, Prepare, QueryParameters, Request, SerializedValues, StatementKind,
};
use helenus_protocol::response::{Message, ResultMessage};
use helenus_protocol::{Consistency, ProtocolVersion, SerialConsistency};

use crate::Result;
use crate::capture::Capture;
use crate::conversation::{Conversation, batch, execute, parameters, query, values};

/// Captures them in `version`, in a keyspace of its own.
pub(crate) fn capture(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let mut conversation = Conversation::open(node, version)?;
    definitions(&mut conversation, capture)?;
    queries(&mut conversation, capture)?;
    extras(&mut conversation, capture)?;
    prepared(&mut conversation, capture)?;
    batches(&mut conversation, capture)
}

fn definitions(conversation: &mut Conversation, capture: &mut Capture) -> Result<()> {
    let keyspace = format!("capture_{}", conversation.version);
    let create = format!(
        "CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}}"
    );
    conversation.both(capture, "query-create-keyspace", &query(&create, parameters()))?;
    conversation.both(capture, "query-use", &query(&format!("USE {keyspace}"), parameters()))?;
    let statements = [
        ("query-create-table", "CREATE TABLE people (id int, at timestamp, name text, PRIMARY KEY (id, at))"),
        ("query-alter-table", "ALTER TABLE people ADD note text"),
        ("query-create-type", "CREATE TYPE address (street text, number int)"),
        ("query-drop-type", "DROP TYPE address"),
    ];
    for (name, text) in statements {
        conversation.answer(capture, name, &query(text, parameters()))?;
    }
    conversation.run(&[
        "CREATE TABLE counters (id int PRIMARY KEY, c counter)",
        "CREATE TABLE pairs (a int, b text, c blob, PRIMARY KEY ((a, b)))",
        "CREATE TABLE narrow (id int PRIMARY KEY, a int)",
    ])
}

fn queries(conversation: &mut Conversation, capture: &mut Capture) -> Result<()> {
    let insert = "INSERT INTO people (id, at, name) VALUES (1, 0, 'Ada')";
    conversation.both(capture, "query-void", &query(insert, parameters()))?;
    for at in 1..=4 {
        conversation.run(&[&format!("INSERT INTO people (id, at, name) VALUES (1, {at}, 'Ada {at}')")])?;
    }
    let one = 1_i32.to_be_bytes();
    let select = "SELECT id, at, name FROM people WHERE id = ?";
    let bound = QueryParameters { values: values(&[Value::Bytes(&one)])?, ..parameters() };
    conversation.both(capture, "query-values", &query(select, bound.clone()))?;
    let mut named = SerializedValues::new();
    named.push_named("key", Value::Bytes(&one))?;
    let named = QueryParameters { values: named, ..parameters() };
    conversation.both(
        capture,
        "query-named-values",
        &query("SELECT name FROM people WHERE id = :key LIMIT 1", named),
    )?;
    let none = "SELECT name, note FROM people WHERE id = 404";
    conversation.answer(capture, "query-no-rows", &query(none, parameters()))?;
    let paged = QueryParameters { page_size: Some(2), ..bound };
    let first = conversation.both(capture, "query-first-page", &query(select, paged.clone()))?;
    let Message::Result(ResultMessage::Rows(rows)) = conversation.decoded(&first)? else {
        return Err("a page is no rows".into());
    };
    let next = QueryParameters { paging_state: rows.paging_state.clone(), ..paged };
    conversation.both(capture, "query-next-page", &query(select, next))?;
    let conditional = QueryParameters {
        serial_consistency: Some(SerialConsistency::LocalSerial),
        timestamp: None,
        ..parameters()
    };
    let update = "UPDATE narrow SET a = 2 WHERE id = 1 IF a = 1";
    conversation.run(&["INSERT INTO narrow (id, a) VALUES (1, 1)"])?;
    conversation.both(capture, "query-applied", &query(update, conditional.clone()))?;
    conversation.both(capture, "query-not-applied", &query(update, conditional))?;
    Ok(())
}

fn extras(conversation: &mut Conversation, capture: &mut Capture) -> Result<()> {
    let select = query("SELECT a FROM narrow WHERE id = 1", parameters());
    conversation.both_with(capture, "query-traced", &select, Flags::TRACING, &[])?;
    if conversation.version.has_custom_payload() {
        let payload = [("key".to_owned(), Some(Bytes::from_static(&[1, 2]))), ("none".to_owned(), None)];
        conversation.both_with(capture, "query-custom-payload", &select, Flags::empty(), &payload)?;
        let warned = query("SELECT count(*) FROM narrow", parameters());
        conversation.answer(capture, "query-warned", &warned)?;
    }
    if conversation.version.has_request_keyspace() {
        let keyspace = Some("capture_v4".to_owned());
        let elsewhere = QueryParameters { keyspace: keyspace.clone(), ..parameters() };
        conversation.both(capture, "query-keyspace", &query("SELECT id FROM narrow", elsewhere))?;
        let prepare = Request::Prepare(Prepare { query: "SELECT id FROM narrow".into(), keyspace });
        conversation.both(capture, "prepare-keyspace", &prepare)?;
        let then = QueryParameters { now_in_seconds: Some(1_704_067_200), ..parameters() };
        let insert = "INSERT INTO narrow (id, a) VALUES (7, 7) USING TTL 100";
        conversation.both(capture, "query-now-in-seconds", &query(insert, then))?;
    }
    Ok(())
}

fn prepared(conversation: &mut Conversation, capture: &mut Capture) -> Result<()> {
    let (one, name) = (1_i32.to_be_bytes(), b"x");
    let insert = "INSERT INTO pairs (c, a, b) VALUES (?, ?, ?)";
    let insert = conversation.prepare(capture, Some("prepare-insert"), insert)?;
    let cells = [Value::Null, Value::Bytes(&one[..]), Value::Bytes(&name[..])];
    let bound = QueryParameters { values: values(&cells)?, ..parameters() };
    conversation.both(capture, "execute-null", &execute(&insert, bound))?;
    if conversation.version.has_unset() {
        let cells = [Value::Unset, Value::Bytes(&one[..]), Value::Bytes(&name[..])];
        let bound = QueryParameters { values: values(&cells)?, ..parameters() };
        conversation.both(capture, "execute-unset", &execute(&insert, bound))?;
    }
    let insert = "INSERT INTO narrow (id, a) VALUES (?, ?) IF NOT EXISTS";
    conversation.prepare(capture, Some("prepare-conditional"), insert)?;
    conversation.prepare(capture, Some("prepare-without-markers"), "SELECT * FROM pairs")?;

    let text = "SELECT * FROM narrow WHERE id = ?";
    let select = conversation.prepare(capture, Some("prepare-select"), text)?;
    let bound = QueryParameters { values: values(&[Value::Bytes(&one)])?, ..parameters() };
    conversation.both(capture, "execute-with-metadata", &execute(&select, bound.clone()))?;
    let skipping = QueryParameters { skip_metadata: true, ..bound };
    conversation.both(capture, "execute-skip-metadata", &execute(&select, skipping.clone()))?;
    // The columns change. The server forgets the statement, another client prepares it again: its id stays, that of its
    // columns does not. v5 says so; the others just send more cells.
    conversation.run(&["ALTER TABLE narrow ADD later text"])?;
    conversation.error(capture, "unprepared-by-alter", 0x2500, &execute(&select, skipping.clone()))?;
    conversation.prepare(capture, None, text)?;
    conversation.answer(capture, "execute-metadata-changed", &execute(&select, skipping))?;
    Ok(())
}

fn batches(conversation: &mut Conversation, capture: &mut Capture) -> Result<()> {
    let first = "INSERT INTO narrow (id, a) VALUES (10, 1)";
    let second = "INSERT INTO people (id, at, name) VALUES (10, 0, 'Bob')";
    let logged = batch(BatchKind::Logged, Consistency::One, &[first, second]);
    conversation.both(capture, "batch-logged", &Request::Batch(logged))?;
    let insert = conversation.prepare(capture, None, "INSERT INTO narrow (id, a) VALUES (?, ?)")?;
    let mut unlogged = batch(BatchKind::Unlogged, Consistency::Quorum, &[first]);
    let (id, a) = (11_i32.to_be_bytes(), 2_i32.to_be_bytes());
    unlogged.statements.push(BatchStatement {
        kind: StatementKind::Prepared(insert.id),
        values: values(&[Value::Bytes(&id), Value::Bytes(&a)])?,
    });
    conversation.both(capture, "batch-unlogged-mixed", &Request::Batch(unlogged))?;
    let counter =
        batch(BatchKind::Counter, Consistency::One, &["UPDATE counters SET c = c + 1 WHERE id = 1"]);
    conversation.both(capture, "batch-counter", &Request::Batch(counter))?;
    let mut conditional = batch(
        BatchKind::Logged,
        Consistency::One,
        &["INSERT INTO narrow (id, a) VALUES (10, 3) IF NOT EXISTS"],
    );
    conditional.timestamp = None;
    conditional.serial_consistency = Some(SerialConsistency::Serial);
    conversation.both(capture, "batch-not-applied", &Request::Batch(conditional))?;
    if conversation.version.has_request_keyspace() {
        let mut elsewhere = batch(BatchKind::Unlogged, Consistency::One, &[first]);
        elsewhere.keyspace = Some("capture_v4".to_owned());
        elsewhere.now_in_seconds = Some(1_704_067_200);
        conversation.both(capture, "batch-keyspace", &Request::Batch(elsewhere))?;
    }
    Ok(())
}
