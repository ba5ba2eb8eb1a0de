//! The derives: what they read and write, and in which words they refuse.

mod binds;
mod rows;
mod udts;

use std::sync::Arc;

use helenus_protocol::CqlType;
use helenus_protocol::response::{ColumnSpec, RawRows, RowsMetadata};
use helenus_protocol::types::UserType;
use helenus_protocol::value::{EncodeValue, Encoded};

use crate::Error;
use crate::result::{FromRow, Row};

/// A page: columns, and rows of encoded cells.
struct Page {
    columns: Vec<ColumnSpec>,
    rows: RawRows,
}

fn columns(columns: &[(&str, CqlType)]) -> Vec<ColumnSpec> {
    let spec = |(name, cql_type): &(&str, CqlType)| ColumnSpec {
        keyspace: "k".into(),
        table: "t".into(),
        name: (*name).into(),
        cql_type: cql_type.clone(),
    };
    columns.iter().map(spec).collect()
}

impl Page {
    /// One row.
    fn new(of: &[(&str, CqlType)], cells: &[&dyn EncodeValue]) -> Self {
        let columns = columns(of);
        let cells = cells.iter().zip(&columns).map(|(value, column)| cell(*value, &column.cql_type));
        let metadata = Arc::new(RowsMetadata { columns: columns.clone() });
        let rows =
            RawRows::from_rows(metadata, [cells.collect::<Vec<_>>()]).expect("as many cells as columns");
        Self { columns, rows }
    }

    /// Columns without a row.
    fn empty(of: &[(&str, CqlType)]) -> Self {
        let columns = columns(of);
        let metadata = Arc::new(RowsMetadata { columns: columns.clone() });
        let rows = RawRows::from_rows(metadata, Vec::<Vec<Option<Vec<u8>>>>::new()).expect("no rows");
        Self { columns, rows }
    }

    /// The row as a `T`; `None` where there is none.
    fn read<'a, T: FromRow<'a>>(&'a self) -> Result<Option<T>, Error> {
        let layout = T::layout(&self.columns)?;
        Row::read(&self.columns, &self.rows, &mut self.rows.rows())
            .map(|row| T::from_row(&row?, &mut layout.places()))
            .transpose()
    }

    #[track_caller]
    fn one<'a, T: FromRow<'a>>(&'a self) -> T {
        self.read().expect("a good row").expect("a row")
    }

    /// Why it cannot be read as a `T`.
    #[track_caller]
    fn refusal<'a, T: FromRow<'a> + std::fmt::Debug>(&'a self) -> String {
        self.read::<T>().expect_err("it is refused").to_string()
    }
}

fn cell(value: &dyn EncodeValue, cql_type: &CqlType) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    match value.encode(cql_type, &mut bytes).expect("a value of the type") {
        Encoded::Bytes => Some(bytes),
        _ => None,
    }
}

fn user_type(name: &str, fields: &[(&str, CqlType)]) -> CqlType {
    let fields = fields.iter().map(|(name, cql_type)| ((*name).to_owned(), cql_type.clone())).collect();
    CqlType::Udt(Arc::new(UserType { keyspace: "k".into(), name: name.into(), fields }))
}
