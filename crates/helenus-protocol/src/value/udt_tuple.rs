//! `tuple` and user types: cells end to end, of which the last ones may be missing; sections 6.21 and 7.
//!
//! Rust tuples are CQL tuples. User types are written and read by field name: [`CqlValue::Udt`](super::CqlValue::Udt).

use super::collections::{check_part, decode_part};
use super::{Cells, CqlValue, DecodeValue, EncodeValue, Encoded, encode_part, present};
use crate::error::{DecodeError, EncodeError};
use crate::types::{CqlType, UserType};

/// Whether the type is a tuple of this many elements; if so, those.
fn elements<const N: usize>(cql_type: &CqlType) -> Option<&[CqlType; N]> {
    match cql_type.unfrozen() {
        CqlType::Tuple(elements) => elements.as_ref().try_into().ok(),
        _ => None,
    }
}

macro_rules! tuples {
    ($($arity:literal: ($($index:tt $t:ident)*);)*) => {$(
        impl<$($t: EncodeValue),*> EncodeValue for ($($t,)*) {
            fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
                let Some(elements) = elements::<$arity>(cql_type) else {
                    return Err(EncodeError::wrong_type(concat!("tuple of ", $arity), cql_type));
                };
                $(
                    encode_part(&self.$index, &elements[$index], out)
                        .map_err(|error| error.within(concat!("element ", $index)))?;
                )*
                Ok(Encoded::Bytes)
            }
        }

        impl<'a, $($t: DecodeValue<'a>),*> DecodeValue<'a> for ($($t,)*) {
            fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
                let Some(elements) = elements::<$arity>(cql_type) else {
                    return Err(DecodeError::wrong_type(concat!("tuple of ", $arity), cql_type));
                };
                $(check_part::<$t>(&elements[$index], concat!("element ", $index))?;)*
                Ok(())
            }

            fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                const NAME: &str = concat!("tuple of ", $arity);
                let Some(elements) = elements::<$arity>(cql_type) else {
                    return Err(DecodeError::wrong_type(NAME, cql_type));
                };
                let whole = present(NAME, cell)?;
                let mut cells = Cells::of_tuple(whole, $arity)?;
                Ok(($({
                    let cell = cells.next().transpose()?.flatten();
                    decode_part::<$t>(whole, cell, &elements[$index], concat!("element ", $index))?
                },)*))
            }
        }
    )*};
}

tuples! {
    1: (0 A);
    2: (0 A 1 B);
    3: (0 A 1 B 2 C);
    4: (0 A 1 B 2 C 3 D);
    5: (0 A 1 B 2 C 3 D 4 E);
    6: (0 A 1 B 2 C 3 D 4 E 5 F);
    7: (0 A 1 B 2 C 3 D 4 E 5 F 6 G);
    8: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H);
    9: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I);
    10: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J);
    11: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K);
    12: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K 11 L);
    13: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K 11 L 12 M);
    14: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K 11 L 12 M 13 N);
    15: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K 11 L 12 M 13 N 14 O);
    16: (0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K 11 L 12 M 13 N 14 O 15 P);
}

/// Appends a tuple of values; fewer than the type has elements means that the last ones are missing.
pub(super) fn encode_tuple(
    values: &[CqlValue],
    elements: &[CqlType],
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    if values.len() > elements.len() {
        let why = format!("it has {} elements, its type only {}", values.len(), elements.len());
        return Err(EncodeError::new("a tuple", why));
    }
    for (index, (value, element)) in values.iter().zip(elements).enumerate() {
        encode_part(value, element, out).map_err(|error| error.within(format_args!("element {index}")))?;
    }
    Ok(Encoded::Bytes)
}

/// The values of a tuple, as many as there are.
pub(super) fn decode_tuple(whole: &[u8], elements: &[CqlType]) -> Result<Vec<CqlValue>, DecodeError> {
    let mut cells = Cells::of_tuple(whole, elements.len())?;
    let mut values = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        // A cell that is missing is not one that is null: written back, the value is to be the same.
        if cells.offset() == whole.len() {
            break;
        }
        let cell = cells.next().transpose()?.flatten();
        values.push(decode_part(whole, cell, element, format_args!("element {index}"))?);
    }
    Ok(values)
}

/// Appends a value of a user type. Fields that it does not name are null, or missing if they are the last ones.
pub(super) fn encode_user_type(
    named: &[(String, CqlValue)],
    user_type: &UserType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    let mut values: Vec<Option<&CqlValue>> = vec![None; user_type.fields.len()];
    for (name, value) in named {
        let Some(index) = user_type.fields.iter().position(|(field, _)| field == name) else {
            let why = format!("there is no field {name:?} in it");
            return Err(EncodeError::new(format!("a value of the user type {}", user_type.name), why));
        };
        if values[index].replace(value).is_some() {
            let why = format!("the field {name:?} is there twice");
            return Err(EncodeError::new(format!("a value of the user type {}", user_type.name), why));
        }
    }
    let there = values.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    for (value, (name, field)) in values[..there].iter().zip(&user_type.fields) {
        encode_part(value, field, out).map_err(|error| error.within(format_args!("field {name:?}")))?;
    }
    Ok(Encoded::Bytes)
}

