//! A table (`system_schema.tables`, `system_schema.columns`): its columns, of which some are its key.

use helenus_protocol::CqlType;

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
pub struct Column {
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// What it is to its table.
    pub kind: ColumnKind,
    /// Its place among the columns of a key; meaningless for others.
    pub position: i32,
    /// The type of its values.
    pub cql_type: CqlType,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    name: Box<str>,
    columns: Vec<Column>,
    partition_key: usize,
}

impl Table {
    /// A table with these columns, in any order.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>, columns: impl IntoIterator<Item = Column>) -> Self {
        let mut columns: Vec<_> = columns.into_iter().collect();
        columns.sort_by(|a, b| (a.kind, a.position, &a.name).cmp(&(b.kind, b.position, &b.name)));
        let partition_key = columns.iter().filter(|column| column.kind == ColumnKind::PartitionKey).count();
        Self { name: name.into(), columns, partition_key }
    }

    /// Its name.
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
        let kind = ColumnKind::from_name(kind).unwrap();
        Column { name: name.into(), kind, position, cql_type: CqlType::Int }
    }

    #[test]
    fn columns_stand_in_the_order_of_their_keys() {
        let table = Table::new(
            "t",
            [
                column("v", "regular", -1),
                column("a", "partition_key", 1),
                column("s", "static", -1),
                column("c", "clustering", 0),
                column("z", "partition_key", 0),
            ],
        );
        let names =
            |columns: &[Column]| columns.iter().map(|column| column.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(table.columns()), ["z", "a", "c", "s", "v"]);
        assert_eq!(names(table.partition_key()), ["z", "a"]);
        assert_eq!(table.column("c").map(|column| column.kind), Some(ColumnKind::Clustering));
        assert_eq!(table.column("C"), None);
        assert_eq!(ColumnKind::from_name("compact_value"), None);
    }
}
