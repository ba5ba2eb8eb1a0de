//! The schema: a model to look things up in, and the CQL that makes it again.

mod node;

use std::error::Error;

use helenus::Session;
use helenus::schema::{ColumnKind, Layout, Table};

/// The table as the schema has it now: it follows within a second what others change, and at once what this session does.
fn played(session: &Session) -> Result<Table, &'static str> {
    let snapshot = session.cluster().snapshot();
    snapshot.schema().table(node::KEYSPACE, "played").cloned().ok_or("there is no such table")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let session = node::settings().session().await?;
    node::create_users(&session).await?;
    for statement in [
        "DROP TABLE IF EXISTS played",
        "DROP TYPE IF EXISTS place",
        "CREATE TYPE place (country text, city text)",
        "CREATE TABLE played (song uuid, day date, at timestamp, \"where\" frozen<place>, artist text static, times int,
           PRIMARY KEY ((song, day), at)) WITH CLUSTERING ORDER BY (at DESC) AND comment = 'what was played'",
        "CREATE INDEX played_times ON played (times)",
    ] {
        session.execute(statement).await?;
    }

    // What is there, without asking the server.
    let snapshot = session.cluster().snapshot();
    for keyspace in snapshot.schema().keyspaces().filter(|keyspace| !keyspace.is_system()) {
        let (tables, types) = (keyspace.tables.len(), keyspace.user_types.len());
        println!("{}: {tables} tables, {types} types, {}", keyspace.name, keyspace.replication.to_cql());
    }

    // A table, column by column.
    let table = played(&session)?;
    for column in table.columns() {
        let key = match column.kind {
            ColumnKind::PartitionKey => "partition key",
            ColumnKind::Clustering if column.is_descending => "clustering key, descending",
            ColumnKind::Clustering => "clustering key",
            ColumnKind::Static => "static",
            ColumnKind::Regular => "",
        };
        println!("  {:<8}{:<16}{key}", column.name, column.type_text);
    }
    let partition: Vec<_> = table.partition_key().iter().map(|column| &*column.name).collect();
    assert_eq!(partition, ["song", "day"]);
    println!("compaction: {}", table.options.get("compaction").ok_or("each table has one")?.to_cql());

    // As CQL: a table with what is on it. A keyspace, or the whole schema, is described alike.
    let before = table.describe([]);
    println!("\n{before}\n");
    session.execute("DROP TABLE played").await?;
    session.execute(table.create_statement(Layout::Lines)).await?;
    for index in table.indexes.values() {
        session.execute(index.create_statement(table.keyspace(), table.name())).await?;
    }
    assert_eq!(played(&session)?.describe([]), before);

    println!(
        "done: a table of {} columns described, dropped, and made again the same",
        table.columns().len()
    );
    session.cluster().shut_down();
    Ok(())
}
