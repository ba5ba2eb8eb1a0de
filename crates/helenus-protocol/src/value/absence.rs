//! Values that are not there: null (`Option`), not set, empty; and references, which add nothing.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::{DecodeValue, EncodeValue, Encoded, allows_empty};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// A bind value that leaves alone what is stored (v4 and later). It writes no tombstone, as null does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Unset;

impl EncodeValue for Unset {
    fn encode(&self, _: &CqlType, _: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        Ok(Encoded::Unset)
    }
}

/// A bind value that may be left [`Unset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MaybeUnset<T> {
    /// Leave alone what is stored.
    #[default]
    Unset,
    /// Write this value.
    Set(T),
}

impl<T: EncodeValue> EncodeValue for MaybeUnset<T> {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match self {
            Self::Unset => Ok(Encoded::Unset),
            Self::Set(value) => value.encode(cql_type, out),
        }
    }
}

impl<T: EncodeValue> EncodeValue for Option<T> {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match self {
            None => Ok(Encoded::Null),
            Some(value) => value.encode(cql_type, out),
        }
    }
}

impl<'a, T: DecodeValue<'a>> DecodeValue<'a> for Option<T> {
    #[inline]
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        T::check(cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        match cell {
            // A null of the wrong type is as wrong as a value of it.
            None => T::check(cql_type).map(|()| None),
            cell => T::decode(cql_type, cell).map(Some),
        }
    }

    fn decode_shared(cql_type: &CqlType, cell: Option<&'a [u8]>, page: &Bytes) -> Result<Self, DecodeError> {
        match cell {
            None => T::check(cql_type).map(|()| None),
            cell => T::decode_shared(cql_type, cell, page).map(Some),
        }
    }
}

/// A value, or the zero bytes that Cassandra also takes for most types (see [`allows_empty`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaybeEmpty<T> {
    /// Zero bytes; not null.
    Empty,
    /// A value.
    Value(T),
}

impl<T: EncodeValue> EncodeValue for MaybeEmpty<T> {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match self {
            Self::Empty => encode_empty(cql_type),
            Self::Value(value) => value.encode(cql_type, out),
        }
    }
}

impl<'a, T: DecodeValue<'a>> DecodeValue<'a> for MaybeEmpty<T> {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        T::check(cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        match cell {
            Some([]) if allows_empty(cql_type) => Ok(Self::Empty),
            cell => T::decode(cql_type, cell).map(Self::Value),
        }
    }
}

/// An empty value, where the type has one.
pub(super) fn encode_empty(cql_type: &CqlType) -> Result<Encoded, EncodeError> {
    if allows_empty(cql_type) {
        return Ok(Encoded::Bytes);
    }
    Err(EncodeError::new("an empty value", format!("the CQL type is {cql_type}, which has none")))
}

macro_rules! encode_what_it_points_to {
    ($($pointer:ty),*) => {$(
        impl<T: EncodeValue + ?Sized> EncodeValue for $pointer {
            fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
                (**self).encode(cql_type, out)
            }
        }
    )*};
}

encode_what_it_points_to!(&T, Box<T>, Arc<T>);

impl<T: EncodeValue + ToOwned + ?Sized> EncodeValue for Cow<'_, T> {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        (**self).encode(cql_type, out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{decoded, encoded};
    use super::*;

    #[test]
    fn null_is_an_option_and_empty_is_not_null() {
        assert_eq!(Option::<i32>::decode(&CqlType::Int, None).unwrap(), None);
        assert_eq!(Option::<i32>::decode(&CqlType::Int, Some(&[0, 0, 0, 1])).unwrap(), Some(1));
        let error = decoded::<Option<i32>>(&CqlType::Int, &[]).unwrap_err();
        assert!(error.is_misread() && error.why.contains("MaybeEmpty"), "{error}");
        // A date cannot be empty: then the server is at fault.
        assert!(!decoded::<super::super::CqlDate>(&CqlType::Date, &[]).unwrap_err().is_misread());
    }

    #[test]
    fn empty_where_the_type_has_it() {
        assert_eq!(decoded::<MaybeEmpty<i32>>(&CqlType::Int, &[]).unwrap(), MaybeEmpty::Empty);
        assert_eq!(decoded::<MaybeEmpty<i32>>(&CqlType::Int, &[0; 4]).unwrap(), MaybeEmpty::Value(0));
        assert_eq!(encoded(&CqlType::Int, &MaybeEmpty::<i32>::Empty).unwrap(), b"");
        assert!(encoded(&CqlType::Tinyint, &MaybeEmpty::<i8>::Empty).is_err());
        // Zero bytes of text are text.
        assert_eq!(decoded::<MaybeEmpty<&str>>(&CqlType::Text, &[]).unwrap(), MaybeEmpty::Value(""));
    }

    #[test]
    fn unset_and_pointers() {
        let mut out = Vec::new();
        assert_eq!(Unset.encode(&CqlType::Int, &mut out).unwrap(), Encoded::Unset);
        assert_eq!(MaybeUnset::<i32>::default().encode(&CqlType::Int, &mut out).unwrap(), Encoded::Unset);
        assert!(out.is_empty());
        assert_eq!(encoded(&CqlType::Int, &MaybeUnset::Set(1)).unwrap(), [0, 0, 0, 1]);
        assert_eq!(encoded(&CqlType::Int, &Some(&Box::new(Arc::new(1)))).unwrap(), [0, 0, 0, 1]);
        assert_eq!(encoded(&CqlType::Text, &Cow::Borrowed("a")).unwrap(), b"a");
    }
}
