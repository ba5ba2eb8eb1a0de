//! Bind markers that share a name.

use std::collections::HashSet;

use helenus_protocol::response::ColumnSpec;

use super::lexer::{Lexer, Token};

/// The name of two `?` that are called the same, as in `c > ? AND c < ?`: by name, nobody could tell them apart. Two `:c` are one
/// value that stands in two places.
pub(super) fn ambiguous<'c>(cql: &str, columns: &'c [ColumnSpec]) -> Option<&'c str> {
    let mut seen = HashSet::with_capacity(columns.len());
    let twice = columns.iter().find(|column| !seen.insert(&*column.name))?;
    let mut lexer = Lexer::new(cql);
    loop {
        match lexer.next() {
            Token::Symbol(b'?') => return Some(&twice.name),
            Token::End | Token::Invalid => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::CqlType;

    use super::*;

    #[test]
    fn only_unnamed_markers_of_one_name_are_ambiguous() {
        let columns = |names: &[&str]| -> Vec<ColumnSpec> {
            let spec = |name: &&str| ColumnSpec {
                keyspace: "k".into(),
                table: "t".into(),
                name: (*name).into(),
                cql_type: CqlType::Int,
            };
            names.iter().map(spec).collect()
        };
        for (cql, names, expected) in [
            ("SELECT v FROM t WHERE k = ? AND c > ? AND c < ?", &["k", "c", "c"][..], Some("c")),
            ("SELECT v FROM t WHERE k = :k AND c > :k", &["k", "k"], None),
            ("SELECT v FROM t WHERE k = :k AND c > :k AND v = '?' -- ?", &["k", "k"], None),
            ("SELECT v FROM t WHERE k = ? AND c > ?", &["k", "c"], None),
            ("SELECT v FROM t", &[], None),
        ] {
            assert_eq!(ambiguous(cql, &columns(names)), expected, "{cql}");
        }
    }
}
