//! In which keyspace a statement was prepared that says nothing of it, where other threads may change the session's meanwhile.

use helenus_protocol::response::{ColumnSpec, Prepared};

use crate::statement::lexer::{Lexer, Token};

/// The keyspace that the server has read the names of a statement in, as its answer tells: that of its columns, unless the text
/// itself names it. `None`: the answer does not tell.
pub(super) fn keyspace_told<'p>(cql: &str, prepared: &'p Prepared) -> Option<&'p str> {
    let bound = prepared.bind.columns.as_slice();
    let columns = match (bound, &prepared.result) {
        ([], Some(result)) => result.columns.as_slice(),
        _ => bound,
    };
    let keyspace = common(columns)?;
    (!names(cql, keyspace)).then_some(keyspace)
}

/// The keyspace of all these columns, if they have but one.
fn common(columns: &[ColumnSpec]) -> Option<&str> {
    let first = &*columns.first()?.keyspace;
    let is_common = !first.is_empty() && columns.iter().all(|column| &*column.keyspace == first);
    is_common.then_some(first)
}

/// Whether the text names something of this keyspace by its full name; or may do so, where it cannot be read.
fn names(cql: &str, keyspace: &str) -> bool {
    let mut lexer = Lexer::new(cql);
    let mut before = Token::End;
    loop {
        let token = lexer.next();
        match token {
            Token::End => return false,
            Token::Invalid => return true,
            Token::Symbol(b'.') if before.identifier().as_deref() == Some(keyspace) => return true,
            _ => before = token,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use helenus_protocol::CqlType;
    use helenus_protocol::response::{BindMetadata, RowsMetadata};

    use super::*;

    fn columns(keyspaces: &[&str]) -> Vec<ColumnSpec> {
        let column = |keyspace: &&str| ColumnSpec {
            keyspace: (*keyspace).into(),
            table: "t".into(),
            name: "v".into(),
            cql_type: CqlType::Int,
        };
        keyspaces.iter().map(column).collect()
    }

    fn told(cql: &str, bound: &[&str], result: Option<&[&str]>) -> Option<String> {
        let prepared = Prepared {
            id: Default::default(),
            result_metadata_id: None,
            bind: BindMetadata { columns: columns(bound), ..BindMetadata::default() },
            result: result.map(|result| Arc::new(RowsMetadata { columns: columns(result) })),
        };
        keyspace_told(cql, &prepared).map(str::to_owned)
    }

    #[test]
    fn the_columns_tell_unless_the_text_does() {
        let read = "SELECT v FROM t WHERE k = ?";
        assert_eq!(told(read, &["ks"], None).as_deref(), Some("ks"));
        assert_eq!(told("SELECT v FROM t", &[], Some(&["Ks", "Ks"])).as_deref(), Some("Ks"));
        for (cql, bound, result) in [
            ("SELECT v FROM ks.t WHERE k = ?", &["ks"][..], None),
            ("SELECT v FROM KS . t WHERE k = ?", &["ks"], None),
            ("SELECT v FROM \"Ks\".t WHERE k = ?", &["Ks"], None),
            ("SELECT v FROM t WHERE k = ? AND c = 'unterminated", &["ks"], None),
            ("SELECT v FROM t WHERE f = ? AND k = ?", &["one", "other"], None),
            ("INSERT INTO t (k) VALUES (1)", &[], None),
            (read, &[""], Some(&["ks"][..])),
        ] {
            assert_eq!(told(cql, bound, result), None, "{cql}");
        }
    }
}
