//! The schema of a real node, described by the crate alone: what the description makes is described the same.

use std::time::Duration;

use helenus::Cluster;
use helenus_testkit::cassandra::Cassandra;

use super::wanted;

const STATEMENTS: [&str; 12] = [
    "CREATE KEYSPACE rich WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}",
    "CREATE TYPE rich.zip (number int, \"Letters\" text)",
    "CREATE TYPE rich.address (street text, zip frozen<zip>, position vector<float, 2>)",
    "CREATE FUNCTION rich.plus(x int, y int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return x;'",
    "CREATE AGGREGATE rich.all_of_it(int) SFUNC plus STYPE int INITCOND 0",
    "CREATE TABLE rich.base (a int, b int, c text, home frozen<address>, PRIMARY KEY (a, b)) WITH CLUSTERING ORDER BY (b DESC)",
    "CREATE INDEX base_c ON rich.base (c) USING 'sai'",
    "CREATE MATERIALIZED VIEW rich.aa_view AS SELECT * FROM rich.base WHERE a IS NOT NULL AND b IS NOT NULL PRIMARY KEY (b, a)",
    "CREATE TABLE rich.masked (a int PRIMARY KEY, b text MASKED WITH mask_inner(1, null, '#'))",
    "CREATE TABLE rich.compact (a int PRIMARY KEY, b int, c text) WITH COMPACT STORAGE",
    "CREATE TABLE rich.dropped (a int PRIMARY KEY, b int)",
    "ALTER TABLE rich.dropped DROP b",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_description_makes_is_described_the_same() {
    if !wanted("what_a_description_makes_is_described_the_same") {
        return;
    }
    let nodes = Cassandra::builder().base_address([127, 0, 77, 61].into()).start().expect("a node starts");
    let points = nodes.nodes().iter().map(|node| node.address().ip().to_string());
    let session = Cluster::builder()
        .contact_points(points)
        .request_timeout(Some(Duration::from_secs(60)))
        .session()
        .await
        .expect("it lets everyone in");
    for statement in STATEMENTS {
        session.execute(statement).await.expect(statement);
    }
    let described = session.cluster().snapshot().schema().describe();
    assert!(
        described.starts_with("CREATE KEYSPACE rich"),
        "nothing of the server's own is in it: {described}"
    );
    session.execute("DROP KEYSPACE rich").await.expect("it is there");
    assert_eq!(session.cluster().snapshot().schema().describe(), "");

    let mut rest = described.as_str();
    while let Some((statement, more)) = rest.split_once(";\n") {
        // The body of a function has semicolons, and none of them ends a line.
        session.execute(statement).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
        rest = more.trim_start();
    }
    session.execute(rest.trim_end_matches(';')).await.expect("the last one");
    assert_eq!(session.cluster().snapshot().schema().describe(), described);
}
