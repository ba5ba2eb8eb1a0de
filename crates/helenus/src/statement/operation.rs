//! What is told of a statement where others look: the name of what it does, and its text without its constants.
//!
//! Both are for logs, spans and labels, where no value may stand: strings, numbers, blobs and UUIDs become `?`, comments are
//! left out, and what cannot be read ends the text. Both names and lengths are bounded, whatever the text.

use super::lexer::{Lexer, Token};
use super::{Statement, batch::BatchEntry};

/// The first words of CQL statements. What is none of them is told as [`OTHER`]: names are labels, of which there are to be few.
const OPERATIONS: [&str; 19] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "TRUNCATE", "USE", "CREATE", "ALTER", "DROP", "GRANT",
    "REVOKE", "LIST", "DESCRIBE", "DESC", "ADD", "APPLY", "COMMENT", "SECURITY",
];
/// The same for batches of one kind of statement.
const BATCHES: [(&str, &str); 3] =
    [("INSERT", "BATCH INSERT"), ("UPDATE", "BATCH UPDATE"), ("DELETE", "BATCH DELETE")];
const OTHER: &str = "OTHER";

/// What a statement does, in one or two words.
pub(crate) fn operation_of(statement: &Statement) -> &'static str {
    match statement {
        Statement::Simple(simple) => operation(&simple.text),
        Statement::Bound(bound) => operation(bound.prepared.query()),
        Statement::Batch(batch) => {
            let mut operations = batch.entries.iter().map(|entry| operation(text_of(entry)));
            let first = operations.next().unwrap_or(OTHER);
            let known = BATCHES.iter().find(|(single, _)| *single == first);
            match known {
                Some((_, together)) if operations.all(|other| other == first) => together,
                _ => "BATCH",
            }
        }
    }
}

/// The text of a statement without its constants, cut after about `limit` bytes.
pub(crate) fn redacted_text(statement: &Statement, limit: usize) -> String {
    let mut out = String::new();
    match statement {
        Statement::Simple(simple) => redact(&simple.text, limit, &mut out),
        Statement::Bound(bound) => redact(bound.prepared.query(), limit, &mut out),
        Statement::Batch(batch) => {
            for (n, entry) in batch.entries.iter().enumerate() {
                if n > 0 {
                    out.push_str("; ");
                }
                redact(text_of(entry), limit.saturating_sub(out.len()), &mut out);
                if out.len() >= limit {
                    break;
                }
            }
        }
    }
    out
}

fn text_of(entry: &BatchEntry) -> &str {
    match entry {
        BatchEntry::Simple(text, _) => text,
        BatchEntry::Prepared(prepared, _) => prepared.query(),
    }
}

fn operation(text: &str) -> &'static str {
    let first = Lexer::new(text).next();
    OPERATIONS.into_iter().find(|known| first.is(known)).unwrap_or(OTHER)
}

/// Appends `text` without its constants to `out`, at most `limit` bytes of it and a mark that it goes on.
fn redact(text: &str, limit: usize, out: &mut String) {
    let mut lexer = Lexer::new(text);
    let limit = out.len().saturating_add(limit);
    let mut end = 0;
    loop {
        let token = lexer.next();
        let word = match token {
            Token::End => return,
            Token::Name(name) if !is_duration(name) => name,
            Token::Quoted(name) => name,
            Token::Symbol(_) => text.get(lexer.at() - 1..lexer.at()).unwrap_or_default(),
            Token::Invalid => "…",
            _ => "?",
        };
        let quotes = if matches!(token, Token::Quoted(_)) { "\"" } else { "" };
        let has_gap = !out.is_empty() && starts_with_gap(text.get(end..).unwrap_or_default());
        if out.len() + usize::from(has_gap) + word.len() + 2 * quotes.len() > limit {
            out.push('…');
            return;
        }
        if has_gap {
            out.push(' ');
        }
        for piece in [quotes, word, quotes] {
            out.push_str(piece);
        }
        end = lexer.at();
    }
}

/// Whether something that says nothing stands here: a blank or a comment.
fn starts_with_gap(rest: &str) -> bool {
    rest.starts_with([' ', '\t', '\n', '\r']) || ["--", "//", "/*"].iter().any(|mark| rest.starts_with(mark))
}

