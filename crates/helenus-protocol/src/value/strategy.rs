//! Arbitrary values of a given CQL type for property tests.

use std::net::IpAddr;

use num_bigint::BigInt;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlValue, allows_empty};
use crate::types::CqlType;

/// A type and a value of it.
pub(crate) fn typed_value(
    types: impl Strategy<Value = CqlType>,
) -> impl Strategy<Value = (CqlType, CqlValue)> {
    types.prop_flat_map(|cql_type| {
        let value = value(&cql_type);
        (Just(cql_type), value)
    })
}

/// Any value of the type, also null and, where it has it, empty.
pub(crate) fn value(cql_type: &CqlType) -> BoxedStrategy<CqlValue> {
    prop_oneof![1 => Just(CqlValue::Null), 9 => not_null(cql_type)].boxed()
}

fn not_null(cql_type: &CqlType) -> BoxedStrategy<CqlValue> {
    if allows_empty(cql_type) {
        return prop_oneof![1 => Just(CqlValue::Empty), 9 => there(cql_type)].boxed();
    }
    there(cql_type)
}

fn there(cql_type: &CqlType) -> BoxedStrategy<CqlValue> {
    match cql_type.unfrozen() {
        CqlType::List(element) => vec(value(element), 0..4).prop_map(CqlValue::List).boxed(),
        CqlType::Set(element) => vec(value(element), 0..4).prop_map(CqlValue::Set).boxed(),
        CqlType::Map(k, v) => vec((value(k), value(v)), 0..4).prop_map(CqlValue::Map).boxed(),
        CqlType::Vector(element, dimension) => {
            vec(there(element), *dimension as usize).prop_map(CqlValue::Vector).boxed()
        }
        CqlType::Tuple(elements) => {
            let all: Vec<_> = elements.iter().map(value).collect();
            (all, 0..=elements.len())
                .prop_map(|(mut values, length)| {
                    values.truncate(length);
                    CqlValue::Tuple(values)
                })
                .boxed()
        }
        CqlType::Udt(user_type) => {
            let all: Vec<_> =
                user_type.fields.iter().map(|(name, field)| (Just(name.clone()), value(field))).collect();
            let count = all.len();
            (all, 0..=count)
                .prop_map(|(mut values, length)| {
                    values.truncate(length);
                    CqlValue::Udt(values)
                })
                .boxed()
        }
        scalar => self::scalar(scalar),
    }
}

fn scalar(cql_type: &CqlType) -> BoxedStrategy<CqlValue> {
    match cql_type {
        CqlType::Ascii => r"[\x00-\x7F]{0,12}".prop_map(CqlValue::Text).boxed(),
        CqlType::Text => any::<String>().prop_map(CqlValue::Text).boxed(),
        CqlType::Bigint => any::<i64>().prop_map(CqlValue::Bigint).boxed(),
        CqlType::Blob => any::<Vec<u8>>().prop_map(CqlValue::Blob).boxed(),
        CqlType::Custom(_) => any::<Vec<u8>>().prop_map(CqlValue::Custom).boxed(),
        CqlType::Boolean => any::<bool>().prop_map(CqlValue::Boolean).boxed(),
        CqlType::Counter => any::<i64>().prop_map(|n| CqlValue::Counter(Counter(n))).boxed(),
        CqlType::Date => any::<u32>().prop_map(|n| CqlValue::Date(CqlDate(n))).boxed(),
        CqlType::Decimal => (big_int(), any::<i32>())
            .prop_map(|(unscaled, scale)| CqlValue::Decimal(CqlDecimal { unscaled, scale }))
            .boxed(),
        CqlType::Double => any::<u64>().prop_map(|bits| CqlValue::Double(f64::from_bits(bits))).boxed(),
        CqlType::Float => any::<u32>().prop_map(|bits| CqlValue::Float(f32::from_bits(bits))).boxed(),
        CqlType::Duration => (0..=i32::MAX, 0..=i32::MAX, 0..=i64::MAX, any::<bool>(), 0_u32..63)
            .prop_map(|(months, days, nanoseconds, negative, shift)| {
                let sign = if negative { -1 } else { 1 };
                CqlValue::Duration(CqlDuration {
                    months: sign * (months >> (shift % 31)),
                    days: sign * (days >> (shift % 31)),
                    nanoseconds: i64::from(sign) * (nanoseconds >> shift),
                })
            })
            .boxed(),
        CqlType::Inet => any::<IpAddr>().prop_map(CqlValue::Inet).boxed(),
        CqlType::Int => any::<i32>().prop_map(CqlValue::Int).boxed(),
        CqlType::Smallint => any::<i16>().prop_map(CqlValue::Smallint).boxed(),
        CqlType::Time => (0..=CqlTime::MAX.0).prop_map(|n| CqlValue::Time(CqlTime(n))).boxed(),
        CqlType::Timestamp => any::<i64>().prop_map(|n| CqlValue::Timestamp(CqlTimestamp(n))).boxed(),
        CqlType::Timeuuid => any::<[u8; 16]>()
            .prop_map(|mut bytes| {
                bytes[6] = bytes[6] & 0x0F | 0x10;
                CqlValue::Uuid(Uuid::from_bytes(bytes))
            })
            .boxed(),
        CqlType::Tinyint => any::<i8>().prop_map(CqlValue::Tinyint).boxed(),
        CqlType::Uuid => any::<[u8; 16]>().prop_map(|bytes| CqlValue::Uuid(Uuid::from_bytes(bytes))).boxed(),
        CqlType::Varint => big_int().prop_map(CqlValue::Varint).boxed(),
        nested => unreachable!("{nested} is no scalar"),
    }
}

fn big_int() -> impl Strategy<Value = BigInt> {
    vec(any::<u8>(), 1..24).prop_map(|bytes| BigInt::from_signed_bytes_be(&bytes))
}
