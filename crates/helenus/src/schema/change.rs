//! Which part of the schema is to be read again: what events and answers say has changed, gathered.
//!
//! What they say is not believed but only read again, so that an event that lies or comes late does no harm.

use std::collections::{BTreeMap, BTreeSet};

use helenus_protocol::response::{SchemaChange, SchemaTarget};

/// A part of the schema that can be read by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaPart {
    /// All keyspaces.
    Everything,
    /// A keyspace and all that is in it.
    Keyspace(Box<str>),
    /// Tables or views of a keyspace; a table's views with it.
    Tables {
        /// The keyspace's name.
        keyspace: Box<str>,
        /// The names of the tables and views.
        names: BTreeSet<Box<str>>,
    },
    /// All user-defined types of a keyspace.
    UserTypes(Box<str>),
    /// All functions of a keyspace.
    Functions(Box<str>),
    /// All aggregates of a keyspace.
    Aggregates(Box<str>),
}

impl SchemaPart {
    /// One table or view.
    #[must_use]
    pub fn table(keyspace: impl Into<Box<str>>, name: impl Into<Box<str>>) -> Self {
        Self::Tables { keyspace: keyspace.into(), names: [name.into()].into() }
    }

    /// The part that a change is in.
    #[must_use]
    pub fn of(change: &SchemaChange) -> Self {
        let keyspace = change.keyspace.as_str().into();
        match &change.target {
            SchemaTarget::Keyspace => Self::Keyspace(keyspace),
            SchemaTarget::Table(name) => Self::table(keyspace, name.as_str()),
            SchemaTarget::Type(_) => Self::UserTypes(keyspace),
            SchemaTarget::Function { .. } => Self::Functions(keyspace),
            SchemaTarget::Aggregate { .. } => Self::Aggregates(keyspace),
        }
    }

    /// The keyspace that it is in.
    #[must_use]
    pub fn keyspace(&self) -> Option<&str> {
        match self {
            Self::Everything => None,
            Self::Keyspace(keyspace)
            | Self::Tables { keyspace, .. }
            | Self::UserTypes(keyspace)
            | Self::Functions(keyspace)
            | Self::Aggregates(keyspace) => Some(keyspace),
        }
    }
}

/// More tables of a keyspace than this, and the keyspace is read whole.
const MOST_TABLES: usize = 32;

/// More keyspaces than this, and everything is read.
const MOST_KEYSPACES: usize = 8;

/// What has changed in one keyspace.
#[derive(Debug, Default)]
struct StaleKeyspace {
    whole: bool,
    tables: BTreeSet<Box<str>>,
    user_types: bool,
    functions: bool,
    aggregates: bool,
}

/// What was said to have changed and was not read again yet. A flood of changes is few readings.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    everything: bool,
    keyspaces: BTreeMap<Box<str>, StaleKeyspace>,
}

impl Stale {
    /// Has a part read again, too.
    pub(crate) fn add(&mut self, part: SchemaPart) {
        if self.everything {
            return;
        }
        let Some(keyspace) = part.keyspace() else {
            self.everything = true;
            self.keyspaces.clear();
            return;
        };
        let stale = self.keyspaces.entry(keyspace.into()).or_default();
        match part {
            SchemaPart::Tables { names, .. } => stale.tables.extend(names),
            SchemaPart::UserTypes(_) => stale.user_types = true,
            SchemaPart::Functions(_) => stale.functions = true,
            SchemaPart::Aggregates(_) => stale.aggregates = true,
            SchemaPart::Everything | SchemaPart::Keyspace(_) => stale.whole = true,
        }
        if stale.tables.len() > MOST_TABLES {
            stale.whole = true;
        }
        if stale.whole {
            stale.tables.clear();
        }
        if self.keyspaces.len() > MOST_KEYSPACES {
            self.add(SchemaPart::Everything);
        }
    }

    /// Whether all that was said to have changed was read again.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        !self.everything && self.keyspaces.is_empty()
    }

    /// What is to be read, in this order. Nothing is stale afterwards.
    pub(crate) fn take(&mut self) -> Vec<SchemaPart> {
        if std::mem::take(&mut self.everything) {
            return vec![SchemaPart::Everything];
        }
        let mut parts = Vec::new();
        for (keyspace, stale) in std::mem::take(&mut self.keyspaces) {
            if stale.whole {
                parts.push(SchemaPart::Keyspace(keyspace));
                continue;
            }
            if stale.user_types {
                parts.push(SchemaPart::UserTypes(keyspace.clone()));
            }
            if stale.functions {
                parts.push(SchemaPart::Functions(keyspace.clone()));
            }
            if stale.aggregates {
                parts.push(SchemaPart::Aggregates(keyspace.clone()));
            }
            if !stale.tables.is_empty() {
                parts.push(SchemaPart::Tables { keyspace, names: stale.tables });
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::response::SchemaChangeKind;

    use super::*;

    fn changed(keyspace: &str, target: SchemaTarget) -> SchemaPart {
        let keyspace = keyspace.to_owned();
        SchemaPart::of(&SchemaChange { change: SchemaChangeKind::Updated, keyspace, target })
    }

    fn taken(parts: impl IntoIterator<Item = SchemaPart>) -> Vec<SchemaPart> {
        let mut stale = Stale::default();
        assert!(stale.is_empty());
        parts.into_iter().for_each(|part| stale.add(part));
        assert!(!stale.is_empty());
        let parts = stale.take();
        assert!(stale.is_empty() && stale.take().is_empty());
        parts
    }

    #[test]
    fn only_what_has_changed_is_read() {
        let names = || ("f".to_owned(), Vec::new());
        let parts = taken([
            changed("a", SchemaTarget::Table("t".into())),
            changed("a", SchemaTarget::Table("u".into())),
            changed("a", SchemaTarget::Table("t".into())),
            changed("a", SchemaTarget::Type("y".into())),
            changed("b", SchemaTarget::Function { name: names().0, arguments: names().1 }),
            changed("b", SchemaTarget::Aggregate { name: names().0, arguments: names().1 }),
        ]);
        assert_eq!(
            parts,
            [
                SchemaPart::UserTypes("a".into()),
                SchemaPart::Tables { keyspace: "a".into(), names: ["t".into(), "u".into()].into() },
                SchemaPart::Functions("b".into()),
                SchemaPart::Aggregates("b".into()),
            ]
        );
    }

    #[test]
    fn a_keyspace_contains_what_is_in_it_and_everything_contains_all() {
        let of_a = || changed("a", SchemaTarget::Table("t".into()));
        let whole = || changed("a", SchemaTarget::Keyspace);
        assert_eq!(taken([of_a(), whole(), of_a()]), [SchemaPart::Keyspace("a".into())]);
        assert_eq!(taken([whole(), SchemaPart::Everything, of_a()]), [SchemaPart::Everything]);
    }

    #[test]
    fn a_flood_is_one_reading() {
        let tables = |keyspace: &'static str| {
            (0..10_000).map(move |n| changed(keyspace, SchemaTarget::Table(format!("t{n}"))))
        };
        assert_eq!(taken(tables("a")), [SchemaPart::Keyspace("a".into())]);
        let keyspaces = (0..10_000).map(|n| changed(&format!("k{n}"), SchemaTarget::Table("t".into())));
        assert_eq!(taken(keyspaces), [SchemaPart::Everything]);
    }
}
