//! The schema as CQL: statements that make it again. The text is laid out as `cqlsh` and the server's own DESCRIBE lay
//! theirs out.
//!
//! What is described is described whole: a fresh node that runs the statements describes the same.

use std::borrow::Cow;
use std::fmt::Write as _;

use helenus_protocol::types::identifier::quote_type_identifier;
use helenus_protocol::types::quote_identifier;

use super::function::Monotonic;
use super::user_type::in_order_of_need;
use super::{
    Aggregate, Column, ColumnKind, Function, Index, Keyspace, Schema, Table, Trigger, UserType, View,
};
use crate::routing::Replication;

/// How a statement is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// On one line.
    Line,
    /// Over many lines, indented.
    Lines,
}

impl Layout {
    /// Between the parts of a statement.
    const fn space(self) -> &'static str {
        match self {
            Self::Line => " ",
            Self::Lines => "\n    ",
        }
    }

    /// `(…)` around elements.
    fn in_parentheses(self, elements: &[String]) -> String {
        match self {
            Self::Line => format!("({})", elements.join(", ")),
            Self::Lines => format!("(\n    {}\n)", elements.join(",\n    ")),
        }
    }
}

/// A text literal.
pub(super) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A map literal of text.
pub(super) fn map_literal<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let entries: Vec<_> = entries
        .into_iter()
        .map(|(key, value)| format!("{}: {}", text_literal(key), text_literal(value)))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

fn qualified(keyspace: &str, name: &str) -> String {
    format!("{}.{}", quote_identifier(keyspace), quote_identifier(name))
}

/// The text of a type without `frozen<…>`, which the arguments of functions may not have.
#[must_use]
pub fn without_frozen(text: &str) -> Cow<'_, str> {
    if !text.contains("frozen<") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    // For each open bracket, whether it is dropped.
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let inside_a_name = out.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        if let Some(behind) = rest.strip_prefix("frozen<").filter(|_| !inside_a_name) {
            open.push(true);
            rest = behind;
            continue;
        }
        let mut length = next.len_utf8();
        match next {
            '<' => open.push(false),
            '>' if open.pop() == Some(true) => {
                rest = &rest[length..];
                continue;
            }
            // What is quoted is a name, whatever stands in it.
            '"' | '\'' => length = rest[1..].find(next).map_or(rest.len(), |end| end + 2),
            _ => {}
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Cow::Owned(out)
}

impl Replication {
    /// The strategy as CREATE KEYSPACE takes it.
    #[must_use]
    pub fn to_cql(&self) -> String {
        let entries = self.to_options();
        map_literal(entries.iter().map(|(key, value)| (&**key, &**value)))
    }
}

impl Column {
    fn describe(&self, is_whole_key: bool, is_static: bool) -> String {
        let mut out = format!("{} {}", quote_identifier(&self.name), self.type_text);
        if is_static {
            out.push_str(" static");
        }
        if let Some(mask) = &self.mask {
            out.push_str(" MASKED WITH ");
            out.push_str(mask);
        }
        if is_whole_key {
            out.push_str(" PRIMARY KEY");
        }
        out
    }
}

fn key_of(partition_key: &[&Column], clustering_key: &[&Column]) -> String {
    let names = |columns: &[&Column]| {
        columns.iter().map(|column| quote_identifier(&column.name).into_owned()).collect::<Vec<_>>()
    };
    let partition_key = match &names(partition_key)[..] {
        [only] => only.clone(),
        several => format!("({})", several.join(", ")),
    };
    let mut parts = vec![partition_key];
    parts.extend(names(clustering_key));
    format!("PRIMARY KEY ({})", parts.join(", "))
}

impl Table {
    /// Whether it was made of columns without rows. Such a compact table keeps its columns as static ones, beside a
    /// clustering key and a value that nobody made.
    fn is_without_rows(&self) -> bool {
        self.is_compact && self.columns().iter().any(|column| column.kind == ColumnKind::Static)
    }

