//! Whether a statement may be sent a second time, read from its text.
//!
//! The answer errs to one side only: what is called idempotent is. It says nothing of legality; a text that the
//! server will refuse may get any answer, since it does nothing however often it is sent.
//!
//! A write counts only if all attempts carry one timestamp: with a later one, the second attempt would undo what
//! others wrote in between. And one timestamp is not enough for lists. Cassandra (seen on 5.0.6) replaces a list by
//! deleting what is older than the write and adding cells of new names, so that the same `l = [1, 2]` sent twice with
//! one timestamp leaves `[1, 2, 1, 2]`. A value that may be a list is therefore only as good as the column's type,
//! which a prepared statement's bind metadata tells, or the schema.

mod assignment;
mod functions;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::Arc;

use helenus_protocol::CqlType;
use helenus_protocol::response::ColumnSpec;

use crate::schema::Schema;

/// What a statement's text says about sending it twice, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Idempotence {
    /// Twice is as good as once.
    Idempotent,
    /// It is if all attempts carry one timestamp that the client gave.
    IdempotentWithTimestamp,
    /// The text cannot tell, because it does not say what a column or a function is.
    Undecidable,
    /// Twice is not the same as once.
    NotIdempotent,
}

/// A column that a statement writes to. Names are as the server keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnPath<'a> {
    /// The keyspace, where the statement names one.
    pub keyspace: Option<&'a str>,
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The bind marker that alone is the value or, for an element, its key: how many stand before it in the text.
    pub marker: Option<usize>,
    /// Whether it is about an element of the column's value, `c[…]`.
    pub is_element: bool,
}

impl Idempotence {
    /// What the text alone says.
    #[must_use]
    pub fn of(cql: &str) -> Self {
        Self::with_types(cql, &|_| None)
    }

    /// What the text of a prepared statement says, given what the server said of its bind markers.
    #[must_use]
    pub fn of_prepared(cql: &str, bind: &[ColumnSpec]) -> Self {
        let of_marker = |path: &ColumnPath<'_>| {
            let bound = bind.get(path.marker?)?;
            if !path.is_element {
                return Some(bound.cql_type.clone());
            }
            // The server names a marker in brackets for what it is to the column: `key(c)` of a map, `value(c)` of a
            // set, and `idx(c)` of a list.
            let (role, column) = bound.name.strip_suffix(')')?.split_once('(')?;
            let of = Arc::new(bound.cql_type.clone());
            match role {
                "key" if column == path.column => Some(CqlType::Map(of, Arc::new(CqlType::Blob))),
                "value" if column == path.column => Some(CqlType::Set(of)),
                "idx" if column == path.column => Some(CqlType::List(Arc::new(CqlType::Blob))),
                _ => None,
            }
        };
        match walk::Walk::new(cql, &of_marker).judge() {
            (verdict, Some(markers)) if markers == bind.len() => verdict,
            // A server that counts otherwise, taking a name that comes twice for one marker, means others by its types.
            _ => Self::of(cql),
        }
    }

    /// What the text says if the columns that it writes to have these types. Where a type is not known (None), what
    /// depends on it stays undecidable.
    #[must_use]
    pub fn with_types(cql: &str, column_type: &dyn Fn(&ColumnPath<'_>) -> Option<CqlType>) -> Self {
        walk::Walk::new(cql, column_type).judge().0
    }

    /// What the text says if the schema is this one, and `keyspace` is meant where the statement names none.
    #[must_use]
    pub fn with_schema(cql: &str, schema: &Schema, keyspace: Option<&str>) -> Self {
        Self::with_types(cql, &|path| {
            let table = schema.table(path.keyspace.or(keyspace)?, path.table)?;
            Some(table.column(path.column)?.cql_type.clone())
        })
    }

    /// Whether it may be sent again although it may have run.
    #[must_use]
    pub fn allows_repeating(self, has_client_timestamp: bool) -> bool {
        match self {
            Self::Idempotent => true,
            Self::IdempotentWithTimestamp => has_client_timestamp,
            Self::Undecidable | Self::NotIdempotent => false,
        }
    }
}
