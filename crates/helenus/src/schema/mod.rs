//! The schema: keyspaces, tables with all their options, columns, indexes, views, user types, functions, aggregates
//! and triggers, as `system_schema` and `system_virtual_schema` tell of them.
//!
//! A schema is immutable and part of the [snapshot](crate::Snapshot). What a change of it did not touch is shared between
//! the schema before and the one after.
//!
//! Not here: when it is read again (the control connection's part).

mod assemble;
mod change;
mod describe;
mod difference;
mod function;
mod index;
mod keyspace;
mod options;
pub(crate) mod read;
mod rows;
mod table;
mod user_type;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use change::SchemaPart;
pub(crate) use change::Stale;
pub use describe::{Layout, virtual_keyspace, virtual_table, without_frozen};
pub(crate) use difference::difference;
pub use function::{Aggregate, Function, Monotonic, signature};
pub use index::{Index, Trigger};
pub use keyspace::Keyspace;
pub use options::{OptionValue, TableOptions};
pub use table::{Column, ColumnKind, Table};
pub use user_type::{UserType, in_order_of_need};
pub use view::View;

use crate::routing::Replication;

/// All keyspaces. Those that did not change are shared with the schema before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    keyspaces: BTreeMap<Box<str>, Arc<Keyspace>>,
}

impl Schema {
    /// A schema of these keyspaces.
    #[must_use]
    pub fn new<K: Into<Arc<Keyspace>>>(keyspaces: impl IntoIterator<Item = K>) -> Self {
        let keyspaces = keyspaces
            .into_iter()
            .map(|keyspace| {
                let keyspace: Arc<Keyspace> = keyspace.into();
                (keyspace.name.clone(), keyspace)
            })
            .collect();
        Self { keyspaces }
    }

    /// The same with one keyspace added or replaced.
    #[must_use]
    pub fn with_keyspace(&self, keyspace: impl Into<Arc<Keyspace>>) -> Self {
        let mut schema = self.clone();
        let keyspace = keyspace.into();
        schema.keyspaces.insert(keyspace.name.clone(), keyspace);
        schema
    }

    /// The same without one keyspace.
    #[must_use]
    pub fn without_keyspace(&self, name: &str) -> Self {
        let mut schema = self.clone();
        schema.keyspaces.remove(name);
        schema
    }

    /// All keyspaces, in the order of their names.
    pub fn keyspaces(&self) -> impl Iterator<Item = &Arc<Keyspace>> {
        self.keyspaces.values()
    }

    /// The keyspace with this name (as the server keeps it: case matters).
    #[must_use]
    pub fn keyspace(&self, name: &str) -> Option<&Arc<Keyspace>> {
        self.keyspaces.get(name)
    }

    /// The table or the view with this name.
    #[must_use]
    pub fn table(&self, keyspace: &str, table: &str) -> Option<&Table> {
        self.keyspaces.get(keyspace)?.relation(table)
    }

    /// Each keyspace's name and replication.
    pub fn replications(&self) -> impl Iterator<Item = (&str, &Replication)> {
        self.keyspaces.iter().map(|(name, keyspace)| (&**name, &keyspace.replication))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyspaces_come_and_go_and_the_others_are_shared() {
        let schema =
            Schema::new([Keyspace::new("a", Replication::Local), Keyspace::new("b", Replication::Local)]);
        let altered = schema.with_keyspace(Keyspace::new("a", Replication::Everywhere));
        assert_eq!(altered.keyspace("a").map(|k| &k.replication), Some(&Replication::Everywhere));
        assert!(Arc::ptr_eq(schema.keyspace("b").unwrap(), altered.keyspace("b").unwrap()));
        let dropped = altered.without_keyspace("b");
        assert_eq!(dropped.keyspaces().map(|k| &*k.name).collect::<Vec<_>>(), ["a"]);
        assert_eq!(schema.replications().count(), 2);
        assert!(schema.table("a", "t").is_none());
    }
}
