//! Nodes that are no Cassandra: they speak the protocol, store nothing, and answer as they are told.
//!
//! * [`answering`]: a node for benchmarks. It answers everything with canned bytes, as fast as one core can.
//!
//! What both kinds of node share: [`cql`] reads statements, [`topology`] and [`schema`] say what the cluster pretends
//! to be, [`system`] makes the system tables of it, [`table`] and [`cell`] hold rows.

pub mod answering;
pub mod cell;
pub mod cql;
pub mod schema;
pub mod system;
pub mod table;
pub mod topology;
