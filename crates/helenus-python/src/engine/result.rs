//! `ResultCore`: an answer whose rows are still bytes, and become objects by the caller's row factory.

use std::sync::{Arc, Mutex, PoisonError};

use helenus::protocol::ProtocolVersion;
use helenus::protocol::notation::Writer;
use helenus::protocol::response::{Message, RawRows, Response, ResultMessage, RowsMetadata, SchemaTarget};
use helenus::{ResultSet, Statement};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::cluster::{host_uuid, python_uuid};
use super::runtime::Owned;
use super::statement::{Columns, columns};
use crate::decode::RowDecoder;
use crate::encode::BoundValues;

/// One page, or that a statement without rows was run.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct ResultCore(Owned<ResultSet>);

/// The decoder of the last few descriptions of columns: pages of one statement share one description, and prepared
/// statements share theirs over all executions.
static DECODERS: Mutex<Vec<Known>> = Mutex::new(Vec::new());

struct Known {
    metadata: Arc<RowsMetadata>,
    /// The registry of classes that it was made with. It is never changed: with another class comes another registry.
    user_types: Option<Py<PyAny>>,
    decoder: Py<RowDecoder>,
}

impl Known {
    fn is_of(&self, user_types: Option<&Bound<'_, PyAny>>) -> bool {
        let same_types = match (&self.user_types, user_types) {
            (None, None) => true,
            (Some(known), Some(given)) => given.is(known),
            _ => false,
        };
        same_types && !self.decoder.get().is_stale()
    }
}

/// How many decoders are kept.
const KEPT: usize = 64;

/// The decoder for `metadata` with these classes for user-defined types.
pub(super) fn decoder<'py>(
    py: Python<'py>,
    metadata: &Arc<RowsMetadata>,
    user_types: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, RowDecoder>> {
    let user_types = user_types.filter(|user_types| user_types.is_truthy().unwrap_or(true));
    {
        let mut decoders = DECODERS.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Known| Arc::ptr_eq(&known.metadata, metadata) && known.is_of(user_types);
        // Where nobody keeps a description, each answer brings its own, which says the same.
        let alike = |known: &Known| known.metadata == *metadata && known.is_of(user_types);
        let found = decoders.iter().position(same).or_else(|| decoders.iter().position(alike));
        if let Some(found) = found {
            // Found early the next time.
            decoders.swap(found, 0);
            decoders[0].metadata = Arc::clone(metadata);
            return Ok(decoders[0].decoder.bind(py).clone());
        }
    }
    let columns = metadata.columns.iter().map(|column| (&*column.name, &column.cql_type));
    let decoder = Bound::new(py, RowDecoder::new(py, columns, user_types)?)?;
    // Python objects are let go only after the lock is.
    let mut dropped = None;
    let made = Known {
        metadata: Arc::clone(metadata),
        user_types: user_types.map(|user_types| user_types.clone().unbind()),
        decoder: decoder.clone().unbind(),
    };
    {
        let mut decoders = DECODERS.lock().unwrap_or_else(PoisonError::into_inner);
        if decoders.len() >= KEPT {
            dropped = decoders.pop();
        }
        decoders.insert(0, made);
    }
    drop(dropped);
    Ok(decoder)
}

/// Called in the child after a fork: a thread of the parent may have been about to look up what a decoder keeps, and never
/// comes to an end with it here. The child makes decoders of its own.
pub(super) fn forked() {
    // Nobody holds the lock without the interpreter's, which this thread had when it forked.
    let inherited = DECODERS.try_lock().map(|mut decoders| std::mem::take(&mut *decoders));
    drop(inherited);
}

/// The names of columns; `None` where there are none.
pub(super) fn column_names<'py>(
    py: Python<'py>,
    metadata: Option<&Arc<RowsMetadata>>,
) -> PyResult<Option<Bound<'py, PyList>>> {
    metadata.map(|metadata| decoder(py, metadata, None)?.get().names(py)).transpose()
}

/// The classes of columns; `None` where there are none.
pub(super) fn column_types<'py>(
    py: Python<'py>,
    metadata: Option<&Arc<RowsMetadata>>,
) -> PyResult<Option<Bound<'py, PyList>>> {
    metadata.map(|metadata| decoder(py, metadata, None)?.get().types(py)).transpose()
}

impl ResultCore {
    pub(super) fn new(result: ResultSet) -> Self {
        Self(Owned::new(result))
    }
}

