//! Values as bytes, section 6 of the v5 specification: one file per family of types.
//!
//! A Rust type that [`EncodeValue`] can be bound; one that [`DecodeValue`] can be read. Both are told the CQL type, and a
//! Rust type that does not belong to it is an error that names the two, never bytes that mean something else: nothing is
//! converted silently, not even between integers.
//!
//! | CQL | Rust |
//! |---|---|
//! | `boolean` | `bool` |
//! | `tinyint`, `smallint`, `int`, `bigint` | `i8`, `i16`, `i32`, `i64` |
//! | `counter` | [`Counter`] or `i64` |
//! | `float`, `double` | `f32`, `f64` |
//! | `varint`, `decimal` | [`BigInt`](num_bigint::BigInt), [`CqlDecimal`] |
//! | `ascii`, `text` | `String`, `&str`, `Cow<str>`, `Box<str>` |
//! | `blob`, custom types | `Vec<u8>`, `&[u8]`, `[u8; N]`, [`Bytes`](::bytes::Bytes) |
//! | `uuid`, `timeuuid` | [`Uuid`](::uuid::Uuid) |
//! | `inet` | `IpAddr`, `Ipv4Addr`, `Ipv6Addr` |
//! | `date`, `time`, `timestamp` | [`CqlDate`], [`CqlTime`], [`CqlTimestamp`]; `SystemTime` for the last |
//! | `duration` | [`CqlDuration`] |
//! | `list` | `Vec`, slices, arrays |
//! | `set` | `HashSet`, `BTreeSet`, `Vec`, slices, arrays |
//! | `map` | `HashMap`, `BTreeMap` |
//! | `vector` | arrays, `Vec`, slices |
//! | `tuple` | tuples of up to 16 |
//! | user types | whatever derives it; [`CqlValue::Udt`] |
//! | anything | [`CqlValue`] |
//!
//! With the feature of the same name (which are those of `helenus` too), and errors where a value has no room:
//!
//! | feature | CQL | Rust |
//! |---|---|---|
//! | `time` | `timestamp`, `date`, `time` | `OffsetDateTime` (read in UTC), `Date`, `Time` |
//! | `chrono` | `timestamp`, `date`, `time` | `DateTime` (of any zone; read as `DateTime<Utc>`), `NaiveDate`, `NaiveTime` |
//! | `bigdecimal` | `decimal` | `BigDecimal` |
//! | `num-bigint-04` | `varint` | `BigInt` of the older `num-bigint` 0.4 |
//! | `serde_json` | `text`, `ascii` | `Json` of what serde knows, `serde_json::Value` |
//!
//! `Option` is a value or null; [`Unset`] leaves alone what is stored; [`MaybeEmpty`] takes the zero-length values that old
//! data may hold. [`cells`] splits a collection, a tuple, a user type or a vector into the bytes of its parts, for whoever
//! decodes into something else.

mod absence;
mod bytes;
pub mod cells;
mod collections;
mod cql_value;
mod decimal;
mod duration;
mod floats;
mod foreign;
mod inet;
mod integers;
#[cfg(test)]
pub(crate) mod strategy;
mod temporal;
mod text;
mod udt_tuple;
mod uuid;
mod vector;

pub use absence::{MaybeEmpty, MaybeUnset, Unset};
pub use cells::{Cells, fixed_size};
pub use cql_value::CqlValue;
pub use decimal::CqlDecimal;
pub use duration::CqlDuration;
#[cfg(feature = "serde_json")]
pub use foreign::Json;
pub use integers::Counter;
pub use temporal::{CqlDate, CqlTime, CqlTimestamp};

use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// What [`EncodeValue::encode`] has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "null and unset are not told by the bytes"]
pub enum Encoded {
    /// A value: all the bytes that were appended, possibly none.
    Bytes,
    /// Null; nothing was appended.
    Null,
    /// Not set; nothing was appended.
    Unset,
}

/// A Rust value that can be bound to a CQL value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as a CQL value",
    note = "CQL has signed integers only; the documentation of `helenus::protocol::value` has the table of types",
    note = "a struct that stands for a user-defined type can `#[derive(helenus::ToUdt)]`"
)]
pub trait EncodeValue {
    /// Appends the bytes of the value as one of type `cql_type`, without a length; [`encode_cell`] adds that.
    ///
    /// Fails when the Rust type is not written as that CQL type, or the value is outside of the type's range. The message
    /// names the types and the limit, never the content. What was appended before the failure is of no meaning.
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError>;
}

