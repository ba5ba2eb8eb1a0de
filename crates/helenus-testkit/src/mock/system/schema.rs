//! `system_schema` and `system_virtual_schema`: the tables that tell of keyspaces, tables, columns and types.

use std::sync::Arc;

use helenus_protocol::CqlType;
use uuid::Uuid;

use super::{text_list, text_map, text_set};
use crate::mock::cell;
use crate::mock::schema::{ColumnKind, Keyspace, TableDefinition};
use crate::mock::table::Table;

/// The tables of `system_schema`.
pub(super) fn schema_tables(schema: &[Keyspace]) -> Vec<Table> {
    let mut all = vec![keyspaces(schema), table_options(schema), columns(schema), types(schema)];
    let names = |names: &[&'static str]| -> Vec<(&'static str, CqlType)> {
        names.iter().map(|&name| (name, CqlType::Text)).collect()
    };
    let mut indexes = names(&["keyspace_name", "table_name", "index_name", "kind"]);
    indexes.push(("options", text_map()));
    let mut triggers = names(&["keyspace_name", "table_name", "trigger_name"]);
    triggers.push(("options", text_map()));
    let functions = vec![
        ("keyspace_name", CqlType::Text),
        ("function_name", CqlType::Text),
        ("argument_types", text_list()),
        ("argument_names", text_list()),
        ("body", CqlType::Text),
        ("called_on_null_input", CqlType::Boolean),
        ("language", CqlType::Text),
        ("return_type", CqlType::Text),
    ];
    let mut aggregates = names(&["keyspace_name", "aggregate_name"]);
    aggregates.push(("argument_types", text_list()));
    aggregates.extend(names(&["final_func", "initcond", "return_type", "state_func", "state_type"]));
    let mut dropped = names(&["keyspace_name", "table_name", "column_name"]);
    dropped.extend([("dropped_time", CqlType::Timestamp), ("kind", CqlType::Text), ("type", CqlType::Text)]);
    all.extend([
        Table::new("system_schema", "indexes", indexes),
        Table::new("system_schema", "triggers", triggers),
        Table::new("system_schema", "functions", functions),
        Table::new("system_schema", "aggregates", aggregates),
        Table::new("system_schema", "dropped_columns", dropped),
        Table::new("system_schema", "views", view_columns()),
    ]);
    all
}

fn keyspaces(schema: &[Keyspace]) -> Table {
    let mut table = Table::new(
        "system_schema",
        "keyspaces",
        [("keyspace_name", CqlType::Text), ("durable_writes", CqlType::Boolean), ("replication", text_map())],
    );
    for keyspace in schema {
        table.insert([
            ("keyspace_name", cell::text(&keyspace.name)),
            ("durable_writes", cell::boolean(true)),
            ("replication", cell::text_map(keyspace.replication.iter().map(|(k, v)| (k, v)))),
        ]);
    }
    table
}

/// The options that tables and views share, in `system_schema`'s order.
fn option_columns() -> Vec<(&'static str, CqlType)> {
    vec![
        ("additional_write_policy", CqlType::Text),
        ("bloom_filter_fp_chance", CqlType::Double),
        ("caching", text_map()),
        ("cdc", CqlType::Boolean),
        ("comment", CqlType::Text),
        ("compaction", text_map()),
        ("compression", text_map()),
        ("crc_check_chance", CqlType::Double),
        ("dclocal_read_repair_chance", CqlType::Double),
        ("default_time_to_live", CqlType::Int),
        ("extensions", CqlType::Map(Arc::new(CqlType::Text), Arc::new(CqlType::Blob))),
        ("gc_grace_seconds", CqlType::Int),
        ("id", CqlType::Uuid),
        ("max_index_interval", CqlType::Int),
        ("memtable_flush_period_in_ms", CqlType::Int),
        ("min_index_interval", CqlType::Int),
        ("read_repair", CqlType::Text),
        ("read_repair_chance", CqlType::Double),
        ("speculative_retry", CqlType::Text),
    ]
}

fn view_columns() -> Vec<(&'static str, CqlType)> {
    let mut columns = vec![
        ("keyspace_name", CqlType::Text),
        ("view_name", CqlType::Text),
        ("base_table_id", CqlType::Uuid),
        ("base_table_name", CqlType::Text),
        ("include_all_columns", CqlType::Boolean),
        ("where_clause", CqlType::Text),
    ];
    columns.extend(option_columns());
    columns
}

