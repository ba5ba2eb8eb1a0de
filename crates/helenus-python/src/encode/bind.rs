//! The bound values of a prepared statement: from a sequence or a dict to what stands in an EXECUTE.

use helenus_protocol::ProtocolVersion;
use helenus_protocol::request::SerializedValues;
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping, PyString, PyTuple};

use super::Encoded;
use crate::codec::{self, Codec, Kind};
use crate::errors::EncodeFailure;
use crate::python;

/// A `[short]` counts the values.
const MAX_VALUES: usize = 65_535;

/// So many bytes of room are kept between statements.
const KEEP: usize = 64 * 1024;

#[derive(Debug)]
struct BindColumn {
    name: Py<PyString>,
    class: Py<PyAny>,
    codec: Codec,
}

impl BindColumn {
    /// What a class's `to_binary` lets pass and the server does not: a timeuuid of another version than 1.
    fn check(&self, cell: &[u8]) -> Encoded {
        match (&self.codec.kind, cell) {
            (Kind::Timeuuid, [0, 0, 0, 16, uuid @ ..]) if uuid.get(6).is_some_and(|byte| byte >> 4 != 1) => {
                Err(EncodeFailure::value("a timeuuid is a UUID of version 1"))
            }
            _ => Ok(()),
        }
    }
}

/// Encodes values by a prepared statement's `column_metadata`; made once per statement.
#[pyclass(frozen, module = "helenus._native")]
#[derive(Debug)]
pub(crate) struct Binder {
    columns: Vec<BindColumn>,
    /// Which columns make the routing key, in its order.
    routing_key: Vec<usize>,
    can_unset: bool,
    version: u8,
    generation: u64,
}

#[pymethods]
impl Binder {
    /// `column_metadata` is a sequence of objects with `name` and `type` (a class of `cassandra.cqltypes`).
    #[new]
    #[pyo3(signature = (column_metadata, routing_key_indexes, protocol_version))]
    fn new(
        column_metadata: &Bound<'_, PyAny>,
        routing_key_indexes: Option<Vec<usize>>,
        protocol_version: u8,
    ) -> PyResult<Self> {
        let py = column_metadata.py();
        let generation = codec::generation();
        let columns: Vec<_> = column_metadata
            .try_iter()?
            .map(|column| {
                let column = column?;
                let class = column.getattr(intern!(py, "type"))?;
                Ok(BindColumn {
                    name: column.getattr(intern!(py, "name"))?.cast_into::<PyString>()?.unbind(),
                    codec: Codec::of_class(&class)?,
                    class: class.unbind(),
                })
            })
            .collect::<PyResult<_>>()?;
        if columns.len() > MAX_VALUES {
            let text = format!("{} values; a statement has at most {MAX_VALUES}", columns.len());
            return Err(PyValueError::new_err(text));
        }
        let routing_key = routing_key_indexes.unwrap_or_default();
        if let Some(index) = routing_key.iter().find(|index| **index >= columns.len()) {
            let text = format!("routing key index {index} with {} columns", columns.len());
            return Err(PyValueError::new_err(text));
        }
        // Numbers beyond the specified ones (the old 1 and 2, a beta) stand for the nearest.
        let nearest = ProtocolVersion::from_number(protocol_version.clamp(3, 5));
        let can_unset = nearest.is_some_and(ProtocolVersion::has_unset);
        Ok(Self { columns, routing_key, can_unset, version: protocol_version, generation })
    }

    /// Whether a class of `cassandra.cqltypes` was patched since: then a new binder is due.
    #[getter]
    pub(crate) fn is_stale(&self) -> bool {
        self.generation != codec::generation()
    }

    /// Encodes a sequence of values in the columns' order, a dict by column name, or `None` for no values.
    #[pyo3(name = "bind")]
    fn bind_from_python(&self, values: &Bound<'_, PyAny>) -> PyResult<BoundValues> {
        self.bind(values)
    }
}

