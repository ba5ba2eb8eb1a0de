//! `list`, `set` and `map`: an `[int]` count and cells, sections 6.12 to 6.14. Vectors share their Rust types; their bytes
//! are in [`vector`](super::vector).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use super::vector::{decode_vector, encode_vector};
use super::{Cells, DecodeValue, EncodeValue, Encoded, encode_part, present};
use crate::error::{DecodeError, EncodeError};
use crate::notation::Writer;
use crate::types::CqlType;

/// Appends the elements of a list or a set.
pub(super) fn encode_elements<'v, T: EncodeValue + 'v>(
    values: impl ExactSizeIterator<Item = &'v T>,
    element: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    Writer::new(out).int_count(values.len(), "collection")?;
    for (index, value) in values.enumerate() {
        encode_part(value, element, out).map_err(|error| error.within(format_args!("element {index}")))?;
    }
    Ok(Encoded::Bytes)
}

/// Appends the entries of a map.
pub(super) fn encode_entries<'v, K: EncodeValue + 'v, V: EncodeValue + 'v>(
    entries: impl ExactSizeIterator<Item = (&'v K, &'v V)>,
    (key_type, value_type): (&CqlType, &CqlType),
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    Writer::new(out).int_count(entries.len(), "map")?;
    for (index, (key, value)) in entries.enumerate() {
        encode_part(key, key_type, out).map_err(|error| error.within(format_args!("key {index}")))?;
        encode_part(value, value_type, out).map_err(|error| error.within(format_args!("value {index}")))?;
    }
    Ok(Encoded::Bytes)
}

/// Decodes one cell of `whole`, so that an error tells its place in there.
#[inline]
pub(super) fn decode_part<'a, T: DecodeValue<'a>>(
    whole: &'a [u8],
    cell: Option<&'a [u8]>,
    cql_type: &CqlType,
    part: impl std::fmt::Display,
) -> Result<T, DecodeError> {
    match T::decode(cql_type, cell) {
        Ok(value) => Ok(value),
        Err(error) => Err(located(error, whole, cell, part)),
    }
}

#[cold]
fn located(
    error: DecodeError,
    whole: &[u8],
    cell: Option<&[u8]>,
    part: impl std::fmt::Display,
) -> DecodeError {
    // The cell is a slice of the whole, so the difference is its place.
    let place = cell.map_or(0, |cell| cell.as_ptr().addr().saturating_sub(whole.as_ptr().addr()));
    error.shifted(place).within(part)
}

/// Whether a part of a value can be read as a `T`.
pub(super) fn check_part<'a, T: DecodeValue<'a>>(
    cql_type: &CqlType,
    part: impl std::fmt::Display,
) -> Result<(), DecodeError> {
    T::check(cql_type).map_err(|error| error.within(part))
}

/// Decodes all cells as elements.
pub(super) fn decode_elements<'a, T: DecodeValue<'a>>(
    whole: &'a [u8],
    cells: Cells<'a>,
    element: &CqlType,
    mut take: impl FnMut(T),
) -> Result<(), DecodeError> {
    for (index, cell) in cells.enumerate() {
        take(decode_part(whole, cell?, element, format_args!("element {index}"))?);
    }
    Ok(())
}

/// Decodes all cells as keys and values in turns.
pub(super) fn decode_entries<'a, K: DecodeValue<'a>, V: DecodeValue<'a>>(
    whole: &'a [u8],
    mut cells: Cells<'a>,
    (key_type, value_type): (&CqlType, &CqlType),
    mut take: impl FnMut(K, V),
) -> Result<(), DecodeError> {
    for index in 0.. {
        let (Some(key), Some(value)) = (cells.next(), cells.next()) else { break };
        let key = decode_part(whole, key?, key_type, format_args!("key {index}"))?;
        let value = decode_part(whole, value?, value_type, format_args!("value {index}"))?;
        take(key, value);
    }
    Ok(())
}

impl<T: EncodeValue> EncodeValue for [T] {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::List(element) | CqlType::Set(element) => encode_elements(self.iter(), element, out),
            CqlType::Vector(element, dimension) => encode_vector(self, element, *dimension, out),
            other => Err(EncodeError::wrong_type("slice", other)),
        }
    }
}

impl<T: EncodeValue> EncodeValue for Vec<T> {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        self.as_slice().encode(cql_type, out)
    }
}

impl<T: EncodeValue, const N: usize> EncodeValue for [T; N] {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        self.as_slice().encode(cql_type, out)
    }
}