/// A Rust value that can be read from a CQL value; text and bytes may stay borrowed from the response.
///
/// A type of your own is read as one that it wraps:
///
/// ```
/// use helenus_protocol::value::DecodeValue;
/// use helenus_protocol::{CqlType, DecodeError};
///
/// struct Name<'a>(&'a str);
///
/// impl<'a> DecodeValue<'a> for Name<'a> {
///     fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
///         <&str>::check(cql_type)
///     }
///
///     fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
///         <&str>::decode(cql_type, cell).map(Name)
///     }
/// }
///
/// assert_eq!(Name::decode(&CqlType::Text, Some(b"Dido"))?.0, "Dido");
/// assert!(Name::check(&CqlType::Int).is_err());
/// # Ok::<(), DecodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a CQL value",
    note = "CQL has signed integers only; the documentation of `helenus::protocol::value` has the table of types",
    note = "a struct that stands for a user-defined type can `#[derive(helenus::FromUdt)]`"
)]
pub trait DecodeValue<'a>: Sized {
    /// Whether values of type `cql_type` are read as this Rust type at all. Asked once for a result, before its first
    /// row, so that a wrong type is told of whatever the rows hold; [`decode`](Self::decode) says the same of every cell.
    ///
    /// Fails with a [misread](DecodeError::is_misread) that names both types.
    fn check(cql_type: &CqlType) -> Result<(), DecodeError>;

    /// The value of type `cql_type` in these bytes; `None` is null.
    ///
    /// Fails when the bytes are no value of the type, or when the Rust type is not read from that CQL type (see
    /// [`DecodeError::is_misread`]). Offsets in errors count from the start of `cell`.
    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError>;

    /// As [`decode`](Self::decode), of a cell that lies in `page`. What can be a share of the page is one instead of a
    /// copy: [`Bytes`](::bytes::Bytes), which keep the whole page in memory for as long as they live.
    #[inline]
    fn decode_shared(
        cql_type: &CqlType,
        cell: Option<&'a [u8]>,
        page: &::bytes::Bytes,
    ) -> Result<Self, DecodeError> {
        let _ = page;
        Self::decode(cql_type, cell)
    }
}

/// Appends a whole `[value]`: its length, or -1 for null, or -2 for not set, and its bytes. When it fails, `out` is as it
/// was.
pub fn encode_cell<T: EncodeValue + ?Sized>(
    value: &T,
    cql_type: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let refused = match value.encode(cql_type, out) {
        Ok(encoded) => {
            let length = match encoded {
                Encoded::Bytes => i32::try_from(out.len() - start - 4).ok(),
                Encoded::Null => Some(-1),
                Encoded::Unset => Some(-2),
            };
            if let Some(length) = length {
                out[start..start + 4].copy_from_slice(&length.to_be_bytes());
                return Ok(encoded);
            }
            EncodeError::new(cql_type.to_string(), "it is longer than the 2147483647 bytes of a [value]")
        }
        Err(error) => error,
    };
    out.truncate(start);
    Err(refused)
}

/// As [`encode_cell`], for a part of a value (an element, a field), which cannot be unset.
pub fn encode_part<T: EncodeValue + ?Sized>(
    value: &T,
    cql_type: &CqlType,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match encode_cell(value, cql_type, out)? {
        Encoded::Bytes | Encoded::Null => Ok(()),
        Encoded::Unset => Err(EncodeError::new(
            cql_type.to_string(),
            "only a whole bind value can be unset, not a part of one",
        )),
    }
}

/// Whether a value of the type may be *empty*: of zero bytes, though these are no value of the type (section 6; what old
/// tools wrote, and distinct from null). Text, blobs, custom types, tuples and user types are not meant: there, zero bytes
/// are a value. Asked of the type classes of Cassandra 5.0.6 (`allowsEmpty`), every type.
#[must_use]
pub fn allows_empty(cql_type: &CqlType) -> bool {
    use CqlType as T;
    matches!(
        cql_type.unfrozen(),
        T::Bigint
            | T::Boolean
            | T::Counter
            | T::Decimal
            | T::Double
            | T::Float
            | T::Inet
            | T::Int
            | T::Timestamp
            | T::Timeuuid
            | T::Uuid
            | T::Varint
    )
}