impl Binder {
    /// What [`bind`](Self::bind_from_python) does, for the request path.
    pub(crate) fn bind(&self, values: &Bound<'_, PyAny>) -> PyResult<BoundValues> {
        let mut bound = BoundValues::with_capacity(self.columns.len());
        self.bind_to(values, &mut bound)?;
        Ok(bound)
    }

    /// The same into `bound`, which is empty, for whoever binds many: it may be used again.
    pub(crate) fn bind_to(&self, values: &Bound<'_, PyAny>, bound: &mut BoundValues) -> PyResult<()> {
        let py = values.py();
        let unset = python::UNSET_VALUE.get(py)?;
        if let Ok(dict) = values.cast_exact::<PyDict>() {
            return self.push_named(bound, unset, |name| dict.get_item(name));
        }
        let is_plain = values.is_instance_of::<PyTuple>() || values.is_instance_of::<PyList>();
        if !is_plain && (values.is_instance_of::<PyDict>() || values.is_instance_of::<PyMapping>()) {
            // Its class may have a say: `defaultdict`, `__missing__`, a `__getitem__` of its own.
            return self.push_named(bound, unset, |name| match values.get_item(name) {
                Err(error) if error.is_instance_of::<PyKeyError>(py) => Ok(None),
                found => found.map(Some),
            });
        }
        if !values.is_none() {
            self.push_sequence(bound, values, unset)?;
        }
        if self.can_unset {
            for column in &self.columns[bound.ends.len()..] {
                self.push(bound, column, unset, unset)?;
            }
        } else if bound.ends.len() < self.routing_key.len() {
            return Err(PyValueError::new_err(format!(
                "Too few arguments provided to bind() (got {}, required {} for routing key)",
                bound.ends.len(),
                self.routing_key.len()
            )));
        }
        Ok(())
    }

    /// Each column's value by its name, as `of` finds it.
    fn push_named<'py>(
        &self,
        bound: &mut BoundValues,
        unset: &Bound<'py, PyAny>,
        of: impl Fn(&Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>>,
    ) -> PyResult<()> {
        let py = unset.py();
        for column in &self.columns {
            let name = column.name.bind(py);
            match of(name)? {
                Some(value) => self.push(bound, column, &value, unset)?,
                None if self.can_unset => self.push(bound, column, unset, unset)?,
                None => {
                    let text = format!("Column name `{name}` not found in bound dict.");
                    return Err(PyKeyError::new_err(text));
                }
            }
        }
        Ok(())
    }

    fn push_sequence(
        &self,
        bound: &mut BoundValues,
        values: &Bound<'_, PyAny>,
        unset: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let is_text = values.is_instance_of::<PyString>() || values.is_instance_of::<PyBytes>();
        if is_text || !values.hasattr(intern!(values.py(), "__len__"))? {
            let class = values.get_type();
            return Err(PyTypeError::new_err(format!("bound values are a sequence or a dict, not {class}")));
        }
        let count = values.len()?;
        if count > self.columns.len() {
            let expected = self.columns.len();
            let text = format!("Too many arguments provided to bind() (got {count}, expected {expected})");
            return Err(PyValueError::new_err(text));
        }
        for value in values.try_iter()? {
            // The sequence may have grown while its items were encoded.
            let Some(column) = self.columns.get(bound.ends.len()) else {
                return Err(PyValueError::new_err("the bound values changed while they were read"));
            };
            self.push(bound, column, &value?, unset)?;
        }
        Ok(())
    }

    fn push(
        &self,
        bound: &mut BoundValues,
        column: &BindColumn,
        value: &Bound<'_, PyAny>,
        unset: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = value.py();
        if value.is(unset) {
            return self.push_unset(py, bound, column);
        }
        let start = bound.wire.len();
        let encoded = column.codec.encode_cell(value, &mut bound.wire);
        encoded.and_then(|()| column.check(&bound.wire[start..])).map_err(|failure| {
            let name = column.name.bind(py).to_string_lossy();
            failure.in_column(py, &name, column.class.bind(py), value)
        })?;
        bound.ends.push(bound.wire.len());
        Ok(())
    }