impl<'a, T: DecodeValue<'a>> DecodeValue<'a> for Vec<T> {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::List(element) | CqlType::Set(element) | CqlType::Vector(element, _) => {
                check_part::<T>(element, "element")
            }
            other => Err(DecodeError::wrong_type("Vec", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let (split, element): (fn(&'a [u8]) -> _, _) = match cql_type.unfrozen() {
            CqlType::List(element) => (Cells::of_list, element),
            CqlType::Set(element) => (Cells::of_set, element),
            CqlType::Vector(element, dimension) => {
                return decode_vector(present("Vec", cell)?, element, *dimension);
            }
            other => return Err(DecodeError::wrong_type("Vec", other)),
        };
        let whole = present("Vec", cell)?;
        let cells = split(whole)?;
        let mut values = Self::with_capacity(cells.room());
        decode_elements(whole, cells, element, |value| values.push(value))?;
        Ok(values)
    }
}

impl<'a, T: DecodeValue<'a>, const N: usize> DecodeValue<'a> for [T; N] {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            // The one type whose values are all of one length.
            CqlType::Vector(_, dimension) if *dimension as usize != N => {
                Err(DecodeError::wrong_type(&format!("array of {N}"), cql_type))
            }
            _ => Vec::<T>::check(cql_type),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Vec::decode(cql_type, cell)?.try_into().map_err(|values: Vec<T>| {
            DecodeError::misread(
                format!("a Rust array of {N}"),
                format!("there are {} elements", values.len()),
            )
        })
    }
}

macro_rules! sets {
    ($($set:ident<$t:ident $(: $bound:ident $(+ $more:ident)*)? $(, $s:ident)?> new $new:expr;)*) => {$(
        impl<$t: EncodeValue $(, $s)?> EncodeValue for $set<$t $(, $s)?> {
            fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
                match cql_type.unfrozen() {
                    CqlType::Set(element) => encode_elements(self.iter(), element, out),
                    other => Err(EncodeError::wrong_type(stringify!($set), other)),
                }
            }
        }

        impl<'a, $t: DecodeValue<'a> $(+ $bound $(+ $more)*)? $(, $s: BuildHasher + Default)?> DecodeValue<'a>
            for $set<$t $(, $s)?>
        {
            fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
                match cql_type.unfrozen() {
                    CqlType::Set(element) => check_part::<$t>(element, "element"),
                    _ => Err(DecodeError::wrong_type(stringify!($set), cql_type)),
                }
            }

            fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                let CqlType::Set(element) = cql_type.unfrozen() else {
                    return Err(DecodeError::wrong_type(stringify!($set), cql_type));
                };
                let whole = present(stringify!($set), cell)?;
                let mut values = $new;
                decode_elements(whole, Cells::of_set(whole)?, element, |value: T| {
                    values.insert(value);
                })?;
                Ok(values)
            }
        }
    )*};
}

sets! {
    HashSet<T: Eq + Hash, S> new Self::with_hasher(S::default());
    BTreeSet<T: Ord> new Self::new();
}

macro_rules! maps {
    ($($map:ident<$k:ident $(: $bound:ident $(+ $more:ident)*)? $(, $s:ident)?> new $new:expr;)*) => {$(
        impl<$k: EncodeValue, V: EncodeValue $(, $s)?> EncodeValue for $map<$k, V $(, $s)?> {
            fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
                match cql_type.unfrozen() {
                    CqlType::Map(key, value) => encode_entries(self.iter(), (key, value), out),
                    other => Err(EncodeError::wrong_type(stringify!($map), other)),
                }
            }
        }

        impl<'a, $k: DecodeValue<'a> $(+ $bound $(+ $more)*)?, V: DecodeValue<'a> $(, $s: BuildHasher + Default)?>
            DecodeValue<'a> for $map<$k, V $(, $s)?>
        {
            fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
                match cql_type.unfrozen() {
                    CqlType::Map(key, value) => {
                        check_part::<$k>(key, "key")?;
                        check_part::<V>(value, "value")
                    }
                    _ => Err(DecodeError::wrong_type(stringify!($map), cql_type)),
                }
            }

            fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                let CqlType::Map(key, value) = cql_type.unfrozen() else {
                    return Err(DecodeError::wrong_type(stringify!($map), cql_type));
                };
                let whole = present(stringify!($map), cell)?;
                let mut entries = $new;
                decode_entries(whole, Cells::of_map(whole)?, (key, value), |key: K, value: V| {
                    entries.insert(key, value);
                })?;
                Ok(entries)
            }
        }
    )*};
}

