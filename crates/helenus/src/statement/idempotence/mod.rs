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

use helenus_protocol::CqlType;

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

/// A column that a statement names. Names are as the server keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPath<'a> {
    /// The keyspace, where the statement names one.
    pub keyspace: Option<&'a str>,
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
}

impl Idempotence {
    /// What the text alone says.
    #[must_use]
    pub fn of(cql: &str) -> Self {
        Self::with_types(cql, &|_| None)
    }

    /// What the text says if the columns that it names have these types. Where a type is not known (None), what
    /// depends on it stays undecidable.
    ///
    /// For a prepared statement its bind metadata is enough: it has the type of each column that a marker is for.
    #[must_use]
    pub fn with_types(cql: &str, column_type: &dyn Fn(&ColumnPath<'_>) -> Option<CqlType>) -> Self {
        walk::Walk::new(cql, column_type).verdict()
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
