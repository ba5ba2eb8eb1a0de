//! Bulk writes, scans, statements prepared by themselves, prefetched pages and traces, on real nodes.

use std::collections::HashMap;
use std::time::Duration;

use helenus::protocol::ProtocolVersion;
use helenus::statement::SimpleStatement;
use helenus::{Cluster, Session};
use helenus_testkit::cassandra::Cassandra;

use super::wanted;

const ROWS: i32 = 12_000;

async fn connect(nodes: &Cassandra, version: ProtocolVersion) -> Session {
    let points = nodes.nodes().iter().map(|node| node.address().ip().to_string());
    Cluster::builder()
        .contact_points(points)
        .protocol_version(version)
        .request_timeout(Some(Duration::from_secs(60)))
        .session()
        .await
        .expect("it lets everyone in")
}

async fn fill(session: &Session) {
    for cql in [
        "CREATE KEYSPACE bulk WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        "CREATE TABLE bulk.t (a int, b text, c int, v int, PRIMARY KEY ((a, b), c))",
    ] {
        session.execute(cql).await.expect(cql);
    }
    let insert = session.prepare("INSERT INTO bulk.t (a, b, c, v) VALUES (?, ?, ?, ?)").await.expect("fine");
    // Partitions of three rows.
    let rows = (0..ROWS).map(|n| insert.bind((n / 3, format!("b{}", n / 3), n % 3, n)).expect("it fits"));
    let results = session.execute_many(rows, 128).try_collect().await.expect("all are written");
    assert_eq!(results.len(), usize::try_from(ROWS).expect("some"));
}

fn each_once(rows: impl IntoIterator<Item = i32>, how: &str) {
    let mut seen: HashMap<i32, u32> = HashMap::new();
    for n in rows {
        *seen.entry(n).or_default() += 1;
    }
    let twice = seen.values().filter(|times| **times > 1).count();
    assert_eq!((seen.len(), twice), (usize::try_from(ROWS).expect("some"), 0), "{how}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_helpers_scans_and_traces() {
    if !wanted("bulk_helpers_scans_and_traces") {
        return;
    }
    let nodes = Cassandra::builder().base_address([127, 0, 77, 91].into()).start().expect("a node starts");
    let session = connect(&nodes, ProtocolVersion::V5).await;
    fill(&session).await;
    for version in ProtocolVersion::ALL {
        let session = connect(&nodes, version).await;
        scan_whole_and_in_parts(&session, version).await;
        text_with_values(&session, version).await;
    }
    prefetched(&session).await;
    traced(&session).await;
}

async fn scan_whole_and_in_parts(session: &Session, version: ProtocolVersion) {
    let scan = || session.scan("bulk", "t").columns(["v"]).splits(3).concurrency(8).page_size(100);
    let all = scan().begin().await.expect("fine").collect_as::<(i32,)>().await.expect("ints");
    each_once(all.into_iter().map(|(v,)| v), &format!("at once in {version}"));

    // Left after every 37 pages, and gone on with in a new one by its text.
    let (mut all, mut checkpoint, mut times) = (Vec::new(), None::<String>, 0);
    loop {
        let mut scan = match &checkpoint {
            None => scan().begin().await.expect("fine"),
            Some(text) => scan().resume(text.parse().expect("its own")).begin().await.expect("fine"),
        };
        for _ in 0..37 {
            let Some(page) = scan.next_page().await.expect("it answers") else { break };
            all.extend(page.rows_as::<(i32,)>().map(|row| row.expect("an int").0));
        }
        let left = scan.checkpoint();
        checkpoint = Some(left.to_string());
        times += 1;
        if left.is_finished() {
            break;
        }
    }
    assert!(times >= 3, "{times}");
    each_once(all, &format!("in {times} parts in {version}"));
}

async fn text_with_values(session: &Session, version: ProtocolVersion) {
    for n in [0, 17, 3000] {
        let cql = "SELECT v FROM bulk.t WHERE a = ? AND b = :name AND c = ?";
        let result = session.execute_with(cql, (n, format!("b{n}"), 1)).await.expect("it answers");
        assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((3 * n + 1,)), "{version}");
    }
    assert_eq!(session.unprepared_statements(), 1);
    // The table is made anew with another type: the text is prepared anew too.
    let table = "bulk.changing";
    for (cql_type, good) in [("int", true), ("text", false)] {
        session.execute(format!("DROP TABLE IF EXISTS {table}")).await.expect("fine");
        session
            .execute(format!("CREATE TABLE {table} (k int PRIMARY KEY, v {cql_type})"))
            .await
            .expect("fine");
        let cql = format!("INSERT INTO {table} (k, v) VALUES (?, ?)");
        let mut wrote = session.execute_with(cql.as_str(), (1, 2)).await.is_ok();
        if !good {
            assert!(!wrote, "an int is no text in {version}");
            wrote = session.execute_with(cql.as_str(), (1, "two")).await.is_ok();
        }
        assert!(wrote, "{cql_type} in {version}");
    }
}

async fn prefetched(session: &Session) {
    let mut all = SimpleStatement::new("SELECT v FROM bulk.t");
    all.options.prefetch = true;
    all.options.page_size = Some(500);
    let rows = session.execute(all).await.expect("it answers").into_stream().collect_as::<(i32,)>().await;
    each_once(rows.expect("ints").into_iter().map(|(v,)| v), "page by page, read ahead");
}

async fn traced(session: &Session) {
    let mut read = SimpleStatement::new("SELECT v FROM bulk.t WHERE a = 1 AND b = 'b1'");
    read.options.tracing = Some(true);
    let result = session.execute(read).await.expect("it answers");
    let id = result.tracing_id().expect("it was asked for");
    let trace =
        session.query_trace(id, Duration::from_secs(10)).await.expect("it is read").expect("it is there");
    assert_eq!(trace.id, id);
    assert!(trace.duration.is_some() && trace.coordinator.is_some() && !trace.events.is_empty(), "{trace:?}");
    assert!(trace.parameters.get("query").is_some_and(|query| query.contains("bulk.t")), "{trace:?}");
    let nothing = session.query_trace(uuid::Uuid::from_u128(1), Duration::from_millis(20)).await;
    assert!(nothing.expect("it is read").is_none());
}