/// The named values of a user type, as many as there are.
pub(super) fn decode_user_type(
    whole: &[u8],
    user_type: &UserType,
) -> Result<Vec<(String, CqlValue)>, DecodeError> {
    let mut cells = Cells::of_user_type(whole, user_type.fields.len())?;
    let mut values = Vec::new();
    for (name, field) in &user_type.fields {
        if cells.offset() == whole.len() {
            break;
        }
        let cell = cells.next().transpose()?.flatten();
        values.push((name.clone(), decode_part(whole, cell, field, format_args!("field {name:?}"))?));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{both_ways, decoded, encoded, malformed};
    use super::*;

    fn tuple<const N: usize>(elements: [CqlType; N]) -> CqlType {
        CqlType::Tuple(elements.into())
    }

    fn user_type() -> CqlType {
        let fields = vec![("a".to_owned(), CqlType::Int), ("b".to_owned(), CqlType::Text)];
        CqlType::Udt(Arc::new(UserType { keyspace: "k".into(), name: "u".into(), fields }))
    }

    fn udt<const N: usize>(fields: [(&str, CqlValue); N]) -> CqlValue {
        CqlValue::Udt(fields.map(|(name, value)| (name.to_owned(), value)).into())
    }

    #[test]
    fn tuples_are_their_cells() {
        both_ways(
            &tuple([CqlType::Int, CqlType::Text]),
            &(1, "a".to_owned()),
            "00000004 00000001 00000001 61",
        );
        both_ways(&tuple([CqlType::Int]), &(None::<i32>,), "FFFFFFFF");
        let sixteen = tuple([const { CqlType::Tinyint }; 16]);
        let value = (
            1_i8, 2_i8, 3_i8, 4_i8, 5_i8, 6_i8, 7_i8, 8_i8, 9_i8, 10_i8, 11_i8, 12_i8, 13_i8, 14_i8, 15_i8,
            16_i8,
        );
        let bytes = encoded(&sixteen, &value).unwrap();
        assert_eq!(bytes.len(), 16 * 5);
        assert_eq!(bytes.chunks(5).map(|cell| cell[4]).collect::<Vec<_>>(), (1..=16).collect::<Vec<_>>());
    }

    #[test]
    fn missing_last_elements_are_null() {
        let pair = tuple([CqlType::Int, CqlType::Text]);
        let short = [0, 0, 0, 4, 0, 0, 0, 1];
        assert_eq!(decoded::<(i32, Option<&str>)>(&pair, &short).unwrap(), (1, None));
        assert_eq!(decoded::<(Option<i32>, Option<&str>)>(&pair, &[]).unwrap(), (None, None));
        assert!(decoded::<(i32, &str)>(&pair, &short).unwrap_err().is_misread());
        // As a dynamic value, what is missing stays missing.
        both_ways(&pair, &CqlValue::Tuple(vec![CqlValue::Int(1)]), "00000004 00000001");
        both_ways(
            &pair,
            &CqlValue::Tuple(vec![CqlValue::Int(1), CqlValue::Null]),
            "00000004 00000001 FFFFFFFF",
        );
        both_ways(&pair, &CqlValue::Tuple(vec![]), "");
    }

    #[test]
    fn another_arity_is_another_type() {
        let pair = tuple([CqlType::Int, CqlType::Int]);
        assert!(encoded(&pair, &(1,)).is_err());
        assert!(encoded(&pair, &(1, 2, 3)).is_err());
        assert!(encoded(&pair, &[1, 2]).is_err());
        assert!(encoded(&pair, &CqlValue::Tuple(vec![CqlValue::Int(1); 3])).is_err());
        let error = decoded::<(i32,)>(&pair, &[]).unwrap_err();
        assert_eq!(error.to_string(), "cannot read a Rust tuple of 1: the CQL type is tuple<int, int>");
        malformed::<(i32, i32)>(&pair, "00000004 00000001 00000004 00000001 00");
        malformed::<(i32, i32)>(&pair, "00000004 00000001 00000004");
    }

    #[test]
    fn fields_go_by_name() {
        let both = udt([("a", CqlValue::Int(1)), ("b", CqlValue::Text("x".into()))]);
        both_ways(&user_type(), &both, "00000004 00000001 00000001 78");
        let turned = udt([("b", CqlValue::Text("x".into())), ("a", CqlValue::Int(1))]);
        assert_eq!(encoded(&user_type(), &turned), encoded(&user_type(), &both));
        both_ways(&user_type(), &udt([("a", CqlValue::Int(1))]), "00000004 00000001");
        both_ways(&user_type(), &udt([]), "");
        let gap = udt([("b", CqlValue::Text("x".into()))]);
        assert_eq!(encoded(&user_type(), &gap).unwrap(), [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, b'x']);
    }

    #[test]
    fn fields_that_are_wrong_are_named() {
        for (value, what) in [
            (udt([("c", CqlValue::Null)]), "a value of the user type u"),
            (udt([("a", CqlValue::Null), ("a", CqlValue::Null)]), "a value of the user type u"),
            (udt([("a", CqlValue::Text("secret".into()))]), "field \"a\": a Rust CqlValue::Text"),
            (udt([("a", CqlValue::Unset)]), "field \"a\": int"),
        ] {
            assert_eq!(encoded(&user_type(), &value).unwrap_err().what, what);
        }
        let error = decoded::<CqlValue>(&user_type(), &[0, 0, 0, 1, 9]).unwrap_err();
        assert_eq!((error.what.as_ref(), error.offset), ("field \"a\": int", 4));
    }
}
