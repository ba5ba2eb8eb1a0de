//! [`CqlValue`]: any value of any type, for whoever learns the types only at run time.

use std::net::IpAddr;

use num_bigint::BigInt;
use uuid::Uuid;

use super::absence::encode_empty;
use super::collections::{decode_elements, decode_entries, encode_elements, encode_entries};
use super::udt_tuple::{decode_tuple, decode_user_type, encode_tuple, encode_user_type};
use super::vector::{decode_vector, encode_vector};
use super::{
    Cells, Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, DecodeValue, EncodeValue,
    Encoded, allows_empty,
};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// A value of any CQL type.
///
/// What is read and written again gives the same bytes, except that fields of a user type which its type does not know
/// are dropped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CqlValue {
    /// Null.
    Null,
    /// Not set, which only a whole bind value can be; never read.
    Unset,
    /// Zero bytes of a type of which these are no value (see [`allows_empty`]).
    Empty,
    /// `bigint`
    Bigint(i64),
    /// `blob`
    Blob(Vec<u8>),
    /// `boolean`
    Boolean(bool),
    /// `counter`
    Counter(Counter),
    /// `date`
    Date(CqlDate),
    /// `decimal`
    Decimal(CqlDecimal),
    /// `double`
    Double(f64),
    /// `duration`
    Duration(CqlDuration),
    /// `float`
    Float(f32),
    /// `inet`
    Inet(IpAddr),
    /// `int`
    Int(i32),
    /// `smallint`
    Smallint(i16),
    /// `text` and `ascii`
    Text(String),
    /// `time`
    Time(CqlTime),
    /// `timestamp`
    Timestamp(CqlTimestamp),
    /// `tinyint`
    Tinyint(i8),
    /// `uuid` and `timeuuid`
    Uuid(Uuid),
    /// `varint`
    Varint(BigInt),
    /// `list`
    List(Vec<Self>),
    /// `set`, in the order of the wire
    Set(Vec<Self>),
    /// `map`, in the order of the wire
    Map(Vec<(Self, Self)>),
    /// `vector`
    Vector(Vec<Self>),
    /// `tuple`; shorter than its type where the last elements are missing
    Tuple(Vec<Self>),
    /// A user type's fields by name. When read: in the type's order, without the last ones where these are missing. When
    /// written: in any order; those not named are null.
    Udt(Vec<(String, Self)>),
    /// The bytes of a custom type
    Custom(Vec<u8>),
}

impl CqlValue {
    /// What it is called in errors.
    const fn name(&self) -> &'static str {
        match self {
            Self::Null => "CqlValue::Null",
            Self::Unset => "CqlValue::Unset",
            Self::Empty => "CqlValue::Empty",
            Self::Bigint(_) => "CqlValue::Bigint",
            Self::Blob(_) => "CqlValue::Blob",
            Self::Boolean(_) => "CqlValue::Boolean",
            Self::Counter(_) => "CqlValue::Counter",
            Self::Date(_) => "CqlValue::Date",
            Self::Decimal(_) => "CqlValue::Decimal",
            Self::Double(_) => "CqlValue::Double",
            Self::Duration(_) => "CqlValue::Duration",
            Self::Float(_) => "CqlValue::Float",
            Self::Inet(_) => "CqlValue::Inet",
            Self::Int(_) => "CqlValue::Int",
            Self::Smallint(_) => "CqlValue::Smallint",
            Self::Text(_) => "CqlValue::Text",
            Self::Time(_) => "CqlValue::Time",
            Self::Timestamp(_) => "CqlValue::Timestamp",
            Self::Tinyint(_) => "CqlValue::Tinyint",
            Self::Uuid(_) => "CqlValue::Uuid",
            Self::Varint(_) => "CqlValue::Varint",
            Self::List(_) => "CqlValue::List",
            Self::Set(_) => "CqlValue::Set",
            Self::Map(_) => "CqlValue::Map",
            Self::Vector(_) => "CqlValue::Vector",
            Self::Tuple(_) => "CqlValue::Tuple",
            Self::Udt(_) => "CqlValue::Udt",
            Self::Custom(_) => "CqlValue::Custom",
        }
    }

    fn encode_scalar(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        use CqlType as T;
        match (self, cql_type) {
            (Self::Bigint(value), T::Bigint) => value.encode(cql_type, out),
            (Self::Blob(bytes), T::Blob) | (Self::Custom(bytes), T::Custom(_)) => bytes.encode(cql_type, out),
            (Self::Boolean(value), T::Boolean) => value.encode(cql_type, out),
            (Self::Counter(value), T::Counter) => value.encode(cql_type, out),
            (Self::Date(value), T::Date) => value.encode(cql_type, out),
            (Self::Decimal(value), T::Decimal) => value.encode(cql_type, out),
            (Self::Double(value), T::Double) => value.encode(cql_type, out),
            (Self::Duration(value), T::Duration) => value.encode(cql_type, out),
            (Self::Float(value), T::Float) => value.encode(cql_type, out),
            (Self::Inet(value), T::Inet) => value.encode(cql_type, out),
            (Self::Int(value), T::Int) => value.encode(cql_type, out),
            (Self::Smallint(value), T::Smallint) => value.encode(cql_type, out),
            (Self::Text(value), T::Text | T::Ascii) => value.encode(cql_type, out),
            (Self::Time(value), T::Time) => value.encode(cql_type, out),
            (Self::Timestamp(value), T::Timestamp) => value.encode(cql_type, out),
            (Self::Tinyint(value), T::Tinyint) => value.encode(cql_type, out),
            (Self::Uuid(value), T::Uuid | T::Timeuuid) => value.encode(cql_type, out),
            (Self::Varint(value), T::Varint) => value.encode(cql_type, out),
            _ => Err(EncodeError::wrong_type(self.name(), cql_type)),
        }
    }
}