/// The bytes of a value that must not be null.
#[inline]
fn present<'a>(rust: &str, cell: Option<&'a [u8]>) -> Result<&'a [u8], DecodeError> {
    cell.ok_or_else(|| {
        DecodeError::misread(format!("a Rust {rust}"), "the value is null, which an Option takes")
    })
}

/// The bytes of a value that must be of `N` bytes.
#[inline]
fn exactly<const N: usize>(cql_type: &CqlType, bytes: &[u8]) -> Result<[u8; N], DecodeError> {
    match bytes.try_into() {
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(wrong_length(cql_type, bytes, format_args!("{N}"))),
    }
}

/// An error about a value of a length that the type does not have.
#[cold]
fn wrong_length(cql_type: &CqlType, bytes: &[u8], due: impl std::fmt::Display) -> DecodeError {
    if bytes.is_empty() && allows_empty(cql_type) {
        let why = "the value is empty (zero bytes), which a MaybeEmpty takes";
        return DecodeError::misread(cql_type.to_string(), why);
    }
    DecodeError::new(cql_type.to_string(), 0, format!("it has {} bytes, {due} are due", bytes.len()))
}

/// What the tests of all families share.
#[cfg(test)]
mod testing {
    use std::fmt::Debug;

    use super::{CqlType, DecodeError, DecodeValue, EncodeError, EncodeValue, Encoded};

    pub(super) fn from_hex(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(|byte| *byte != b' ').collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    pub(super) fn encoded<T: EncodeValue + ?Sized>(
        cql_type: &CqlType,
        value: &T,
    ) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        assert_eq!(value.encode(cql_type, &mut out)?, Encoded::Bytes);
        Ok(out)
    }

    pub(super) fn decoded<'a, T: DecodeValue<'a>>(
        cql_type: &CqlType,
        bytes: &'a [u8],
    ) -> Result<T, DecodeError> {
        T::decode(cql_type, Some(bytes))
    }

    /// The value is written as these bytes, and they are read as the value.
    #[track_caller]
    pub(super) fn both_ways<T>(cql_type: &CqlType, value: &T, hex: &str)
    where
        T: EncodeValue + for<'a> DecodeValue<'a> + PartialEq + Debug,
    {
        let bytes = from_hex(hex);
        assert_eq!(encoded(cql_type, value).unwrap(), bytes, "{value:?} as {cql_type}");
        assert_eq!(decoded::<T>(cql_type, &bytes).unwrap(), *value, "{hex} as {cql_type}");
    }

