//! A struct out of a value of a user type. Fields go by name or by place; which there are is checked once for a result, and
//! seen on the way through each value.

use helenus_protocol::types::UserType;
use helenus_protocol::value::{Cells, DecodeValue};
use helenus_protocol::{CqlType, DecodeError};

use super::{Field, names};

fn user_type<'t>(owner: &str, cql_type: &'t CqlType) -> Result<&'t UserType, DecodeError> {
    match cql_type.unfrozen() {
        CqlType::Udt(user_type) => Ok(user_type),
        other => Err(DecodeError::wrong_type(owner, other)),
    }
}

/// The fields of a user type, of which those that a struct has are checked.
#[derive(Debug)]
pub struct CheckFields<'t> {
    owner: &'static str,
    user_type: &'t UserType,
    checked: usize,
}

impl<'t> CheckFields<'t> {
    /// Those of `cql_type`.
    ///
    /// # Errors
    ///
    /// Where it is no user type.
    pub fn new(owner: &'static str, cql_type: &'t CqlType) -> Result<Self, DecodeError> {
        Ok(Self { owner, user_type: user_type(owner, cql_type)?, checked: 0 })
    }

    /// Checks the field of the same name, or the next one where the place counts. One with a default need not be there.
    ///
    /// # Errors
    ///
    /// Where it is not there or not of type `T`.
    pub fn check<'a, T: DecodeValue<'a>>(
        &mut self,
        field: &Field,
        has_default: bool,
    ) -> Result<(), DecodeError> {
        let mut fields = self.user_type.fields.iter();
        let there = if field.name.is_empty() {
            fields.nth(self.checked)
        } else {
            fields.find(|(name, _)| name == field.name)
        };
        match there {
            Some((name, cql_type)) => {
                self.checked += 1;
                T::check(cql_type).map_err(|error| within(error, self.user_type, name, field))
            }
            None if has_default => Ok(()),
            None => Err(missing(self.user_type, field)),
        }
    }

    /// Ends the check.
    ///
    /// # Errors
    ///
    /// Where the type has a field that the struct has not, if that is refused.
    pub fn finish(self, deny_extra: bool, fields: &[Field]) -> Result<(), DecodeError> {
        let known = |index: usize, name: &str| {
            fields.iter().any(|field| field.name == name || (field.name.is_empty() && index < fields.len()))
        };
        let mut there = self.user_type.fields.iter().enumerate();
        match there.find(|(index, (name, _))| !known(*index, name)) {
            Some((_, (name, _))) if deny_extra => Err(extra(self.owner, self.user_type, name)),
            _ => Ok(()),
        }
    }
}

/// One field of a value.
#[derive(Debug)]
pub struct Part<'p, 'a> {
    /// Its name.
    pub name: &'p str,
    /// Its place in the type.
    pub index: usize,
    user_type: &'p UserType,
    cql_type: &'p CqlType,
    cell: Option<&'a [u8]>,
}

impl<'a> Part<'_, 'a> {
    /// Its value.
    ///
    /// # Errors
    ///
    /// Where it is not of type `T`, or null and `T` is no `Option`.
    pub fn read<T: DecodeValue<'a>>(&self, field: &Field) -> Result<T, DecodeError> {
        T::decode(self.cql_type, self.cell).map_err(|error| within(error, self.user_type, self.name, field))
    }
}

impl Part<'_, '_> {
    /// The error about a field of the type that the struct does not have.
    #[must_use]
    pub fn extra(&self, owner: &'static str) -> DecodeError {
        extra(owner, self.user_type, self.name)
    }
}

/// The fields of a value in their order; those at the end that the value lacks are null.
#[derive(Debug)]
pub struct Parts<'p, 'a> {
    user_type: &'p UserType,
    cells: Cells<'a>,
    next: usize,
}

impl<'p, 'a> Parts<'p, 'a> {
    /// Those of the value in `cell`.
    ///
    /// # Errors
    ///
    /// Where it is of no user type, null, or malformed.
    pub fn new(
        owner: &'static str,
        cql_type: &'p CqlType,
        cell: Option<&'a [u8]>,
    ) -> Result<Self, DecodeError> {
        let user_type = user_type(owner, cql_type)?;
        let Some(whole) = cell else {
            let why = "the value is null, which an Option takes";
            return Err(DecodeError::misread(format!("a Rust {owner}"), why));
        };
        Ok(Self { user_type, cells: Cells::of_user_type(whole, user_type.fields.len())?, next: 0 })
    }

    /// The next field, or `None` behind the last.
    ///
    /// # Errors
    ///
    /// Where the value is malformed.
    pub fn next_part(&mut self) -> Result<Option<Part<'p, 'a>>, DecodeError> {
        let Some((name, cql_type)) = self.user_type.fields.get(self.next) else { return Ok(None) };
        let cell = self.cells.next().transpose()?.flatten();
        let index = self.next;
        self.next += 1;
        Ok(Some(Part { name, index, user_type: self.user_type, cql_type, cell }))
    }

    /// The error about a field of the struct that the type does not have.
    #[must_use]
    pub fn missing(&self, field: &Field) -> DecodeError {
        missing(self.user_type, field)
    }
}

fn path(user_type: &UserType) -> String {
    format!("{}.{}", user_type.keyspace, user_type.name)
}

#[cold]
fn missing(user_type: &UserType, field: &Field) -> DecodeError {
    let path = path(user_type);
    if field.name.is_empty() {
        let why = format!("the user type {path} has only {} fields", user_type.fields.len());
        return DecodeError::misread(field.to_string(), why);
    }
    let there = names::listed(user_type.fields.iter().map(|(name, _)| name.as_str()));
    let why = format!("the user type {path} has no field {:?}; {there}", field.name);
    DecodeError::misread(field.to_string(), why)
}

#[cold]
fn extra(owner: &'static str, user_type: &UserType, name: &str) -> DecodeError {
    DecodeError::misread(owner, format!("no field is for {name:?} of the user type {}", path(user_type)))
}

#[cold]
fn within(error: DecodeError, user_type: &UserType, name: &str, field: &Field) -> DecodeError {
    error.within(format_args!("field {name:?} of {} into {field}", path(user_type)))
}
