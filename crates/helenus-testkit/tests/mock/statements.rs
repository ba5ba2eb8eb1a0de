//! Statements: rows by rule, pages, prepared statements of each node, keyspaces, definitions, traces.

use bytes::Bytes;
use helenus_protocol::envelope::Flags;
use helenus_protocol::request::{Query, QueryParameters, Request};
use helenus_protocol::response::{Event, Message, ResultMessage, SchemaTarget, ServerError};
use helenus_protocol::{Consistency, CqlType, ProtocolVersion};
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{
    MockCluster, Rows, any, error, execute as executed, prepare, query as queried, rows, statement,
    unprepared,
};

use crate::client::{Client, cells, code, execute, query};

fn shop() -> Keyspace {
    let table = TableDefinition::new("items").partition_key("id", "int").regular("tags", "list<text>");
    Keyspace::new("shop", 1).table(table)
}

#[test]
fn a_rule_answers_with_rows_and_the_newest_rule_wins() {
    let cluster = MockCluster::new(1)
        .on(queried("SELECT v FROM t"), rows(Rows::new([("v", "int")]).row([1])))
        .start()
        .unwrap();
    for version in ProtocolVersion::ALL {
        let mut client = Client::ready(cluster.addresses()[0], version, None);
        assert_eq!(cells(&client.query("SELECT  v\nFROM t")), [[Some(vec![0, 0, 0, 1])]]);
    }
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
    let message = "too much to do".to_owned();
    let rule = cluster.on(queried("FROM t").nth(2), error(ServerError::Overloaded { message }));
    assert_eq!(cells(&client.query("SELECT v FROM t")).len(), 1);
    assert_eq!(code(&client.query("SELECT v FROM t")), 0x1001);
    assert_eq!(cells(&client.query("SELECT v FROM t")).len(), 1);
    assert_eq!(cluster.used(rule), 1);
    assert!(cluster.remove(rule) && !cluster.remove(rule));
}

#[test]
fn rows_come_in_the_pages_that_are_asked_for() {
    let numbers = Rows::new([("n", "bigint")]).rows(25, |n| [n as i64]);
    let cluster = MockCluster::new(1).on(queried("FROM numbers"), rows(numbers)).start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V5, None);
    let mut page = |paging_state: Option<Bytes>| {
        let parameters =
            QueryParameters { page_size: Some(10), paging_state, ..QueryParameters::new(Consistency::One) };
        client
            .ask(&Request::Query(Query { query: "SELECT n FROM numbers".into(), parameters }))
            .unwrap()
            .message
    };
    let mut lengths = Vec::new();
    let mut state = None;
    loop {
        let answer = page(state);
        lengths.push(cells(&answer).len());
        let Message::Result(ResultMessage::Rows(rows)) = answer else { panic!() };
        state = rows.paging_state;
        if state.is_none() {
            break;
        }
    }
    assert_eq!(lengths, [10, 10, 5]);
    assert_eq!(code(&page(Some(Bytes::from_static(b"nonsense")))), 0x0A);
    assert_eq!(cluster.received(&queried("numbers").first_page(false)).len(), 3);
}

#[test]
fn each_node_knows_only_what_was_prepared_on_it() {
    let cluster = MockCluster::new(2).keyspace(shop()).start().unwrap();
    let [one, two] = [0, 1].map(|node| cluster.addresses()[node]);
    for version in ProtocolVersion::ALL {
        let mut first = Client::ready(one, version, None);
        let mut second = Client::ready(two, version, None);
        let prepared = first.prepare("SELECT tags, id FROM shop.items WHERE id = ?");
        let types: Vec<_> = prepared.bind.columns.iter().map(|column| column.cql_type.clone()).collect();
        assert_eq!(types, [CqlType::Int]);
        assert_eq!(prepared.bind.partition_key_indexes.len(), usize::from(version != ProtocolVersion::V3));
        assert_eq!(prepared.result.as_ref().unwrap().columns.len(), 2);
        let run = execute(&prepared.id, prepared.result_metadata_id.as_ref(), &[&[0, 0, 0, 1]]);
        assert_eq!(cells(&first.ask(&run).unwrap().message).len(), 0);
        let refused = second.ask(&run).unwrap().message;
        assert!(matches!(&refused, Message::Error(ServerError::Unprepared { id, .. }) if *id == prepared.id));
        cluster.node(0).forget_statements();
        assert_eq!(code(&first.ask(&run).unwrap().message), 0x2500);
    }
}

#[test]
fn a_rule_can_lose_a_prepared_statement_and_give_its_columns() {
    let answer = rows(Rows::new([("n", "bigint")]).row([5_i64]));
    let cluster = MockCluster::new(1).on(statement("SELECT n FROM somewhere"), answer).start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V5, None);
    let prepared = client.prepare("SELECT n FROM somewhere");
    assert_eq!(prepared.result.as_ref().unwrap().columns[0].cql_type, CqlType::Bigint);
    let run = execute(&prepared.id, prepared.result_metadata_id.as_ref(), &[]);
    assert_eq!(cells(&client.ask(&run).unwrap().message).len(), 1);
    cluster.on(executed("SELECT n").nth(1), unprepared());
    assert_eq!(code(&client.ask(&run).unwrap().message), 0x2500);
    assert_eq!(
        code(&client.ask(&run).unwrap().message),
        0x2500,
        "it stays unknown until it is prepared again"
    );
    client.prepare("SELECT n FROM somewhere");
    let answer = client.ask(&run).unwrap().message;
    let Message::Result(ResultMessage::Rows(rows)) = &answer else { panic!("{answer:?}") };
    assert_eq!(rows.new_metadata_id, None);
    assert_eq!(cluster.received(&prepare("SELECT n")).len(), 2);
}

