//! What a server says unasked.

use std::net::SocketAddr;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::request::{EventType, Register, Request};
use helenus_protocol::response::{Event, Message, Response};
use helenus_testkit::cassandra::Node;

use crate::capture::Capture;
use crate::conversation::Conversation;
use crate::{Result, VERSIONS};

fn registered(node: SocketAddr, version: ProtocolVersion, events: &[EventType]) -> Result<Conversation> {
    let mut conversation = Conversation::open(node, version)?;
    conversation.ask(&Request::Register(Register { events: events.to_vec() }))?;
    Ok(conversation)
}

/// Changes of the schema, made on another connection.
pub(crate) fn schema(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let mut listener = registered(node, version, &[EventType::SchemaChange])?;
    let mut speaker = Conversation::open(node, version)?;
    let keyspace = format!("events_{version}");
    let create = format!(
        "CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}"
    );
    let statements = [
        ("keyspace-created", create),
        (
            "keyspace-updated",
            format!(
                "ALTER KEYSPACE {keyspace} WITH durable_writes = true AND replication = {{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}}"
            ),
        ),
        ("table-created", format!("CREATE TABLE {keyspace}.t (id int PRIMARY KEY)")),
        ("table-updated", format!("ALTER TABLE {keyspace}.t ADD a int")),
        ("table-dropped", format!("DROP TABLE {keyspace}.t")),
        ("type-created", format!("CREATE TYPE {keyspace}.address (street text)")),
        (
            "function-created",
            format!(
                "CREATE FUNCTION {keyspace}.plus(a int, b list<text>) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return a;'"
            ),
        ),
        (
            "function-for-aggregate",
            format!(
                "CREATE FUNCTION {keyspace}.sum_up(a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return a + b;'"
            ),
        ),
        (
            "aggregate-created",
            format!("CREATE AGGREGATE {keyspace}.total(int) SFUNC sum_up STYPE int INITCOND 0"),
        ),
        ("keyspace-dropped", format!("DROP KEYSPACE {keyspace}")),
    ];
    for (name, statement) in statements {
        speaker.run(&[&statement])?;
        let (event, received) = listener.connection.receive()?;
        let name = listener.name(&format!("event-{name}"));
        capture.response(&name, &event, None)?;
        if version.has_segments() && name.ends_with("event-keyspace-created") {
            capture.segments(&name, "response", &received, None)?;
        }
    }
    Ok(())
}

/// A node that joins and goes: `second` has not been started yet.
pub(crate) fn nodes(first: SocketAddr, second: &Node, capture: &mut Capture) -> Result<()> {
    let kinds = [EventType::TopologyChange, EventType::StatusChange];
    let mut listeners =
        VERSIONS.iter().map(|version| registered(first, *version, &kinds)).collect::<Result<Vec<_>>>()?;
    second.start()?;
    second.wait_until_up()?;
    for listener in &mut listeners {
        // Their order is the server's choice.
        capture_event(listener, capture)?;
        capture_event(listener, capture)?;
    }
    second.stop()?;
    for listener in &mut listeners {
        capture_event(listener, capture)?;
    }
    second.start()?;
    second.wait_until_up()?;
    // It answers; now wait until the first node believes so too.
    listeners[0].connection.receive()?;
    Ok(())
}

/// The second node leaves for good.
pub(crate) fn removal(first: SocketAddr, second: &Node, capture: &mut Capture) -> Result<()> {
    let kinds = [EventType::TopologyChange];
    let mut listeners =
        VERSIONS.iter().map(|version| registered(first, *version, &kinds)).collect::<Result<Vec<_>>>()?;
    second.nodetool(&["decommission", "--force"])?;
    listeners.iter_mut().try_for_each(|listener| capture_event(listener, capture))
}

fn capture_event(listener: &mut Conversation, capture: &mut Capture) -> Result<()> {
    let (envelope, _) = listener.connection.receive()?;
    let header = &envelope.header;
    let decoded = Response::decode(listener.version, header.flags, header.opcode, &envelope.body)?;
    let name = match decoded.message {
        Message::Event(Event::TopologyChange { change, .. }) => format!("event-node-{change:?}"),
        Message::Event(Event::StatusChange { status, .. }) => format!("event-node-{status:?}"),
        other => return Err(format!("no node event: {other:?}").into()),
    };
    capture.response(&listener.name(&name.to_lowercase()), &envelope, None)
}
