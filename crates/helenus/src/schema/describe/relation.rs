//! Tables, with what is on them, and views, as CQL.

use std::fmt::Write as _;

use helenus_protocol::types::quote_identifier;

use super::{Layout, map_literal, qualified, text_literal, virtual_table};
use crate::schema::{Column, ColumnKind, Index, Table, Trigger, View};

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

    /// The columns that CQL names. A compact table has others: those of one without rows, and a
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
