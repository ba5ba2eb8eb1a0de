//! As much of CQL as a node needs that stores nothing: what kind of statement a text is, the table and columns that it
//! names, the conditions that a system table can be filtered by, and its bind markers.
//!
//! It is not a CQL parser: what it does not know is [`Statement::Other`], and it never says that a text is wrong.

mod markers;
mod token;

use self::markers::markers;
use self::token::{Token, tokens};

/// What one CQL text asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// `SELECT`
    Select(Select),
    /// `USE keyspace`
    Use(String),
    /// `INSERT`, `UPDATE`, `DELETE`; whether it has an `IF` (then it answers with rows).
    Modification {
        /// The table that it changes.
        table: TableName,
        /// Whether it is a lightweight transaction.
        conditional: bool,
    },
    /// `CREATE`, `ALTER`, `DROP`: anything that ends in a schema change.
    Definition {
        /// `CREATED`, `UPDATED` or `DROPPED`.
        change: &'static str,
        /// `KEYSPACE`, `TABLE`, `TYPE`, `FUNCTION` or `AGGREGATE`; `None` for what is told as no schema change (roles).
        target: Option<&'static str>,
        /// The keyspace or the thing's name.
        name: TableName,
    },
    /// Everything else: `BATCH`, `TRUNCATE`, `GRANT` …
    Other,
}

/// A table's name, perhaps with its keyspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableName {
    /// The keyspace, where the text names one.
    pub keyspace: Option<String>,
    /// The table.
    pub table: String,
}

/// The parts of a `SELECT` that decide the shape of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// The table.
    pub table: TableName,
    /// The selected columns with the names they answer under; empty for `*`.
    pub columns: Vec<Selector>,
    /// Conditions of the form `column = 'literal'`, `column IN ('…', …)`, all of which must hold.
    pub conditions: Vec<Condition>,
}

/// One selected thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// The column, or the whole expression without blanks (`count(*)`).
    pub source: String,
    /// The name in the answer: the alias, or the source.
    pub name: String,
}

/// What a column must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// One of these, as the literals' text.
    pub any_of: Vec<String>,
}

/// What a bind marker stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The name in the prepared statement's metadata: a column, the marker's own (`:name`), or `[limit]`, `[ttl]` …
    pub name: String,
    /// Where its type comes from.
    pub role: MarkerRole,
}

/// Where a bind marker's type comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkerRole {
    /// It has the type of this column.
    Column(String),
    /// It is a list of values of this column (`IN ?`).
    ListOf(String),
    /// `LIMIT ?`, `TTL ?`: an int.
    Int,
    /// `TIMESTAMP ?`, `token(…) > ?`: a bigint.
    Bigint,
    /// Nothing tells.
    Unknown,
}

/// Reads `text`: its kind, and its bind markers in order.
#[must_use]
pub fn parse(text: &str) -> (Statement, Vec<Marker>) {
    let tokens = tokens(text);
    (statement(&tokens), markers(&tokens))
}

fn statement(tokens: &[Token]) -> Statement {
    let Some(first) = tokens.first() else { return Statement::Other };
    let after = |keyword: &str| tokens.iter().position(|token| token.is(keyword)).map(|at| &tokens[at + 1..]);
    let modification = |rest: Option<&[Token]>| Statement::Modification {
        table: rest.and_then(table_name).unwrap_or_default(),
        conditional: tokens.iter().any(|token| token.is("IF")),
    };
    match first {
        Token::Word(word) => match word.to_ascii_uppercase().as_str() {
            "SELECT" => select(&tokens[1..]).map_or(Statement::Other, Statement::Select),
            "USE" => tokens.get(1).and_then(Token::identifier).map_or(Statement::Other, Statement::Use),
            "INSERT" => modification(after("INTO")),
            "UPDATE" => modification(Some(&tokens[1..])),
            "DELETE" => modification(after("FROM")),
            "CREATE" => definition("CREATED", &tokens[1..]),
            "ALTER" => definition("UPDATED", &tokens[1..]),
            "DROP" => definition("DROPPED", &tokens[1..]),
            _ => Statement::Other,
        },
        _ => Statement::Other,
    }
}

