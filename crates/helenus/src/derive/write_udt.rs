//! A struct as a value of a user type, by the names of its fields or by their places.

use helenus_protocol::types::UserType;
use helenus_protocol::value::{EncodeValue, Encoded, encode_part};
use helenus_protocol::{CqlType, EncodeError};

use super::{Field, NamedFields, UserTypeFields, names};

/// The bytes of a null field.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

fn user_type<'t>(owner: &str, cql_type: &'t CqlType) -> Result<&'t UserType, EncodeError> {
    match cql_type.unfrozen() {
        CqlType::Udt(user_type) => Ok(user_type),
        other => Err(EncodeError::wrong_type(owner, other)),
    }
}

/// Appends the fields that the type has, by name. Those that the struct lacks are null, or missing at the end.
///
/// # Errors
///
/// Where the type lacks a field of the struct, has one that the struct lacks if that is refused, or a value is not of its
/// field's type.
pub fn encode_by_name<T: NamedFields<UserTypeFields>>(
    value: &T,
    owner: &'static str,
    deny_extra: bool,
    cql_type: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    let user_type = user_type(owner, cql_type)?;
    let (mut found, mut skipped) = (0, 0);
    for (name, cql_type) in &user_type.fields {
        let Some((index, part)) = value.find(name) else {
            if deny_extra {
                let why = format!("no field is for {name:?} of the user type {}", path(user_type));
                return Err(EncodeError::new(owner, why));
            }
            skipped += 1;
            continue;
        };
        for _ in 0..std::mem::take(&mut skipped) {
            out.extend_from_slice(&NULL);
        }
        found += 1;
        encode_part(&part, cql_type, out).map_err(|error| within(error, name, T::field(index)))?;
    }
    if found == T::COUNT { Ok(Encoded::Bytes) } else { Err(missing::<T>(owner, user_type)) }
}

/// Appends the fields in their order.
///
/// # Errors
///
/// Where the type has fewer fields, or more if that is refused, or a value is not of its field's type.
pub fn encode_by_position(
    owner: &'static str,
    fields: &[(&'static Field, &dyn EncodeValue)],
    deny_extra: bool,
    cql_type: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    let user_type = user_type(owner, cql_type)?;
    let there = user_type.fields.len();
    if fields.len() > there || (deny_extra && fields.len() < there) {
        let why = format!("it has {} fields, the user type {} has {there}", fields.len(), path(user_type));
        return Err(EncodeError::new(owner, why));
    }
    for ((field, part), (name, cql_type)) in fields.iter().zip(&user_type.fields) {
        encode_part(part, cql_type, out).map_err(|error| within(error, name, Some(field)))?;
    }
    Ok(Encoded::Bytes)
}

fn path(user_type: &UserType) -> String {
    format!("{}.{}", user_type.keyspace, user_type.name)
}

#[cold]
fn within(error: EncodeError, name: &str, field: Option<&Field>) -> EncodeError {
    match field {
        Some(field) => error.within(format_args!("{field} as field {name:?}")),
        None => error,
    }
}

#[cold]
fn missing<T: NamedFields<UserTypeFields>>(owner: &'static str, user_type: &UserType) -> EncodeError {
    let has = |field: &&Field| user_type.fields.iter().any(|(name, _)| name == field.name);
    let field = (0..T::COUNT).filter_map(|index| T::field(index)).find(|field| !has(field));
    let there = names::listed(user_type.fields.iter().map(|(name, _)| name.as_str()));
    let name = field.map_or("", |field| field.name);
    let why = format!("the user type {} has no field {name:?}; {there}", path(user_type));
    EncodeError::new(field.map_or_else(|| owner.to_owned(), ToString::to_string), why)
}
