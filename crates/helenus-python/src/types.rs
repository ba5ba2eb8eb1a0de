//! What the classes of `cassandra.cqltypes` stand on: one value of one type, both ways.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec::{self, Codec};
use crate::decode::Lengths;

/// The codec of a class of `cassandra.cqltypes`, as its own `serialize` and `deserialize` use it.
#[pyclass(frozen, module = "helenus._native")]
#[derive(Debug)]
pub(crate) struct TypeCodec {
    codec: Codec,
    generation: u64,
}

#[pymethods]
impl TypeCodec {
    /// For `cls` as we made it, whatever was patched on it since; for what is inside it, patches count.
    #[new]
    fn new(cls: &Bound<'_, PyAny>) -> PyResult<Self> {
        let generation = codec::generation();
        Ok(Self { codec: Codec::of_class_itself(cls)?, generation })
    }

    /// Whether a class of `cassandra.cqltypes` was patched since: then a new codec is due.
    #[getter]
    fn is_stale(&self) -> bool {
        self.generation != codec::generation()
    }

    /// The object that `byts` are.
    fn decode<'py>(
        &self,
        py: Python<'py>,
        byts: &Bound<'py, PyAny>,
        protocol_version: u8,
    ) -> PyResult<Bound<'py, PyAny>> {
        let copied;
        let bytes = match byts.cast::<PyBytes>() {
            Ok(bytes) => bytes.as_bytes(),
            // A bytearray or a memoryview may change while Python code runs.
            Err(_) => {
                copied = py.get_type::<PyBytes>().call1((byts,))?.cast_into::<PyBytes>()?;
                copied.as_bytes()
            }
        };
        self.codec
            .decode(py, bytes, lengths(protocol_version))
            .map_err(|failure| failure.into_exception(py, &self.codec.name(py)))
    }

    /// The bytes of `value`.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        value: &Bound<'py, PyAny>,
        protocol_version: u8,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::new();
        self.codec
            .encode(value, &mut out, lengths(protocol_version))
            .map_err(|failure| failure.into_exception(py, &self.codec.name(py)))?;
        Ok(PyBytes::new(py, &out))
    }
}

const fn lengths(protocol_version: u8) -> Lengths {
    if protocol_version >= 3 { Lengths::Int } else { Lengths::Short }
}