#[pymethods]
impl ResultCore {
    /// `"rows"`, `"void"`, `"set_keyspace"` or `"schema_change"`.
    #[getter]
    fn kind(&self) -> PyResult<&'static str> {
        let result = self.0.get()?;
        Ok(if result.raw_rows().is_some() {
            "rows"
        } else if result.schema_change().is_some() {
            "schema_change"
        } else if result.keyspace().is_some() {
            "set_keyspace"
        } else {
            "void"
        })
    }

    /// The values that the statement was bound to, as they were sent; `None` for other statements.
    #[getter]
    fn bound_values(&self) -> PyResult<Option<BoundValues>> {
        let statement = self.0.get()?.statement();
        Ok(if let Statement::Bound(bound) = statement { Some(BoundValues::of(&bound.values)) } else { None })
    }

    /// The names of the columns; `None` without rows.
    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        column_names(py, self.0.get()?.metadata())
    }

    /// The classes of the columns; `None` without rows.
    #[getter]
    fn column_types<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        column_types(py, self.0.get()?.metadata())
    }

    /// Keyspace, table, name and class name of each column; `None` without rows.
    #[getter]
    fn columns(&self) -> PyResult<Option<Columns>> {
        Ok(self.0.get()?.metadata().map(|metadata| columns(&metadata.columns)))
    }

    /// How many rows the page has.
    #[getter]
    fn rows_count(&self) -> PyResult<usize> {
        Ok(self.0.get()?.len())
    }

    /// The rows by `row_factory`; `None` for a statement without rows. `user_types` are the classes that were
    /// registered for user-defined types.
    #[pyo3(signature = (row_factory, user_types=None))]
    fn rows<'py>(
        &self,
        py: Python<'py>,
        row_factory: &Bound<'py, PyAny>,
        user_types: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let result = self.0.get()?;
        let (Some(rows), Some(metadata)) = (result.raw_rows(), result.metadata()) else {
            return Ok(py.None().into_bound(py));
        };
        let decoder = decoder(py, metadata, user_types)?;
        decoder.get().decode_with(&rows.cells, rows.rows_count, row_factory, Some(result.host().address()))
    }

    /// The answer's header flags and its body in a version, as a server writes it, for whoever reads rows otherwise:
    /// always with the columns' description.
    fn body<'py>(&self, py: Python<'py>, version: u8) -> PyResult<(u8, Bound<'py, PyBytes>)> {
        let result = self.0.get()?;
        let (Some(rows), Some(metadata)) = (result.raw_rows(), result.metadata()) else {
            return Err(PyValueError::new_err("only rows have a body to read otherwise"));
        };
        let version = ProtocolVersion::from_number(version)
            .ok_or_else(|| PyValueError::new_err(format!("there is no protocol version {version}")))?;
        let rows = RawRows { metadata: Some(Arc::clone(metadata)), ..rows.clone() };
        let answer = Response {
            tracing_id: result.tracing_id(),
            warnings: result.warnings().to_vec(),
            custom_payload: result.custom_payload().to_vec(),
            message: Message::Result(ResultMessage::Rows(rows)),
        };
        let mut body = Vec::new();
        answer
            .encode(version, &mut Writer::new(&mut body))
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((answer.flags().bits(), PyBytes::new(py, &body)))
    }

    /// Where the next page begins.
    #[getter]
    fn paging_state<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        Ok(self.0.get()?.paging_state().map(|state| PyBytes::new(py, state)))
    }

    /// The id of the new description of the columns, where the server has sent one (v5).
    #[getter]
    fn result_metadata_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let rows = self.0.get()?.raw_rows();
        Ok(rows.and_then(|rows| rows.new_metadata_id.as_ref().map(|id| PyBytes::new(py, id))))
    }

    /// The id of the trace.
    #[getter]
    fn tracing_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.get()?.tracing_id().map(|id| python_uuid(py, id)).transpose()
    }

    /// The server's warnings; `None` where there are none.
    #[getter]
    fn warnings(&self) -> PyResult<Option<Vec<String>>> {
        let warnings = self.0.get()?.warnings();
        Ok((!warnings.is_empty()).then(|| warnings.to_vec()))
    }

    /// What the server's query handler said beside; `None` where it said nothing.
    #[getter]
    fn custom_payload<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let payload = self.0.get()?.custom_payload();
        if payload.is_empty() {
            return Ok(None);
        }
        let dict = PyDict::new(py);
        for (key, value) in payload {
            dict.set_item(key, value.as_ref().map(|value| PyBytes::new(py, value)))?;
        }
        Ok(Some(dict))
    }

    /// The host that answered.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        host_uuid(py, self.0.get()?.host().host_id())
    }

    /// The keyspace that a USE has set.
    #[getter]
    fn keyspace(&self) -> PyResult<Option<String>> {
        Ok(self.0.get()?.keyspace().map(str::to_owned))
    }

    /// What the statement changed of the schema.
    #[getter]
    fn schema_change<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(change) = self.0.get()?.schema_change() else { return Ok(None) };
        let dict = PyDict::new(py);
        dict.set_item("change_type", change.change.name())?;
        dict.set_item("target_type", change.target.kind_name())?;
        dict.set_item("keyspace", &change.keyspace)?;
        match &change.target {
            SchemaTarget::Keyspace => {}
            SchemaTarget::Table(name) => dict.set_item("table", name)?,
            SchemaTarget::Type(name) => dict.set_item("type", name)?,
            SchemaTarget::Function { name, arguments } => {
                dict.set_item("function", name)?;
                dict.set_item("argument_types", arguments)?;
            }
            SchemaTarget::Aggregate { name, arguments } => {
                dict.set_item("aggregate", name)?;
                dict.set_item("argument_types", arguments)?;
            }
        }
        Ok(Some(dict))
    }

    /// After a change of the schema: whether all nodes agreed on it in time.
    #[getter]
    fn schema_agreed(&self) -> PyResult<bool> {
        Ok(self.0.get()?.is_schema_agreed())
    }
}
