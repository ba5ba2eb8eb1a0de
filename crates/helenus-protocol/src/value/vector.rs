//! `vector<T, N>`: N elements end to end, or, where the element type has no fixed size, each behind its length as an
//! `[unsigned vint]`.
//!
//! No specification of the protocol tells this (vectors travel as a custom type); the bytes in the tests are what the
//! type classes of Cassandra 5.0.6 write. Elements are never null.

use super::collections::{decode_elements, decode_part};
use super::{Cells, DecodeValue, EncodeValue, Encoded, allows_empty, fixed_size};
use crate::error::{DecodeError, EncodeError};
use crate::notation::Writer;
use crate::types::CqlType;

/// Appends the elements of a vector.
pub(super) fn encode_vector<T: EncodeValue>(
    values: &[T],
    element: &CqlType,
    dimension: u32,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    if values.len() != dimension as usize {
        let why = format!("it has {} elements, {dimension} are due", values.len());
        return Err(EncodeError::new(format!("a vector<{element}, {dimension}>"), why));
    }
    let size = fixed_size(element);
    for (index, value) in values.iter().enumerate() {
        encode_element(value, element, size, out)
            .map_err(|error| error.within(format_args!("element {index}")))?;
    }
    Ok(Encoded::Bytes)
}

fn encode_element<T: EncodeValue>(
    value: &T,
    element: &CqlType,
    size: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    if value.encode(element, out)? != Encoded::Bytes {
        return Err(EncodeError::new(element.to_string(), "an element of a vector cannot be null or unset"));
    }
    let length = out.len() - start;
    // To the server, an empty value where zero bytes are none is the same as null.
    if length == 0 && allows_empty(element) {
        return Err(EncodeError::new(element.to_string(), "an element of a vector cannot be empty"));
    }
    match size {
        Some(size) if size == length => Ok(()),
        Some(size) => {
            let why = format!("it has {length} bytes, an element of this vector has {size}");
            Err(EncodeError::new(element.to_string(), why))
        }
        None => {
            // Its length is known only now: written behind it and turned to the front.
            Writer::new(out).unsigned_vint(length as u64);
            out[start..].rotate_left(length);
            Ok(())
        }
    }
}

/// Decodes the elements of a vector.
pub(super) fn decode_vector<'a, T: DecodeValue<'a>>(
    whole: &'a [u8],
    element: &CqlType,
    dimension: u32,
) -> Result<Vec<T>, DecodeError> {
    let cells = Cells::of_vector(whole, element, dimension)?;
    let mut values = Vec::with_capacity(cells.room());
    match fixed_size(element) {
        // The length of the whole is right, so that of each part is: no need to ask cell by cell.
        Some(size) if size > 0 => {
            for (index, cell) in whole.chunks_exact(size).enumerate() {
                values.push(decode_part(whole, Some(cell), element, format_args!("element {index}"))?);
            }
        }
        _ => decode_elements(whole, cells, element, |value| values.push(value))?,
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use num_bigint::BigInt;

    use super::super::testing::{both_ways, decoded, encoded, malformed};
    use super::super::{CqlDate, MaybeEmpty};
    use super::*;

    fn vector(element: CqlType, dimension: u32) -> CqlType {
        CqlType::Vector(Arc::new(element), dimension)
    }

    #[test]
    fn the_bytes_that_cassandra_writes() {
        both_ways(&vector(CqlType::Float, 2), &vec![1.0_f32, -2.5], "3F800000 C0200000");
        both_ways(&vector(CqlType::Float, 2), &[1.0_f32, -2.5], "3F800000 C0200000");
        both_ways(&vector(CqlType::Text, 2), &["a".to_owned(), "bc".to_owned()], "01 61 02 6263");
        // Of two bytes each, and yet not of a fixed size.
        both_ways(&vector(CqlType::Smallint, 2), &[1_i16, -2], "02 0001 02 FFFE");
        both_ways(&vector(CqlType::Date, 1), &[CqlDate(5)], "04 00000005");
        both_ways(&vector(CqlType::Varint, 2), &[BigInt::ZERO, 128.into()], "01 00 02 0080");
        both_ways(
            &vector(vector(CqlType::Int, 2), 2),
            &[[1, 2], [3, 4]],
            "00000001 00000002 00000003 00000004",
        );
        both_ways(
            &vector(CqlType::List(Arc::new(CqlType::Int)), 2),
            &vec![vec![1], vec![]],
            "0C 00000001 00000004 00000001 04 00000000",
        );
        let long = format!("80C8 {}", "78".repeat(200));
        both_ways(&vector(CqlType::Text, 1), &["x".repeat(200)], &long);
    }

    #[test]
    fn the_dimension_is_due() {
        for wrong in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
            let error = encoded(&vector(CqlType::Float, 2), wrong).map_err(|error| error.what.clone());
            assert_eq!(error, Err("a vector<float, 2>".into()), "{wrong:?}");
        }
        malformed::<Vec<f32>>(&vector(CqlType::Float, 2), "3F800000");
        malformed::<Vec<f32>>(&vector(CqlType::Float, 2), "");
        malformed::<Vec<f32>>(&vector(CqlType::Float, u32::MAX), "3F800000");
        malformed::<Vec<String>>(&vector(CqlType::Text, 2), "01 61");
        malformed::<Vec<String>>(&vector(CqlType::Text, 1), "01 61 00");
        malformed::<Vec<String>>(&vector(CqlType::Text, 1), "FFFFFFFFFFFFFFFFFF");
        assert!(decoded::<[f32; 3]>(&vector(CqlType::Float, 2), &[0; 8]).unwrap_err().is_misread());
    }

    #[test]
    fn elements_are_there() {
        assert!(encoded(&vector(CqlType::Float, 1), &[None::<f32>]).is_err());
        assert!(encoded(&vector(CqlType::Text, 1), &[None::<&str>]).is_err());
        assert!(encoded(&vector(CqlType::Int, 1), &[MaybeEmpty::<i32>::Empty]).is_err());
        assert!(encoded(&vector(CqlType::Varint, 1), &[MaybeEmpty::<BigInt>::Empty]).is_err());
        // Of text, zero bytes are a value.
        both_ways(&vector(CqlType::Text, 1), &[String::new()], "00");
        let lexical = CqlType::Custom("org.apache.cassandra.db.marshal.LexicalUUIDType".into());
        assert!(encoded(&vector(lexical, 1), &[vec![0_u8; 15]]).is_err());
    }

    #[test]
    fn an_error_tells_the_element() {
        let error = decoded::<Vec<&str>>(&vector(CqlType::Text, 2), b"\x01a\x02b\xFF").unwrap_err();
        assert_eq!((error.what.as_ref(), error.offset), ("element 1: text", 4));
    }
}
