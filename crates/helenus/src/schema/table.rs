//! A table (`system_schema.tables`, `system_schema.columns`): its columns, of which some are its key, its options, and
//! the indexes and triggers on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus_protocol::{CqlType, UserType};
use uuid::Uuid;

use super::{Index, TableOptions, Trigger};

/// What a column is to its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnKind {
    /// Part of the partition key, which decides where a row lives.
    PartitionKey,
    /// Part of the clustering key, which orders the rows of a partition.
    Clustering,
    /// One value for a whole partition.
    Static,
    /// Any other.
    Regular,
}

impl ColumnKind {
    /// The kind that `system_schema.columns` names so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "partition_key" => Self::PartitionKey,
            "clustering" => Self::Clustering,
            "static" => Self::Static,
            "regular" => Self::Regular,
            _ => return None,
        })
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// What it is to its table.
    pub kind: ColumnKind,
    /// Its place among the columns of a key; meaningless for others.
    pub position: i32,
    /// The type of its values. A user type in it has no fields here: nothing that routes or retries needs them, and
    /// [`Keyspace::cql_type`](super::Keyspace::cql_type) finds them.
    pub cql_type: CqlType,
    /// The type in CQL, as the server writes it.
    pub type_text: Box<str>,
    /// Whether rows are ordered by it from the greatest to the least.
    pub is_descending: bool,
    /// The function, with its arguments, by which those see it who may not unmask it: `system.mask_default()`.
    pub mask: Option<Box<str>>,
}

impl Column {
    /// A column of a type in CQL. What is no type is [`CqlType::Custom`].
    #[must_use]
    pub fn new(
        name: impl Into<Box<str>>,
        kind: ColumnKind,
        position: i32,
        type_text: impl Into<Box<str>>,
    ) -> Self {
        let type_text = type_text.into();
        let unresolved = |keyspace: Option<&str>, name: &str| {
            let keyspace = keyspace.unwrap_or_default().to_owned();
            Some(Arc::new(UserType { keyspace, name: name.to_owned(), fields: Vec::new() }))
        };
        let cql_type = CqlType::from_cql(&type_text, &unresolved)
            .unwrap_or_else(|_| CqlType::Custom(type_text.as_ref().into()));
        Self { name: name.into(), kind, position, cql_type, type_text, is_descending: false, mask: None }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    keyspace: Box<str>,
    name: Box<str>,
    columns: Vec<Column>,
    partition_key: usize,
    clustering_key: usize,
    /// What the server knows it by: another one after it was dropped and made again.
    pub id: Option<Uuid>,
    /// Its options.
    pub options: Arc<TableOptions>,
    /// Whether it was made with COMPACT STORAGE, as tables before CQL were.
    pub is_compact: bool,
    /// Whether it is a view into the node that is asked, and holds no data.
    pub is_virtual: bool,
    /// The indexes on it, by name.
    pub indexes: BTreeMap<Box<str>, Index>,
    /// The triggers on it, by name.
    pub triggers: BTreeMap<Box<str>, Trigger>,
    /// What extensions of the server keep with it.
    pub extensions: BTreeMap<Box<str>, Box<[u8]>>,
}

impl Table {
    /// A table with these columns, in any order.
    #[must_use]
    pub fn new(
        keyspace: impl Into<Box<str>>,
        name: impl Into<Box<str>>,
        columns: impl IntoIterator<Item = Column>,
    ) -> Self {
        let mut columns: Vec<_> = columns.into_iter().collect();
        // Only a key's columns have an order; the others stand by their names, whatever position they claim.
        let place =
            |column: &Column| if column.kind < ColumnKind::Static { column.position } else { i32::MAX };
        columns.sort_by(|a, b| (a.kind, place(a), &a.name).cmp(&(b.kind, place(b), &b.name)));
        Self::of_sorted(keyspace.into(), name.into(), columns)
    }

