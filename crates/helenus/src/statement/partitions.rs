//! Whether a write may name several partitions, read from its text. The server writes those one after another and without a log:
//! when it finds too few replicas for the second, the first is on its way.
//!
//! The answer errs to one side only: what is said to be written together is.

use crate::schema::Schema;

use super::lexer::{Lexer, Token};

/// The partitions that one statement writes to, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Partitions {
    /// One; or several, of which all are checked before any is written; or nothing is written.
    Together,
    /// Perhaps several, one after another.
    Apart,
    /// The same if one of the columns of its `IN` belongs to the partition key.
    Listed(Box<Listed>),
}

/// The columns of which a write lists the values. Names are as the server keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    keyspace: Option<Box<str>>,
    table: Box<str>,
    columns: Vec<Box<str>>,
}

impl Partitions {
    pub(crate) fn of(cql: &str) -> Self {
        let mut lexer = Lexer::new(cql);
        let first = lexer.next();
        if first.is("BEGIN") {
            // A logged one is checked whole.
            return if lexer.next().is("BATCH") { Self::Together } else { Self::Apart };
        }
        let is_delete = first.is("DELETE");
        if !is_delete && !first.is("UPDATE") {
            return Self::Together;
        }
        Self::of_write(&mut lexer, is_delete).unwrap_or(Self::Apart)
    }

    /// Whether it is not certain that they are written together. Names without a keyspace are of `keyspace`.
    pub(crate) fn are_apart(&self, schema: &Schema, keyspace: Option<&str>) -> bool {
        match self {
            Self::Together => false,
            Self::Apart => true,
            Self::Listed(listed) => {
                let keyspace = listed.keyspace.as_deref().or(keyspace);
                let table = keyspace.and_then(|keyspace| schema.table(keyspace, &listed.table));
                table.is_none_or(|table| {
                    let is_key = |name: &str| table.partition_key().iter().any(|key| *key.name == *name);
                    listed.columns.iter().any(|column| is_key(column))
                })
            }
        }
    }

    /// `UPDATE` or `DELETE` was read; `None`: the text is not as it should be.
    fn of_write(lexer: &mut Lexer<'_>, is_delete: bool) -> Option<Self> {
        if is_delete {
            skip_past(lexer, "FROM")?;
        }
        let mut table = lexer.next().identifier()?;
        let mut keyspace = None;
        let mut token = lexer.next();
        if token == Token::Symbol(b'.') {
            keyspace = Some(table.into());
            table = lexer.next().identifier()?;
            token = lexer.next();
        }
        if !token.is("WHERE") {
            skip_past(lexer, "WHERE")?;
        }
        let mut columns = Vec::new();
        let mut before = Token::End;
        loop {
            let token = lexer.next();
            match (token, before) {
                (Token::Invalid, _) => return None,
                (Token::End, _) => break,
                // What is conditional has one partition.
                (token, _) if token.is("IF") => break,
                (token, Token::Symbol(b')')) if token.is("IN") => {
                    // `(a, b) IN …` can be said of clustering columns only.
                }
                (token, Token::Name(_) | Token::Quoted(_)) if token.is("IN") && !before.is("NOT") => {
                    columns.push(before.identifier()?.into());
                }
                (token, _) if token.is("IN") => return None,
                _ => {}
            }
            before = token;
        }
        Some(match columns.as_slice() {
            [] => Self::Together,
            _ => Self::Listed(Box::new(Listed { keyspace, table: table.into(), columns })),
        })
    }
}

/// Goes past the keyword `word`; `None` where it does not come.
fn skip_past(lexer: &mut Lexer<'_>, word: &str) -> Option<()> {
    loop {
        match lexer.next() {
            Token::End | Token::Invalid => return None,
            token if token.is(word) => return Some(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Replication;
    use crate::schema::{Column, ColumnKind, Keyspace, Table};

    fn schema() -> Schema {
        let column = |name: &str, kind, position| Column::new(name, kind, position, "int");
        let columns = [
            column("k", ColumnKind::PartitionKey, 0),
            column("K", ColumnKind::PartitionKey, 1),
            column("c", ColumnKind::Clustering, 0),
            column("n", ColumnKind::Regular, -1),
        ];
        let mut keyspace = Keyspace::new("ks", Replication::Local);
        keyspace.tables.insert("t".into(), Table::new("ks", "t", columns).into());
        Schema::new([keyspace])
    }

    #[test]
    fn what_is_written_apart() {
        let schema = schema();
        for (cql, expected) in [
            ("UPDATE t SET n = n + 1 WHERE k = 1 AND \"K\" = 2 AND c = 3", false),
            ("UPDATE t SET n = n + 1 WHERE k IN (1, 2) AND \"K\" = 2 AND c = 3", true),
            ("update ks.t set n = n + 1 where K in ? and \"K\" = 2", true),
            ("UPDATE t SET n = n + ? WHERE k = ? AND \"K\" IN (?, ?)", true),
            ("UPDATE t USING TIMESTAMP 3 SET n = n + 1 WHERE k = 1 AND \"K\" = 2 AND c IN (1, 2)", false),
            ("UPDATE t SET n = n + 1 WHERE k = 1 AND \"K\" = 2 AND (c) IN ((1), (2))", false),
            ("DELETE n FROM ks.t WHERE k IN (1) AND \"K\" = 1", true),
            ("DELETE FROM t WHERE k = 1 AND \"K\" = 2 AND c IN :several", false),
            ("DELETE m['x IN y'] FROM t WHERE k = 1 AND \"K\" = 2", false),
            ("UPDATE \"ks\" . \"t\" SET n = n + 1 /* IN */ WHERE k -- a\n IN ?", true),
            // Who knows.
            ("UPDATE other SET n = n + 1 WHERE c IN (1, 2)", true),
            ("UPDATE elsewhere.t SET n = n + 1 WHERE c IN (1, 2)", true),
            ("UPDATE t SET n = n + 1 WHERE c NOT IN (1, 2)", true),
            ("UPDATE t SET n = n + 1 WHERE 'c' IN (1, 2)", true),
            ("UPDATE t SET n = n + 1 WHERE k = 'unterminated", true),
            ("UPDATE t SET n = n + 1", true),
            ("DELETE", true),
            // A condition holds for one partition.
            ("UPDATE t SET n = 1 WHERE k = 1 AND \"K\" = 2 IF n IN (1, 2)", false),
            ("INSERT INTO t (k) VALUES (1)", false),
            ("SELECT n FROM t WHERE k IN (1, 2)", false),
            ("BEGIN BATCH UPDATE t SET n = 1 WHERE k IN (1, 2) APPLY BATCH", false),
            ("BEGIN UNLOGGED BATCH UPDATE t SET n = 1 WHERE k = 1; APPLY BATCH", true),
            ("begin counter batch UPDATE t SET n = n + 1 WHERE k = 1; APPLY BATCH", true),
            ("", false),
        ] {
            assert_eq!(Partitions::of(cql).are_apart(&schema, Some("ks")), expected, "{cql}");
        }
        let listed = Partitions::of("UPDATE t SET n = n + 1 WHERE k = 1 AND \"K\" = 2 AND c IN (1, 2)");
        assert!(listed.are_apart(&schema, None), "whose table is it?");
        assert!(listed.are_apart(&Schema::default(), Some("ks")), "what is not known is taken for the worst");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_an_answer(text in "(UPDATE|DELETE|BEGIN) \\PC*") {
            let _whichever = Partitions::of(&text);
        }
    }
}
