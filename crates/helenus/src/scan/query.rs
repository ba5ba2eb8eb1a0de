//! The queries of a scan: one text, with up to four conditions, since the first and the last piece of the ring have no
//! token on one side.

use crate::schema::Table;
use crate::statement::PreparedStatement;
use crate::statement::identifier::quoted;

use super::range::TokenRange;

/// Whether a query has a token below, and one above.
pub(super) type Form = (bool, bool);

/// The texts and, once they are prepared, the statements.
#[derive(Debug)]
pub(super) struct Queries {
    text: String,
    key: String,
    prepared: Vec<(Form, PreparedStatement)>,
}

impl Queries {
    /// Reads these columns of the table; all, where none is named.
    pub(super) fn new(table: &Table, columns: &[String]) -> Self {
        let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
        let columns = match columns {
            [] => "*".to_owned(),
            columns => list(&mut columns.iter().map(|name| quoted(name))),
        };
        let text = format!("SELECT {columns} FROM {}.{}", quoted(table.keyspace()), quoted(table.name()));
        let key = list(&mut table.partition_key().iter().map(|column| quoted(&column.name)));
        Self { text, key, prepared: Vec::new() }
    }

    /// What it reads, without which piece.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn form(range: &TokenRange) -> Form {
        (range.after.is_some(), range.upto.is_some())
    }

    /// The whole text for pieces of one form.
    pub(super) fn with_form(&self, form: Form) -> String {
        let Self { text, key, .. } = self;
        match form {
            (false, false) => text.clone(),
            (true, false) => format!("{text} WHERE token({key}) > ?"),
            (false, true) => format!("{text} WHERE token({key}) <= ?"),
            (true, true) => format!("{text} WHERE token({key}) > ? AND token({key}) <= ?"),
        }
    }

    pub(super) fn set(&mut self, form: Form, prepared: PreparedStatement) {
        self.prepared.push((form, prepared));
    }

    pub(super) fn prepared(&self, form: Form) -> Option<&PreparedStatement> {
        self.prepared.iter().find(|(known, _)| *known == form).map(|(_, prepared)| prepared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, ColumnKind};

    #[test]
    fn one_text_and_four_conditions() {
        let column = |name: &str, place| Column::new(name, ColumnKind::PartitionKey, place, "int");
        let table = Table::new("ks", "Mixed", [column("b", 1), column("a", 0)]);
        let queries = Queries::new(&table, &[]);
        assert_eq!(queries.text(), "SELECT * FROM \"ks\".\"Mixed\"");
        let conditions = [
            ((false, false), ""),
            ((true, false), " WHERE token(\"a\", \"b\") > ?"),
            ((false, true), " WHERE token(\"a\", \"b\") <= ?"),
            ((true, true), " WHERE token(\"a\", \"b\") > ? AND token(\"a\", \"b\") <= ?"),
        ];
        for (form, condition) in conditions {
            assert_eq!(queries.with_form(form), format!("{}{condition}", queries.text()));
        }
        let some = Queries::new(&table, &["a".into(), "say \"x\"".into()]);
        assert_eq!(some.text(), "SELECT \"a\", \"say \"\"x\"\"\" FROM \"ks\".\"Mixed\"");
    }
}
