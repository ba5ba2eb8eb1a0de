//! Structs on a real node: every type both ways, user types that grow, lightweight transactions, and JSON beside the server's own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use helenus::protocol::num_bigint::BigInt;
use helenus::protocol::value::{
    Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, MaybeUnset,
};
use helenus::{Cluster, FromRow, FromUdt, Lwt, Session, ToRow, ToUdt};
use helenus_testkit::cassandra::Cassandra;
use uuid::Uuid;

use super::wanted;

const SCHEMA: [&str; 5] = [
    "CREATE KEYSPACE typed WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    "USE typed",
    "CREATE TYPE address (street text)",
    "CREATE TABLE everything (k int PRIMARY KEY, ascii ascii, bigint bigint, blob blob, boolean boolean, date date, \
     decimal decimal, double double, duration duration, float float, inet inet, smallint smallint, text text, time time, \
     timestamp timestamp, timeuuid timeuuid, tinyint tinyint, uuid uuid, varint varint, items list<text>, numbers set<int>, \
     places map<text, frozen<list<int>>>, pair tuple<int, text>, position vector<float, 3>, home address, \
     homes map<text, frozen<address>>)",
    "CREATE TABLE counters (k int PRIMARY KEY, n counter)",
];

#[derive(Debug, Clone, PartialEq, FromUdt, ToUdt)]
struct Address {
    street: String,
}

#[derive(Debug, Clone, PartialEq, FromRow, ToRow)]
struct Everything {
    k: i32,
    ascii: String,
    bigint: i64,
    blob: Vec<u8>,
    boolean: bool,
    date: CqlDate,
    decimal: CqlDecimal,
    double: f64,
    duration: CqlDuration,
    float: f32,
    inet: IpAddr,
    smallint: i16,
    text: Option<String>,
    time: CqlTime,
    timestamp: CqlTimestamp,
    timeuuid: Uuid,
    tinyint: i8,
    uuid: Uuid,
    varint: BigInt,
    items: Vec<String>,
    numbers: BTreeSet<i32>,
    places: BTreeMap<String, Vec<i32>>,
    pair: (i32, Option<String>),
    position: [f32; 3],
    home: Option<Address>,
    homes: BTreeMap<String, Address>,
}

