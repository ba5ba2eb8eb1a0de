//! Every error that a server can be brought to.
//!
//! Not among them: IS_BOOTSTRAPPING and CAS_WRITE_UNKNOWN need moments that cannot be made at will, CDC_WRITE_FAILURE
//! reaches clients as WRITE_FAILURE, and a SERVER_ERROR would need a bug.

use std::net::SocketAddr;

use bytes::Bytes;
use helenus_protocol::Consistency::{All, One, Quorum, Three};
use helenus_protocol::notation::Value;
use helenus_protocol::request::{BatchKind, Execute, QueryParameters, Request};
use helenus_protocol::{ProtocolVersion, ResponseOpcode};
use helenus_testkit::cassandra::Node;
use helenus_testkit::raw::RawConnection;

use crate::capture::{Capture, expect};
use crate::conversation::{Conversation, at, batch, parameters, query, values};
use crate::{Result, VERSIONS};

/// Those that one node alone can give.
pub(crate) fn alone(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let mut conversation = Conversation::open(node, version)?;
    let keyspace = format!("failures_{version}");
    let three = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
    conversation.run(&[
        &format!("CREATE KEYSPACE {keyspace} WITH replication = {three}"),
        &format!("CREATE TABLE {keyspace}.t (id int, c int, v text, PRIMARY KEY (id, c))"),
        &format!("CREATE TABLE {keyspace}.changes (id int PRIMARY KEY, v text) WITH cdc = true"),
        &format!("CREATE ROLE limited_{version} WITH PASSWORD = 'limited' AND LOGIN = true"),
        &format!(
            "CREATE FUNCTION {keyspace}.fails(a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'throw new RuntimeException(\"no\");'"
        ),
    ])?;
    let strategy = "{'class': 'NoSuchStrategy', 'replication_factor': 1}";
    let plain = [
        ("syntax", 0x2000, "SELEC id FROM t".to_owned()),
        ("invalid", 0x2200, format!("SELECT nothing FROM {keyspace}.t")),
        ("configuration", 0x2300, format!("CREATE KEYSPACE nope WITH replication = {strategy}")),
        ("keyspace-exists", 0x2400, format!("CREATE KEYSPACE {keyspace} WITH replication = {three}")),
        ("table-exists", 0x2400, format!("CREATE TABLE {keyspace}.t (id int PRIMARY KEY)")),
    ];
    for (name, code, text) in plain {
        conversation.error(capture, name, code, &query(&text, parameters()))?;
    }
    let select = format!("SELECT * FROM {keyspace}.t WHERE id = 1");
    conversation.error(capture, "unavailable", 0x1000, &query(&select, at(Three)))?;
    let unknown = Execute {
        id: Bytes::from_static(&[0xAB; 16]),
        result_metadata_id: version.has_result_metadata_id().then(|| Bytes::from_static(&[0xCD; 16])),
        parameters: parameters(),
    };
    conversation.error(capture, "unprepared", 0x2500, &Request::Execute(unknown))?;
    let few = QueryParameters { values: values(&[Value::Bytes(&[1, 2])])?, ..parameters() };
    let marked = format!("SELECT * FROM {keyspace}.t WHERE id = ?");
    conversation.error(capture, "wrong-length", 0x2200, &query(&marked, few))?;

    for c in 0..8 {
        conversation.run(&[&format!("DELETE FROM {keyspace}.t WHERE id = 1 AND c = {c}")])?;
    }
    // v3 has no codes for failures and gets the nearest that it has.
    let [write, read, function] =
        if version.has_function_events() { [0x1500, 0x1300, 0x1400] } else { [0x1100, 0x1200, 0x2200] };
    // There is no room for the log of changes.
    let change = format!("INSERT INTO {keyspace}.changes (id, v) VALUES (1, 'a')");
    conversation.error(capture, "write-failure", write, &query(&change, parameters()))?;
    conversation.error(capture, "read-failure", read, &query(&select, parameters()))?;
    conversation.run(&[&format!("INSERT INTO {keyspace}.t (id, c) VALUES (2, 2)")])?;
    let call = format!("SELECT {keyspace}.fails(c) FROM {keyspace}.t WHERE id = 2");
    conversation.error(capture, "function-failure", function, &query(&call, parameters()))?;
    alone_and_weak(node, version, &keyspace, capture)?;
    outside_of_the_protocol(node, version, capture)
}