fn table_options(schema: &[Keyspace]) -> Table {
    let mut columns =
        vec![("keyspace_name", CqlType::Text), ("table_name", CqlType::Text), ("flags", text_set())];
    columns.extend(option_columns());
    let mut table = Table::new("system_schema", "tables", columns);
    for (keyspace, definition) in definitions(schema) {
        let id = table.rows.len() as u128 + 1;
        table.insert([
            ("keyspace_name", cell::text(&keyspace.name)),
            ("table_name", cell::text(&definition.name)),
            ("flags", cell::texts(["compound"])),
            ("additional_write_policy", cell::text("99p")),
            ("bloom_filter_fp_chance", cell::double(0.01)),
            ("caching", cell::text_map([("keys", "ALL"), ("rows_per_partition", "NONE")])),
            ("comment", cell::text("")),
            (
                "compaction",
                cell::text_map([(
                    "class",
                    "org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy",
                )]),
            ),
            (
                "compression",
                cell::text_map([
                    ("chunk_length_in_kb", "16"),
                    ("class", "org.apache.cassandra.io.compress.LZ4Compressor"),
                ]),
            ),
            ("crc_check_chance", cell::double(1.0)),
            ("default_time_to_live", cell::int(0)),
            ("extensions", cell::text_map::<&str, &str>([])),
            ("gc_grace_seconds", cell::int(864_000)),
            ("id", cell::uuid(Uuid::from_u128(0x7ab1_e000_0000_1000_8000_0000_0000_0000 | id))),
            ("max_index_interval", cell::int(2048)),
            ("memtable_flush_period_in_ms", cell::int(0)),
            ("min_index_interval", cell::int(128)),
            ("read_repair", cell::text("BLOCKING")),
            ("speculative_retry", cell::text("99p")),
        ]);
    }
    table
}

fn definitions(schema: &[Keyspace]) -> impl Iterator<Item = (&Keyspace, &TableDefinition)> {
    schema.iter().flat_map(|keyspace| keyspace.tables.iter().map(move |table| (keyspace, table)))
}

fn columns(schema: &[Keyspace]) -> Table {
    let mut table = Table::new(
        "system_schema",
        "columns",
        [
            ("keyspace_name", CqlType::Text),
            ("table_name", CqlType::Text),
            ("column_name", CqlType::Text),
            ("clustering_order", CqlType::Text),
            ("column_name_bytes", CqlType::Blob),
            ("kind", CqlType::Text),
            ("position", CqlType::Int),
            ("type", CqlType::Text),
        ],
    );
    for (keyspace, definition) in definitions(schema) {
        for (index, column) in definition.columns.iter().enumerate() {
            let is_clustering = column.kind == ColumnKind::Clustering;
            let position = definition.position_in_kind(index).map_or(-1, |at| at as i32);
            table.insert([
                ("keyspace_name", cell::text(&keyspace.name)),
                ("table_name", cell::text(&definition.name)),
                ("column_name", cell::text(&column.name)),
                ("clustering_order", cell::text(if is_clustering { "asc" } else { "none" })),
                ("column_name_bytes", cell::text(&column.name)),
                ("kind", cell::text(column.kind.name())),
                ("position", cell::int(position)),
                ("type", cell::text(&column.cql_type)),
            ]);
        }
    }
    table
}

fn types(schema: &[Keyspace]) -> Table {
    let mut table = Table::new(
        "system_schema",
        "types",
        [
            ("keyspace_name", CqlType::Text),
            ("type_name", CqlType::Text),
            ("field_names", text_list()),
            ("field_types", text_list()),
        ],
    );
    for keyspace in schema {
        for (name, fields) in &keyspace.types {
            table.insert([
                ("keyspace_name", cell::text(&keyspace.name)),
                ("type_name", cell::text(name)),
                ("field_names", cell::texts(fields.iter().map(|(name, _)| name))),
                ("field_types", cell::texts(fields.iter().map(|(_, cql_type)| cql_type))),
            ]);
        }
    }
    table
}

/// The tables of `system_virtual_schema`, all empty.
pub(super) fn virtual_schema_tables() -> [Table; 3] {
    let keyspace = "system_virtual_schema";
    [
        Table::new(keyspace, "keyspaces", [("keyspace_name", CqlType::Text)]),
        Table::new(
            keyspace,
            "tables",
            [("keyspace_name", CqlType::Text), ("table_name", CqlType::Text), ("comment", CqlType::Text)],
        ),
        Table::new(
            keyspace,
            "columns",
            [
                ("keyspace_name", CqlType::Text),
                ("table_name", CqlType::Text),
                ("column_name", CqlType::Text),
                ("clustering_order", CqlType::Text),
                ("column_name_bytes", CqlType::Blob),
                ("kind", CqlType::Text),
                ("position", CqlType::Int),
                ("type", CqlType::Text),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_shows_in_its_tables_with_positions_by_kind() {
        let table = TableDefinition::new("t")
            .partition_key("a", "int")
            .partition_key("b", "text")
            .column("c", "uuid", ColumnKind::Clustering)
            .regular("v", "list<int>");
        let columns = columns(&[Keyspace::new("ks", 1).table(table)]);
        let position = columns.position("position").unwrap();
        let positions: Vec<_> = columns.rows.iter().map(|row| row[position].clone()).collect();
        assert_eq!(positions, [cell::int(0), cell::int(1), cell::int(0), cell::int(-1)]);
    }
}
