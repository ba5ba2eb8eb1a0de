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
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::strategy::{typed_value, value};
    use super::super::testing::{both_ways, decoded, encoded};
    use super::super::{encode_cell, fixed_size};
    use super::*;
    use crate::notation::{Reader, Value};
    use crate::types::strategy::{cql_type, many_cases, native};

    /// The cell in a `[value]` that fills all of `bytes`.
    fn cell(bytes: &[u8]) -> Option<&[u8]> {
        let mut reader = Reader::new(bytes);
        let value = reader.value().unwrap();
        reader.finish("[value]").unwrap();
        match value {
            Value::Bytes(bytes) => Some(bytes),
            Value::Null => None,
            Value::Unset => panic!("nothing here is unset"),
        }
    }

    fn round_trip(cql_type: &CqlType, value: &CqlValue) -> Result<(), TestCaseError> {
        let mut bytes = Vec::new();
        let _encoded = encode_cell(value, cql_type, &mut bytes).unwrap();
        let read = CqlValue::decode(cql_type, cell(&bytes)).unwrap();
        let mut again = Vec::new();
        let _encoded = encode_cell(&read, cql_type, &mut again).unwrap();
        // Bytes, since NaN is not equal to itself; the value too, by its shape.
        prop_assert_eq!(&again, &bytes);
        prop_assert_eq!(format!("{read:?}"), format!("{value:?}"));
        Ok(())
    }

    proptest! {
        #![proptest_config(many_cases())]

        #[test]
        fn what_is_written_is_read_again((cql_type, value) in typed_value(native())) {
            round_trip(&cql_type, &value)?;
        }

        #[test]
        fn nested_values_too((cql_type, value) in typed_value(cql_type())) {
            round_trip(&cql_type, &value)?;
        }

        #[test]
        fn a_fixed_size_is_true((cql_type, value) in typed_value(cql_type())) {
            if let (Some(size), Ok(bytes)) = (fixed_size(&cql_type), written(&cql_type, &value)) {
                prop_assert!(bytes.len() == size || (bytes.is_empty() && allows_empty(&cql_type)));
            }
        }

        #[test]
        fn a_value_of_another_type_is_bytes_or_an_error(
            (value_type, value) in typed_value(cql_type()),
            other in cql_type(),
        ) {
            // What is accepted must then be a value of the other type.
            if let Ok(bytes) = written(&other, &value) {
                prop_assert!(CqlValue::decode(&other, Some(&bytes)).is_ok(), "{} as {}", value_type, other);
            }
        }

        #[test]
        fn any_bytes_are_a_value_or_an_error(
            cql_type in cql_type(),
            bytes in prop_oneof![any::<Vec<u8>>(), proptest::collection::vec(0_u8..5, 0..60)],
        ) {
            if let Ok(value) = CqlValue::decode(&cql_type, Some(&bytes)) {
                let freely = is_read_more_freely(&cql_type) || is_empty_in_a_vector(&value);
                prop_assert!(written(&cql_type, &value).is_ok() || freely, "{:?}", value);
            }
        }

        #[test]
        fn no_cut_and_no_changed_byte_is_a_panic(
            (cql_type, value) in typed_value(cql_type()),
            at: prop::sample::Index,
            byte: u8,
        ) {
            if let Ok(mut bytes) = written(&cql_type, &value) && !bytes.is_empty() {
                let at = at.index(bytes.len());
                let _outcome = CqlValue::decode(&cql_type, Some(&bytes[..at])).is_ok();
                bytes[at] = byte;
                let _outcome = CqlValue::decode(&cql_type, Some(&bytes)).is_ok();
            }
        }
    }

    fn written(cql_type: &CqlType, value: &CqlValue) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        match value.encode(cql_type, &mut out)? {
            Encoded::Bytes => Ok(out),
            other => Err(EncodeError::new("value", format!("{other:?}"))),
        }
    }

    /// Any 16 bytes are read as a timeuuid and any 8 as a time; only those of version 1 and of a day are written.
    fn is_read_more_freely(cql_type: &CqlType) -> bool {
        let class = cql_type.class_name();
        class.contains("TimeUUIDType") || class.contains("TimeType")
    }

    /// An element of zero bytes where zero bytes are no value is shown as it came; a server takes it for null, so that
    /// it is not written.
    fn is_empty_in_a_vector(value: &CqlValue) -> bool {
        match value {
            CqlValue::Vector(elements) => {
                elements.iter().any(|element| *element == CqlValue::Empty || is_empty_in_a_vector(element))
            }
            CqlValue::List(elements) | CqlValue::Set(elements) => elements.iter().any(is_empty_in_a_vector),
            CqlValue::Map(pairs) => {
                pairs.iter().any(|(key, value)| is_empty_in_a_vector(key) || is_empty_in_a_vector(value))
            }
            CqlValue::Tuple(fields) => fields.iter().any(is_empty_in_a_vector),
            CqlValue::Udt(fields) => fields.iter().any(|(_, field)| is_empty_in_a_vector(field)),
            _ => false,
        }
    }

    #[test]
    fn an_empty_element_of_a_vector_is_read_and_not_written() {
        for element in [CqlType::Counter, CqlType::Decimal, CqlType::Varint] {
            let cql_type = CqlType::Vector(Arc::new(element), 1);
            let value = CqlValue::decode(&cql_type, Some(&[0])).unwrap();
            assert_eq!(value, CqlValue::Vector(vec![CqlValue::Empty]));
            let error = written(&cql_type, &value).unwrap_err().to_string();
            assert!(error.contains("element 0") && error.contains("cannot be empty"), "{error}");
        }
    }

    #[test]
    fn every_type_without_parameters_has_its_variant() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for (cql_type, text) in [
            (CqlType::Ascii, "Text"),
            (CqlType::Timeuuid, "Uuid"),
            (CqlType::Counter, "Counter"),
            (CqlType::Custom("a.B".into()), "Custom"),
        ] {
            let strategy = value(&cql_type);
            let made = (0..100).map(|_| strategy.new_tree(&mut runner).unwrap().current());
            let named = made.filter(|value| value.name() == format!("CqlValue::{text}")).count();
            assert!(named > 50, "{cql_type}: {named}");
        }
    }

    #[test]
    fn empty_is_neither_null_nor_a_value() {
        both_ways(&CqlType::Int, &CqlValue::Empty, "");
        both_ways(&CqlType::Text, &CqlValue::Text(String::new()), "");
        both_ways(&CqlType::Blob, &CqlValue::Blob(vec![]), "");
        assert_eq!(CqlValue::decode(&CqlType::Int, None).unwrap(), CqlValue::Null);
        assert!(encoded(&CqlType::Date, &CqlValue::Empty).is_err());
        assert!(decoded::<CqlValue>(&CqlType::Date, &[]).is_err());
        let list = CqlType::List(Arc::new(CqlType::Int));
        assert!(decoded::<CqlValue>(&list, &[]).is_err());
        both_ways(
            &list,
            &CqlValue::List(vec![CqlValue::Empty, CqlValue::Null]),
            "00000002 00000000 FFFFFFFF",
        );
    }

    #[test]
    fn the_deepest_type_is_read_on_a_small_stack() {
        let depth = crate::types::MAX_DEPTH - 1;
        let deepest = (0..depth).fold(CqlType::Int, |inner, _| CqlType::List(Arc::new(inner)));
        let value = (0..depth).fold(CqlValue::Int(7), |inner, _| CqlValue::List(vec![inner]));
        let outcome = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
            let bytes = written(&deepest, &value).unwrap();
            assert_eq!(decoded::<CqlValue>(&deepest, &bytes).unwrap(), value);
        });
        outcome.unwrap().join().unwrap();
    }

    #[test]
    fn conversions_name_one_type() {
        assert_eq!(CqlValue::from(1_i32), CqlValue::Int(1));
        assert_eq!(CqlValue::from("a"), CqlValue::Text("a".into()));
        assert_eq!(CqlValue::from(None::<i64>), CqlValue::Null);
        assert_eq!(CqlValue::from(Some(&b"\0"[..])), CqlValue::Blob(vec![0]));
    }
}
