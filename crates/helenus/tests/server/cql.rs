//! The corpus of `tests/server/cql`, run from this door: every kind of statement on protocol v3, v4 and v5, as text and
//! prepared, with the values, the errors and the schema that it must give. The Python door runs the same files.
//!
//! `HELENUS_CQL=word` runs only the files and cases whose names have the word in them.

mod corpus;
mod run;
mod schema;
mod values;

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use helenus::protocol::ProtocolVersion;
use helenus::{Cluster, ClusterBuilder, Session};
use helenus_testkit::cassandra::Cassandra;

use crate::wanted;
use corpus::{File, files};
use run::Door;

const VERSIONS: [(u8, ProtocolVersion); 3] =
    [(3, ProtocolVersion::V3), (4, ProtocolVersion::V4), (5, ProtocolVersion::V5)];

#[derive(Default)]
struct Tally {
    cases: usize,
    runs: usize,
    failures: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_the_corpus_on_every_version() {
    if !wanted("every_case_of_the_corpus_on_every_version") {
        return;
    }
    let begun = Instant::now();
    let nodes = Cassandra::builder().password(true).base_address(Ipv4Addr::new(127, 0, 77, 71));
    // The schema changes a thousand times: no snapshots of what is dropped, no flush of each change.
    let nodes = nodes.config("auto_snapshot", "false");
    let nodes = nodes.property("cassandra.test.flush_local_schema_changes", "false");
    let nodes = nodes.start().expect("a node starts");
    let points = nodes.nodes().iter().map(|node| node.address().ip().to_string());
    let builder = Cluster::builder()
        .contact_points(points)
        .credentials("cassandra", "cassandra")
        .request_timeout(Some(Duration::from_secs(60)));
    let mut tally = Tally::default();
    for (number, version) in VERSIONS {
        let builder = builder.clone().protocol_version(version);
        let session = builder.clone().session().await.expect("it lets us in");
        for file in files() {
            file_on(&builder, &session, number, &file, &mut tally).await;
        }
        session.cluster().shut_down();
    }
    let told = format!(
        "corpus from Rust: {} cases, protocol 3, 4, 5; runs (a version and mode each): passed {}, failed {}; {:.0} s\n",
        tally.cases / VERSIONS.len(),
        tally.runs - tally.failures.len(),
        tally.failures.len(),
        begun.elapsed().as_secs_f64()
    );
    // Not by `println!`, which is shown of failures only.
    std::io::stderr().write_all(told.as_bytes()).expect("somebody listens");
    assert!(tally.failures.is_empty(), "\n{}", tally.failures.join("\n"));
}

async fn file_on(builder: &ClusterBuilder, session: &Session, version: u8, file: &File, tally: &mut Tally) {
    let only = std::env::var("HELENUS_CQL").unwrap_or_default();
    let cases = || file.cases.iter().filter(|case| file.name.contains(&only) || case.name.contains(&only));
    if cases().next().is_none() {
        return;
    }
    let keyspace = format!("cql_v{version}_{}", file.name);
    let mut door = Door::new(builder.clone(), session.clone(), version, keyspace);
    if let Err(why) = set_up(&door, file).await {
        tally.failures.push(format!("v{version} {}: {why}", file.name));
        return;
    }
    for case in cases() {
        tally.cases += 1;
        if !case.runs_on(version) {
            continue;
        }
        for mode in case.modes() {
            tally.runs += 1;
            if let Err(why) = door.case(case, mode).await {
                tally.failures.push(format!("v{version} {}: {} ({mode:?}): {why}", file.name, case.name));
            }
        }
    }
    let dropped = session.execute(format!("DROP KEYSPACE {}", door.names.keyspace)).await;
    dropped.expect("the keyspace of the file can be dropped");
}

async fn set_up(door: &Door, file: &File) -> Result<(), String> {
    let create = format!(
        "CREATE KEYSPACE {} WITH replication = {{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}}",
        door.names.keyspace
    );
    let use_it = format!("USE {}", door.names.keyspace);
    for statement in [create, use_it].iter().chain(&file.setup) {
        let statement = door.names.text(statement);
        door.session.execute(statement.as_str()).await.map_err(|error| format!("{statement}: {error}"))?;
    }
    Ok(())
}
