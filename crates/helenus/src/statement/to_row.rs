//! Rust values as the bind values of a statement: tuples, slices, vectors and maps. Each is checked against its column's type
//! while it is written; nothing is kept in between.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use helenus_protocol::EncodeError;
use helenus_protocol::request::SerializedValues;
use helenus_protocol::response::ColumnSpec;
use helenus_protocol::value::EncodeValue;

/// What can be bound to the markers of a prepared statement: tuples of up to 16 values, slices, arrays and vectors in the
/// markers' order; maps and structs that derive it by the markers' names, in whatever order these come.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use helenus::ToRow;
/// use uuid::Uuid;
///
/// #[derive(ToRow)]
/// struct User<'a> {
///     id: Uuid,
///     name: &'a str,
///     email: Option<String>,
/// }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to the markers of a statement",
    note = "tuples of up to 16 values can, and structs that `#[derive(helenus::ToRow)]`; for one value take a tuple of one: `(value,)`"
)]
pub trait ToRow {
    /// Whether values are found by the names of the markers. A statement with two `?` of the same name cannot be bound so:
    /// nobody could tell which is which.
    fn is_by_name(&self) -> bool {
        false
    }

    /// Appends one value for each of `columns`.
    ///
    /// # Errors
    ///
    /// Where the values are not those that the columns want, or one is not of its column's type or outside of its range; the
    /// column is named, the value is not.
    fn write(&self, columns: &[ColumnSpec], values: &mut SerializedValues) -> Result<(), EncodeError>;
}

/// The values of a row as the server wants them.
///
/// # Errors
///
/// Where they are not as many as `columns`, or one of them does not fit its column.
pub(crate) fn serialize<R: ToRow + ?Sized>(
    row: &R,
    columns: &[ColumnSpec],
) -> Result<SerializedValues, EncodeError> {
    // Sixteen bytes hold the length and the content of most values.
    let mut values = SerializedValues::with_capacity(16 * columns.len());
    row.write(columns, &mut values)?;
    // Whoever writes the trait by hand may have forgotten some.
    if values.len() != columns.len() {
        return Err(wrong_count("bind values", values.len(), columns.len()));
    }
    Ok(values)
}

#[cold]
pub(crate) fn wrong_count(what: &'static str, given: usize, markers: usize) -> EncodeError {
    EncodeError::new(what, format!("the statement has {markers} bind markers, {given} values are given"))
}

/// That there are as many values as markers.
#[inline]
fn expect(given: usize, columns: &[ColumnSpec]) -> Result<(), EncodeError> {
    if given == columns.len() { Ok(()) } else { Err(wrong_count("bind values", given, columns.len())) }
}

pub(crate) fn push<T: EncodeValue + ?Sized>(
    value: &T,
    column: &ColumnSpec,
    values: &mut SerializedValues,
) -> Result<(), EncodeError> {
    values
        .push_cell(value, &column.cql_type)
        .map_err(|error| error.within(format_args!("bind value {:?}", column.name)))
}

impl<R: ToRow + ?Sized> ToRow for &R {
    fn is_by_name(&self) -> bool {
        (**self).is_by_name()
    }

    fn write(&self, columns: &[ColumnSpec], values: &mut SerializedValues) -> Result<(), EncodeError> {
        (**self).write(columns, values)
    }
}

impl<T: EncodeValue> ToRow for [T] {
    fn write(&self, columns: &[ColumnSpec], values: &mut SerializedValues) -> Result<(), EncodeError> {
        expect(self.len(), columns)?;
        self.iter().zip(columns).try_for_each(|(value, column)| push(value, column, values))
    }
}

impl<T: EncodeValue> ToRow for Vec<T> {
    fn write(&self, columns: &[ColumnSpec], values: &mut SerializedValues) -> Result<(), EncodeError> {
        self.as_slice().write(columns, values)
    }
}

impl<T: EncodeValue, const N: usize> ToRow for [T; N] {
    fn write(&self, columns: &[ColumnSpec], values: &mut SerializedValues) -> Result<(), EncodeError> {
        self.as_slice().write(columns, values)
    }
}

impl ToRow for () {
    fn write(&self, columns: &[ColumnSpec], _values: &mut SerializedValues) -> Result<(), EncodeError> {
        expect(0, columns)
    }
}

