//! Any value of any type: both ways, what is refused, and that no bytes are a panic.

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
    both_ways(&list, &CqlValue::List(vec![CqlValue::Empty, CqlValue::Null]), "00000002 00000000 FFFFFFFF");
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
