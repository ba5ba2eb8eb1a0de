//! A driver for Apache Cassandra on tokio.
//!
//! The crate decides in pure code and acts at the edge. The rooms that decide (where a statement's replicas are,
//! which host is next, retry or not, how many connections a host is owed) are plain values: inputs and the time
//! go in, outputs come out, and nothing in them waits or does I/O.
#![deny(unsafe_code)]

pub mod cluster;
pub mod policy;
pub mod routing;
pub mod schema;
pub mod statement;
