//! Lists, sets and maps.

use helenus_protocol::DecodeError;
use helenus_protocol::notation::Reader;
use helenus_protocol::value::Cells;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::{Decoded, Lengths, VERSION};
use crate::codec::Codec;
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

/// A `cassandra.util.SortedSet`, which sorts where Python's order is not the server's (time UUIDs, addresses).
pub(super) fn set<'py>(py: Python<'py>, element: &Codec, bytes: &[u8], lengths: Lengths) -> Decoded<'py> {
    let mut cells = match lengths {
        Lengths::Int => Elements::int(Cells::of_set(bytes))?,
        Lengths::Short => Elements::short(bytes, 1)?,
    };
    let mut distinct = Distinct::default();
    let mut items = Vec::with_capacity(cells.room());
    while let Some(cell) = cells.next() {
        let cell = cell?;
        distinct.see(cell);
        items.push(element.decode_cell(py, cell)?);
    }
    let items = PyList::new(py, items)?;
    let class = python::SORTED_SET.get(py)?;
    if distinct.are_all() {
        return Ok(class.call_method1(intern!(py, "_from_sorted"), (items,))?);
    }
    Ok(class.call1((items,))?)
}

/// Whether cells are all different: what a server makes sure of, and Python's containers rely on.
#[derive(Default)]
struct Distinct<'a> {
    seen: Vec<Option<&'a [u8]>>,
    /// Some cell is not greater than the one before, as bytes; text never falls, numbers do once, below zero.
    fell: bool,
}

impl<'a> Distinct<'a> {
    fn see(&mut self, cell: Option<&'a [u8]>) {
        self.fell |= self.seen.last().is_some_and(|last| *last >= cell);
        self.seen.push(cell);
    }

    fn are_all(mut self) -> bool {
        if self.fell {
            self.seen.sort_unstable();
        }
        !self.fell || self.seen.windows(2).all(|pair| pair[0] != pair[1])
    }
}

/// A `cassandra.util.OrderedMapSerializedKey`, in the server's order.
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
    let mut distinct = Distinct::default();
    let mut pairs = Vec::with_capacity(cells.room() / 2);
    while let Some(key_cell) = cells.next() {
        let key_cell = key_cell?;
        distinct.see(key_cell);
        let key_object = key.decode_cell(py, key_cell)?;
        let value_object = value.decode_cell(py, cells.next().transpose()?.flatten())?;
        pairs.push(PyTuple::new(py, [key_object, value_object])?);
    }
    let pairs = PyList::new(py, pairs)?;
    let class = python::ORDERED_MAP.get(py)?;
    if distinct.are_all() {
        let arguments = (pairs, key.class(py)?, VERSION);
        return Ok(class.call_method1(intern!(py, "_from_sorted_pairs"), arguments)?);
    }
    let map = class.call1((key.class(py)?, VERSION))?;
    for pair in pairs.iter() {
        let (key_object, value_object): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
        map.set_item(key_object, value_object)?;
    }
    Ok(map)
}
