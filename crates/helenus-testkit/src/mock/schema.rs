//! The schema that a mock cluster pretends to have: keyspaces, tables, types, and the rows of `system_schema` about
//! them. It serves drivers that read schemas; nothing is stored in its tables.

use std::sync::Arc;

use helenus_protocol::{CqlType, UserType};

/// A keyspace and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyspace {
    /// Its name.
    pub name: String,
    /// The options of its replication: `class`, and the factors.
    pub replication: Vec<(String, String)>,
    /// Its tables.
    pub tables: Vec<TableDefinition>,
    /// Its user-defined types: names, and their fields' names and types in CQL.
    pub types: Vec<(String, Vec<(String, String)>)>,
}

impl Keyspace {
    /// A keyspace with SimpleStrategy and this replication factor.
    #[must_use]
    pub fn new(name: &str, replication_factor: u32) -> Self {
        let class = ("class".to_owned(), "org.apache.cassandra.locator.SimpleStrategy".to_owned());
        let factor = ("replication_factor".to_owned(), replication_factor.to_string());
        Self { name: name.into(), replication: vec![class, factor], tables: Vec::new(), types: Vec::new() }
    }

    /// The same keyspace with another replication: a strategy's class and its options.
    #[must_use]
    pub fn replication(mut self, class: &str, options: &[(&str, &str)]) -> Self {
        self.replication = std::iter::once(&("class", class))
            .chain(options)
            .map(|&(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        self
    }

    /// The same keyspace with one more table.
    #[must_use]
    pub fn table(mut self, table: TableDefinition) -> Self {
        self.tables.push(table);
        self
    }

    /// The same keyspace with one more user-defined type.
    #[must_use]
    pub fn user_type(mut self, name: &str, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|&(name, cql_type)| (name.to_owned(), cql_type.to_owned())).collect();
        self.types.push((name.to_owned(), fields));
        self
    }
}

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnDefinition>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// Its type in CQL.
    pub cql_type: String,
    /// Its part in the table.
    pub kind: ColumnKind,
}

/// The part of a column in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Part of the partition key.
    PartitionKey,
    /// Part of the clustering key, ascending.
    Clustering,
    /// One value per partition.
    Static,
    /// Any other.
    Regular,
}

impl ColumnKind {
    /// Its name in `system_schema.columns.kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PartitionKey => "partition_key",
            Self::Clustering => "clustering",
            Self::Static => "static",
            Self::Regular => "regular",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::PartitionKey, Self::Clustering, Self::Static, Self::Regular]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

impl TableDefinition {
    /// A table without columns.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), columns: Vec::new() }
    }

    /// The same table with one more column.
    #[must_use]
    pub fn column(mut self, name: &str, cql_type: &str, kind: ColumnKind) -> Self {
        self.columns.push(ColumnDefinition { name: name.into(), cql_type: cql_type.into(), kind });
        self
    }

    /// The same table with one more column of the partition key.
    #[must_use]
    pub fn partition_key(self, name: &str, cql_type: &str) -> Self {
        self.column(name, cql_type, ColumnKind::PartitionKey)
    }

    /// The same table with one more regular column.
    #[must_use]
    pub fn regular(self, name: &str, cql_type: &str) -> Self {
        self.column(name, cql_type, ColumnKind::Regular)
    }

    /// The position of the column at `index` among those of its kind, as `system_schema.columns` tells it.
    #[must_use]
    pub fn position_in_kind(&self, index: usize) -> Option<usize> {
        let kind = self.columns[index].kind;
        let is_key = matches!(kind, ColumnKind::PartitionKey | ColumnKind::Clustering);
        is_key.then(|| self.columns[..index].iter().filter(|column| column.kind == kind).count())
    }
}

/// A type written in CQL; what cannot be read, or is a user-defined type that `keyspace` does not have, is a custom
/// type of that name.
#[must_use]
pub fn cql_type(text: &str, keyspace: Option<&Keyspace>) -> CqlType {
    resolve(text, keyspace, 0).unwrap_or_else(|| CqlType::Custom(text.into()))
}

/// Whether `text` is a type: one of CQL's, one of `keyspace`'s own, or a class's name in quotes.
pub(super) fn is_type(text: &str, keyspace: Option<&Keyspace>) -> bool {
    resolve(text, keyspace, 0).is_some()
}

/// User-defined types may be made of each other; beyond this depth they are taken for a circle.
const DEEPEST: usize = 16;

fn resolve(text: &str, keyspace: Option<&Keyspace>, depth: usize) -> Option<CqlType> {
    let user_type = |_: Option<&str>, name: &str| {
        let keyspace = keyspace.filter(|_| depth < DEEPEST)?;
        let (name, fields) = keyspace.types.iter().find(|(candidate, _)| candidate == name)?;
        let fields = fields.iter().map(|(field, text)| {
            let field_type = resolve(text, Some(keyspace), depth + 1);
            (field.clone(), field_type.unwrap_or_else(|| CqlType::Custom(text.as_str().into())))
        });
        Some(Arc::new(UserType {
            keyspace: keyspace.name.clone(),
            name: name.clone(),
            fields: fields.collect(),
        }))
    };
    CqlType::from_cql(text, &user_type).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_with_the_keyspace_s_own() {
        let keyspace =
            Keyspace::new("ks", 1).user_type("address", &[("street", "text"), ("again", "address")]);
        let CqlType::List(inner) = cql_type("list<frozen<address>>", Some(&keyspace)) else { panic!() };
        let CqlType::Udt(address) = inner.unfrozen() else { panic!("{inner:?}") };
        assert_eq!((address.name.as_str(), address.fields.len()), ("address", 2));
        assert_eq!(cql_type("no such<", None), CqlType::Custom("no such<".into()));
    }
}
