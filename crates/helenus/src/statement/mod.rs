//! Statements: what is known of one before it is sent.

pub mod batch;
pub(crate) mod conditional;
mod idempotence;
pub mod identifier;
pub(crate) mod lexer;
mod markers;
pub(crate) mod operation;
mod options;
pub(crate) mod partitions;
pub mod prepared;
mod result_columns;
pub mod routing_key;
mod simple;
pub(crate) mod to_row;

pub use batch::BatchStatement;
pub use idempotence::{ColumnPath, Idempotence};
pub use options::StatementOptions;
pub use prepared::{BoundStatement, PreparedStatement};
pub use result_columns::ResultColumns;
pub(crate) use result_columns::WhichColumns;
pub use simple::SimpleStatement;
pub use to_row::ToRow;

use crate::profile::ProfileHandle;

/// Anything that a session can run.
#[derive(Debug, Clone)]
pub enum Statement {
    /// Text, with values or without.
    Simple(SimpleStatement),
    /// A prepared statement with its values.
    Bound(BoundStatement),
    /// Several at once.
    Batch(BatchStatement),
}

impl Statement {
    /// Its options; of a bound statement those that it has of its own, begun with the prepared statement's.
    #[must_use]
    pub fn options(&self) -> &StatementOptions {
        match self {
            Self::Simple(statement) => &statement.options,
            Self::Bound(statement) => statement.prepared.options(),
            Self::Batch(statement) => &statement.options,
        }
    }

    /// Its options, to change them.
    pub fn options_mut(&mut self) -> &mut StatementOptions {
        match self {
            Self::Simple(statement) => &mut statement.options,
            Self::Bound(statement) => statement.prepared.options_mut(),
            Self::Batch(statement) => &mut statement.options,
        }
    }

    /// The same, run with an execution profile: what the statement does not say itself is taken from there.
    #[must_use]
    pub fn with_profile(mut self, profile: &ProfileHandle) -> Self {
        self.options_mut().profile = Some(profile.clone());
        self
    }
}

impl From<&str> for Statement {
    fn from(text: &str) -> Self {
        Self::Simple(SimpleStatement::new(text))
    }
}

impl From<String> for Statement {
    fn from(text: String) -> Self {
        Self::Simple(SimpleStatement::new(text))
    }
}

impl From<SimpleStatement> for Statement {
    fn from(statement: SimpleStatement) -> Self {
        Self::Simple(statement)
    }
}

impl From<BoundStatement> for Statement {
    fn from(statement: BoundStatement) -> Self {
        Self::Bound(statement)
    }
}

impl From<BatchStatement> for Statement {
    fn from(statement: BatchStatement) -> Self {
        Self::Batch(statement)
    }
}
