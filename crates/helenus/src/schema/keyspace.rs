//! A keyspace (`system_schema.keyspaces`) and its tables.

use std::collections::BTreeMap;

use super::Table;
use crate::routing::Replication;

/// A keyspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyspace {
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// Where its rows live.
    pub replication: Replication,
    /// Whether its writes go through the commit log.
    pub durable_writes: bool,
    /// Its tables, by name.
    pub tables: BTreeMap<Box<str>, Table>,
}

impl Keyspace {
    /// A keyspace without tables.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>, replication: Replication) -> Self {
        Self { name: name.into(), replication, durable_writes: true, tables: BTreeMap::new() }
    }
}