fn everything() -> Everything {
    let address = |street: &str| Address { street: street.into() };
    Everything {
        k: 1,
        ascii: "plain".into(),
        bigint: i64::MIN,
        blob: vec![0, 0xFF],
        boolean: true,
        date: CqlDate::from_days_since_epoch(11_016),
        decimal: CqlDecimal { unscaled: (-1234).into(), scale: 2 },
        double: 1.5,
        duration: CqlDuration { months: 14, days: 3, nanoseconds: 14_706_007_008_009 },
        float: 0.1,
        inet: [127, 0, 0, 1].into(),
        smallint: -1,
        text: Some("é€".into()),
        time: CqlTime::MAX,
        timestamp: CqlTimestamp(951_782_400_123),
        timeuuid: "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().expect("a version 1"),
        tinyint: -128,
        uuid: Uuid::max(),
        varint: "-123456789012345678901234567890".parse().expect("a number"),
        items: vec!["a".into(), "b".into()],
        numbers: [3, 1, 2].into(),
        places: [("k".to_owned(), vec![1, 2])].into(),
        pair: (7, None),
        position: [1.0, -0.5, 0.25],
        home: Some(address("Main")),
        homes: [("work".to_owned(), address("Wall"))].into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn structs_are_written_and_read_by_a_real_node() {
    if !wanted("structs_are_written_and_read_by_a_real_node") {
        return;
    }
    let nodes = Cassandra::builder().base_address([127, 0, 77, 101].into()).start().expect("a node starts");
    let points = nodes.nodes().iter().map(|node| node.address().ip().to_string());
    let session = Cluster::builder()
        .contact_points(points)
        .request_timeout(Some(Duration::from_secs(60)))
        .session()
        .await
        .expect("it lets everyone in");
    for statement in SCHEMA {
        session.execute(statement).await.expect(statement);
    }
    every_type(&session).await;
    lightweight_transactions(&session).await;
    counters(&session).await;
    #[cfg(feature = "serde_json")]
    json(&session).await;
    #[cfg(all(feature = "time", feature = "chrono", feature = "bigdecimal", feature = "num-bigint-04"))]
    other_libraries(&session).await;
    types_that_grow(&session).await;
}

async fn every_type(session: &Session) {
    let columns = "k, ascii, bigint, blob, boolean, date, decimal, double, duration, float, inet, smallint, text, time, \
                   timestamp, timeuuid, tinyint, uuid, varint, items, numbers, places, pair, position, home, homes";
    let markers = vec!["?"; columns.split(',').count()].join(", ");
    let insert = format!("INSERT INTO everything ({columns}) VALUES ({markers})");
    let insert = session.prepare(&insert).await.expect("it is CQL");
    let written = everything();
    session.execute(insert.bind(&written).expect("it fits")).await.expect("it is written");
    let result = session.execute("SELECT * FROM everything WHERE k = 1").await.expect("it is there");
    assert_eq!(result.one_as::<Everything>().expect("all of it"), written);
}

async fn lightweight_transactions(session: &Session) {
    #[derive(Debug, PartialEq, FromRow)]
    #[helenus(allow_extra)]
    struct Shown {
        k: i32,
        text: Option<String>,
    }
    let run = |cql: &'static str| async move { session.execute(cql).await.expect(cql) };
    let result = run("INSERT INTO everything (k, text) VALUES (1, 'x') IF NOT EXISTS").await;
    let existing = Shown { k: 1, text: Some("é€".into()) };
    assert_eq!(result.lwt_as().expect("a row"), Lwt::NotApplied { existing: vec![existing] });
    let result = run("INSERT INTO everything (k, text) VALUES (2, 'x') IF NOT EXISTS").await;
    assert_eq!(result.lwt_as::<Shown>().expect("applied"), Lwt::Applied);
    let result = run("UPDATE everything SET text = 'y' WHERE k = 2 IF text = 'z' AND boolean = true").await;
    let shown = result.lwt_as::<(String, Option<bool>)>().expect("the conditions' columns").into_existing();
    assert_eq!(shown, Some(("x".into(), None)));
    let result = run("UPDATE everything SET text = 'y' WHERE k = 3 IF EXISTS").await;
    assert_eq!(result.lwt_as::<Shown>().expect("no row"), Lwt::NotApplied { existing: vec![] });
    let result = run("DELETE FROM everything WHERE k = 2 IF text = 'x'").await;
    assert!(result.lwt_as::<Shown>().expect("applied").is_applied());
}

async fn counters(session: &Session) {
    #[derive(ToRow)]
    struct Change {
        n: Counter,
        k: i32,
    }
    let update = session.prepare("UPDATE counters SET n = n + ? WHERE k = ?").await.expect("it is CQL");
    for _ in 0..2 {
        session
            .execute(update.bind(Change { n: Counter(3), k: 1 }).expect("it fits"))
            .await
            .expect("counted");
    }
    let result = session.execute("SELECT n FROM counters WHERE k = 1").await.expect("it is there");
    assert_eq!(result.one_as::<(Counter,)>().expect("a counter"), (Counter(6),));
}

/// What is not written as the server writes it: `decimal` and `varint`, which are strings here.
#[cfg(feature = "serde_json")]
async fn json(session: &Session) {
    let columns = "k, ascii, bigint, blob, boolean, date, double, duration, float, inet, smallint, text, time, timestamp, \
                   timeuuid, tinyint, uuid, items, numbers, places, pair, position, home, homes";
    let ours =
        session.execute(format!("SELECT {columns} FROM everything WHERE k = 1")).await.expect("it is there");
    let servers = session
        .execute(format!("SELECT JSON {columns} FROM everything WHERE k = 1"))
        .await
        .expect("it is there");
    let ours: serde_json::Value = ours.one_as().expect("a row");
    let (servers,): (helenus::Json<serde_json::Value>,) = servers.one_as().expect("a text");
    assert_eq!(ours, servers.0);
}

#[cfg(all(feature = "time", feature = "chrono", feature = "bigdecimal", feature = "num-bigint-04"))]
async fn other_libraries(session: &Session) {
    macro_rules! both_ways {
        ($($column:literal: $rust:ty = $value:expr;)*) => {$(
            let value: $rust = $value;
            let cql = format!("INSERT INTO everything (k, {}) VALUES (9, ?)", $column);
            let insert = session.prepare(&cql).await.expect("it is CQL");
            session.execute(insert.bind((&value,)).expect("it fits")).await.expect("it is written");
            let cql = format!("SELECT {} FROM everything WHERE k = 9", $column);
            let (read,): ($rust,) = session.execute(cql).await.expect("it is there").one_as().expect("as written");
            assert_eq!(read, value, "{}", $column);
        )*};
    }
    both_ways! {
        "timestamp": time::OffsetDateTime = time::OffsetDateTime::UNIX_EPOCH - time::Duration::milliseconds(1);
        "date": time::Date = time::Date::MIN;
        "time": time::Time = time::Time::MIDNIGHT;
        "timestamp": chrono::DateTime<chrono::Utc> = chrono::DateTime::UNIX_EPOCH;
        "date": chrono::NaiveDate = chrono::NaiveDate::MAX;
        "time": chrono::NaiveTime = chrono::NaiveTime::MIN;
        "decimal": bigdecimal::BigDecimal = "-12.340".parse().expect("a number");
        "varint": num_bigint_04::BigInt = "-123456789012345678901234567890".parse().expect("a number");
    }
}

async fn types_that_grow(session: &Session) {
    #[derive(Debug, PartialEq, FromUdt, ToUdt)]
    struct Newer {
        zip: Option<i32>,
        street: String,
    }
    session.execute("ALTER TYPE address ADD zip int").await.expect("it grows");
    // What was written before lacks the field; whoever does not know it reads the rest.
    let result = session.execute("SELECT home FROM everything WHERE k = 1").await.expect("it is there");
    let (newer,): (Newer,) = result.one_as().expect("the older value");
    assert_eq!(newer, Newer { zip: None, street: "Main".into() });
    assert_eq!(result.one_as::<(Address,)>().expect("the older struct").0.street, "Main");
    let insert =
        session.prepare("INSERT INTO everything (k, home, text) VALUES (4, ?, ?)").await.expect("it is CQL");
    #[derive(ToRow)]
    struct Row {
        text: MaybeUnset<String>,
        home: Newer,
    }
    let row = Row { text: MaybeUnset::Unset, home: Newer { zip: Some(8), street: "New".into() } };
    session.execute(insert.bind(row).expect("it fits")).await.expect("it is written");
    let result = session.execute("SELECT home, text FROM everything WHERE k = 4").await.expect("it is there");
    let read: (Newer, Option<String>) = result.one_as().expect("as written");
    assert_eq!(read, (Newer { zip: Some(8), street: "New".into() }, None));
    let moment = SystemTime::now();
    let insert =
        session.prepare("INSERT INTO everything (k, timestamp) VALUES (4, ?)").await.expect("it is CQL");
    session.execute(insert.bind((moment,)).expect("it fits")).await.expect("it is written");
    let result = session.execute("SELECT timestamp FROM everything WHERE k = 4").await.expect("it is there");
    let (read,): (SystemTime,) = result.one_as().expect("a moment");
    assert_eq!(
        read.duration_since(UNIX_EPOCH).expect("after").as_millis(),
        moment.duration_since(UNIX_EPOCH).expect("after").as_millis()
    );
}