    /// The columns that CQL names. A compact table has others: those of [one without rows](Self::is_without_rows), and a
    /// value of the type `empty` where there is no column beside the key.
    pub fn named_columns(&self) -> impl Iterator<Item = &Column> {
        let (is_compact, without_rows) = (self.is_compact, self.is_without_rows());
        self.columns().iter().filter(move |column| match column.kind {
            ColumnKind::PartitionKey | ColumnKind::Static => true,
            ColumnKind::Clustering => !without_rows,
            ColumnKind::Regular => !(without_rows || is_compact && &*column.type_text == "empty"),
        })
    }

    /// Whether CQL calls the column static: of a table without rows it does not, though the server keeps it so.
    #[must_use]
    pub fn is_static(&self, column: &Column) -> bool {
        column.kind == ColumnKind::Static && !self.is_without_rows()
    }

    /// What stands behind WITH.
    fn properties(&self, clustering_key: &[&Column]) -> Vec<String> {
        let mut properties = Vec::new();
        if self.is_compact {
            properties.push("COMPACT STORAGE".to_owned());
        }
        if !clustering_key.is_empty() {
            let order = clustering_key.iter().map(|column| {
                let direction = if column.is_descending { "DESC" } else { "ASC" };
                format!("{} {direction}", quote_identifier(&column.name))
            });
            let order = order.collect::<Vec<_>>().join(", ");
            properties.push(format!("CLUSTERING ORDER BY ({order})"));
        }
        for (name, value) in self.options.iter() {
            if let Some(value) = value {
                properties.push(format!("{name} = {}", value.to_cql()));
            }
        }
        properties
    }

    /// The statement that makes it, without indexes, triggers and the semicolon.
    #[must_use]
    pub fn create_statement(&self, layout: Layout) -> String {
        let partition_key: Vec<&Column> = self.partition_key().iter().collect();
        let clustering_key = if self.is_without_rows() { &[] } else { self.clustering_key() };
        let clustering_key: Vec<&Column> = clustering_key.iter().collect();
        let in_one = partition_key.len() == 1 && clustering_key.is_empty();
        let mut elements: Vec<String> = self
            .named_columns()
            .map(|column| {
                let is_key = in_one && column.kind == ColumnKind::PartitionKey;
                column.describe(is_key, self.is_static(column))
            })
            .collect();
        if !partition_key.is_empty() && !in_one {
            elements.push(key_of(&partition_key, &clustering_key));
        }
        let verb = if self.is_virtual { "VIRTUAL TABLE" } else { "CREATE TABLE" };
        let name = qualified(self.keyspace(), self.name());
        let mut out = format!("{verb} {name} {}", layout.in_parentheses(&elements));
        let properties = self.properties(&clustering_key);
        if !properties.is_empty() {
            let between = format!("{}AND ", layout.space());
            let _infallible = write!(out, " WITH {}", properties.join(&between));
        }
        out
    }

    /// The statements that make it, its indexes and its triggers, and the views that are given. A virtual table is a
    /// comment: it cannot be made.
    #[must_use]
    pub fn describe<'a>(&self, views: impl IntoIterator<Item = &'a View>) -> String {
        let mut out = format!("{};", self.create_statement(Layout::Lines));
        for index in self.indexes.values() {
            let _infallible = write!(out, "\n{};", index.create_statement(self.keyspace(), self.name()));
        }
        for trigger in self.triggers.values() {
            let _infallible = write!(out, "\n{};", trigger.create_statement(self.keyspace(), self.name()));
        }
        for view in views {
            let _infallible = write!(out, "\n\n{}", view.describe());
        }
        if self.is_virtual {
            return virtual_table(self.keyspace(), self.name(), &out);
        }
        out
    }
}

/// What cannot be made, in a comment.
#[must_use]
pub fn virtual_table(keyspace: &str, name: &str, structure: &str) -> String {
    format!(
        "/*\nWarning: Table {keyspace}.{name} is a virtual table and cannot be recreated with CQL.\nStructure, for \
         reference:\n{structure}\n*/"
    )
}

