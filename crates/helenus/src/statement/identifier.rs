//! Names of keyspaces and the like as CQL text: always quoted, so that no name is ever taken for something else.

/// `name` in double quotes, with those within doubled.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_within_are_doubled() {
        assert_eq!(quoted("ks"), "\"ks\"");
        assert_eq!(quoted("a\"; DROP KEYSPACE b; --"), "\"a\"\"; DROP KEYSPACE b; --\"");
    }
}
