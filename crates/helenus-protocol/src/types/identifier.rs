//! Identifiers in CQL text, and when they need quotes.

use std::borrow::Cow;

/// The words that cannot stand as a name without quotes: what the parsers of Cassandra 4.1 and 5.0 refuse, and the words
/// that 3.x (`default`, `mbean`, `mbeans`, `replace`, `unset`) or the release after 5.0 (`check`, `constraint`, `length`)
/// reserve beside them. Quotes where a server needs none do no harm.
const RESERVED: [&str; 65] = [
    "add",
    "allow",
    "alter",
    "and",
    "apply",
    "asc",
    "authorize",
    "batch",
    "begin",
    "by",
    "check",
    "columnfamily",
    "constraint",
    "create",
    "default",
    "delete",
    "desc",
    "describe",
    "drop",
    "entries",
    "execute",
    "from",
    "full",
    "grant",
    "if",
    "in",
    "index",
    "infinity",
    "insert",
    "into",
    "is",
    "keyspace",
    "length",
    "limit",
    "materialized",
    "mbean",
    "mbeans",
    "modify",
    "nan",
    "norecursive",
    "not",
    "null",
    "of",
    "on",
    "or",
    "order",
    "primary",
    "rename",
    "replace",
    "revoke",
    "schema",
    "select",
    "set",
    "table",
    "to",
    "token",
    "truncate",
    "unlogged",
    "unset",
    "update",
    "use",
    "using",
    "view",
    "where",
    "with",
];

/// The words beside them that cannot stand as the name of a user type without quotes, though a column may have them:
/// built-in types, functions and the like. Asked of the parser of Cassandra 5.0.6, every keyword.
const RESERVED_FOR_TYPES: [&str; 29] = [
    "ascii",
    "bigint",
    "blob",
    "boolean",
    "cast",
    "count",
    "counter",
    "date",
    "decimal",
    "distinct",
    "double",
    "duration",
    "empty",
    "float",
    "inet",
    "int",
    "json",
    "maxwritetime",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timeuuid",
    "tinyint",
    "ttl",
    "uuid",
    "varchar",
    "varint",
    "writetime",
];

/// The name of a keyspace, a table or a column as CQL text needs it: in quotes where its case or its characters ask for
/// them, or where it is a reserved word.
#[must_use]
pub fn quote_identifier(name: &str) -> Cow<'_, str> {
    if is_plain(name) && !is_reserved(name) { Cow::Borrowed(name) } else { Cow::Owned(quoted(name)) }
}

/// As [`quote_identifier`], for the name of a user type, which must not be read as that of a built-in one.
#[must_use]
pub fn quote_type_identifier(name: &str) -> Cow<'_, str> {
    if RESERVED_FOR_TYPES.binary_search(&name).is_ok() {
        return Cow::Owned(quoted(name));
    }
    quote_identifier(name)
}

/// Whether the word, in lower case, cannot be a name without quotes.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P5 of docs/promises.md.
    #[test]
    fn names_are_quoted_where_cql_needs_it() {
        for (name, quoted) in [
            ("address", "address"),
            ("a_1", "a_1"),
            ("Address", "\"Address\""),
            ("1st", "\"1st\""),
            ("_a", "\"_a\""),
            ("select", "\"select\""),
            ("key", "key"),
            ("int", "int"),
            ("", "\"\""),
            ("a\"; DROP", "\"a\"\"; DROP\""),
            ("é", "\"é\""),
        ] {
            assert_eq!(quote_identifier(name), quoted);
        }
        assert_eq!(quote_type_identifier("int"), "\"int\"");
        assert_eq!(quote_type_identifier("key"), "key");
        assert_eq!(quote_type_identifier("select"), "\"select\"");
    }

    #[test]
    fn the_words_can_be_searched() {
        assert!(RESERVED.is_sorted() && RESERVED_FOR_TYPES.is_sorted());
    }
}