/// As [`virtual_table`], for the keyspace of such tables. Its tables are comments of their own.
#[must_use]
pub fn virtual_keyspace(name: &str, structure: &str) -> String {
    format!(
        "/*\nWarning: Keyspace {name} is a virtual keyspace and cannot be recreated with CQL.\nStructure, for \
         reference:*/\n{structure}\n"
    )
}

impl Index {
    /// The statement that makes it on a table, without the semicolon.
    #[must_use]
    pub fn create_statement(&self, keyspace: &str, table: &str) -> String {
        let (name, table) = (quote_identifier(&self.name), qualified(keyspace, table));
        let Some(class) = self.class_name().filter(|_| &*self.kind == "CUSTOM") else {
            return format!("CREATE INDEX {name} ON {table} ({})", self.target());
        };
        let (target, class) = (self.target(), text_literal(class));
        let mut out = format!("CREATE CUSTOM INDEX {name} ON {table} ({target}) USING {class}");
        let options: Vec<_> = self
            .options
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .filter(|(key, _)| !["class_name", "target"].contains(key))
            .collect();
        if !options.is_empty() {
            let _infallible = write!(out, " WITH OPTIONS = {}", map_literal(options));
        }
        out
    }
}

impl Trigger {
    /// The statement that makes it on a table, without the semicolon.
    #[must_use]
    pub fn create_statement(&self, keyspace: &str, table: &str) -> String {
        let (name, table) = (quote_identifier(&self.name), qualified(keyspace, table));
        format!("CREATE TRIGGER {name} ON {table} USING {}", text_literal(self.class()))
    }
}

impl View {
    /// The statement that makes it, without the semicolon.
    #[must_use]
    pub fn create_statement(&self, layout: Layout) -> String {
        let space = layout.space();
        let names = || self.table.columns().iter().map(|column| quote_identifier(&column.name));
        let selected =
            if self.include_all_columns { "*".to_owned() } else { names().collect::<Vec<_>>().join(", ") };
        let clustering_key: Vec<&Column> = self.table.clustering_key().iter().collect();
        let mut parts = vec![
            format!("CREATE MATERIALIZED VIEW {} AS", qualified(self.table.keyspace(), self.name())),
            format!("SELECT {selected}"),
            format!("FROM {}", qualified(self.table.keyspace(), &self.base_table)),
            format!("WHERE {}", self.where_clause),
            key_of(&self.table.partition_key().iter().collect::<Vec<_>>(), &clustering_key),
        ];
        let properties = self.table.properties(&clustering_key);
        if !properties.is_empty() {
            parts.push(format!("WITH {}", properties.join(&format!("{space}AND "))));
        }
        parts.join(space)
    }

    /// The statement that makes it.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{};", self.create_statement(Layout::Lines))
    }
}

impl UserType {
    /// The statement that makes it, without the semicolon.
    #[must_use]
    pub fn create_statement(&self, layout: Layout) -> String {
        let fields: Vec<_> =
            self.fields.iter().map(|(name, kind)| format!("{} {kind}", quote_identifier(name))).collect();
        let (keyspace, name) = (quote_identifier(&self.keyspace), quote_type_identifier(&self.name));
        format!("CREATE TYPE {keyspace}.{name} {}", layout.in_parentheses(&fields))
    }

    /// The statement that makes it.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{};", self.create_statement(Layout::Lines))
    }
}

/// The text of a function between marks that do not end inside it.
fn function_body(body: &str) -> String {
    if body.contains("$$") || body.ends_with('$') { text_literal(body) } else { format!("$${body}$$") }
}