impl EncodeValue for CqlValue {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        use CqlType as T;
        match (self, cql_type.unfrozen()) {
            (Self::Null, _) => Ok(Encoded::Null),
            (Self::Unset, _) => Ok(Encoded::Unset),
            (Self::Empty, cql_type) => encode_empty(cql_type),
            (Self::List(values), T::List(element)) | (Self::Set(values), T::Set(element)) => {
                encode_elements(values.iter(), element, out)
            }
            (Self::Map(entries), T::Map(key, value)) => {
                encode_entries(entries.iter().map(|(key, value)| (key, value)), (key, value), out)
            }
            (Self::Vector(values), T::Vector(element, dimension)) => {
                encode_vector(values, element, *dimension, out)
            }
            (Self::Tuple(values), T::Tuple(elements)) => encode_tuple(values, elements, out),
            (Self::Udt(named), T::Udt(user_type)) => encode_user_type(named, user_type, out),
            (scalar, cql_type) => scalar.encode_scalar(cql_type, out),
        }
    }
}

impl<'a> DecodeValue<'a> for CqlValue {
    fn check(_: &CqlType) -> Result<(), DecodeError> {
        Ok(())
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        use CqlType as T;
        let Some(whole) = cell else { return Ok(Self::Null) };
        let cql_type = cql_type.unfrozen();
        if whole.is_empty() && allows_empty(cql_type) {
            return Ok(Self::Empty);
        }
        Ok(match cql_type {
            T::Bigint => Self::Bigint(DecodeValue::decode(cql_type, cell)?),
            T::Blob => Self::Blob(whole.to_vec()),
            T::Boolean => Self::Boolean(DecodeValue::decode(cql_type, cell)?),
            T::Counter => Self::Counter(DecodeValue::decode(cql_type, cell)?),
            T::Date => Self::Date(DecodeValue::decode(cql_type, cell)?),
            T::Decimal => Self::Decimal(DecodeValue::decode(cql_type, cell)?),
            T::Double => Self::Double(DecodeValue::decode(cql_type, cell)?),
            T::Duration => Self::Duration(DecodeValue::decode(cql_type, cell)?),
            T::Float => Self::Float(DecodeValue::decode(cql_type, cell)?),
            T::Inet => Self::Inet(DecodeValue::decode(cql_type, cell)?),
            T::Int => Self::Int(DecodeValue::decode(cql_type, cell)?),
            T::Smallint => Self::Smallint(DecodeValue::decode(cql_type, cell)?),
            T::Text | T::Ascii => Self::Text(DecodeValue::decode(cql_type, cell)?),
            T::Time => Self::Time(DecodeValue::decode(cql_type, cell)?),
            T::Timestamp => Self::Timestamp(DecodeValue::decode(cql_type, cell)?),
            T::Tinyint => Self::Tinyint(DecodeValue::decode(cql_type, cell)?),
            T::Uuid | T::Timeuuid => Self::Uuid(DecodeValue::decode(cql_type, cell)?),
            T::Varint => Self::Varint(DecodeValue::decode(cql_type, cell)?),
            T::List(element) => Self::List(elements(whole, Cells::of_list(whole)?, element)?),
            T::Set(element) => Self::Set(elements(whole, Cells::of_set(whole)?, element)?),
            T::Map(key, value) => {
                let mut entries = Vec::new();
                decode_entries(whole, Cells::of_map(whole)?, (key, value), |key, value| {
                    entries.push((key, value));
                })?;
                Self::Map(entries)
            }
            T::Vector(element, dimension) => Self::Vector(decode_vector(whole, element, *dimension)?),
            T::Tuple(elements) => Self::Tuple(decode_tuple(whole, elements)?),
            T::Udt(user_type) => Self::Udt(decode_user_type(whole, user_type)?),
            T::Custom(_) => Self::Custom(whole.to_vec()),
            T::Frozen(_) => unreachable!("the frozen around it was taken off above"),
        })
    }
}

fn elements<'a>(whole: &'a [u8], cells: Cells<'a>, element: &CqlType) -> Result<Vec<CqlValue>, DecodeError> {
    let mut values = Vec::with_capacity(cells.room());
    decode_elements(whole, cells, element, |value| values.push(value))?;
    Ok(values)
}

/// The Rust types that name one CQL type.
macro_rules! from {
    ($($rust:ty: $variant:ident;)*) => {$(
        impl From<$rust> for CqlValue {
            fn from(value: $rust) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool: Boolean;
    i8: Tinyint;
    i16: Smallint;
    i32: Int;
    i64: Bigint;
    f32: Float;
    f64: Double;
    &str: Text;
    String: Text;
    &[u8]: Blob;
    Vec<u8>: Blob;
    Uuid: Uuid;
    IpAddr: Inet;
    BigInt: Varint;
    Counter: Counter;
    CqlDate: Date;
    CqlTime: Time;
    CqlTimestamp: Timestamp;
    CqlDuration: Duration;
    CqlDecimal: Decimal;
}

impl<T: Into<Self>> From<Option<T>> for CqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests;
