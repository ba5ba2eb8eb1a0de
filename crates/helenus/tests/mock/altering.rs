//! Statements that nodes have forgotten, and tables that change under prepared statements, many at a time (F19, F20).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use helenus::cluster::Snapshot;
use helenus::policy::SchemaListener;
use helenus::protocol::ProtocolVersion;
use helenus::protocol::response::{Event, SchemaChange, SchemaChangeKind, SchemaTarget};
use helenus_testkit::mock::schema::TableDefinition;
use helenus_testkit::mock::{Rows, execute, prepare, rows, statement};

use super::{all_up, nodes, settings, until};

const READ: &str = "SELECT * FROM ks.t WHERE k = ?";

#[tokio::test(flavor = "multi_thread")]
async fn f19_a_thousand_at_once_have_a_forgotten_statement_prepared_once_on_each_node() {
    for version in ProtocolVersion::ALL {
        let answer = rows(Rows::new([("k", "int"), ("v", "int")]).row((1, 2)));
        let cluster = nodes(3, 3).on(statement(READ), answer).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        all_up(&session).await;
        let prepared = session.prepare(READ).await.expect("the mock prepares it");
        cluster.nodes().for_each(|node| node.forget_statements());
        cluster.clear_received();
        let answers: Vec<_> =
            (0..1000).map(|n| session.execute(prepared.bind((n,)).expect("an int"))).collect();
        for answer in answers {
            let result = answer.await.expect("it is mended");
            assert_eq!(result.first_as::<(i32, i32)>().expect("two ints"), Some((1, 2)));
        }
        let mut executes = 0;
        for node in cluster.nodes() {
            assert!(node.received(&prepare(READ)).len() <= 1, "node {} in {version}", node.index());
            executes += node.received(&execute(READ)).len();
        }
        assert!((1000..=2000).contains(&executes), "each is sent twice at most: {executes} in {version}");
    }
}

/// E14: In v5 a page says that its columns are others than the client knows; before, each page brings them.
#[tokio::test(flavor = "multi_thread")]
async fn f20_a_thousand_changes_of_a_table_and_no_row_is_read_by_columns_that_are_not_its_own() {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let cluster = nodes(1, 1).start().expect("the mock starts");
        let narrow = || rows(Rows::new([("k", "int"), ("v", "int")]).row((1, 2)));
        let wide = || rows(Rows::new([("k", "int"), ("fresh", "text"), ("v", "int")]).row((1, "new", 2)));
        let mut rule = cluster.on(statement(READ), narrow());
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        all_up(&session).await;
        let prepared = session.prepare(READ).await.expect("the mock prepares it");
        let (read, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut readers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (session, prepared) = (session.clone(), prepared.clone());
            let (read, is_over) = (Arc::clone(&read), Arc::clone(&is_over));
            readers.spawn(async move {
                let mut widths = [0_usize; 4];
                while !is_over.load(Ordering::Relaxed) {
                    let result =
                        session.execute(prepared.bind((1,)).expect("an int")).await.expect("it answers");
                    let row = result.rows().next().expect("a row").expect("its bytes");
                    assert_eq!(row.len(), result.columns().len());
                    assert_eq!(row.get_by_name::<i32>("v").expect("an int"), 2);
                    if row.len() == 3 {
                        assert_eq!(row.get_by_name::<&str>("fresh").expect("a text"), "new");
                    }
                    widths[row.len()] += 1;
                    read.fetch_add(1, Ordering::Relaxed);
                }
                widths
            });
        }
        for change in 0..1000 {
            let before = read.load(Ordering::Relaxed);
            let next = cluster.on(statement(READ), if change % 2 == 0 { wide() } else { narrow() });
            assert!(cluster.remove(rule));
            rule = next;
            while read.load(Ordering::Relaxed) == before {
                assert!(readers.try_join_next().is_none(), "a reader has read what cannot be");
                tokio::task::yield_now().await;
            }
        }
        is_over.store(true, Ordering::Relaxed);
        let widths = readers.join_all().await;
        let of = |width: usize| widths.iter().map(|seen| seen[width]).sum::<usize>();
        assert!(of(2) > 100 && of(3) > 100, "both were read: {} and {} in {version}", of(2), of(3));
    }
}

