//! Tuples, user-defined types, and the composites of old tables.

use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyFrozenSet, PyList, PySet, PyString, PyTuple};

use super::{Encoded, class_name};
use crate::codec::{Codec, UdtCodec};
use crate::decode::Lengths;
use crate::errors::EncodeFailure;

/// A sequence of at most as many items as the type has; the rest is null.
pub(super) fn tuple(codecs: &[Codec], value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let items = sequence(value, "tuple")?;
    if items.len() > codecs.len() {
        let text = format!("Expected {} items in a tuple, but got {}", codecs.len(), items.len());
        return Err(EncodeFailure::value(text));
    }
    codecs.iter().zip(items).try_for_each(|(codec, item)| codec.encode_cell(&item, out))
}

/// The items of something in which order means something.
fn sequence<'py>(
    value: &Bound<'py, PyAny>,
    what: &str,
) -> Result<Vec<Bound<'py, PyAny>>, Box<EncodeFailure>> {
    let unordered = value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PySet>()
        || value.is_instance_of::<PyFrozenSet>();
    if unordered {
        let class = class_name(value);
        return Err(EncodeFailure::class(format!("a {what} is a sequence of its items, not '{class}'")));
    }
    let count = value.len()?;
    let items: Vec<_> = value.try_iter()?.take(count.saturating_add(1)).collect::<PyResult<_>>()?;
    if items.len() != count {
        return Err(EncodeFailure::value("the sequence changed its size while it was read"));
    }
    Ok(items)
}

/// A namedtuple or other sequence of all fields, a dict by field name, or an object with the fields as attributes.
/// What a dict or an object lacks is null, but one that has none of the fields is of another type.
pub(super) fn udt(udt: &UdtCodec, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let py = value.py();
    if value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>() {
        let items = sequence(value, "user-defined type's value")?;
        if items.len() < udt.fields.len() {
            let text =
                format!("{} fields of a user-defined type are due, not {}", udt.fields.len(), items.len());
            return Err(EncodeFailure::value(text));
        }
        return udt.fields.iter().zip(items).try_for_each(|(codec, item)| codec.encode_cell(&item, out));
    }
    let mut known = 0;
    let dict = value.cast::<PyDict>().ok();
    for (name, codec) in udt.names.iter().zip(&udt.fields) {
        let field = match dict {
            Some(dict) => dict.get_item(name)?,
            None => match value.getattr(name) {
                Ok(field) => Some(field),
                Err(error) if error.is_instance_of::<PyAttributeError>(py) => None,
                Err(error) => return Err(error.into()),
            },
        };
        known += usize::from(field.is_some());
        codec.encode_cell(&field.unwrap_or_else(|| py.None().into_bound(py)), out)?;
    }
    if let Some(dict) = dict
        && known < dict.len()
    {
        return Err(EncodeFailure::value("the dict has keys that are no fields of the user-defined type"));
    }
    if known == 0 && dict.is_none() && !udt.names.is_empty() {
        let class = class_name(value);
        return Err(EncodeFailure::class(format!("'{class}' has none of the user-defined type's fields")));
    }
    Ok(())
}

/// Components of a `CompositeType`: a `[short bytes]` and a zero byte each.
pub(super) fn composite(codecs: &[Codec], value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let items = sequence(value, "composite")?;
    if items.len() > codecs.len() {
        let text = format!("Expected {} components of a composite, but got {}", codecs.len(), items.len());
        return Err(EncodeFailure::value(text));
    }
    for (codec, item) in codecs.iter().zip(items) {
        let start = out.len();
        out.extend_from_slice(&[0; 2]);
        codec.encode(&item, out, Lengths::Int)?;
        let length = u16::try_from(out.len() - start - 2)
            .map_err(|_| EncodeFailure::value("a component of a composite has at most 65535 bytes"))?;
        out[start..start + 2].copy_from_slice(&length.to_be_bytes());
        out.push(0);
    }
    Ok(())
}
