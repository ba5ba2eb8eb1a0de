//! Rows as Rust values.

use helenus_protocol::DecodeError;
use helenus_protocol::response::ColumnSpec;
use helenus_protocol::value::DecodeValue;

use super::Row;
use super::layout::{Places, RowLayout};
use crate::error::Error;

/// What can be made of a row: tuples of up to 16 columns, [`Row`] itself, and structs that derive it. Text and blobs may be
/// borrowed from it.
///
/// Structs read their columns by name, in whatever order these come:
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use helenus::FromRow;
/// use uuid::Uuid;
///
/// #[derive(FromRow)]
/// struct User<'a> {
///     id: Uuid,
///     name: &'a str,
///     email: Option<String>,
/// }
/// # }
/// ```
///
/// The columns are looked at once for a result: whether all that is wanted is there, nothing else is, and each column is of
/// the type that its field wants. What is wrong is told before the first row, and also where there is none.
///
/// One may write it by hand, by [`Row::get`] and [`Row::get_by_name`]; [`layout`](Self::layout) then need not be given.
#[diagnostic::on_unimplemented(
    message = "rows cannot be read as `{Self}`",
    note = "tuples of up to 16 columns can, and structs that `#[derive(helenus::FromRow)]`; for one column take a tuple of one: `(T,)`"
)]
pub trait FromRow<'a>: Sized {
    /// Looks at the columns of a result, before any of its rows is read.
    ///
    /// # Errors
    ///
    /// Where the columns are not those wanted, or not of the types wanted; both types are named.
    fn layout(columns: &[ColumnSpec]) -> Result<RowLayout, Error> {
        let _ = columns;
        Ok(RowLayout::default())
    }

    /// Makes one of a row. `places` are those of the layout for the row's columns.
    ///
    /// # Errors
    ///
    /// Where a cell is null and its part of the value is no `Option`, or holds bytes that are no value of its type.
    fn from_row(row: &Row<'a>, places: &mut Places<'_>) -> Result<Self, Error>;
}

impl<'a> FromRow<'a> for Row<'a> {
    fn from_row(row: &Self, _: &mut Places<'_>) -> Result<Self, Error> {
        Ok(row.clone())
    }
}

macro_rules! tuples {
    ($($($name:ident $index:tt),+;)+) => {$(
        impl<'a, $($name: DecodeValue<'a>),+> FromRow<'a> for ($($name,)+) {
            #[inline]
            fn layout(columns: &[ColumnSpec]) -> Result<RowLayout, Error> {
                const WANTED: usize = [$($index),+].len();
                let Ok(columns) = <&[ColumnSpec; WANTED]>::try_from(columns) else {
                    return Err(wrong_count(columns.len(), WANTED));
                };
                $($name::check(&columns[$index].cql_type).map_err(|error| wrong_column(error, &columns[$index]))?;)+
                Ok(RowLayout::default())
            }

            #[inline]
            fn from_row(row: &Row<'a>, _: &mut Places<'_>) -> Result<Self, Error> {
                Ok(($(row.get::<$name>($index)?,)+))
            }
        }
    )+};
}

#[cold]
fn wrong_count(columns: usize, wanted: usize) -> Error {
    let why = format!("the result has {columns} columns, {wanted} are wanted");
    DecodeError::misread("rows", why).into()
}

#[cold]
fn wrong_column(error: DecodeError, column: &ColumnSpec) -> Error {
    error.within(format_args!("column \"{}\"", column.name)).into()
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
