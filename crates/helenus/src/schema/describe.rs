//! The schema as CQL: statements that make it again. The text is laid out as `cqlsh` and the server's own DESCRIBE lay
//! theirs out.
//!
//! What is described is described whole: a fresh node that runs the statements describes the same. Tables and views are in
//! [`relation`].

mod relation;

use std::borrow::Cow;

use helenus_protocol::types::identifier::quote_type_identifier;
use helenus_protocol::types::quote_identifier;

use super::function::Monotonic;
use super::user_type::in_order_of_need;
use super::{Aggregate, Function, Keyspace, Schema, UserType};
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
