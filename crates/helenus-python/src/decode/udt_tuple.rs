//! Tuples, user-defined types, and the composites of old tables.
//!
//! A user-defined type's value may have fewer fields than its type (the rest are null: the type has been altered since
//! it was written) and more (we do not know of the alteration yet): neither is an error.

use helenus_protocol::notation::Reader;
use helenus_protocol::value::Cells;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::{Decoded, objects};
use crate::codec::{Codec, UdtClass, UdtCodec};
use crate::errors::DecodeFailure;

fn fields<'py>(
    py: Python<'py>,
    codecs: &[Codec],
    cells: Cells<'_>,
) -> Result<Vec<Bound<'py, PyAny>>, Box<DecodeFailure>> {
    let mut items = Vec::with_capacity(codecs.len());
    for (codec, cell) in codecs.iter().zip(cells) {
        items.push(codec.decode_cell(py, cell?)?);
    }
    Ok(items)
}

pub(super) fn tuple<'py>(py: Python<'py>, codecs: &[Codec], bytes: &[u8]) -> Decoded<'py> {
    Ok(PyTuple::new(py, fields(py, codecs, Cells::of_tuple(bytes, codecs.len())?)?)?.into_any())
}

pub(super) fn udt<'py>(py: Python<'py>, udt: &UdtCodec, bytes: &[u8]) -> Decoded<'py> {
    let mut items = fields(py, &udt.fields, Cells::of_user_type(bytes, udt.fields.len())?)?;
    match &udt.class {
        UdtClass::Tuple => Ok(PyTuple::new(py, items)?.into_any()),
        UdtClass::NamedTuple(class) => {
            let class = class.bind(py).cast::<PyType>().map_err(PyErr::from)?;
            Ok(objects::named_tuple(class, &mut items)?)
        }
        UdtClass::Registered(class) => {
            let keywords = PyDict::new(py);
            for (name, item) in udt.names.iter().zip(items) {
                keywords.set_item(name, item)?;
            }
            Ok(class.bind(py).call((), Some(&keywords))?)
        }
    }
}

/// Components of a `CompositeType`: a `[short bytes]` and an end-of-component byte each.
pub(super) fn composite<'py>(py: Python<'py>, codecs: &[Codec], bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let mut items = Vec::with_capacity(codecs.len());
    for codec in codecs {
        // A prefix of a composite is a value too: a slice's end.
        if reader.is_empty() {
            break;
        }
        let cell = reader.short_bytes()?;
        reader.byte()?;
        items.push(codec.decode_cell(py, Some(cell))?);
    }
    Ok(PyTuple::new(py, items)?.into_any())
}
