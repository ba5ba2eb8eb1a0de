//! A keyspace (`system_schema.keyspaces`) and what is in it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use helenus_protocol::types::MAX_DEPTH;
use helenus_protocol::{CqlType, DecodeError};

use super::{Aggregate, Function, Table, UserType, View};
use crate::routing::Replication;

/// A keyspace. What did not change since the schema before is shared with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyspace {
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// Where its rows live.
    pub replication: Replication,
    /// Whether its writes go through the commit log.
    pub durable_writes: bool,
    /// Whether its tables are views into the node that is asked, and hold no data.
    pub is_virtual: bool,
    /// Its tables, by name.
    pub tables: BTreeMap<Box<str>, Arc<Table>>,
    /// Its materialized views, by name.
    pub views: BTreeMap<Box<str>, Arc<View>>,
    /// Its user-defined types, by name.
    pub user_types: BTreeMap<Box<str>, Arc<UserType>>,
    /// Its functions, by [signature](Function::signature).
    pub functions: BTreeMap<Box<str>, Arc<Function>>,
    /// Its aggregates, by [signature](Aggregate::signature).
    pub aggregates: BTreeMap<Box<str>, Arc<Aggregate>>,
}

impl Keyspace {
    /// A keyspace with nothing in it.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>, replication: Replication) -> Self {
        Self {
            name: name.into(),
            replication,
            durable_writes: true,
            is_virtual: false,
            tables: BTreeMap::new(),
            views: BTreeMap::new(),
            user_types: BTreeMap::new(),
            functions: BTreeMap::new(),
            aggregates: BTreeMap::new(),
        }
    }

    /// The table or the view with this name (as the server keeps it: case matters).
    #[must_use]
    pub fn relation(&self, name: &str) -> Option<&Table> {
        match self.tables.get(name) {
            Some(table) => Some(table),
            None => self.views.get(name).map(|view| &view.table),
        }
    }

    /// The views that are filled from this table, in the order of their names.
    pub fn views_of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Arc<View>> {
        self.views.values().filter(move |view| &*view.base_table == table)
    }

    /// A type in CQL, with the fields of the keyspace's user types.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where the text is no type, or names a user type that is not here.
    pub fn cql_type(&self, text: &str) -> Result<CqlType, DecodeError> {
        let known = RefCell::new(HashMap::new());
        CqlType::from_cql(text, &|keyspace: Option<&str>, name: &str| {
            self.resolved(keyspace, name, MAX_DEPTH, &known)
        })
    }

    /// Each type is resolved once. It is unknown while it is resolved, which ends types that are made of themselves, and
    /// beyond a depth that no server has.
    fn resolved(
        &self,
        keyspace: Option<&str>,
        name: &str,
        depth: usize,
        known: &RefCell<HashMap<Box<str>, Option<Arc<helenus_protocol::UserType>>>>,
    ) -> Option<Arc<helenus_protocol::UserType>> {
        if keyspace.is_some_and(|keyspace| keyspace != &*self.name) || depth == 0 {
            return None;
        }
        if let Some(found) = known.borrow().get(name) {
            return found.clone();
        }
        let (name, made) = self.user_types.get_key_value(name)?;
        known.borrow_mut().insert(name.clone(), None);
        let fields = made.fields.iter().map(|(field, text)| {
            let resolve =
                |keyspace: Option<&str>, name: &str| self.resolved(keyspace, name, depth - 1, known);
            Some((field.to_string(), CqlType::from_cql(text, &resolve).ok()?))
        });
        let resolved = Arc::new(helenus_protocol::UserType {
            keyspace: self.name.to_string(),
            name: name.to_string(),
            fields: fields.collect::<Option<_>>()?,
        });
        known.borrow_mut().insert(name.clone(), Some(Arc::clone(&resolved)));
        Some(resolved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyspace(types: &[(&str, &[&str])]) -> Keyspace {
        let mut keyspace = Keyspace::new("ks", Replication::Local);
        for (name, kinds) in types {
            let fields = kinds.iter().enumerate().map(|(n, kind)| (format!("f{n}").into(), (*kind).into()));
            let made = UserType { keyspace: "ks".into(), name: (*name).into(), fields: fields.collect() };
            keyspace.user_types.insert((*name).into(), Arc::new(made));
        }
        keyspace
    }

    #[test]
    fn user_types_are_resolved_through_and_through() {
        let keyspace = keyspace(&[("zip", &["int"]), ("address", &["text", "list<frozen<zip>>"])]);
        let resolved = keyspace.cql_type("map<text, frozen<address>>").unwrap();
        let CqlType::Map(_, value) = &resolved else { panic!("{resolved:?}") };
        let CqlType::Udt(address) = value.unfrozen() else { panic!("{value:?}") };
        assert_eq!(address.fields[1].1.to_string(), "list<frozen<zip>>");
        let CqlType::List(inner) = &address.fields[1].1 else { panic!("{address:?}") };
        let CqlType::Udt(zip) = inner.unfrozen() else { panic!("{inner:?}") };
        assert_eq!(zip.fields, [("f0".to_owned(), CqlType::Int)]);
        assert!(keyspace.cql_type("ks.zip").is_ok());
        assert!(keyspace.cql_type("other.zip").is_err());
        assert!(keyspace.cql_type("nothing").is_err());
    }

    #[test]
    fn types_made_of_themselves_and_endless_ones_are_unknown() {
        let itself = keyspace(&[("a", &["list<frozen<b>>"]), ("b", &["a"])]);
        assert!(itself.cql_type("a").is_err());
        let names: Vec<String> = (0..5_000).map(|n| format!("t{n}")).collect();
        let kinds: Vec<[&str; 1]> =
            (1..=5_000).map(|n| [names.get(n).map_or("int", String::as_str)]).collect();
        let chain: Vec<(&str, &[&str])> =
            names.iter().zip(&kinds).map(|(name, kind)| (name.as_str(), &kind[..])).collect();
        assert!(keyspace(&chain).cql_type("t0").is_err());
        assert!(keyspace(&chain).cql_type("t4990").is_ok());
    }

    #[test]
    fn types_that_are_named_often_are_resolved_once() {
        // Twice as many mentions at each level: 2^40 of the innermost.
        let names: Vec<String> = (0..=40).map(|n| format!("t{n}")).collect();
        let kinds: Vec<[&str; 2]> =
            (1..=41).map(|n| [names.get(n).map_or("int", String::as_str); 2]).collect();
        let doubling: Vec<(&str, &[&str])> =
            names.iter().zip(&kinds).map(|(name, kind)| (name.as_str(), &kind[..])).collect();
        assert!(keyspace(&doubling).cql_type("t0").is_ok());
    }
}
