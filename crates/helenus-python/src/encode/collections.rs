//! Lists, sets and maps.
//!
//! An element's own methods may change its container while it is encoded: lists and tuples are read by index, to
//! their length of that moment, dicts from a copy of their items, and everything else by Python's own iterators,
//! which notice. A count that turns out wrong is an error.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::Encoded;
use crate::codec::Codec;
use crate::decode::Lengths;
use crate::errors::EncodeFailure;

/// Writes a count first, and makes sure at the end that so many elements came.
struct Counted<'a> {
    out: &'a mut Vec<u8>,
    lengths: Lengths,
    left: usize,
}

impl<'a> Counted<'a> {
    fn new(count: usize, out: &'a mut Vec<u8>, lengths: Lengths) -> Result<Self, Box<EncodeFailure>> {
        let too_many =
            || EncodeFailure::value(format!("{count} elements are more than a collection can have"));
        match lengths {
            Lengths::Int => {
                out.extend_from_slice(&i32::try_from(count).map_err(|_| too_many())?.to_be_bytes());
            }
            Lengths::Short => {
                out.extend_from_slice(&u16::try_from(count).map_err(|_| too_many())?.to_be_bytes());
            }
        }
        Ok(Self { out, lengths, left: count })
    }

    fn changed() -> Box<EncodeFailure> {
        EncodeFailure::value("the collection changed its size while it was read")
    }

    fn begin(&mut self) -> Encoded {
        self.left = self.left.checked_sub(1).ok_or_else(Self::changed)?;
        Ok(())
    }

    fn cell(&mut self, codec: &Codec, value: &Bound<'_, PyAny>) -> Encoded {
        if self.lengths == Lengths::Int {
            return codec.encode_cell(value, self.out);
        }
        let start = self.out.len();
        self.out.extend_from_slice(&[0; 2]);
        if !value.is_none() {
            codec.encode(value, self.out, Lengths::Int)?;
        }
        let length = u16::try_from(self.out.len() - start - 2).map_err(|_| {
            EncodeFailure::value("an element has at most 65535 bytes in this protocol version")
        })?;
        self.out[start..start + 2].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn finish(&self) -> Encoded {
        if self.left == 0 { Ok(()) } else { Err(Self::changed()) }
    }
}

/// A list or a set: anything that has a length and can be iterated, but text.
pub(super) fn elements(
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    lengths: Lengths,
) -> Encoded {
    if let Ok(list) = value.cast_exact::<PyList>() {
        let mut counted = Counted::new(list.len(), out, lengths)?;
        for index in 0..list.len() {
            let item = list.get_item(index).map_err(|_| Counted::changed())?;
            counted.begin()?;
            counted.cell(codec, &item)?;
        }
        return counted.finish();
    }
    if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        let mut counted = Counted::new(tuple.len(), out, lengths)?;
        for item in tuple.iter_borrowed() {
            counted.begin()?;
            counted.cell(codec, &item)?;
        }
        return counted.finish();
    }
    if value.is_instance_of::<PyString>() {
        return Err(EncodeFailure::class("Received a string for a type that expects a sequence"));
    }
    let mut counted = Counted::new(value.len()?, out, lengths)?;
    for item in value.try_iter()? {
        counted.begin()?;
        counted.cell(codec, &item?)?;
    }
    counted.finish()
}

/// Anything that has a length and `items`.
pub(super) fn map(
    key: &Codec,
    item: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    lengths: Lengths,
) -> Encoded {
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        let entries = dict.items();
        let mut counted = Counted::new(entries.len(), out, lengths)?;
        for entry in entries.iter() {
            counted.begin()?;
            pair(&mut counted, key, item, &entry)?;
        }
        return counted.finish();
    }
    let count = value.len()?;
    if value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || !value.hasattr(intern!(value.py(), "items"))?
    {
        return Err(EncodeFailure::class("Got a non-map object for a map value"));
    }
    let mut counted = Counted::new(count, out, lengths)?;
    for entry in value.call_method0(intern!(value.py(), "items"))?.try_iter()? {
        counted.begin()?;
        pair(&mut counted, key, item, &entry?)?;
    }
    counted.finish()
}

fn pair(counted: &mut Counted<'_>, key: &Codec, item: &Codec, entry: &Bound<'_, PyAny>) -> Encoded {
    let (entry_key, entry_item): (Bound<'_, PyAny>, Bound<'_, PyAny>) = entry.extract()?;
    counted.cell(key, &entry_key)?;
    counted.cell(item, &entry_item)
}
