//! The kinds of writes that a write timeout tells apart. The protocol crate's own take its place once it has them.

/// What kind of write failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteType {
    /// A single statement.
    Simple,
    /// A logged batch, once its log was written: the server will finish it.
    Batch,
    /// An unlogged batch.
    UnloggedBatch,
    /// Counters.
    Counter,
    /// The log of a logged batch: the batch itself was not begun.
    BatchLog,
    /// A lightweight transaction.
    Cas,
    /// A table with materialized views.
    View,
    /// A table with change data capture.
    Cdc,
    /// One that is not in the specification.
    Unknown(String),
}