fn definition(change: &'static str, tokens: &[Token]) -> Statement {
    let fillers = ["OR", "REPLACE", "CUSTOM", "MATERIALIZED"];
    let at = tokens.iter().position(|token| !fillers.iter().any(|filler| token.is(filler))).unwrap_or(0);
    let kind = tokens.get(at).and_then(Token::identifier).unwrap_or_default();
    let skipped = ["IF", "NOT", "EXISTS"];
    let mut rest = tokens.get(at + 1..).unwrap_or_default();
    while rest.first().is_some_and(|token| skipped.iter().any(|word| token.is(word))) {
        rest = &rest[1..];
    }
    let (change, target) = match kind.as_str() {
        "keyspace" | "schema" => (change, Some("KEYSPACE")),
        "table" | "columnfamily" | "view" => (change, Some("TABLE")),
        // An index changes its table.
        "index" if change == "CREATED" => {
            let on = rest.iter().position(|token| token.is("ON")).map_or(0, |at| at + 1);
            rest = &rest[on..];
            ("UPDATED", Some("TABLE"))
        }
        "type" => (change, Some("TYPE")),
        "function" => (change, Some("FUNCTION")),
        "aggregate" => (change, Some("AGGREGATE")),
        _ => (change, None),
    };
    Statement::Definition { change, target, name: table_name(rest).unwrap_or_default() }
}

fn table_name(tokens: &[Token]) -> Option<TableName> {
    let first = tokens.first()?.identifier()?;
    match (tokens.get(1), tokens.get(2).and_then(Token::identifier)) {
        (Some(Token::Symbol('.')), Some(table)) => Some(TableName { keyspace: Some(first), table }),
        _ => Some(TableName { keyspace: None, table: first }),
    }
}

fn select(tokens: &[Token]) -> Option<Select> {
    let from = tokens.iter().position(|token| token.is("FROM"))?;
    let mut selected = &tokens[..from];
    while selected.first().is_some_and(|token| token.is("JSON") || token.is("DISTINCT")) {
        selected = &selected[1..];
    }
    let columns = if selected == [Token::Symbol('*')] { Vec::new() } else { selectors(selected) };
    let conditions = tokens.iter().position(|token| token.is("WHERE"));
    let conditions = conditions.map_or_else(Vec::new, |at| conditions_of(&tokens[at + 1..]));
    Some(Select { table: table_name(&tokens[from + 1..])?, columns, conditions })
}

fn selectors(tokens: &[Token]) -> Vec<Selector> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match token {
                Token::Symbol('(') => depth += 1,
                Token::Symbol(')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == Token::Symbol(',')
        })
        .map(|item| {
            let (item, alias) = match item {
                [expression @ .., keyword, alias] if keyword.is("AS") => (expression, alias.identifier()),
                _ => (item, None),
            };
            let source: String = item.iter().map(spelled).collect();
            Selector { name: alias.unwrap_or_else(|| source.clone()), source }
        })
        .collect()
}

fn spelled(token: &Token) -> String {
    match token {
        Token::Word(word) => word.to_ascii_lowercase(),
        Token::Name(name) | Token::Text(name) => name.clone(),
        Token::Marker(name) => name.as_ref().map_or_else(|| "?".to_owned(), |name| format!(":{name}")),
        Token::Symbol(symbol) => symbol.to_string(),
    }
}

fn conditions_of(tokens: &[Token]) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(column) = at.checked_sub(1).and_then(|before| tokens[before].identifier()) else { continue };
        let literals = &tokens[at + 1..];
        let any_of: Vec<String> = if *token == Token::Symbol('=') {
            literals.first().and_then(literal).into_iter().collect()
        } else if token.is("IN") && literals.first() == Some(&Token::Symbol('(')) {
            let end =
                literals.iter().position(|token| *token == Token::Symbol(')')).unwrap_or(literals.len());
            literals[1..end].iter().filter_map(literal).collect()
        } else {
            continue;
        };
        if !any_of.is_empty() {
            conditions.push(Condition { column, any_of });
        }
    }
    conditions
}