/// Whether a word is a duration in one of the forms of ISO 8601 and hardly a name: `P3Y6M`, `PT2H`, the `P0001` before `-02-03`.
fn is_duration(word: &str) -> bool {
    let Some(rest) = word.strip_prefix(['P', 'p']) else { return false };
    let is_unit = |byte: u8| b"ymwdhst".contains(&byte.to_ascii_lowercase());
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    digits > 0
        && rest.bytes().all(|byte| byte.is_ascii_digit() || is_unit(byte))
        && (rest.bytes().last().is_some_and(is_unit) || digits >= 4)
}

#[cfg(test)]
mod tests {
    use helenus_protocol::request::BatchKind;
    use proptest::prelude::*;

    use super::*;
    use crate::statement::{BatchStatement, SimpleStatement};

    fn redacted(text: &str) -> String {
        redacted_text(&text.into(), 200)
    }

    #[test]
    fn no_constant_is_left() {
        for (text, expected) in [
            ("SELECT v FROM ks.t WHERE k = 1", "SELECT v FROM ks.t WHERE k = ?"),
            ("INSERT INTO t(k,v) VALUES (-1, 'it''s')", "INSERT INTO t(k,v) VALUES (-?, ?)"),
            ("SELECT  \"A\"\n FROM t -- secret\nWHERE k=?", "SELECT \"A\" FROM t WHERE k=?"),
            ("a/* secret */b", "a b"),
            ("/* secret */ SELECT 1", "SELECT ?"),
            ("CREATE ROLE r WITH PASSWORD = $$secret$$", "CREATE ROLE r WITH PASSWORD = ?"),
            ("v = [0xCAFE, 1.5e3, f81d4fae-7dec-11d0-a765-00a0c91e6bf6]", "v = [?, ?, ?]"),
            ("d = 1h30m AND e = P3Y6M AND f = pt2h AND p1 = :n", "d = ? AND e = ? AND f = ? AND p1 = :n"),
            ("v = 'secret", "v = …"),
            ("v = é secret", "v = …"),
            ("", ""),
        ] {
            assert_eq!(redacted(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(redacted_text(&"SELECT abc FROM t".into(), 12), "SELECT abc…");
        assert_eq!(redacted_text(&"SELECT".into(), 0), "…");
        let mut batch = BatchStatement::new(BatchKind::Logged);
        for _ in 0..1000 {
            batch.push(SimpleStatement::new("INSERT INTO t (k) VALUES (1)"));
        }
        let text = redacted_text(&Statement::Batch(batch.clone()), 60);
        assert_eq!(text, "INSERT INTO t (k) VALUES (?); INSERT INTO t (k) VALUES (?); …");
        assert_eq!(operation_of(&Statement::Batch(batch.clone())), "BATCH INSERT");
        batch.push(SimpleStatement::new("delete from t where k = 1"));
        assert_eq!(operation_of(&Statement::Batch(batch)), "BATCH");
        assert_eq!(operation_of(&Statement::Batch(BatchStatement::new(BatchKind::Logged))), "BATCH");
    }

    #[test]
    fn operations_are_few() {
        for (text, expected) in [
            (" /* x */ select 1", "SELECT"),
            ("Create TABLE t (k int PRIMARY KEY)", "CREATE"),
            ("BEGIN BATCH", "BEGIN"),
            ("secret", "OTHER"),
            ("'secret'", "OTHER"),
            ("", "OTHER"),
        ] {
            assert_eq!(operation_of(&text.into()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_stays_within_its_limit(text in "\\PC*", limit in 0_usize..40) {
            prop_assert!(redacted_text(&text.into(), limit).len() <= limit + '…'.len_utf8());
        }

        #[test]
        fn no_string_is_left(secret in "[a-z0-9 ?]{12,20}", quote in "'|\\$\\$") {
            let text = format!("SELECT v FROM t WHERE k = {quote}{secret}{quote} AND {quote}{secret}");
            prop_assert!(!redacted(&text).contains(&secret));
        }
    }
}
