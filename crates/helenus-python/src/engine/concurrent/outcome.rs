//! What `execute_concurrent_with_args` gives for each execution, made here where there is nothing about it that only
//! Python could say.
//!
//! A call may give many thousand results, of which a program mostly wants the rows. So a result is made of as few objects
//! as can be, without a call into Python: what the cycle collector has to look at again and again costs more than the
//! requests do. The rest (futures, columns, statements) is made when somebody asks, by `cassandra._cluster.concurrent_run`.

use std::sync::Arc;

use bytes::Bytes;
use helenus::ResultSet;
use helenus::cluster::Host;
use helenus::protocol::response::RowsMetadata;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyTuple, PyType};

use crate::decode::{RowDecoder, objects};
use crate::engine::cluster::host_uuid;
use crate::engine::result::{self, ResultCore};

/// An answer without its rows, which were read already, and without what few answers have.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct EndedCore {
    host: Arc<Host>,
    metadata: Option<Arc<RowsMetadata>>,
    paging_state: Option<Bytes>,
}

impl EndedCore {
    /// Whether it says the same as `other`.
    fn is_like(&self, other: &Self) -> bool {
        let is_same = match (&self.metadata, &other.metadata) {
            (Some(mine), Some(others)) => Arc::ptr_eq(mine, others),
            (mine, others) => mine.is_none() && others.is_none(),
        };
        is_same && Arc::ptr_eq(&self.host, &other.host) && self.paging_state == other.paging_state
    }

    /// `None` where the answer has more to say than its rows.
    fn of(result: &ResultSet) -> Option<Self> {
        let rows = result.raw_rows();
        let says_more = !result.warnings().is_empty()
            || !result.custom_payload().is_empty()
            || result.tracing_id().is_some()
            || result.schema_change().is_some()
            || result.keyspace().is_some()
            || rows.is_some_and(|rows| rows.new_metadata_id.is_some());
        (!says_more).then(|| Self {
            host: Arc::clone(result.host()),
            metadata: result.metadata().filter(|_| rows.is_some()).cloned(),
            paging_state: result.paging_state().cloned(),
        })
    }
}

#[pymethods]
impl EndedCore {
    /// `"rows"` or `"void"`.
    #[getter]
    const fn kind(&self) -> &'static str {
        if self.metadata.is_some() { "rows" } else { "void" }
    }

    /// The names of the columns; `None` without rows.
    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        result::column_names(py, self.metadata.as_ref())
    }

    /// The classes of the columns; `None` without rows.
    #[getter]
    fn column_types<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        result::column_types(py, self.metadata.as_ref())
    }

    /// Where the next page begins.
    #[getter]
    fn paging_state(&self) -> Option<&[u8]> {
        self.paging_state.as_deref()
    }

    /// The host that answered.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        host_uuid(py, self.host.host_id())
    }
}

/// What outcomes are made of.
pub(crate) struct Outcomes<'py> {
    /// `ExecutionResult`, a named tuple.
    pair: Bound<'py, PyType>,
    /// `EndedResultSet`.
    set: Bound<'py, PyType>,
    /// The `ConcurrentRun`: what a result asks for the rest, and what makes those that are not made here.
    run: Bound<'py, PyAny>,
    row_factory: Bound<'py, PyAny>,
    user_types: Option<Bound<'py, PyAny>>,
    /// The decoder of the last answer: mostly all have the same columns.
    decoder: Option<(Arc<RowsMetadata>, Bound<'py, RowDecoder>)>,
    /// The last answer: mostly those of one host say the same beside their rows.
    ended: Option<Bound<'py, EndedCore>>,
}

impl<'py> Outcomes<'py> {
    /// `given`: the five of the fields above, in their order.
    pub(crate) fn new(given: &Bound<'py, PyTuple>) -> PyResult<Self> {
        let (pair, set, run, row_factory, user_types) = given.extract()?;
        Ok(Self { pair, set, run, row_factory, user_types, decoder: None, ended: None })
    }

    fn pair(&self, is_success: bool, outcome: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let success = PyBool::new(outcome.py(), is_success).to_owned().into_any();
        let pair = objects::named_tuple(&self.pair, &mut vec![success, outcome])?;
        objects::leave_to_counting(&pair);
        Ok(pair)
    }

    /// The outcome of an execution that has failed.
    pub(crate) fn failure(&self, error: PyErr) -> PyResult<Bound<'py, PyAny>> {
        let py = self.run.py();
        let known = self.run.call_method1(intern!(py, "failure"), (error.into_value(py),))?;
        self.pair(false, known)
    }

    /// The outcome of the `index`th execution. An error is that of reading its answer.
    pub(crate) fn success(&mut self, index: usize, result: ResultSet) -> PyResult<Bound<'py, PyAny>> {
        let py = self.run.py();
        let Some(ended) = EndedCore::of(&result) else {
            let set = self.run.call_method1(intern!(py, "result_set"), (index, ResultCore::new(result)))?;
            return self.pair(true, set);
        };
        let rows = match (result.raw_rows(), &ended.metadata) {
            (Some(rows), Some(metadata)) => {
                let decoder = self.decoder_of(py, metadata)?;
                Some(decoder.get().decode_with(&rows.cells, rows.rows_count, &self.row_factory)?)
            }
            _ => None,
        };
        // The request, and the values that it was sent with, are not needed any more.
        drop(result);
        let ended = self.shared(py, ended)?;
        let set = objects::instance(&self.set)?;
        objects::set(&set, intern!(py, "_run"), &self.run)?;
        objects::set(&set, intern!(py, "_answer"), &ended)?;
        if let Some(rows) = rows {
            objects::set(&set, intern!(py, "_index"), index.into_pyobject(py)?.as_any())?;
            objects::set(&set, intern!(py, "_current_rows"), &rows)?;
        } else {
            // There is nothing in it that a program could have it led back by; `EndedResultSet` says when there may be.
            objects::is_in_no_cycle(&set);
        }
        self.pair(true, set)
    }

    /// `ended` as an object, which is that of the answer before where it says the same.
    fn shared(&mut self, py: Python<'py>, ended: EndedCore) -> PyResult<Bound<'py, PyAny>> {
        if let Some(last) = self.ended.as_ref().filter(|last| ended.is_like(last.get())) {
            return Ok(last.clone().into_any());
        }
        let ended = Bound::new(py, ended)?;
        objects::is_in_no_cycle(ended.as_any());
        self.ended = Some(ended.clone());
        Ok(ended.into_any())
    }

    fn decoder_of(
        &mut self,
        py: Python<'py>,
        metadata: &Arc<RowsMetadata>,
    ) -> PyResult<Bound<'py, RowDecoder>> {
        if let Some((known, decoder)) = &self.decoder
            && Arc::ptr_eq(known, metadata)
            && !decoder.get().is_stale()
        {
            return Ok(decoder.clone());
        }
        let decoder = result::decoder(py, metadata, self.user_types.as_ref())?;
        self.decoder = Some((Arc::clone(metadata), decoder.clone()));
        Ok(decoder)
    }
}
