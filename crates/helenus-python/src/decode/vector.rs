//! Vectors: elements of one size side by side, or each behind its length as an `[unsigned vint]`.

use helenus_protocol::notation::Reader;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList};

use super::Decoded;
use crate::codec::{Kind, VectorCodec};
use crate::errors::DecodeFailure;

pub(super) fn vector<'py>(py: Python<'py>, vector: &VectorCodec, bytes: &[u8]) -> Decoded<'py> {
    match vector.element_size {
        Some(size) => fixed(py, vector, size, bytes),
        None => variable(py, vector, bytes),
    }
}

fn fixed<'py>(py: Python<'py>, vector: &VectorCodec, size: usize, bytes: &[u8]) -> Decoded<'py> {
    if size.checked_mul(vector.dimension) != Some(bytes.len()) || size == 0 {
        return Err(DecodeFailure::malformed(format!(
            "Expected vector of type {} and dimension {} to have serialized size {}; observed serialized size \
             of {} instead",
            vector.element.name(py),
            vector.dimension,
            size.saturating_mul(vector.dimension),
            bytes.len()
        )));
    }
    // Embeddings: thousands of floats a value.
    if matches!(vector.element.kind, Kind::Float) {
        let (floats, _none_left) = bytes.as_chunks::<4>();
        let floats = floats.iter().map(|bytes| PyFloat::new(py, f32::from_be_bytes(*bytes).into()));
        return Ok(PyList::new(py, floats)?.into_any());
    }
    let items: Vec<_> = bytes
        .chunks_exact(size)
        .map(|cell| vector.element.decode_cell(py, Some(cell)))
        .collect::<Result<_, _>>()?;
    Ok(PyList::new(py, items)?.into_any())
}

fn variable<'py>(py: Python<'py>, vector: &VectorCodec, bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    // Each element has at least the byte of its length: what is left bounds what is made room for.
    let mut items = Vec::with_capacity(vector.dimension.min(bytes.len()));
    for _ in 0..vector.dimension {
        let cell = reader
            .unsigned_vint()
            .and_then(|length| reader.take(usize::try_from(length).unwrap_or(usize::MAX), "vector element"));
        let Ok(cell) = cell else {
            return Err(DecodeFailure::malformed(format!(
                "Error reading additional data during vector deserialization after successfully adding {} \
                 elements",
                items.len()
            )));
        };
        items.push(vector.element.decode_cell(py, Some(cell))?);
    }
    if !reader.is_empty() {
        return Err(DecodeFailure::malformed(
            "Additional bytes remaining after vector deserialization completed",
        ));
    }
    Ok(PyList::new(py, items)?.into_any())
}