fn literal(token: &Token) -> Option<String> {
    match token {
        Token::Text(text) | Token::Word(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text).1.into_iter().map(|marker| marker.name).collect()
    }

    #[test]
    fn markers_are_counted_outside_of_quotes_and_comments() {
        assert_eq!(names("INSERT INTO bench.kv (k, v) VALUES (?, '?')"), ["k"]);
        assert_eq!(names("INSERT INTO t (a, \"B?\", c) VALUES (f(?, ?), ?, :x) -- ?"), ["a", "a", "B?", "x"]);
        assert_eq!(
            names("SELECT * FROM t WHERE a = ? /* ? */ AND b IN ? LIMIT ?"),
            ["a", "in(b)", "[limit]"]
        );
        assert_eq!(
            names("UPDATE t USING TTL ? SET v = ?, w = w + ? WHERE k IN (?, ?)"),
            ["[ttl]", "v", "w", "k", "k"]
        );
        assert_eq!(names("SELECT * FROM t WHERE token(k) > ?"), ["partition key token"]);
        assert_eq!(names("CREATE FUNCTION f() AS $$ return a ? 1 : 2; $$"), Vec::<String>::new());
    }

    #[test]
    fn a_select_tells_its_table_columns_and_conditions() {
        let (statement, _) = parse(
            "select host_id, data_center AS dc, count(a, b) from system.\"Local\" where key='lo''cal' and b in ('x', 'y')",
        );
        let Statement::Select(select) = statement else { panic!("{statement:?}") };
        assert_eq!(select.table, TableName { keyspace: Some("system".into()), table: "Local".into() });
        let pairs: Vec<_> = select.columns.iter().map(|c| (c.source.as_str(), c.name.as_str())).collect();
        assert_eq!(pairs, [("host_id", "host_id"), ("data_center", "dc"), ("count(a,b)", "count(a,b)")]);
        assert_eq!(
            select.conditions,
            [
                Condition { column: "key".into(), any_of: vec!["lo'cal".into()] },
                Condition { column: "b".into(), any_of: vec!["x".into(), "y".into()] },
            ]
        );
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(parse("USE \"Ks\"").0, Statement::Use("Ks".into()));
        assert!(matches!(parse("  insert into t (a) values (1) if not exists").0,
            Statement::Modification { conditional: true, table } if table.table == "t"));
        assert!(matches!(parse("DELETE a FROM k.t WHERE b = 1").0,
            Statement::Modification { conditional: false, table } if table.keyspace.as_deref() == Some("k")));
        assert_eq!(
            parse("CREATE TABLE IF NOT EXISTS k.t (a int PRIMARY KEY)").0,
            Statement::Definition {
                change: "CREATED",
                target: Some("TABLE"),
                name: TableName { keyspace: Some("k".into()), table: "t".into() },
            }
        );
        assert_eq!(
            parse("CREATE INDEX i ON k.t (a)").0,
            Statement::Definition {
                change: "UPDATED",
                target: Some("TABLE"),
                name: TableName { keyspace: Some("k".into()), table: "t".into() },
            }
        );
        assert_eq!(parse("").0, Statement::Other);
    }

    #[test]
    fn unfinished_texts_end_without_a_panic() {
        for text in
            ["'", "\"", "$$", "$", "/*", "--", ":", "SELECT", "SELECT a FROM", "USE", "x.", "CREATE", "é'é"]
        {
            let _ = parse(text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", pieces in "((SELECT|INSERT INTO|FROM|WHERE|IN|VALUES|\\(|\\)|,|\\?|:a|'|\"|\\$\\$|--|/\\*|=|é|\\.) ?)*") {
            let _ = parse(&text);
            let _ = parse(&pieces);
        }
    }
}
