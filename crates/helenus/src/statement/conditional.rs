//! Whether a statement is a lightweight transaction, read from its text.

use super::lexer::{Lexer, Token};

/// Whether the text writes under a condition, or is a batch with such a statement: `IF` is a reserved word, so that it
/// stands unquoted in a write for nothing else. A text that cannot be read to its end is taken for a plain one.
pub(crate) fn is_conditional(cql: &str) -> bool {
    let mut lexer = Lexer::new(cql);
    let first = lexer.next();
    if !["INSERT", "UPDATE", "DELETE", "BEGIN"].iter().any(|verb| first.is(verb)) {
        return false;
    }
    loop {
        match lexer.next() {
            Token::End | Token::Invalid => return false,
            word if word.is("IF") => return true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_conditional() {
        for (cql, expected) in [
            ("INSERT INTO t (k) VALUES (?) IF NOT EXISTS", true),
            ("INSERT INTO t (k) VALUES (?) if not exists USING TTL 3", true),
            ("UPDATE t SET v = ? WHERE k = ? IF v = 3", true),
            ("/* a */ delete from t where k = 1 -- b\n if exists", true),
            (
                "BEGIN BATCH INSERT INTO t (k) VALUES (1); UPDATE t SET v=1 WHERE k=1 IF EXISTS; APPLY BATCH",
                true,
            ),
            ("BEGIN UNLOGGED BATCH INSERT INTO t (k) VALUES (1) APPLY BATCH", false),
            ("INSERT INTO t (k) VALUES ('IF')", false),
            ("INSERT INTO \"IF\" (\"if\") VALUES ($$ IF $$) -- IF NOT EXISTS", false),
            ("UPDATE gif SET iff = 1 WHERE k = 1", false),
            ("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)", false),
            ("SELECT v FROM t WHERE k = 1", false),
            ("UPDATE t SET v = 'unterminated IF EXISTS", false),
            ("", false),
        ] {
            assert_eq!(is_conditional(cql), expected, "{cql}");
        }
    }
}
