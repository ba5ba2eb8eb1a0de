//! Rows as Rust values.

use helenus_protocol::DecodeError;
use helenus_protocol::value::DecodeValue;

use super::Row;
use crate::error::Error;

/// What can be made of a row. Text and blobs may be borrowed from it.
pub trait FromRow<'a>: Sized {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// Where the columns are not as many as wanted or not of the types wanted.
    fn from_row(row: &Row<'a>) -> Result<Self, Error>;
}

macro_rules! tuples {
    ($($($name:ident $index:tt),+;)+) => {$(
        impl<'a, $($name: DecodeValue<'a>),+> FromRow<'a> for ($($name,)+) {
            fn from_row(row: &Row<'a>) -> Result<Self, Error> {
                const WANTED: usize = [$($index),+].len();
                if row.len() != WANTED {
                    let why = format!("it has {} columns, {WANTED} are wanted", row.len());
                    return Err(DecodeError::new("row", 0, why).into());
                }
                Ok(($(row.get::<$name>($index)?,)+))
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
}
