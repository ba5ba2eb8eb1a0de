//! Vectors: elements of one size side by side, or each behind its length as an `[unsigned vint]`.

use helenus_protocol::notation::Writer;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use super::numbers::single;
use super::{Encoded, class_name};
use crate::codec::{Kind, VectorCodec};
use crate::decode::Lengths;
use crate::errors::EncodeFailure;

/// Anything with exactly as many elements as the type says.
pub(super) fn vector(vector: &VectorCodec, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    if value.is_instance_of::<PyString>() {
        return Err(EncodeFailure::class("Received a string for a type that expects a sequence"));
    }
    let observed = value.len()?;
    if observed != vector.dimension {
        return Err(EncodeFailure::value(format!(
            "Expected sequence of size {size} for vector of type {name} and dimension {size}, observed sequence \
             of length {observed}",
            size = vector.dimension,
            name = vector.element.name(value.py()),
        )));
    }
    if matches!(vector.element.kind, Kind::Float) && floats(value, out)? {
        return Ok(());
    }
    let mut written = 0;
    for item in value.try_iter()? {
        if written == vector.dimension {
            return Err(EncodeFailure::value("the sequence changed its size while it was read"));
        }
        element(vector, &item?, out)?;
        written += 1;
    }
    if written < vector.dimension {
        return Err(EncodeFailure::value("the sequence changed its size while it was read"));
    }
    Ok(())
}

/// Embeddings, thousands of floats a value: arrays (numpy's, `array.array`) are read by their buffer. Whether it was
/// one.
fn floats(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<bool, Box<EncodeFailure>> {
    if value.is_exact_instance_of::<PyList>() {
        return Ok(false);
    }
    let py = value.py();
    if let Ok(buffer) = PyBuffer::<f32>::get(value)
        && buffer.dimensions() == 1
    {
        buffer.to_vec(py)?.into_iter().for_each(|float| out.extend_from_slice(&float.to_be_bytes()));
        return Ok(true);
    }
    if let Ok(buffer) = PyBuffer::<f64>::get(value)
        && buffer.dimensions() == 1
    {
        for float in buffer.to_vec(py)? {
            out.extend_from_slice(&single(float)?.to_be_bytes());
        }
        return Ok(true);
    }
    Ok(false)
}

fn element(vector: &VectorCodec, item: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    if item.is_none() {
        let why = format!("an element of a vector cannot be null ('{}')", class_name(item));
        return Err(EncodeFailure::class(why));
    }
    if vector.element_size.is_some() {
        return vector.element.encode(item, out, Lengths::Int);
    }
    let mut bytes = Vec::new();
    vector.element.encode(item, &mut bytes, Lengths::Int)?;
    let mut writer = Writer::new(out);
    writer.unsigned_vint(bytes.len() as u64);
    writer.raw(&bytes);
    Ok(())
}
