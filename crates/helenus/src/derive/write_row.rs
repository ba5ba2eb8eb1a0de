//! A struct as the bind values of a statement, by the names of its markers or by their places.

use helenus_protocol::EncodeError;
use helenus_protocol::request::SerializedValues;
use helenus_protocol::response::ColumnSpec;
use helenus_protocol::value::EncodeValue;
use smallvec::SmallVec;

use super::{Columns, Field, NamedFields, names};
use crate::statement::to_row;

/// Writes the field for each marker.
///
/// # Errors
///
/// Where a marker has no field, a field no marker (unless that is allowed), or a value is not of its marker's type.
pub fn write_by_name<R: NamedFields<Columns>>(
    row: &R,
    owner: &'static str,
    allow_extra: bool,
    columns: &[ColumnSpec],
    values: &mut SerializedValues,
) -> Result<(), EncodeError> {
    let mut used: SmallVec<[bool; 32]> = std::iter::repeat_n(false, R::COUNT).collect();
    for column in columns {
        let Some((index, value)) = row.find(&column.name) else { return Err(unknown::<R>(owner, column)) };
        write(value, R::field(index), column, values)?;
        if let Some(used) = used.get_mut(index) {
            *used = true;
        }
    }
    match used.iter().position(|used| !used) {
        Some(index) if !allow_extra => Err(unused(owner, R::field(index), columns)),
        _ => Ok(()),
    }
}

/// Writes the fields to the markers in their order.
///
/// # Errors
///
/// Where they are not as many, or a value is not of its marker's type.
pub fn write_by_position(
    owner: &'static str,
    fields: &[(&'static Field, &dyn EncodeValue)],
    columns: &[ColumnSpec],
    values: &mut SerializedValues,
) -> Result<(), EncodeError> {
    if fields.len() != columns.len() {
        return Err(to_row::wrong_count(owner, fields.len(), columns.len()));
    }
    fields
        .iter()
        .zip(columns)
        .try_for_each(|((field, value), column)| write(*value, Some(*field), column, values))
}

fn write(
    value: &dyn EncodeValue,
    field: Option<&'static Field>,
    column: &ColumnSpec,
    values: &mut SerializedValues,
) -> Result<(), EncodeError> {
    to_row::push(value, column, values).map_err(|error| match field {
        Some(field) => error.within(field),
        None => error,
    })
}

#[cold]
fn unknown<R: NamedFields<Columns>>(owner: &str, column: &ColumnSpec) -> EncodeError {
    let fields: Vec<_> = (0..R::COUNT).filter_map(|index| R::field(index)).map(|field| field.name).collect();
    let (name, cql_type) = (&column.name, &column.cql_type);
    let why = format!(
        "no field is for the bind marker {name:?} ({cql_type}); {}",
        names::listed(fields.iter().copied())
    );
    EncodeError::new(owner.to_owned(), why)
}

#[cold]
fn unused(owner: &str, field: Option<&'static Field>, columns: &[ColumnSpec]) -> EncodeError {
    let name = field.map_or("", |field| field.name);
    let what = field.map_or_else(|| owner.to_owned(), ToString::to_string);
    let there = names::listed(columns.iter().map(|column| &*column.name));
    let why = format!(
        "the statement has no bind marker {name:?}; {there}. If this statement is not to write the field, let \
         #[helenus(allow_extra)] leave it out"
    );
    EncodeError::new(what, why)
}
