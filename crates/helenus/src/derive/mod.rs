//! What the code that `helenus-macros` writes calls. It is public for that alone, documented for whoever reads what was
//! written, and no part of the API: it changes without notice.

mod names;
mod read_row;
mod read_udt;
#[cfg(all(test, feature = "macros"))]
mod tests;
mod write_row;
mod write_udt;

pub use bytes::Bytes;
pub use helenus_protocol::request::SerializedValues;
pub use helenus_protocol::response::ColumnSpec;
pub use helenus_protocol::value::{DecodeValue, EncodeValue, Encoded};
pub use helenus_protocol::{CqlType, DecodeError, EncodeError};
pub use read_row::{ClaimColumns, RowColumns, read, read_or};
pub use read_udt::{CheckFields, Part, Parts};
pub use write_row::{write_by_name, write_by_position};
pub use write_udt::{encode_by_name, encode_by_position};

pub use crate::error::Error;
pub use crate::result::{FromRow, Places, Row, RowLayout};
pub use crate::statement::ToRow;

/// A field of a struct, as errors name it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The struct.
    pub owner: &'static str,
    /// The field's name, or its index in a tuple struct.
    pub field: &'static str,
    /// The column, marker or field of the user type that it stands for; empty where its place counts.
    pub name: &'static str,
    /// Its Rust type as it is written in the program.
    pub rust: &'static str,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { owner, field, rust, .. } = self;
        write!(f, "{owner}.{field} ({rust})")
    }
}

/// What the fields of a struct are called outside of it, for `Kind`: [`Columns`] or [`UserTypeFields`], as one struct may
/// serve both and skip a field in neither, one or both.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fields with names that could be flattened",
    note = "`#[helenus(flatten)]` wants a struct with named fields that derives the same"
)]
pub trait NamedFields<Kind> {
    /// How many there are, those of flattened fields included.
    const COUNT: usize;

    /// The value for `name`, and which of the fields it is.
    fn find(&self, name: &str) -> Option<(usize, &dyn EncodeValue)>;

    /// The field at `index`.
    fn field(index: usize) -> Option<&'static Field>;
}

/// See [`NamedFields`]: bind markers.
#[derive(Debug)]
pub enum Columns {}

/// See [`NamedFields`]: fields of a user type.
#[derive(Debug)]
pub enum UserTypeFields {}
