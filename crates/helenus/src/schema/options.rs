//! The options of a table or a view, as its row of `system_schema.tables` or `system_schema.views` has them.
//!
//! They are kept by name and not as fields: servers add options and drop them, and whatever this one has is described
//! again as it was read. Tables with the same options share them.

use std::fmt::Write as _;

use super::describe::{map_literal, text_literal};

/// The value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// `comment`, `speculative_retry` and others.
    Text(Box<str>),
    /// `gc_grace_seconds` and others.
    Int(i64),
    /// `bloom_filter_fp_chance` and others.
    Double(f64),
    /// `cdc` and others.
    Boolean(bool),
    /// `compaction`, `compression`, `caching`, in the server's order.
    Map(Vec<(Box<str>, Box<str>)>),
}

impl OptionValue {
    /// The value as CREATE TABLE takes it.
    #[must_use]
    pub fn to_cql(&self) -> String {
        let mut out = String::new();
        match self {
            Self::Text(text) => out = text_literal(text),
            // Writing to a string cannot fail.
            Self::Int(number) => write!(out, "{number}").unwrap_or_default(),
            Self::Double(number) => write!(out, "{number:?}").unwrap_or_default(),
            Self::Boolean(value) => write!(out, "{value}").unwrap_or_default(),
            Self::Map(entries) => {
                out = map_literal(entries.iter().map(|(key, value)| (&**key, &**value)));
            }
        }
        out
    }
}

/// The options of a table or a view, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableOptions {
    entries: Vec<(Box<str>, Option<OptionValue>)>,
}

/// What 4.0 has dropped and still writes into its tables, where it means nothing and CREATE TABLE refuses it.
const DROPPED: [&str; 2] = ["dclocal_read_repair_chance", "read_repair_chance"];

/// An option of 4.0 and later, by which its tables are told from older ones.
const SINCE_4_0: &str = "additional_write_policy";

impl TableOptions {
    /// These options. One without a value is one that this server has and this table does not set.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = (Box<str>, Option<OptionValue>)>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|(a, _), (b, _)| a == b);
        if entries.iter().any(|(name, _)| &**name == SINCE_4_0) {
            entries.retain(|(name, _)| !DROPPED.contains(&&**name));
        }
        Self { entries }
    }

    /// The value of an option; `None` where the table does not set it or the server does not have it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        let at = self.entries.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.entries[at].1.as_ref()
    }

    /// All options that the server has, in the order of their names, and what the table sets them to.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&OptionValue>)> {
        self.entries.iter().map(|(name, value)| (&**name, value.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_cql() {
        for (value, cql) in [
            (OptionValue::Text("it's".into()), "'it''s'"),
            (OptionValue::Int(-1), "-1"),
            (OptionValue::Double(1.0), "1.0"),
            (OptionValue::Double(0.01), "0.01"),
            (OptionValue::Boolean(true), "true"),
            (OptionValue::Map(vec![]), "{}"),
            (
                OptionValue::Map(vec![("class".into(), "X".into()), ("n".into(), "'".into())]),
                "{'class': 'X', 'n': ''''}",
            ),
        ] {
            assert_eq!(value.to_cql(), cql);
        }
    }

    #[test]
    fn what_4_0_has_dropped_is_not_described_for_it() {
        let chance = || ("read_repair_chance".into(), Some(OptionValue::Double(0.0)));
        let new =
            TableOptions::new([chance(), ("additional_write_policy".into(), None), ("cdc".into(), None)]);
        assert_eq!(new.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["additional_write_policy", "cdc"]);
        assert_eq!(new.get("cdc"), None);
        let old = TableOptions::new([chance(), ("comment".into(), Some(OptionValue::Text("".into())))]);
        assert_eq!(old.get("read_repair_chance"), Some(&OptionValue::Double(0.0)));
        assert_eq!(old.get("nothing"), None);
    }
}
