//! What preparing a statement tells about it: its bind markers with their types, its partition key, the columns of its
//! answer. Read from the schema and the system tables that a node pretends to have.

use std::sync::Arc;

use helenus_protocol::CqlType;
use md5::{Digest, Md5};

use super::cql::{Marker, MarkerRole, Select, Statement, TableName};
use super::schema::{ColumnKind, Keyspace, TableDefinition, cql_type};
use super::table::{Column, Table};

/// The id of a prepared statement.
pub(crate) type StatementId = [u8; 16];

/// The id of a statement: the MD5 of its keyspace and text, as Cassandra makes it.
#[must_use]
pub(crate) fn statement_id(keyspace: Option<&str>, text: &str) -> StatementId {
    let mut digest = Md5::new();
    digest.update(keyspace.unwrap_or_default());
    digest.update(text);
    digest.finalize().into()
}

/// What is told of a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Described {
    /// The bind markers, as columns.
    pub(crate) bind: Table,
    /// For each column of the partition key the marker that is bound to it; none unless all are bound.
    pub(crate) partition_key: Vec<u16>,
    /// The columns that it answers with.
    pub(crate) result: Option<Table>,
}

/// What a node knows about tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Catalog<'a> {
    /// The schema.
    pub(crate) keyspaces: &'a [Keyspace],
    /// The system tables.
    pub(crate) system: &'a [Table],
    /// The keyspace of names that have none.
    pub(crate) keyspace: Option<&'a str>,
}

impl<'a> Catalog<'a> {
    fn keyspace_of<'b>(&self, name: &'b TableName) -> Option<&'b str>
    where
        'a: 'b,
    {
        name.keyspace.as_deref().or(self.keyspace)
    }

    /// The system table of this name.
    pub(crate) fn system_table(&self, name: &TableName) -> Option<&'a Table> {
        let keyspace = self.keyspace_of(name)?;
        self.system.iter().find(|table| table.keyspace == keyspace && table.name == name.table)
    }

    /// The table of the schema of this name.
    pub(crate) fn definition(&self, name: &TableName) -> Option<(&'a Keyspace, &'a TableDefinition)> {
        let wanted = self.keyspace_of(name)?;
        let keyspace = self.keyspaces.iter().find(|candidate| candidate.name == wanted)?;
        Some((keyspace, keyspace.tables.iter().find(|table| table.name == name.table)?))
    }

    /// A table of the schema without rows, as `select` sees it. Columns that it does not have are text.
    pub(crate) fn empty(&self, select: &Select) -> Option<Table> {
        let (keyspace, definition) = self.definition(&select.table)?;
        let columns = definition.columns.iter();
        let columns = columns.map(|column| (column.name.clone(), cql_type(&column.cql_type, Some(keyspace))));
        let table = Table::new(&keyspace.name, &definition.name, columns);
        Some(if select.columns.is_empty() { table } else { table.project(select) })
    }

    /// What preparing `statement` tells; `result` are the columns of its answer.
    pub(crate) fn describe(
        &self,
        statement: &Statement,
        markers: &[Marker],
        result: Option<Table>,
    ) -> Described {
        let name = match statement {
            Statement::Select(select) => Some(&select.table),
            Statement::Modification { table, .. } => Some(table),
            _ => None,
        };
        let definition = name.and_then(|name| self.definition(name));
        let system = name.and_then(|name| self.system_table(name));
        let of_column = |column: &str| {
            let own = definition.and_then(|(keyspace, table)| {
                let column = table.columns.iter().find(|candidate| candidate.name == column)?;
                Some(cql_type(&column.cql_type, Some(keyspace)))
            });
            let system =
                system.and_then(|table| Some(table.columns[table.position(column)?].cql_type.clone()));
            own.or(system).unwrap_or(CqlType::Text)
        };
        let columns = markers.iter().map(|marker| {
            let cql_type = match &marker.role {
                MarkerRole::Column(name) => of_column(name),
                MarkerRole::ListOf(name) => CqlType::List(Arc::new(of_column(name))),
                MarkerRole::Int => CqlType::Int,
                MarkerRole::Bigint => CqlType::Bigint,
                MarkerRole::Unknown => CqlType::Text,
            };
            (marker.name.clone(), cql_type)
        });
        let keyspace = name.and_then(|name| self.keyspace_of(name)).unwrap_or_default();
        Described {
            bind: Table::new(keyspace, name.map_or("", |name| &name.table), columns),
            partition_key: definition.map_or_else(Vec::new, |(_, table)| partition_key(table, markers)),
            result,
        }
    }
}

fn partition_key(table: &TableDefinition, markers: &[Marker]) -> Vec<u16> {
    let keys = table.columns.iter().filter(|column| column.kind == ColumnKind::PartitionKey);
    let bound = |name: &str| {
        let role = MarkerRole::Column(name.to_owned());
        u16::try_from(markers.iter().position(|marker| marker.role == role)?).ok()
    };
    keys.map(|column| bound(&column.name)).collect::<Option<_>>().unwrap_or_default()
}

impl Table {
    /// The columns of `select`, with the types of this table's; unknown ones are text, and a count a bigint.
    pub(crate) fn project(&self, select: &Select) -> Self {
        let columns = select.columns.iter().map(|selector| {
            if selector.source.starts_with("count(") {
                let name = if selector.name == selector.source { "count" } else { &selector.name };
                return Column::new(name, CqlType::Bigint);
            }
            let known = self.position(&selector.source).map(|at| self.columns[at].cql_type.clone());
            Column::new(selector.name.clone(), known.unwrap_or(CqlType::Text))
        });
        Self {
            keyspace: self.keyspace.clone(),
            name: self.name.clone(),
            columns: columns.collect(),
            rows: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cql::parse;
    use super::*;

    #[test]
    fn a_statement_is_described_by_the_schema() {
        let table = TableDefinition::new("t")
            .partition_key("a", "int")
            .partition_key("b", "uuid")
            .regular("v", "text");
        let keyspaces = [Keyspace::new("ks", 1).table(table)];
        let catalog = Catalog { keyspaces: &keyspaces, system: &[], keyspace: Some("ks") };
        let describe = |text: &str| {
            let (statement, markers) = parse(text);
            catalog.describe(&statement, &markers, None)
        };
        let described = describe("UPDATE t USING TTL ? SET v = ? WHERE b = ? AND a = ?");
        let types: Vec<_> = described.bind.columns.iter().map(|column| column.cql_type.clone()).collect();
        assert_eq!(types, [CqlType::Int, CqlType::Text, CqlType::Uuid, CqlType::Int]);
        assert_eq!(described.partition_key, [3, 2]);
        assert_eq!(describe("SELECT * FROM ks.t WHERE a = ?").partition_key, Vec::<u16>::new());
        assert_eq!(describe("SELECT * FROM other.t WHERE a = ?").bind.columns[0].cql_type, CqlType::Text);
    }
}