#[test]
fn changed_columns_come_with_a_new_metadata_id() {
    let cluster = MockCluster::new(1).keyspace(shop()).start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V5, None);
    let prepared = client.prepare("SELECT * FROM shop.items");
    cluster.change(|world| world.schema[0].tables[0].columns.pop().map_or((), drop));
    let run = execute(&prepared.id, prepared.result_metadata_id.as_ref(), &[]);
    let Message::Result(ResultMessage::Rows(rows)) = client.ask(&run).unwrap().message else { panic!() };
    assert!(rows.new_metadata_id.is_some() && rows.new_metadata_id != prepared.result_metadata_id);
    assert_eq!(rows.metadata.unwrap().columns.len(), 1);
}

#[test]
fn bindings_say_what_the_schema_does_not() {
    let cluster =
        MockCluster::new(1).binding("INSERT INTO x", &[("a", "uuid"), ("b", "map<int, text>")], &[0]);
    let cluster = cluster.start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
    let prepared = client.prepare("INSERT INTO x (a, b) VALUES (?, ?)");
    let names: Vec<_> = prepared.bind.columns.iter().map(|column| &*column.name).collect();
    assert_eq!((names, prepared.bind.partition_key_indexes), (vec!["a", "b"], vec![0]));
    assert_eq!(prepared.result, None);
}

#[test]
fn a_keyspace_is_used_and_unknown_ones_are_refused() {
    let cluster = MockCluster::new(1).keyspace(shop()).start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
    assert_eq!(code(&client.query("USE nowhere")), 0x2200);
    assert_eq!(code(&client.query("SELECT * FROM items")), 0x2200);
    let used = Message::Result(ResultMessage::SetKeyspace("shop".into()));
    assert_eq!(client.query("USE shop"), used);
    assert_eq!(cells(&client.query("SELECT * FROM items")).len(), 0);
    assert_eq!(cluster.received(&any().keyspace("shop")).len(), 1);
    assert_eq!(client.query("INSERT INTO items (id) VALUES (1)"), Message::Result(ResultMessage::Void));
    let applied = client.query("INSERT INTO items (id) VALUES (1) IF NOT EXISTS");
    assert_eq!(cells(&applied), [[Some(vec![1])]]);
}

#[test]
fn a_definition_is_told_to_whoever_asked_for_events() {
    let cluster = MockCluster::new(2).start().unwrap();
    let mut listener = Client::ready(cluster.addresses()[1], ProtocolVersion::V5, None);
    listener.register();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
    let answer = client.query("CREATE TABLE IF NOT EXISTS ks.t (a int PRIMARY KEY)");
    let Message::Result(ResultMessage::SchemaChange(change)) = answer else { panic!("{answer:?}") };
    assert_eq!(change.target, SchemaTarget::Table("t".into()));
    let (stream, event) = listener.receive().unwrap();
    assert_eq!((stream, event.message), (-1, Message::Event(Event::SchemaChange(change))));
}

#[test]
fn what_was_received_can_be_asked_for() {
    let cluster = MockCluster::new(2).start().unwrap();
    for node in 0..2 {
        let mut client = Client::ready(cluster.addresses()[node], ProtocolVersion::V4, None);
        let parameters = QueryParameters::new(Consistency::Quorum);
        client.ask(&Request::Query(Query { query: "SELECT a FROM b".into(), parameters })).unwrap();
        client.ask(&query("SELECT a FROM b")).unwrap();
    }
    assert_eq!(cluster.received(&queried("FROM b")).len(), 4);
    assert_eq!(cluster.received(&queried("FROM b").consistency(Consistency::Quorum)).len(), 2);
    assert_eq!(cluster.node(1).received(&queried("FROM b")).len(), 2);
    let sent = cluster.received(&any().regex("^SELECT [a-z] FROM").unwrap().nth(3));
    assert_eq!((sent.len(), sent[0].node, sent[0].text()), (1, 1, Some("SELECT a FROM b")));
    assert!(any().regex("(").is_err());
    assert_eq!(cluster.received(&any().when(|it| it.stream == 1)).len(), 2);
    cluster.clear_received();
    assert_eq!(cluster.received(&any()).len(), 0);
}

#[test]
fn what_is_to_happen_sometimes_follows_from_the_seed() {
    let happened = |seed| {
        let cluster = MockCluster::new(1).start().unwrap();
        let message = "no".to_owned();
        cluster.on(queried("x").sometimes(0.5, seed), error(ServerError::Invalid { message }));
        let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
        (0..40).map(|_| matches!(client.query("SELECT x FROM y"), Message::Error(_))).collect::<Vec<_>>()
    };
    let first = happened(1);
    assert_eq!(first, happened(1));
    assert_ne!(first, happened(2));
    assert!((5..35).contains(&first.iter().filter(|it| **it).count()));
}

#[test]
fn a_traced_request_has_its_trace_in_the_tables() {
    let cluster = MockCluster::new(1).start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
    client.send(&query("SELECT a FROM b"), Flags::TRACING);
    let id = client.receive().unwrap().1.tracing_id.unwrap();
    let sessions = client
        .query(&format!("SELECT request, duration FROM system_traces.sessions WHERE session_id = {id}"));
    assert_eq!(cells(&sessions).len(), 1);
    let events = client.query(&format!("SELECT * FROM system_traces.events WHERE session_id = {id}"));
    assert_eq!(cells(&events).len(), 1);
}
