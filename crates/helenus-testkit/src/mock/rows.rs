//! Rows that a rule answers with, written down in Rust: `Rows::new([("id", "int"), ("name", "text")]).row((1, "a"))`.

use std::net::IpAddr;

use uuid::Uuid;

use super::cell::{self, Cell};
use super::schema::{Keyspace, cql_type};
use super::table::Table;

/// Columns and rows. The pages are cut as each request asks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Rows {
    pub(super) table: Table,
}

impl Rows {
    /// No rows yet, under these columns: names, and types as CQL writes them.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::of_keyspace("mock", "rows", columns, None)
    }

    /// No rows yet, of a table that the result names; `schema` is asked for user-defined types.
    pub fn of_keyspace<'a>(
        keyspace: &str,
        table: &str,
        columns: impl IntoIterator<Item = (&'a str, &'a str)>,
        schema: Option<&Keyspace>,
    ) -> Self {
        let columns = columns.into_iter().map(|(name, text)| (name, cql_type(text, schema)));
        Self { table: Table::new(keyspace, table, columns) }
    }

    /// The rows of `table`, with its columns.
    pub const fn of_table(table: Table) -> Self {
        Self { table }
    }

    /// One more row.
    ///
    /// # Panics
    /// If it has not a cell for each column.
    pub fn row(mut self, row: impl IntoRow) -> Self {
        let row = row.into_row();
        assert_eq!(row.len(), self.table.columns.len(), "a row has a cell for each column");
        self.table.rows.push(row);
        self
    }

    /// `count` more rows, each made from its number, from 0.
    ///
    /// # Panics
    /// If one has not a cell for each column.
    pub fn rows<R: IntoRow>(self, count: usize, row: impl Fn(usize) -> R) -> Self {
        (0..count).fold(self, |rows, number| rows.row(row(number)))
    }
}

/// Something that is one cell of a row. The Rust type decides the bytes: an `i32` is an `int`, an `i64` a `bigint`, a
/// `&str` a `text`; for everything else there is `Vec<u8>`, the cell's bytes themselves.
pub trait IntoCell {
    /// The cell.
    fn into_cell(self) -> Cell;
}

/// A tuple, array or vector of cells.
pub trait IntoRow {
    /// The cells.
    fn into_row(self) -> Vec<Cell>;
}

macro_rules! cells {
    ($($from:ty => $make:expr;)*) => {
        $(impl IntoCell for $from {
            fn into_cell(self) -> Cell { ($make)(self) }
        })*
    };
}

cells! {
    i32 => cell::int;
    i64 => cell::bigint;
    f64 => cell::double;
    bool => cell::boolean;
    &str => cell::text;
    Uuid => cell::uuid;
    IpAddr => cell::inet;
    Vec<u8> => Some;
}

impl<T: IntoCell> IntoCell for Option<T> {
    fn into_cell(self) -> Cell {
        self.and_then(IntoCell::into_cell)
    }
}

impl IntoRow for Vec<Cell> {
    fn into_row(self) -> Vec<Cell> {
        self
    }
}

impl<T: IntoCell, const N: usize> IntoRow for [T; N] {
    fn into_row(self) -> Vec<Cell> {
        self.into_iter().map(IntoCell::into_cell).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {
        $(impl<$($name: IntoCell),+> IntoRow for ($($name,)+) {
            fn into_row(self) -> Vec<Cell> {
                #[allow(non_snake_case, reason = "a tuple's fields are named as its types")]
                let ($($name,)+) = self;
                vec![$($name.into_cell()),+]
            }
        })*
    };
}

tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_written_as_a_tuple() {
        let rows = Rows::new([("a", "int"), ("b", "text"), ("c", "blob")]).row((1, None::<&str>, vec![7_u8]));
        assert_eq!(rows.table.rows, [[cell::int(1), None, Some(vec![7])]]);
    }

    #[test]
    #[should_panic(expected = "a cell for each column")]
    fn a_row_of_another_length_is_refused() {
        let _ = Rows::new([("a", "int")]).row((1, 2));
    }
}
