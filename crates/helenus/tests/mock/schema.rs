//! The schema as it is read from nodes: only what has changed, page by page, and never waited for without end.

use std::time::{Duration, Instant};

use helenus::protocol::response::{Event, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError};
use helenus::protocol::{RequestOpcode, ResponseOpcode};
use helenus::schema::SchemaPart;
use helenus::{Error, RequestFailure, Session, SimpleStatement};
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{Matcher, Received, RunningCluster, body, error, opcode, silence, statement};

use super::{all_up, nodes, settings, until};

/// A session that looks soon after an event.
async fn attentive(cluster: &RunningCluster) -> Session {
    let mut settings = settings(cluster);
    settings.config_mut().schema_refresh_window = Duration::from_millis(50);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

/// Every question about the schema.
fn schema_queries() -> Matcher {
    opcode(RequestOpcode::Query).regex("system_(virtual_)?schema").expect("it is a pattern")
}

fn changed(keyspace: &str, table: &str) -> Event {
    Event::SchemaChange(SchemaChange {
        change: SchemaChangeKind::Updated,
        keyspace: keyspace.into(),
        target: SchemaTarget::Table(table.into()),
    })
}

fn has_table(session: &Session, keyspace: &str, table: &str) -> bool {
    session.cluster().snapshot().schema().table(keyspace, table).is_some()
}

fn texts(cluster: &RunningCluster) -> Vec<String> {
    let received = cluster.received(&schema_queries());
    received.iter().map(|received| received.text().unwrap_or_default().to_owned()).collect()
}

fn add_table(cluster: &RunningCluster, name: &str) {
    let table = TableDefinition::new(name).partition_key("k", "int").regular("v", "frozen<list<int>>");
    cluster.change(|world| world.schema[0].tables.push(table));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_only_its_table_read() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    let before = session.cluster().snapshot();
    add_table(&cluster, "it's new");
    cluster.clear_received();
    cluster.push_event(&changed("ks", "it's new")).expect("it can be said");
    until("it is known", || has_table(&session, "ks", "it's new")).await;
    let asked = texts(&cluster);
    assert!(asked.len() <= 6, "{asked:#?}");
    let filter = "_name IN ('it''s new')";
    assert!(asked.iter().all(|text| text.contains(filter) && text.contains("'ks'")), "{asked:#?}");
    let after = session.cluster().snapshot();
    let table =
        |schema: &helenus::schema::Schema| schema.keyspace("ks").expect("it is there").tables["t"].clone();
    assert!(std::sync::Arc::ptr_eq(&table(before.schema()), &table(after.schema())), "others are shared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_events_is_few_readings() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    cluster.clear_received();
    for n in 0..2_000 {
        cluster.push_event(&changed("ks", &format!("t{n}"))).expect("it can be said");
    }
    add_table(&cluster, "last");
    cluster.push_event(&changed("ks", "last")).expect("it can be said");
    until("the last is known", || has_table(&session, "ks", "last")).await;
    let asked = texts(&cluster).len();
    assert!(asked < 200, "{asked} questions for 2,001 events");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_dropped_is_forgotten_and_a_keyspace_too() {
    let cluster = nodes(1, 1).keyspace(Keyspace::new("other", 1)).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    cluster.change(|world| {
        world.schema[0].tables.retain(|table| table.name != "t");
        world.schema.retain(|keyspace| keyspace.name != "other");
    });
    cluster.push_event(&changed("ks", "t")).expect("it can be said");
    until("the table is forgotten", || !has_table(&session, "ks", "t")).await;
    assert!(has_table(&session, "ks", "counters"));
    let part = SchemaPart::Keyspace("other".into());
    session.cluster().refresh_schema(part).await.expect("the mock answers");
    assert!(session.cluster().snapshot().schema().keyspace("other").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_told_and_leaves_the_schema_as_it_was() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    let overloaded = ServerError::Overloaded { message: "not now".into() };
    let rule = cluster.on(schema_queries(), error(overloaded));
    let known = session.cluster().clone();
    let refresh = || known.refresh_schema(SchemaPart::table("ks", "t"));
    let failure = refresh().await.expect_err("the mock refuses").to_string();
    assert!(failure.contains("not now"), "{failure}");
    assert!(has_table(&session, "ks", "t"));
    cluster.remove(rule);
    refresh().await.expect("the mock answers again");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_metadata_only_what_routing_needs_is_read() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().schema_metadata = false;
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    assert_eq!(texts(&cluster), ["SELECT * FROM system_schema.keyspaces"]);
    let schema = session.cluster().snapshot().schema().clone();
    assert!(schema.keyspace("ks").is_some_and(|keyspace| keyspace.tables.is_empty()));
}

/// S1 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn many_tables_are_read_page_by_page_and_soon() {
    const TABLES: usize = 2_000;
    let tables = (0..TABLES).map(|n| {
        let table = TableDefinition::new(&format!("t{n:04}")).partition_key("k", "int");
        (0..9).fold(table, |table, n| table.regular(&format!("c{n}"), "map<text, frozen<list<int>>>"))
    });
    let keyspace = tables.fold(Keyspace::new("many", 1), Keyspace::table);
    let cluster = nodes(1, 1).keyspace(keyspace).start().expect("the mock starts");
    let begun = Instant::now();
    let session = settings(&cluster).session().await.expect("the mock lets everyone in");
    let took = begun.elapsed();
    let snapshot = session.cluster().snapshot();
    let keyspace = snapshot.schema().keyspace("many").expect("it is there");
    assert_eq!(keyspace.tables.len(), TABLES);
    assert!(keyspace.tables.values().all(|table| table.columns().len() == 10));
    let pages = texts(&cluster).iter().filter(|text| text.ends_with("system_schema.columns")).count();
    assert!(pages > 1, "20,000 columns in {pages} page");
    // A second is the promise; this bound is for a build without optimisation on a machine that does something else.
    assert!(took < Duration::from_secs(5), "{took:?}");
    eprintln!("connected to {TABLES} tables in {took:?}");
}

/// Asks for a change of the schema on a cluster that is to be waited for at most 400 ms.
async fn change_schema(cluster: &RunningCluster, patience: Duration) -> (Duration, bool) {
    let mut settings = settings(cluster);
    settings.config_mut().max_schema_agreement_wait = patience;
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    cluster.on(
        opcode(RequestOpcode::Query).regex("SELECT .*schema_version FROM system").expect("it is a pattern"),
        silence(),
    );
    cluster.clear_received();
    let begun = Instant::now();
    let statement = SimpleStatement::new("CREATE TABLE ks.fresh (k int PRIMARY KEY)");
    let result = session.execute(statement).await.expect("the change itself is done");
    (begun.elapsed(), result.is_schema_agreed())
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_never_say_their_version_are_waited_for_but_not_for_ever() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let (took, agreed) = change_schema(&cluster, Duration::from_millis(400)).await;
    assert!(!agreed);
    assert!(took >= Duration::from_millis(400) && took < Duration::from_millis(1_500), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_patience_nobody_is_asked() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let (took, agreed) = change_schema(&cluster, Duration::ZERO).await;
    assert!(agreed, "nothing is known against it");
    assert!(took < Duration::from_millis(400), "{took:?}");
    let asked =
        cluster.received(&opcode(RequestOpcode::Query).regex("schema_version").expect("it is a pattern"));
    assert!(asked.is_empty(), "{asked:?}");
}

/// The statement has its time, however long agreement may be waited for; what it changed is known soon all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_agreed_on_in_its_time_says_that_it_was_made() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().max_schema_agreement_wait = Duration::from_secs(60);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    cluster.on(opcode(RequestOpcode::Query).regex("schema_version").expect("it is a pattern"), silence());
    add_table(&cluster, "fresh");
    let mut statement = SimpleStatement::new("CREATE TABLE ks.fresh (k int PRIMARY KEY)");
    statement.options.timeout = Some(Duration::from_millis(300));
    let begun = Instant::now();
    let failure = session.execute(statement).await.expect_err("nobody says whether they agree");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(failure.is_timeout(), "{failure}");
    let message = failure.to_string();
    assert!(message.contains("within 300ms") && message.contains("has changed the schema"), "{message}");
    let Some(RequestFailure::TimedOut { waiting, .. }) = failure.request_failure() else {
        panic!("{failure}")
    };
    assert!(waiting.len() == 1 && waiting[0].has_changed_schema && waiting[0].connection.is_some());
    until("the table is known", || has_table(&session, "ks", "fresh")).await;
}

/// A rows result of one cell, with a paging state that is never the same twice in a row.
fn endless(state: u8) -> Vec<u8> {
    let text =
        |text: &str| [&u16::try_from(text.len()).expect("short").to_be_bytes(), text.as_bytes()].concat();
    let head = [0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, state];
    let names = [text("system_schema"), text("tables"), text("keyspace_name"), vec![0, 13]].concat();
    [&head[..], &names, &[0, 0, 0, 1, 0, 0, 0, 2], b"ks"].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_sends_pages_without_end_is_left() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    let tables = || opcode(RequestOpcode::Query).regex("system_schema.tables").expect("it is a pattern");
    let is_at = |state: u8| {
        move |received: &Received| {
            received
                .parameters()
                .is_some_and(|parameters| parameters.paging_state.as_deref() == Some(&[state]))
        }
    };
    cluster.on(tables(), body(ResponseOpcode::Result, endless(1)));
    cluster.on(tables().when(is_at(1)), body(ResponseOpcode::Result, endless(2)));
    cluster.clear_received();
    let watcher = session.cluster();
    let failure =
        watcher.refresh_schema(SchemaPart::Everything).await.expect_err("it has no end").to_string();
    let address = cluster.addresses()[0].to_string();
    assert!(failure.contains(&address) && failure.contains("still more after 1000 pages"), "{failure}");
    assert_eq!(cluster.received(&tables()).len(), 1000);
}

/// Whoever is told that bytes are wrong wants to know whose they are.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_told_with_who_has_sent_it() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    let address = cluster.addresses()[0].to_string();
    let whole = &endless(1)[..];
    let short = &whole[..whole.len() - 1];
    let rule = cluster.on(schema_queries(), body(ResponseOpcode::Result, &short[..9]));
    let failure =
        session.cluster().refresh_schema(SchemaPart::Everything).await.expect_err("it is malformed");
    let message = failure.to_string();
    assert!(message.starts_with(&format!("the server {address} sent a malformed ")), "{message}");
    cluster.remove(rule);
    cluster.on(statement("SELECT v"), body(ResponseOpcode::Result, &short[..9]));
    let failure = session.execute("SELECT v FROM ks.t").await.expect_err("it is malformed");
    let Error::Decode(malformed) = &failure else { panic!("{failure}") };
    assert_eq!(malformed.sender, Some(cluster.addresses()[0]));
    cluster.on(statement("SELECT w"), body(ResponseOpcode::Result, short));
    let result = session.execute("SELECT w FROM ks.t").await.expect("its columns are sound");
    let failure = result.rows().next().expect("there is a row").expect_err("it is malformed").to_string();
    assert!(failure.starts_with(&format!("the server {address} sent a malformed ")), "{failure}");
    assert_eq!(result.first_as::<(String,)>().expect_err("so is this").to_string(), failure);
    let wanted = result.rows_as::<(i32,)>().next().expect("an error").expect_err("it is a text");
    assert!(!wanted.to_string().contains(&address), "{wanted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_control_connection_nothing_is_read_and_that_is_what_is_said() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = attentive(&cluster).await;
    cluster.node(0).stop();
    let watcher = session.cluster();
    until("the control connection is lost", || watcher.control_host().is_none()).await;
    let failure = watcher.refresh_schema(SchemaPart::Everything).await.expect_err("nobody can be asked");
    assert!(matches!(failure, Error::NoControlConnection), "{failure:?}");
    assert!(failure.to_string().contains("no control connection"), "{failure}");
    let nobody = settings(&cluster).connections_per_host(0).connections_per_remote_host(0);
    cluster.node(0).listen().expect("its address is free");
    let failure = nobody.session().await.expect_err("no connections are wanted").to_string();
    assert!(failure.contains("they are to have no connections"), "{failure}");
}
