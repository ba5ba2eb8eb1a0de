//! The schema, from the tables of `system_schema` (Cassandra 3.0 and later).

use std::collections::BTreeMap;
use std::time::Duration;

use helenus_protocol::CqlType;

use super::{Column, ColumnKind, Keyspace, Schema, Table};
use crate::cluster::link::Link;
use crate::error::Error;
use crate::routing::Replication;

/// Reads all keyspaces with their tables' columns.
pub(crate) async fn read(link: &Link, timeout: Duration) -> Result<Schema, Error> {
    let keyspaces = link.query("SELECT * FROM system_schema.keyspaces", timeout).await?;
    let columns = link.query("SELECT * FROM system_schema.columns", timeout).await?;
    let mut tables: BTreeMap<(String, String), Vec<Column>> = BTreeMap::new();
    for row in columns.rows() {
        let (Some(keyspace), Some(table), Some(name), Some(kind)) = (
            row.get::<String>("keyspace_name"),
            row.get("table_name"),
            row.get::<String>("column_name"),
            row.get("kind"),
        ) else {
            continue;
        };
        let Some(kind) = ColumnKind::from_name(kind) else { continue };
        let text = row.get::<&str>("type").unwrap_or_default();
        // User-defined types are not looked up here: nothing that routes or retries needs their fields.
        let cql_type = CqlType::from_cql(text, &|_: Option<&str>, _: &str| None)
            .unwrap_or_else(|_| CqlType::Custom(text.into()));
        let position = row.get("position").unwrap_or(-1);
        tables.entry((keyspace, table)).or_default().push(Column {
            name: name.into(),
            kind,
            position,
            cql_type,
        });
    }
    let mut found: BTreeMap<String, Keyspace> = BTreeMap::new();
    for row in keyspaces.rows() {
        let Some(name) = row.get::<String>("keyspace_name") else { continue };
        let options: BTreeMap<String, String> = row.get("replication").unwrap_or_default();
        let mut keyspace = Keyspace::new(name.as_str(), Replication::from_options(options));
        keyspace.durable_writes = row.get("durable_writes").unwrap_or(true);
        found.insert(name, keyspace);
    }
    for ((keyspace, table), columns) in tables {
        if let Some(keyspace) = found.get_mut(&keyspace) {
            keyspace.tables.insert(table.as_str().into(), Table::new(table, columns));
        }
    }
    Ok(Schema::new(found.into_values()))
}
