//! Statements: what is known of one before it is sent.

mod idempotence;
mod lexer;
pub mod routing_key;

pub use idempotence::{ColumnPath, Idempotence};
