//! Several statements that the server runs at once (section 4.1.7).

use helenus_protocol::request::{BatchKind, SerializedValues};

use super::{PreparedStatement, SimpleStatement, StatementOptions};

/// One statement of a batch.
#[derive(Debug, Clone)]
pub enum BatchEntry {
    /// Text with its values.
    Simple(String, SerializedValues),
    /// A prepared statement with its values.
    Prepared(PreparedStatement, SerializedValues),
}

/// A batch.
#[derive(Debug, Clone)]
pub struct BatchStatement {
    /// Logged, unlogged, or of counters.
    pub kind: BatchKind,
    /// The statements in order. Cassandra takes at most 65,535.
    pub entries: Vec<BatchEntry>,
    /// How the whole is to be run.
    pub options: Box<StatementOptions>,
}

impl BatchStatement {
    /// A batch with no statement in it yet. `Logged`: all of it is written in the end, or nothing; `Unlogged`: parts of it may be;
    /// `Counter`: for updates of counters, and nothing else.
    #[must_use]
    pub fn new(kind: BatchKind) -> Self {
        Self { kind, entries: Vec::new(), options: Box::default() }
    }

    /// Adds a statement with its values.
    pub fn push(&mut self, statement: impl Into<BatchEntry>) {
        self.entries.push(statement.into());
    }
}

impl From<SimpleStatement> for BatchEntry {
    fn from(statement: SimpleStatement) -> Self {
        Self::Simple(statement.text, statement.values)
    }
}

impl From<super::BoundStatement> for BatchEntry {
    fn from(bound: super::BoundStatement) -> Self {
        Self::Prepared(bound.prepared, bound.values)
    }
}