    /// The bytes are no value of the type.
    #[track_caller]
    pub(super) fn malformed<T: for<'a> DecodeValue<'a> + Debug>(cql_type: &CqlType, hex: &str) {
        let error = decoded::<T>(cql_type, &from_hex(hex)).unwrap_err();
        assert!(!error.is_misread(), "{hex} as {cql_type}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{decoded, encoded};
    use super::*;

    #[test]
    fn a_cell_has_its_length_in_front() {
        let mut out = vec![9];
        assert_eq!(encode_cell(&7_i16, &CqlType::Smallint, &mut out).unwrap(), Encoded::Bytes);
        assert_eq!(encode_cell(&None::<i16>, &CqlType::Smallint, &mut out).unwrap(), Encoded::Null);
        assert_eq!(encode_cell(&Unset, &CqlType::Smallint, &mut out).unwrap(), Encoded::Unset);
        assert_eq!(out, [9, 0, 0, 0, 2, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE]);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let mut out = vec![9];
        let pair = CqlType::Tuple([CqlType::Int, CqlType::Text].into());
        assert!(encode_cell(&(1, 2), &pair, &mut out).is_err());
        assert_eq!(out, [9]);
    }

    /// Every type's `check` and `decode` refuse the same CQL types in the same words.
    #[test]
    fn what_is_checked_once_is_what_is_refused_every_time() {
        fn agree<'a, T: DecodeValue<'a> + std::fmt::Debug>(cql_types: &[CqlType], of_these: usize) {
            let mut taken = 0;
            for cql_type in cql_types {
                let by_decode = T::decode(cql_type, None).unwrap_err();
                match T::check(cql_type) {
                    Ok(()) => {
                        assert!(by_decode.why.contains("null"), "{cql_type}: {by_decode}");
                        taken += 1;
                    }
                    Err(by_check) => {
                        assert_eq!(by_check, by_decode, "{cql_type}");
                        assert_eq!(Option::<T>::check(cql_type), Err(by_check.clone()));
                        // Null is a value of the right type only.
                        assert_eq!(Option::<T>::decode(cql_type, None).unwrap_err(), by_check);
                    }
                }
            }
            assert_eq!(taken, of_these, "{}", std::any::type_name::<T>());
        }
        use CqlType as T;
        use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
        let int = || std::sync::Arc::new(T::Int);
        let mut types =
            vec![T::Ascii, T::Bigint, T::Blob, T::Boolean, T::Counter, T::Date, T::Decimal, T::Double];
        types.extend([T::Duration, T::Float, T::Inet, T::Int, T::Smallint, T::Text, T::Time, T::Timestamp]);
        types.extend([T::Timeuuid, T::Tinyint, T::Uuid, T::Varint, T::List(int()), T::Set(int())]);
        types.extend([T::Map(int(), int()), T::Tuple([T::Int].into()), T::Vector(int(), 2)]);
        types.extend([T::Custom("com.example.Shape".into()), T::Frozen(T::Set(int()).into())]);
        agree::<i8>(&types, 1);
        agree::<i16>(&types, 1);
        agree::<i32>(&types, 1);
        agree::<i64>(&types, 2);
        agree::<Counter>(&types, 1);
        agree::<f32>(&types, 1);
        agree::<f64>(&types, 1);
        agree::<bool>(&types, 1);
        agree::<num_bigint::BigInt>(&types, 1);
        agree::<CqlDecimal>(&types, 1);
        agree::<&str>(&types, 2);
        agree::<String>(&types, 2);
        agree::<std::borrow::Cow<'_, str>>(&types, 2);
        agree::<&[u8]>(&types, 2);
        agree::<Vec<u8>>(&types, 2);
        agree::<[u8; 3]>(&types, 2);
        agree::<::bytes::Bytes>(&types, 2);
        agree::<::uuid::Uuid>(&types, 2);
        agree::<std::net::IpAddr>(&types, 1);
        agree::<std::net::Ipv6Addr>(&types, 1);
        agree::<CqlDate>(&types, 1);
        agree::<CqlTime>(&types, 1);
        agree::<CqlTimestamp>(&types, 1);
        agree::<CqlDuration>(&types, 1);
        agree::<MaybeEmpty<i32>>(&types, 1);
        agree::<Vec<i32>>(&types, 4);
        agree::<HashSet<i32>>(&types, 2);
        agree::<BTreeSet<i32>>(&types, 2);
        agree::<HashMap<i32, i32>>(&types, 1);
        agree::<BTreeMap<i32, i32>>(&types, 1);
        agree::<(i32,)>(&types, 1);
        assert!(types.iter().all(|cql_type| CqlValue::check(cql_type).is_ok()));
    }

    #[test]
    fn parts_are_checked_before_there_are_any() {
        use std::collections::HashMap;
        let text = std::sync::Arc::new(CqlType::Text);
        let list = CqlType::List(std::sync::Arc::clone(&text));
        let nested = CqlType::Map(text, std::sync::Arc::new(list));
        assert_eq!(HashMap::<String, Vec<&str>>::check(&nested), Ok(()));
        let error = HashMap::<String, Vec<i32>>::check(&nested).unwrap_err().to_string();
        assert_eq!(error, "cannot read value: element: a Rust i32: the CQL type is text");
        let vector = CqlType::Vector(std::sync::Arc::new(CqlType::Float), 3);
        assert_eq!(<[f32; 3]>::check(&vector), Ok(()));
        assert!(<[f32; 2]>::check(&vector).unwrap_err().to_string().contains("array of 2"));
    }

    #[test]
    fn the_wrong_type_is_told_with_both_names_and_without_content() {
        let error = encoded(&CqlType::Int, "hunter2").unwrap_err().to_string();
        assert_eq!(error, "cannot encode a Rust str: the CQL type is int");
        let error = decoded::<i32>(&CqlType::Text, b"hunter2").unwrap_err();
        assert!(error.is_misread());
        assert_eq!(error.to_string(), "cannot read a Rust i32: the CQL type is text");
        let error = i32::decode(&CqlType::Int, None).unwrap_err();
        assert_eq!(error.to_string(), "cannot read a Rust i32: the value is null, which an Option takes");
        let error = decoded::<i32>(&CqlType::Int, &[1, 2]).unwrap_err();
        assert_eq!(error.to_string(), "the server sent a malformed int at byte 0: it has 2 bytes, 4 are due");
    }
}