    /// A table with these columns, of which those that are in no key stay in this order.
    #[must_use]
    pub fn with_columns_in_order(
        keyspace: impl Into<Box<str>>,
        name: impl Into<Box<str>>,
        columns: impl IntoIterator<Item = Column>,
    ) -> Self {
        let mut columns: Vec<_> = columns.into_iter().collect();
        columns.sort_by_key(|column| match column.kind {
            ColumnKind::PartitionKey => (0, column.position),
            ColumnKind::Clustering => (1, column.position),
            ColumnKind::Static | ColumnKind::Regular => (2, 0),
        });
        Self::of_sorted(keyspace.into(), name.into(), columns)
    }

    fn of_sorted(keyspace: Box<str>, name: Box<str>, columns: Vec<Column>) -> Self {
        let count = |kind| columns.iter().filter(|column| column.kind == kind).count();
        let (partition_key, clustering_key) =
            (count(ColumnKind::PartitionKey), count(ColumnKind::Clustering));
        Self {
            keyspace,
            name,
            columns,
            partition_key,
            clustering_key,
            id: None,
            options: Arc::default(),
            is_compact: false,
            is_virtual: false,
            indexes: BTreeMap::new(),
            triggers: BTreeMap::new(),
            extensions: BTreeMap::new(),
        }
    }

    /// The keyspace that it belongs to.
    #[must_use]
    pub fn keyspace(&self) -> &str {
        &self.keyspace
    }

    /// Its name, as the server keeps it: case matters, and nothing is quoted.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All columns: the partition key, the clustering key, static ones and the rest.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The columns of the partition key, in the order in which they make it.
    #[must_use]
    pub fn partition_key(&self) -> &[Column] {
        &self.columns[..self.partition_key]
    }

    /// The columns of the clustering key, in the order in which they make it.
    #[must_use]
    pub fn clustering_key(&self) -> &[Column] {
        &self.columns[self.partition_key..self.partition_key + self.clustering_key]
    }

    /// The columns of the partition key, then those of the clustering key.
    #[must_use]
    pub fn primary_key(&self) -> &[Column] {
        &self.columns[..self.partition_key + self.clustering_key]
    }

    /// The column with this name (as the server keeps it: case matters).
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &str, position: i32) -> Column {
        Column::new(name, ColumnKind::from_name(kind).unwrap(), position, "int")
    }

    #[test]
    fn columns_stand_in_the_order_of_their_keys() {
        let table = Table::new(
            "ks",
            "t",
            [
                column("v", "regular", -1),
                column("a", "partition_key", 1),
                column("u", "regular", 7),
                column("s", "static", -1),
                column("d", "clustering", 1),
                column("c", "clustering", 0),
                column("z", "partition_key", 0),
            ],
        );
        let names =
            |columns: &[Column]| columns.iter().map(|column| column.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(table.columns()), ["z", "a", "c", "d", "s", "u", "v"]);
        assert_eq!(names(table.partition_key()), ["z", "a"]);
        assert_eq!(names(table.clustering_key()), ["c", "d"]);
        assert_eq!(names(table.primary_key()), ["z", "a", "c", "d"]);
        assert_eq!(table.column("c").map(|column| column.kind), Some(ColumnKind::Clustering));
        assert_eq!(table.column("C"), None);
        assert_eq!(ColumnKind::from_name("compact_value"), None);
        let given = [column("z", "regular", 0), column("a", "static", 0), column("k", "partition_key", 0)];
        assert_eq!(names(Table::with_columns_in_order("ks", "t", given).columns()), ["k", "z", "a"]);
    }

    #[test]
    fn types_are_known_without_the_fields_of_user_types() {
        let of = |text: &str| Column::new("c", ColumnKind::Regular, -1, text).cql_type;
        assert!(matches!(of("list<frozen<address>>"), CqlType::List(_)));
        assert!(matches!(of("\"Address\""), CqlType::Udt(made) if made.name == "Address"));
        assert_eq!(of("list<"), CqlType::Custom("list<".into()));
    }
}