macro_rules! maps {
    ($($map:ident<$k:ident: $bound:ident $(+ $more:ident)* $(, $s:ident)?>;)*) => {$(
        /// By the names of the markers.
        impl<$k: $bound $(+ $more)* + Borrow<str>, V: EncodeValue $(, $s: BuildHasher)?> ToRow for $map<$k, V $(, $s)?> {
            fn is_by_name(&self) -> bool {
                true
            }

            fn write(&self, columns: &[ColumnSpec], values: &mut SerializedValues) -> Result<(), EncodeError> {
                for column in columns {
                    let Some(value) = self.get(&*column.name) else {
                        let why = format!("there is no value for the bind marker {:?} ({})", column.name, column.cql_type);
                        return Err(EncodeError::new("bind values", why));
                    };
                    push(value, column, values)?;
                }
                let marked = |name: &str| columns.iter().any(|column| &*column.name == name);
                match self.keys().map(Borrow::borrow).find(|name| !marked(name)) {
                    Some(name) => {
                        Err(EncodeError::new("bind values", format!("the statement has no bind marker {name:?}")))
                    }
                    None => Ok(()),
                }
            }
        }
    )*};
}

maps! {
    HashMap<K: Eq + Hash, S>;
    BTreeMap<K: Ord>;
}

macro_rules! tuples {
    ($($($name:ident $index:tt),+;)+) => {$(
        impl<$($name: EncodeValue),+> ToRow for ($($name,)+) {
            fn write(&self, columns: &[ColumnSpec], values: &mut SerializedValues) -> Result<(), EncodeError> {
                expect([$($index),+].len(), columns)?;
                let mut columns = columns.iter();
                $(if let Some(column) = columns.next() {
                    push(&self.$index, column, values)?;
                })+
                Ok(())
            }
        }
    )+};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15;
}

#[cfg(test)]
mod tests {
    use helenus_protocol::CqlType;
    use helenus_protocol::value::Unset;

    use super::*;

    fn columns(types: &[CqlType]) -> Vec<ColumnSpec> {
        let spec = |(n, cql_type): (usize, &CqlType)| ColumnSpec {
            keyspace: "k".into(),
            table: "t".into(),
            name: format!("c{n}").into(),
            cql_type: cql_type.clone(),
        };
        types.iter().enumerate().map(spec).collect()
    }

    fn bytes(values: &SerializedValues) -> Vec<Option<Vec<u8>>> {
        use helenus_protocol::notation::Value;
        let owned = |value: Value<&[u8]>| match value {
            Value::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        };
        values.iter().map(|(_, value)| owned(value)).collect()
    }

    #[test]
    fn each_value_is_written_as_its_column_wants_it() {
        let columns = columns(&[CqlType::Int, CqlType::Text, CqlType::Blob, CqlType::Int]);
        let values = serialize(&(7, "seven", None::<&[u8]>, Unset), &columns).unwrap();
        assert_eq!(bytes(&values), [Some(vec![0, 0, 0, 7]), Some(b"seven".to_vec()), None, None]);
        assert!(values.have_unset());
    }

    #[test]
    fn slices_and_vectors_are_rows_of_one_type() {
        let columns = columns(&[CqlType::Bigint, CqlType::Bigint]);
        let expected = [Some(vec![0, 0, 0, 0, 0, 0, 0, 1]), Some(vec![0, 0, 0, 0, 0, 0, 0, 2])];
        assert_eq!(bytes(&serialize(&[1_i64, 2], &columns).unwrap()), expected);
        assert_eq!(bytes(&serialize(&vec![1_i64, 2], &columns).unwrap()), expected);
        assert_eq!(bytes(&serialize([1_i64, 2].as_slice(), &columns).unwrap()), expected);
        assert!(serialize(&(), &[]).unwrap().is_empty());
    }

    #[test]
    fn too_few_and_too_many_values_are_refused() {
        let columns = columns(&[CqlType::Int, CqlType::Int]);
        for error in [serialize(&(1,), &columns).unwrap_err(), serialize(&(1, 2, 3), &columns).unwrap_err()] {
            assert!(error.why.contains("2 bind markers"), "{error}");
        }
    }

    /// P1 of docs/promises.md.
    #[test]
    fn an_error_names_the_column_and_not_the_value() {
        let columns = columns(&[CqlType::Int, CqlType::Int]);
        let error = serialize(&(1, "a secret"), &columns).unwrap_err().to_string();
        assert!(error.contains("\"c1\"") && error.contains("int") && !error.contains("secret"), "{error}");
    }
}
