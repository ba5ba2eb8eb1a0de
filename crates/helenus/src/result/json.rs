//! Rows as JSON objects: a member for each column.

use serde_json::{Map, Value};

use helenus_protocol::value::CqlValue;

use super::layout::Places;
use super::{FromRow, Row};
use crate::error::Error;

/// Every column by its name, as [`CqlValue::to_json`] writes it. Of two columns of one name the later is kept: give one of
/// them another (`SELECT a AS b`).
impl<'a> FromRow<'a> for Map<String, Value> {
    fn from_row(row: &Row<'a>, _: &mut Places<'_>) -> Result<Self, Error> {
        let member = |(index, column): (usize, &helenus_protocol::response::ColumnSpec)| {
            Ok((column.name.as_ref().to_owned(), row.get::<CqlValue>(index)?.to_json()))
        };
        row.columns().iter().enumerate().map(member).collect()
    }
}

/// The same, as a value.
impl<'a> FromRow<'a> for Value {
    fn from_row(row: &Row<'a>, places: &mut Places<'_>) -> Result<Self, Error> {
        Map::from_row(row, places).map(Self::Object)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use helenus_protocol::CqlType;
    use helenus_protocol::response::{ColumnSpec, RawRows, RowsMetadata};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_is_an_object() {
        let column = |name: &str, cql_type| ColumnSpec {
            keyspace: "k".into(),
            table: "t".into(),
            name: name.into(),
            cql_type,
        };
        let list = CqlType::List(Arc::new(CqlType::Int));
        let columns = vec![column("id", CqlType::Int), column("tags", list), column("name", CqlType::Text)];
        let metadata = Arc::new(RowsMetadata { columns: columns.clone() });
        let cells = [Some(&[0, 0, 0, 7][..]), Some(&[0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 8][..]), None];
        let rows = RawRows::from_rows(metadata, [cells, [Some(&[7][..]), None, None]]).expect("a page");
        let mut read = rows.rows();
        let mut next = || Row::read(&columns, &rows, &mut read).expect("a row").expect("sound cells");
        let layout = Value::layout(&columns).expect("any columns");
        let object = Value::from_row(&next(), &mut layout.places()).expect("values");
        assert_eq!(object, json!({"id": 7, "tags": [8], "name": null}));
        let error =
            Value::from_row(&next(), &mut layout.places()).expect_err("an int of one byte").to_string();
        assert!(error.contains("column \"id\""), "{error}");
    }
}