impl Function {
    /// The statement that makes it, without the semicolon.
    #[must_use]
    pub fn create_statement(&self, layout: Layout) -> String {
        let arguments: Vec<_> = self
            .arguments
            .iter()
            .map(|(name, kind)| format!("{} {}", quote_identifier(name), without_frozen(kind)))
            .collect();
        let name = qualified(&self.keyspace, &self.name);
        let null = if self.called_on_null_input { "CALLED" } else { "RETURNS NULL" };
        let mut parts = vec![
            format!("CREATE FUNCTION {name}({})", arguments.join(", ")),
            format!("{null} ON NULL INPUT"),
            format!("RETURNS {}", without_frozen(&self.return_type)),
        ];
        if self.deterministic {
            parts.push("DETERMINISTIC".to_owned());
        }
        match &self.monotonic {
            Monotonic::Unknown => {}
            Monotonic::All => parts.push("MONOTONIC".to_owned()),
            Monotonic::On(argument) => parts.push(format!("MONOTONIC ON {}", quote_identifier(argument))),
        }
        parts.push(format!("LANGUAGE {}", self.language));
        parts.push(format!("AS {}", function_body(&self.body)));
        parts.join(layout.space())
    }

    /// The statement that makes it.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{};", self.create_statement(Layout::Lines))
    }
}

impl Aggregate {
    /// The statement that makes it, without the semicolon.
    #[must_use]
    pub fn create_statement(&self, layout: Layout) -> String {
        let arguments: Vec<_> = self.argument_types.iter().map(|kind| without_frozen(kind)).collect();
        let name = qualified(&self.keyspace, &self.name);
        let mut parts = vec![
            format!("CREATE AGGREGATE {name}({})", arguments.join(", ")),
            format!("SFUNC {}", quote_identifier(&self.state_function)),
            format!("STYPE {}", without_frozen(&self.state_type)),
        ];
        if let Some(last) = &self.final_function {
            parts.push(format!("FINALFUNC {}", quote_identifier(last)));
        }
        if let Some(first) = &self.initial_condition {
            parts.push(format!("INITCOND {first}"));
        }
        if self.deterministic {
            parts.push("DETERMINISTIC".to_owned());
        }
        parts.join(layout.space())
    }

    /// The statement that makes it.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{};", self.create_statement(Layout::Lines))
    }
}

impl Keyspace {
    /// The statement that makes it, without what is in it, and without the semicolon. A virtual keyspace is a comment.
    #[must_use]
    pub fn create_statement(&self) -> String {
        let name = quote_identifier(&self.name);
        if self.is_virtual {
            return format!("// VIRTUAL KEYSPACE {name}");
        }
        let (replication, durable_writes) = (self.replication.to_cql(), self.durable_writes);
        // Two blanks: so write the server and cqlsh.
        format!(
            "CREATE KEYSPACE {name} WITH replication = {replication}  AND durable_writes = {durable_writes}"
        )
    }

    /// The statements that make it and what is in it, in an order in which a server can take them.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut parts = vec![format!("{};", self.create_statement())];
        parts.extend(in_order_of_need(&self.user_types).into_iter().map(|made| made.describe()));
        parts.extend(self.functions.values().map(|function| function.describe()));
        parts.extend(self.aggregates.values().map(|aggregate| aggregate.describe()));
        parts.extend(self.tables.values().map(|table| {
            let views = self.views_of(table.name()).map(|view| &**view);
            table.describe(views)
        }));
        let orphans = self.views.values().filter(|view| !self.tables.contains_key(&view.base_table));
        parts.extend(orphans.map(|view| view.describe()));
        let text = parts.join("\n\n");
        if self.is_virtual { virtual_keyspace(&self.name, &text) } else { text }
    }

    /// Whether the server makes it by itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        const SYSTEM: [&str; 6] = [
            "system",
            "system_auth",
            "system_cluster_metadata",
            "system_distributed",
            "system_schema",
            "system_traces",
        ];
        self.is_virtual || SYSTEM.contains(&&*self.name)
    }
}

impl Schema {
    /// The statements that make all keyspaces and what is in them, but those that servers make by themselves.
    #[must_use]
    pub fn describe(&self) -> String {
        let made = self.keyspaces().filter(|keyspace| !keyspace.is_system());
        made.map(|keyspace| keyspace.describe()).collect::<Vec<_>>().join("\n\n")
    }
}

#[cfg(test)]
mod tests;
