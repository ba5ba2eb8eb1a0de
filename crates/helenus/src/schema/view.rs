//! A materialized view (`system_schema.views`, and its columns in `system_schema.columns`).

use super::Table;

/// A materialized view: a table that the server fills from another one.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its name, columns and options.
    pub table: Table,
    /// The table that it is filled from, in the same keyspace.
    pub base_table: Box<str>,
    /// Whether it has all columns of its table, also those that are added later.
    pub include_all_columns: bool,
    /// Which rows it has, in CQL.
    pub where_clause: Box<str>,
}

impl View {
    /// Its name, as the server keeps it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.table.name()
    }
}
