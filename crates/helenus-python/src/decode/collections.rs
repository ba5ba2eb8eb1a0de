//! Lists, sets and maps.

use helenus_protocol::DecodeError;
use helenus_protocol::notation::Reader;
use helenus_protocol::value::Cells;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::{Decoded, Lengths};
use crate::codec::{Codec, Kind};
use crate::errors::DecodeFailure;
use crate::python;

/// The cells of a collection, counted and measured as its version does.
enum Elements<'a> {
    Int(Cells<'a>),
    Short { reader: Reader<'a>, left: usize },
}

impl<'a> Elements<'a> {
    fn int(cells: Result<Cells<'a>, DecodeError>) -> Result<Self, Box<DecodeFailure>> {
        Ok(Self::Int(cells?))
    }

    /// Of `per_entry` cells each: 1 in lists and sets, 2 in maps.
    fn short(bytes: &'a [u8], per_entry: usize) -> Result<Self, Box<DecodeFailure>> {
        let mut reader = Reader::new(bytes);
        let left = reader.short_count(2 * per_entry, "collection")? * per_entry;
        Ok(Self::Short { reader, left })
    }

    /// How many cells to make room for at once.
    fn room(&self) -> usize {
        match self {
            Self::Int(cells) => cells.room(),
            Self::Short { left, .. } => *left,
        }
    }

    fn next(&mut self) -> Option<Result<Option<&'a [u8]>, Box<DecodeFailure>>> {
        match self {
            Self::Int(cells) => cells.next().map(|cell| Ok(cell?)),
            Self::Short { reader, left } => {
                *left = left.checked_sub(1)?;
                Some(reader.short_bytes().map(Some).map_err(Into::into))
            }
        }
    }
}

pub(super) fn list<'py>(py: Python<'py>, element: &Codec, bytes: &[u8], lengths: Lengths) -> Decoded<'py> {
    let mut cells = match lengths {
        Lengths::Int => Elements::int(Cells::of_list(bytes))?,
        Lengths::Short => Elements::short(bytes, 1)?,
    };
    let mut items = Vec::with_capacity(cells.room());
    while let Some(cell) = cells.next() {
        items.push(element.decode_cell(py, cell?)?);
    }
    Ok(PyList::new(py, items)?.into_any())
}

/// A `cassandra.util.SortedSet`. The server sends a set in the order of its element type; where that is Python's
/// order too, and the bytes prove to be in it, nothing is sorted again.
pub(super) fn set<'py>(py: Python<'py>, element: &Codec, bytes: &[u8], lengths: Lengths) -> Decoded<'py> {
    let mut cells = match lengths {
        Lengths::Int => Elements::int(Cells::of_set(bytes))?,
        Lengths::Short => Elements::short(bytes, 1)?,
    };
    let order = Order::of(&element.kind);
    let mut sorted = order.is_some();
    let mut previous = None;
    let mut items = Vec::with_capacity(cells.room());
    while let Some(cell) = cells.next() {
        let cell = cell?;
        if let Some(order) = order.filter(|_| sorted) {
            sorted = order.rises(previous, cell);
            previous = cell;
        }
        items.push(element.decode_cell(py, cell)?);
    }
    let items = PyList::new(py, items)?;
    let class = python::SORTED_SET.get(py)?;
    if sorted {
        return Ok(class.call_method1(intern!(py, "_from_sorted"), (items,))?);
    }
    Ok(class.call1((items,))?)
}

/// In which order bytes are the values' order, in Cassandra and in Python alike.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// Two's complement numbers of one width.
    Signed,
    /// Unsigned numbers of one width.
    Unsigned,
    /// Bytes, and text, whose code points rise as their bytes do.
    Bytes,
}

impl Order {
    const fn of(kind: &Kind) -> Option<Self> {
        match kind {
            Kind::Tinyint | Kind::Smallint | Kind::Int | Kind::Bigint | Kind::Timestamp | Kind::Time => {
                Some(Self::Signed)
            }
            Kind::Date | Kind::Boolean => Some(Self::Unsigned),
            Kind::Ascii | Kind::Text | Kind::Blob => Some(Self::Bytes),
            _ => None,
        }
    }

    /// Whether `next` comes after `previous`. Null and empty cells have no place in the order.
    fn rises(self, previous: Option<&[u8]>, next: Option<&[u8]>) -> bool {
        let Some(next) = next else { return false };
        match (self, previous) {
            (Self::Bytes, None) => true,
            (Self::Bytes, Some(previous)) => previous < next,
            (Self::Signed | Self::Unsigned, None) => !next.is_empty(),
            (Self::Unsigned, Some(previous)) => previous.len() == next.len() && previous < next,
            (Self::Signed, Some(previous)) => match (previous, next) {
                ([high, low @ ..], [next_high, next_low @ ..]) if low.len() == next_low.len() => {
                    ((*high as i8), low) < ((*next_high as i8), next_low)
                }
                _ => false,
            },
        }
    }
}

/// A `cassandra.util.OrderedMapSerializedKey`, in the server's order; it finds keys by their bytes, so that they
/// need not be hashable.
pub(super) fn map<'py>(
    py: Python<'py>,
    key: &Codec,
    value: &Codec,
    bytes: &[u8],
    lengths: Lengths,
) -> Decoded<'py> {
    let mut cells = match lengths {
        Lengths::Int => Elements::int(Cells::of_map(bytes))?,
        Lengths::Short => Elements::short(bytes, 2)?,
    };
    let class = key.class(py)?;
    let map = python::ORDERED_MAP.get(py)?.call1((class, 4))?;
    let insert = map.getattr(intern!(py, "_insert_unchecked"))?;
    while let Some(key_cell) = cells.next() {
        let key_cell = key_cell?;
        let key_object = key.decode_cell(py, key_cell)?;
        let value_object = value.decode_cell(py, cells.next().transpose()?.flatten())?;
        insert.call1((key_object, PyBytes::new(py, key_cell.unwrap_or_default()), value_object))?;
    }
    Ok(map)
}