/// Before v5 nothing but preparing it again tells of other columns whoever wants pages without them.
#[tokio::test(flavor = "multi_thread")]
async fn columns_that_were_left_out_are_those_of_the_statement_as_it_was_prepared_again() {
    for version in ProtocolVersion::ALL {
        let before = rows(Rows::new([("k", "int"), ("v", "int")]).row((1, 2)));
        let cluster = nodes(1, 1).on(statement(READ), before).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        all_up(&session).await;
        let mut prepared = session.prepare(READ).await.expect("the mock prepares it");
        prepared.options_mut().skip_metadata = true;
        let read = async |column: &str| {
            let result = session.execute(prepared.bind((1,)).expect("an int")).await.expect("it answers");
            result
                .rows()
                .next()
                .expect("a row")
                .expect("its bytes")
                .get_by_name::<i32>(column)
                .expect("an int")
        };
        assert_eq!((read("k").await, read("v").await), (1, 2));
        // As many of them, and of the same types: only the names tell.
        cluster.on(statement(READ), rows(Rows::new([("v", "int"), ("k", "int")]).row((2, 1))));
        cluster.node(0).forget_statements();
        assert_eq!(read("k").await, 1, "{version}, prepared again for this request");
        assert_eq!((read("k").await, read("v").await), (1, 2), "{version}, and afterwards");
    }
}

/// Writes down what it is told, and whether the model shows it so.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl SchemaListener for Heard {
    fn on_change(&self, change: &SchemaChange, snapshot: &Arc<Snapshot>) {
        let SchemaTarget::Table(name) = &change.target else { panic!("{change:?}") };
        let is_there = snapshot.schema().table(&change.keyspace, name).is_some();
        assert_eq!(is_there, change.change != SchemaChangeKind::Dropped, "the model came first");
        let what = format!("{} {}.{name}", change.change.name(), change.keyspace);
        self.0.lock().expect("nobody panics").push(what);
    }
}

#[derive(Debug)]
struct Panics;

impl SchemaListener for Panics {
    fn on_change(&self, _: &SchemaChange, _: &Arc<Snapshot>) {
        panic!("the listener of this test")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_are_told_of_each_change_of_the_schema_whoever_has_made_it() {
    let cluster = nodes(2, 2).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().schema_refresh_window = std::time::Duration::from_millis(50);
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let heard = Arc::new(Heard::default());
    session.cluster().add_schema_listener(Arc::new(Panics));
    session.cluster().add_schema_listener(Arc::clone(&heard) as _);
    let told = |count: usize| heard.0.lock().expect("nobody panics").len() == count;
    let fresh = |columns: &[&str]| {
        let table = TableDefinition::new("fresh").partition_key("k", "int");
        columns.iter().fold(table, |table, name| table.regular(name, "int"))
    };
    cluster.change(|world| world.schema[0].tables.push(fresh(&[])));
    session.execute("CREATE TABLE ks.fresh (k int PRIMARY KEY)").await.expect("the mock answers");
    until("it is told of its own change", || told(1)).await;
    let event = |change| {
        let target = SchemaTarget::Table("fresh".into());
        let change = SchemaChange { change, keyspace: "ks".into(), target };
        assert_eq!(cluster.push_event(&Event::SchemaChange(change)).expect("it can be said"), 1);
    };
    cluster.change(|world| *world.schema[0].tables.last_mut().expect("it is there") = fresh(&["v"]));
    event(SchemaChangeKind::Updated);
    until("it is told of another's", || told(2)).await;
    event(SchemaChangeKind::Updated);
    session.cluster().refresh().await.expect("the mock answers");
    cluster.change(|world| world.schema[0].tables.retain(|table| table.name != "fresh"));
    event(SchemaChangeKind::Dropped);
    until("it is told of the end", || told(3)).await;
    let heard = heard.0.lock().expect("nobody panics");
    assert_eq!(*heard, ["CREATED ks.fresh", "UPDATED ks.fresh", "DROPPED ks.fresh"]);
}