maps! {
    HashMap<K: Eq + Hash, S> new Self::with_hasher(S::default());
    BTreeMap<K: Ord> new Self::new();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{both_ways, decoded, encoded, malformed};
    use super::super::{MaybeUnset, Unset};
    use super::*;

    fn list(element: CqlType) -> CqlType {
        CqlType::List(Arc::new(element))
    }

    fn map(key: CqlType, value: CqlType) -> CqlType {
        CqlType::Map(Arc::new(key), Arc::new(value))
    }

    #[test]
    fn the_bytes_that_cassandra_writes() {
        both_ways(&list(CqlType::Int), &vec![1, -1], "00000002 00000004 00000001 00000004 FFFFFFFF");
        both_ways(
            &CqlType::Set(Arc::new(CqlType::Text)),
            &BTreeSet::from(["a".to_owned(), "b".to_owned()]),
            "00000002 00000001 61 00000001 62",
        );
        both_ways(
            &map(CqlType::Text, list(CqlType::Int)),
            &BTreeMap::from([("k".to_owned(), vec![1, 2])]),
            "00000001 00000001 6b 00000014 00000002 00000004 00000001 00000004 00000002",
        );
        both_ways(&list(CqlType::Int), &Vec::<i32>::new(), "00000000");
        both_ways(&map(CqlType::Int, CqlType::Int), &HashMap::<i32, i32>::new(), "00000000");
        both_ways(&CqlType::Set(Arc::new(CqlType::Int)), &HashSet::from([7]), "00000001 00000004 00000007");
        // Frozen or not, the bytes are the same.
        let frozen = CqlType::Frozen(Arc::new(list(CqlType::Frozen(Arc::new(CqlType::Int)))));
        both_ways(&frozen, &[7], "00000001 00000004 00000007");
    }

    #[test]
    fn null_is_an_element_and_unset_is_not() {
        both_ways(&list(CqlType::Int), &vec![Some(1), None], "00000002 00000004 00000001 FFFFFFFF");
        let error = encoded(&list(CqlType::Int), &[MaybeUnset::Set(1), MaybeUnset::Unset]).unwrap_err();
        assert_eq!(error.what, "element 1: int");
        assert!(encoded(&list(CqlType::Int), &[Unset]).is_err());
        let nulls = [0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF];
        assert!(decoded::<Vec<i32>>(&list(CqlType::Int), &nulls).unwrap_err().is_misread());
    }

    #[test]
    fn an_error_tells_its_place_in_the_whole() {
        let nested = map(CqlType::Int, list(CqlType::Text));
        let bytes =
            [&[0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 10][..], &[0, 0, 0, 1, 0, 0, 0, 2, b'a', 0xFF]]
                .concat();
        let error = decoded::<HashMap<i32, Vec<&str>>>(&nested, &bytes).unwrap_err();
        assert_eq!((error.what.as_ref(), error.offset), ("value 0: element 0: text", 25));
        let error = encoded(&nested, &HashMap::from([(1, vec!["a"]), (2, vec![])])).map(|_| ());
        assert_eq!(error, Ok(()));
        let error = encoded(&list(list(CqlType::Text)), &vec![vec!["a"], vec!["b"]]).map(|_| ());
        assert_eq!(error, Ok(()));
        let error = encoded(&list(list(CqlType::Int)), &vec![vec!["secret"]]).unwrap_err();
        assert_eq!(error.to_string(), "cannot encode element 0: element 0: a Rust str: the CQL type is int");
    }

    #[test]
    fn each_collection_has_its_rust_types() {
        let set = CqlType::Set(Arc::new(CqlType::Int));
        assert!(encoded(&list(CqlType::Int), &HashSet::from([1])).is_err());
        assert!(encoded(&set, &[1, 2]).is_ok());
        assert!(encoded(&set, &HashMap::from([(1, 2)])).is_err());
        assert!(decoded::<BTreeSet<i32>>(&list(CqlType::Int), &[0; 4]).unwrap_err().is_misread());
        assert!(decoded::<HashMap<i32, i32>>(&set, &[0; 4]).unwrap_err().is_misread());
        assert!(decoded::<Vec<i32>>(&CqlType::Int, &[0; 4]).unwrap_err().is_misread());
        assert!(decoded::<[i32; 2]>(&list(CqlType::Int), &[0; 4]).unwrap_err().is_misread());
        assert_eq!(decoded::<[i32; 0]>(&list(CqlType::Int), &[0; 4]).unwrap(), [0_i32; 0]);
    }

    /// W6 of docs/promises.md.
    #[test]
    fn counts_and_lengths_that_cannot_be() {
        malformed::<Vec<i32>>(&list(CqlType::Int), "7FFFFFFF");
        malformed::<Vec<i32>>(&list(CqlType::Int), "FFFFFFFF");
        malformed::<Vec<i32>>(&list(CqlType::Int), "");
        malformed::<Vec<i32>>(&list(CqlType::Int), "00000001 00000005 00000001");
        malformed::<Vec<i32>>(&list(CqlType::Int), "00000001 00000003 000001");
        malformed::<BTreeMap<i32, i32>>(&map(CqlType::Int, CqlType::Int), "00000001 00000004 00000001");
    }
}
