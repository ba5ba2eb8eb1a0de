//! Indexes (`system_schema.indexes`) and triggers (`system_schema.triggers`) of a table.

use std::collections::BTreeMap;

/// A secondary index: one of Cassandra's own tables, or a custom one, such as SAI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// `COMPOSITES`, `KEYS` or `CUSTOM`.
    pub kind: Box<str>,
    /// What it was made with; among it `target`, and `class_name` where it is custom.
    pub options: BTreeMap<Box<str>, Box<str>>,
}

impl Index {
    /// What is indexed, in CQL: a column's name, or `keys(…)`, `values(…)`, `entries(…)` or `full(…)` of one.
    #[must_use]
    pub fn target(&self) -> &str {
        self.options.get("target").map_or("", |target| target)
    }

    /// The Java class of a custom index, or a name for it (`sai`).
    #[must_use]
    pub fn class_name(&self) -> Option<&str> {
        self.options.get("class_name").map(|class| &**class)
    }
}

/// A trigger: Java code that is asked before each write to its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// What it was made with: `class`.
    pub options: BTreeMap<Box<str>, Box<str>>,
}

impl Trigger {
    /// The name of its Java class; empty where the server does not tell it.
    #[must_use]
    pub fn class(&self) -> &str {
        self.options.get("class").map_or("", |class| class)
    }
}
