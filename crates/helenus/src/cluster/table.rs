//! Rows of the system tables, by column name. A column that a version of Cassandra lacks is simply not there.

use std::collections::HashMap;
use std::sync::Arc;

use helenus_protocol::response::{RawRows, RowsMetadata};
use helenus_protocol::value::DecodeValue;
use helenus_protocol::{CqlType, DecodeError};

/// A small result, kept as bytes.
#[derive(Debug)]
pub(crate) struct Table {
    metadata: Arc<RowsMetadata>,
    columns: HashMap<String, usize>,
    rows: RawRows,
}

impl Table {
    pub(crate) fn new(rows: RawRows) -> Result<Self, DecodeError> {
        let metadata = Arc::clone(rows.resolve_metadata(None)?);
        let columns =
            metadata.columns.iter().enumerate().map(|(at, column)| (column.name.to_string(), at)).collect();
        Ok(Self { metadata, columns, rows })
    }

    /// The rows that are well-formed.
    pub(crate) fn rows(&self) -> impl Iterator<Item = TableRow<'_>> {
        self.rows.rows().map_while(Result::ok).map(|row| TableRow { table: self, cells: row.collect() })
    }
}

/// One row.
#[derive(Debug)]
pub(crate) struct TableRow<'a> {
    table: &'a Table,
    cells: Vec<Option<&'a [u8]>>,
}

impl<'a> TableRow<'a> {
    /// Each column's name and type, and the cell in it.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&'a str, &'a CqlType, Option<&'a [u8]>)> {
        let columns = self.table.metadata.columns.iter();
        columns.zip(&self.cells).map(|(column, cell)| (&*column.name, &column.cql_type, *cell))
    }

    /// The value of a column; `None` if it is null, not there, or not of this type.
    pub(crate) fn get<T: DecodeValue<'a>>(&self, column: &str) -> Option<T> {
        let at = *self.table.columns.get(column)?;
        let cell = (*self.cells.get(at)?)?;
        T::decode(&self.table.metadata.columns[at].cql_type, Some(cell)).ok()
    }
}
