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
        let found = CqlType::from_cql(text, &|keyspace: Option<&str>, name: &str| {
            self.resolved(keyspace, name, MAX_DEPTH, &known)
        })?;
        if height(&found, &known.borrow()) > MAX_DEPTH {
            let why = format!("with the user types in it, it nests deeper than {MAX_DEPTH}");
            return Err(DecodeError::new("CQL type", 0, why));
        }
        Ok(found)
    }

    /// Each type is resolved once. It is unknown while it is resolved, which ends types that are made of themselves, and
    /// beyond a depth that no server has.
    fn resolved(
        &self,
        keyspace: Option<&str>,
        name: &str,
        depth: usize,
        known: &RefCell<Known>,
    ) -> Option<Arc<helenus_protocol::UserType>> {
        if keyspace.is_some_and(|keyspace| keyspace != &*self.name) || depth == 0 {
            return None;
        }
        if let Some(found) = known.borrow().get(name) {
            return found.as_ref().map(|(found, _)| Arc::clone(found));
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
        // The texts of its fields nest by themselves, each below the last: all together must not.
        let height = 1 + highest(resolved.fields.iter().map(|(_, field)| field), &known.borrow());
        if height > MAX_DEPTH {
            return None;
        }
        known.borrow_mut().insert(name.clone(), Some((Arc::clone(&resolved), height)));
        Some(resolved)
    }
}

/// The user types that were resolved so far, and how high each is; none while it is resolved, and where it cannot be.
type Known = HashMap<Box<str>, Option<(Arc<helenus_protocol::UserType>, usize)>>;

/// How deep types nest in this one, itself counted. What a user type is made of was counted when it was resolved: one that is
/// named often is not looked at each time.
fn height(cql_type: &CqlType, known: &Known) -> usize {
    1 + match cql_type {
        CqlType::List(inner) | CqlType::Set(inner) | CqlType::Frozen(inner) | CqlType::Vector(inner, _) => {
            height(inner, known)
        }
        CqlType::Map(key, value) => highest([&**key, &**value], known),
        CqlType::Tuple(elements) => highest(&**elements, known),
        CqlType::Udt(made) => match known.get(made.name.as_str()) {
            Some(Some((found, height))) if Arc::ptr_eq(found, made) => height - 1,
            // Within the class name of a custom type, which says itself what it is made of.
            _ => highest(made.fields.iter().map(|(_, field)| field), known),
        },
        _ => 0,
    }
}

fn highest<'a>(types: impl IntoIterator<Item = &'a CqlType>, known: &Known) -> usize {
    types.into_iter().map(|cql_type| height(cql_type, known)).max().unwrap_or(0)
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

    /// W8 of docs/promises.md.
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

    /// W8 of docs/promises.md: the text of no field nests too deep, and all of them together do.
    #[test]
    fn user_types_that_nest_too_deep_through_each_other_are_unknown() {
        let names: Vec<String> = (0..MAX_DEPTH).map(|n| format!("t{n}")).collect();
        let below = |n: usize| names.get(n + 1).map_or("int", String::as_str);
        let nested =
            |of: &str, levels: usize| format!("{}{of}{}", "list<".repeat(levels), ">".repeat(levels));
        for (levels, types, fits) in
            [(0, 63, true), (0, 64, false), (20, 3, true), (20, 4, false), (61, 1, true), (62, 2, false)]
        {
            let kinds: Vec<String> =
                (MAX_DEPTH - types..MAX_DEPTH).map(|n| nested(below(n), levels)).collect();
            let kinds: Vec<[&str; 1]> = kinds.iter().map(|kind| [kind.as_str()]).collect();
            let chain: Vec<(&str, &[&str])> = names[MAX_DEPTH - types..]
                .iter()
                .zip(&kinds)
                .map(|(name, kind)| (name.as_str(), &kind[..]))
                .collect();
            let first = format!("t{}", MAX_DEPTH - types);
            assert_eq!(
                keyspace(&chain).cql_type(&first).is_ok(),
                fits,
                "{types} types, each below {levels} lists"
            );
        }
        // The text around the first of them counts as well.
        let one = nested("int", 60);
        let keyspace = keyspace(&[("t", &[one.as_str()])]);
        for (around, fits) in [(1, true), (2, true), (3, false), (63, false)] {
            assert_eq!(keyspace.cql_type(&nested("t", around)).is_ok(), fits, "below {around} lists");
        }
    }
}
