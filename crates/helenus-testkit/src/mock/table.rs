//! A table that a node answers from: columns, rows of cells, and the little selecting that system tables see.

use helenus_protocol::notation::Writer;
use helenus_protocol::{CqlType, EncodeError, ProtocolVersion};

use super::cell::{self, Cell};
use super::cql::{Select, Selector};

/// A column of a table or of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub cql_type: CqlType,
}

impl Column {
    /// The column `name` of type `cql_type`.
    pub fn new(name: impl Into<String>, cql_type: CqlType) -> Self {
        Self { name: name.into(), cql_type }
    }
}

/// Rows under their columns: a table's content, or a result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The keyspace that results name.
    pub keyspace: String,
    /// The table that results name.
    pub name: String,
    /// The columns, in the order of `SELECT *`.
    pub columns: Vec<Column>,
    /// One cell per column and row.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new<N: Into<String>>(
        keyspace: &str,
        name: &str,
        columns: impl IntoIterator<Item = (N, CqlType)>,
    ) -> Self {
        let columns = columns.into_iter().map(|(name, cql_type)| Column::new(name, cql_type)).collect();
        Self { keyspace: keyspace.into(), name: name.into(), columns, rows: Vec::new() }
    }

    /// Adds a row given as names and cells; columns that are not named are null.
    ///
    /// # Panics
    /// If the table has no column of a name: the row would silently lack a value.
    pub fn insert<'a>(&mut self, cells: impl IntoIterator<Item = (&'a str, Cell)>) {
        let mut row = vec![None; self.columns.len()];
        for (name, cell) in cells {
            let at = self.position(name).unwrap_or_else(|| panic!("{} has no column {name}", self.name));
            row[at] = cell;
        }
        self.rows.push(row);
    }

    /// Where the column `name` is.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// What `select` wants of this table, or the server's message about a column that is not there.
    pub fn select(&self, select: &Select) -> Result<Self, String> {
        let undefined =
            |name: &str| format!("Undefined column name {name} in table {}.{}", self.keyspace, self.name);
        let mut rows: Vec<&Vec<Cell>> = self.rows.iter().collect();
        for condition in &select.conditions {
            let at = self.position(&condition.column).ok_or_else(|| undefined(&condition.column))?;
            let column = &self.columns[at];
            rows.retain(|row| {
                condition.any_of.iter().any(|literal| equals(&column.cql_type, &row[at], literal))
            });
        }
        let empty = |columns| Self {
            keyspace: self.keyspace.clone(),
            name: self.name.clone(),
            columns,
            rows: Vec::new(),
        };
        if let [Selector { source, name }] = select.columns.as_slice()
            && source.starts_with("count(")
        {
            let mut counted = empty(vec![Column::new(name.trim_end_matches("(*)"), CqlType::Bigint)]);
            counted.rows.push(vec![cell::bigint(rows.len().try_into().unwrap_or(i64::MAX))]);
            return Ok(counted);
        }
        if select.columns.is_empty() {
            let mut all = empty(self.columns.clone());
            all.rows = rows.into_iter().cloned().collect();
            return Ok(all);
        }
        let mut positions = Vec::with_capacity(select.columns.len());
        let mut columns = Vec::with_capacity(select.columns.len());
        for Selector { source, name } in &select.columns {
            let at = self.position(source).ok_or_else(|| undefined(source))?;
            positions.push(at);
            columns.push(Column::new(name.clone(), self.columns[at].cql_type.clone()));
        }
        let mut projected = empty(columns);
        projected.rows =
            rows.into_iter().map(|row| positions.iter().map(|&at| row[at].clone()).collect()).collect();
        Ok(projected)
    }

    /// Writes the columns as the specification's `<global_table_spec><col_spec>…` (v5 spec, 4.2.5.2).
    pub fn encode_columns(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string(&self.keyspace)?;
        out.string(&self.name)?;
        for column in &self.columns {
            out.string(&column.name)?;
            column.cql_type.encode_option_for(version, out)?;
        }
        Ok(())
    }
}

/// Whether a cell is what a literal says, for the types that system tables have in their keys.
fn equals(cql_type: &CqlType, cell: &Cell, literal: &str) -> bool {
    let literal = match cql_type.unfrozen() {
        CqlType::Text | CqlType::Ascii => cell::text(literal),
        CqlType::Inet => literal.parse().map_or(None, cell::inet),
        CqlType::Uuid | CqlType::Timeuuid => literal.parse().map_or(None, cell::uuid),
        CqlType::Int => literal.parse().map_or(None, cell::int),
        CqlType::Bigint => literal.parse().map_or(None, cell::bigint),
        _ => None,
    };
    literal.is_some() && literal == *cell
}

#[cfg(test)]
mod tests {
    use super::super::cql::{Statement, parse};
    use super::*;

    fn select(table: &Table, text: &str) -> Result<Table, String> {
        let (Statement::Select(select), _) = parse(text) else { panic!("{text} is no SELECT") };
        table.select(&select)
    }

    fn table() -> Table {
        let mut table = Table::new("ks", "t", [("a", CqlType::Text), ("b", CqlType::Int)]);
        table.insert([("a", cell::text("x")), ("b", cell::int(1))]);
        table.insert([("a", cell::text("y"))]);
        table
    }

    #[test]
    fn selecting_projects_renames_and_filters() {
        let rows = select(&table(), "SELECT b AS n, a FROM ks.t WHERE a IN ('x', 'z')").unwrap();
        assert_eq!(rows.columns, [Column::new("n", CqlType::Int), Column::new("a", CqlType::Text)]);
        assert_eq!(rows.rows, [[cell::int(1), cell::text("x")]]);
        assert_eq!(select(&table(), "SELECT * FROM t").unwrap(), table());
        assert_eq!(select(&table(), "SELECT count(*) FROM t").unwrap().rows, [[cell::bigint(2)]]);
    }

    #[test]
    fn a_column_that_is_not_there_is_told_as_the_server_tells_it() {
        let message = select(&table(), "SELECT nope FROM ks.t").unwrap_err();
        assert_eq!(message, "Undefined column name nope in table ks.t");
        assert!(select(&table(), "SELECT a FROM ks.t WHERE nope = '1'").is_err());
    }
}