    fn push_unset(&self, py: Python<'_>, bound: &mut BoundValues, column: &BindColumn) -> PyResult<()> {
        if !self.can_unset {
            return Err(PyValueError::new_err(format!(
                "Attempt to bind UNSET_VALUE while using unsuitable protocol version ({} < 4)",
                self.version
            )));
        }
        if self.routing_key.contains(&bound.ends.len()) {
            let name = column.name.bind(py);
            let text = format!("Cannot bind UNSET_VALUE as a part of the routing key '{name}'");
            return Err(PyValueError::new_err(text));
        }
        bound.wire.extend_from_slice(&(-2_i32).to_be_bytes());
        bound.ends.push(bound.wire.len());
        Ok(())
    }
}

/// Bound values as they stand in the request: each a `[value]`, one after another.
#[pyclass(frozen, module = "helenus._native")]
#[derive(Debug, Default)]
pub(crate) struct BoundValues {
    wire: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
}

impl BoundValues {
    /// As they go into a request.
    pub(crate) fn serialized(&self) -> SerializedValues {
        SerializedValues::from_wire(self.count(), self.wire.clone())
    }

    /// The same, where they are not needed any more.
    pub(crate) fn into_serialized(self) -> SerializedValues {
        SerializedValues::from_wire(self.count(), self.wire)
    }

    /// Those of a request.
    pub(crate) fn of(values: &SerializedValues) -> Self {
        Self::read(values.as_bytes())
    }

    /// Those that stand in `wire`, each a `[value]`.
    fn read(wire: &[u8]) -> Self {
        let (wire, mut ends) = (wire.to_vec(), Vec::new());
        let mut at = 0;
        while let Some((length, _)) = wire[at..].split_first_chunk::<4>() {
            // Null and unset have no bytes, and a length below zero.
            at += 4 + usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
            at = at.min(wire.len());
            ends.push(at);
        }
        Self { wire, ends }
    }

    /// Forgets them, and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.wire.clear();
        // One large value is not to be kept for ever.
        self.wire.shrink_to(KEEP);
        self.ends.clear();
    }
}

#[pymethods]
impl BoundValues {
    /// Those of a request that was sent: all of its values, each with its length in front.
    #[staticmethod]
    fn sent(wire: &[u8]) -> Self {
        Self::read(wire)
    }

    fn __len__(&self) -> usize {
        self.count().into()
    }

    /// All values, each with its length in front.
    #[getter(wire)]
    fn wire_to_python<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.wire())
    }

    /// Each value's bytes, `None` for null, `UNSET_VALUE` for not set.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let unset = python::UNSET_VALUE.get(py)?;
        let values = (0..self.ends.len()).map(|index| match self.value(index) {
            BoundValue::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
            BoundValue::Null => py.None().into_bound(py),
            BoundValue::Unset => unset.clone(),
        });
        PyList::new(py, values.collect::<Vec<_>>())
    }
}

/// One bound value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BoundValue<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// Null.
    Null,
    /// Not set.
    Unset,
}

impl BoundValues {
    fn with_capacity(columns: usize) -> Self {
        Self { wire: Vec::with_capacity(columns * 16), ends: Vec::with_capacity(columns) }
    }

    /// All values, each with its length in front.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// How many there are; 65535 at most.
    pub(crate) fn count(&self) -> u16 {
        u16::try_from(self.ends.len()).unwrap_or(u16::MAX)
    }

    /// One of them, for the routing key; there are [`count`](Self::count).
    pub(crate) fn value(&self, index: usize) -> BoundValue<'_> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        let (length, bytes) = self.wire[start..self.ends[index]].split_at(4);
        match length {
            [0xFF, 0xFF, 0xFF, 0xFF] => BoundValue::Null,
            [0xFF, 0xFF, 0xFF, 0xFE] => BoundValue::Unset,
            _ => BoundValue::Bytes(bytes),
        }
    }
}
