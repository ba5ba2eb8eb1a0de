//! A struct out of a row: its columns are found once, each row is read by their places.

use helenus_protocol::DecodeError;
use helenus_protocol::response::ColumnSpec;
use helenus_protocol::value::DecodeValue;
use smallvec::SmallVec;

use super::{Field, names};
use crate::error::Error;
use crate::result::{FromRow, NOWHERE, Places, Row, RowLayout};

/// A struct that finds its columns by their names, and so can be a part of another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not read its columns by name, so it cannot be flattened",
    note = "`#[helenus(flatten)]` wants a struct with named fields that derives `FromRow`"
)]
pub trait ClaimColumns<'a>: FromRow<'a> {
    /// Claims the columns of all its fields, in their order.
    ///
    /// # Errors
    ///
    /// Where one is not there, or not of the type that its field wants.
    fn claim(columns: &mut RowColumns<'_>) -> Result<(), Error>;
}

/// The columns of a result, of which each is to be claimed by one field.
#[derive(Debug)]
pub struct RowColumns<'c> {
    columns: &'c [ColumnSpec],
    claimed: SmallVec<[bool; 32]>,
    layout: RowLayout,
}

impl<'c> RowColumns<'c> {
    /// All of them, claimed by nobody.
    #[must_use]
    pub fn new(columns: &'c [ColumnSpec]) -> Self {
        let claimed = std::iter::repeat_n(false, columns.len()).collect();
        Self { columns, claimed, layout: RowLayout::default() }
    }

    /// Claims the column that is called as the field, or the next one where the place counts.
    ///
    /// # Errors
    ///
    /// Where it is not there, or not of type `T`.
    pub fn claim<'a, T: DecodeValue<'a>>(&mut self, field: &Field) -> Result<(), Error> {
        if self.claim_if_there::<T>(field)? { Ok(()) } else { Err(self.missing(field)) }
    }

    /// The same, of a field with a default: tells whether the column is there.
    ///
    /// # Errors
    ///
    /// Where it is not of type `T`.
    pub fn claim_if_there<'a, T: DecodeValue<'a>>(&mut self, field: &Field) -> Result<bool, Error> {
        let mut free = self.columns.iter().zip(&self.claimed);
        let place = free
            .position(|(column, claimed)| !claimed && (field.name.is_empty() || *column.name == *field.name));
        let Some((place, column)) = place.and_then(|place| Some((place, self.columns.get(place)?))) else {
            self.layout.push(NOWHERE);
            return Ok(false);
        };
        T::check(&column.cql_type).map_err(|error| within(error, column, field))?;
        self.claimed[place] = true;
        self.layout.push(u32::try_from(place).unwrap_or(NOWHERE));
        Ok(true)
    }

    #[cold]
    fn missing(&self, field: &Field) -> Error {
        if field.name.is_empty() {
            let why = format!("the result has only {} columns", self.columns.len());
            return DecodeError::misread(field.to_string(), why).into();
        }
        let there = names::listed(self.columns.iter().map(|column| &*column.name));
        let why = format!("the result has no column {:?}; {there}", field.name);
        DecodeError::misread(field.to_string(), why).into()
    }

    /// Where the fields of `owner` are read from.
    ///
    /// # Errors
    ///
    /// Where a column is left that nobody has claimed, unless that is allowed.
    pub fn finish(self, owner: &str, allow_extra: bool) -> Result<RowLayout, Error> {
        let extra = self.columns.iter().zip(&self.claimed).find(|(_, claimed)| !**claimed);
        match extra {
            Some((column, _)) if !allow_extra => {
                let (name, cql_type) = (&column.name, &column.cql_type);
                let why = format!(
                    "no field is for the column {name:?} ({cql_type}): select it no longer, or let \
                     #[helenus(allow_extra)] pass over it"
                );
                Err(DecodeError::misread(owner.to_owned(), why).into())
            }
            _ => Ok(self.layout),
        }
    }
}

#[cold]
fn within(error: DecodeError, column: &ColumnSpec, field: &Field) -> Error {
    error.within(format_args!("column {:?} into {field}", column.name)).into()
}

/// Reads the next field of a row.
///
/// # Errors
///
/// Where the cell is null and the field is no `Option`, or holds bytes that are no value of its type.
#[inline]
pub fn read<'a, T: DecodeValue<'a>>(
    row: &Row<'a>,
    places: &mut Places<'_>,
    field: &Field,
) -> Result<T, Error> {
    match places.next_place() {
        Some(place) => read_at(row, place, field),
        None => Err(DecodeError::misread(field.to_string(), "the layout is that of another type").into()),
    }
}

/// The same, of a field with a default for a column that is not there.
///
/// # Errors
///
/// See [`read`].
#[inline]
pub fn read_or<'a, T: DecodeValue<'a>>(
    row: &Row<'a>,
    places: &mut Places<'_>,
    field: &Field,
    default: impl FnOnce() -> T,
) -> Result<T, Error> {
    match places.next_place() {
        Some(place) => read_at(row, place, field),
        None => Ok(default()),
    }
}

#[inline]
fn read_at<'a, T: DecodeValue<'a>>(row: &Row<'a>, place: usize, field: &Field) -> Result<T, Error> {
    match row.columns().get(place) {
        Some(column) => row.decode(column, place).map_err(|error| within(error, column, field)),
        None => Err(DecodeError::misread(field.to_string(), "the layout is that of another result").into()),
    }
}