fn alone_and_weak(
    node: SocketAddr,
    version: ProtocolVersion,
    keyspace: &str,
    capture: &mut Capture,
) -> Result<()> {
    let mut limited = Conversation::open_as(node, version, &format!("limited_{version}"), "limited")?;
    let select = format!("SELECT * FROM {keyspace}.t WHERE id = 1");
    limited.error(capture, "unauthorized", 0x2100, &query(&select, parameters()))
}

fn outside_of_the_protocol(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    // A statement before STARTUP.
    let mut connection = RawConnection::connect(node, version)?;
    let exchange = connection.exchange(&query("SELECT * FROM system.local", parameters()))?;
    expect("statement before STARTUP", &exchange, ResponseOpcode::Error)?;
    capture.response(&format!("{version}-error-before-startup"), &exchange.response, None)
}

/// More requests than the node takes, on a connection that wants to be told.
pub(crate) fn overload(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let mut connection = RawConnection::connect(node, version)?;
    let exchange = connection.start_with(None, &[("THROW_ON_OVERLOAD", "1")])?;
    if exchange.response.header.opcode == ResponseOpcode::Ready {
        capture.request(&format!("{version}-startup-throw-on-overload"), &exchange, None)?;
    }
    for _ in 0..50 {
        let exchange = connection.exchange(&query("SELECT key FROM system.local", parameters()))?;
        if exchange.response.header.opcode == ResponseOpcode::Error {
            return capture.response(&format!("{version}-error-overloaded"), &exchange.response, None);
        }
    }
    Err("the node took 50 requests in no time".into())
}

/// Those that need a replica which is thought to be alive and does not answer.
pub(crate) fn with_a_hanging_node(first: SocketAddr, second: &Node, capture: &mut Capture) -> Result<()> {
    let mut conversation = Conversation::open(first, ProtocolVersion::V4)?;
    let two = "{'class': 'SimpleStrategy', 'replication_factor': 2}";
    conversation.run(&[
        &format!("CREATE KEYSPACE hanging WITH replication = {two}"),
        "CREATE TABLE hanging.t (id int PRIMARY KEY, v int)",
        "CREATE TABLE hanging.counters (id int PRIMARY KEY, c counter)",
        "INSERT INTO hanging.t (id, v) VALUES (1, 1)",
    ])?;
    for version in VERSIONS {
        second.resume()?;
        let mut conversation = Conversation::open(first, version)?;
        settle(&mut conversation)?;
        second.pause()?;
        let outcome = hanging(&mut conversation, capture);
        second.resume()?;
        outcome?;
    }
    Ok(())
}

/// Waits until both nodes answer again.
fn settle(conversation: &mut Conversation) -> Result<()> {
    for _ in 0..100 {
        let exchange = conversation.ask(&query("SELECT * FROM hanging.t WHERE id = 1", at(All)))?;
        if exchange.response.header.opcode == ResponseOpcode::Result {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    Err("the second node does not come back".into())
}

fn hanging(conversation: &mut Conversation, capture: &mut Capture) -> Result<()> {
    let insert = "INSERT INTO hanging.t (id, v) VALUES (1, 2)";
    conversation.error(capture, "write-timeout", 0x1100, &query(insert, at(All)))?;
    conversation.error(
        capture,
        "read-timeout",
        0x1200,
        &query("SELECT * FROM hanging.t WHERE id = 1", at(All)),
    )?;
    let conditional = QueryParameters { timestamp: None, ..at(Quorum) };
    let update = "UPDATE hanging.t SET v = 3 WHERE id = 1 IF v = 2";
    conversation.error(capture, "write-timeout-cas", 0x1100, &query(update, conditional))?;
    let logged = batch(BatchKind::Logged, All, &[insert, "INSERT INTO hanging.t (id, v) VALUES (2, 2)"]);
    conversation.error(capture, "write-timeout-batch", 0x1100, &Request::Batch(logged))?;
    let counter = QueryParameters { timestamp: None, ..at(All) };
    let increment = "UPDATE hanging.counters SET c = c + 1 WHERE id = 1";
    conversation.error(capture, "write-timeout-counter", 0x1100, &query(increment, counter))?;
    conversation.error(capture, "truncate", 0x1003, &query("TRUNCATE hanging.counters", at(One)))
}
