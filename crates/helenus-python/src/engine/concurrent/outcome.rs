//! What `execute_concurrent_with_args` gives for each execution, made here where there is nothing about it that only
//! Python could say.
//!
//! A call may give many thousand results, of which a program mostly wants the rows. So a result is made of as few objects
//! as can be, without a call into Python: what the cycle collector has to look at again and again costs more than the
//! requests do. The rest (futures, columns, statements) is made when somebody asks, by `cassandra._cluster.concurrent_run`.

use std::sync::Arc;

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
}

impl EndedCore {
    /// Whether it says the same as `other`.
    fn is_like(&self, other: &Self) -> bool {
        let is_same = match (&self.metadata, &other.metadata) {
            (Some(mine), Some(others)) => Arc::ptr_eq(mine, others),
            (mine, others) => mine.is_none() && others.is_none(),
        };
        is_same && Arc::ptr_eq(&self.host, &other.host)
    }

    /// `None` where the answer has more to say than its rows: that there are more pages, too, since these are asked for with the
    /// values that it was asked with.
    fn of(result: &ResultSet) -> Option<Self> {
        let rows = result.raw_rows();
        let says_more = result.has_more_pages()
            || !result.warnings().is_empty()
            || !result.custom_payload().is_empty()
            || result.tracing_id().is_some()
            || result.schema_change().is_some()
            || result.keyspace().is_some()
            || rows.is_some_and(|rows| rows.new_metadata_id.is_some());
        (!says_more).then(|| Self {
            host: Arc::clone(result.host()),
            metadata: result.metadata().filter(|_| rows.is_some()).cloned(),
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

    /// There are no more pages, or it would not be one of these.
    #[getter]
    const fn paging_state(&self) -> Option<&[u8]> {
        None
    }

    /// The host that answered.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        host_uuid(py, self.host.host_id())
    }
}

/// Where a result finds the values that it was asked with.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a, 'py> {
    /// Among those of its run.
    At(usize),
    /// Here.
    Values(&'a Bound<'py, PyAny>),
}

impl<'py> Place<'_, 'py> {
    fn object(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::At(index) => index.into_pyobject(py)?.into_any(),
            Self::Values(values) => values.clone(),
        })
    }
}

/// What results are made of.
pub(crate) struct Results<'py> {
    /// `EndedResultSet`.
    pub(crate) set: Bound<'py, PyType>,
    /// The run: what a result asks for the rest, and what makes those that are not made here.
    pub(crate) run: Bound<'py, PyAny>,
    pub(crate) row_factory: Bound<'py, PyAny>,
    pub(crate) user_types: Option<Bound<'py, PyAny>>,
    /// The decoder of the last answer: mostly all have the same columns.
    decoder: Option<(Arc<RowsMetadata>, Bound<'py, RowDecoder>)>,
    /// The last answer: mostly those of one host say the same beside their rows.
    ended: Option<Bound<'py, EndedCore>>,
}

impl<'py> Results<'py> {
    pub(crate) const fn new(
        set: Bound<'py, PyType>,
        run: Bound<'py, PyAny>,
        row_factory: Bound<'py, PyAny>,
        user_types: Option<Bound<'py, PyAny>>,
    ) -> Self {
        Self { set, run, row_factory, user_types, decoder: None, ended: None }
    }

    /// The result of one execution. An error is that of reading its answer.
    pub(crate) fn result(&mut self, place: Place<'_, 'py>, result: ResultSet) -> PyResult<Bound<'py, PyAny>> {
        let py = self.run.py();
        let Some(ended) = EndedCore::of(&result) else {
            let answer = ResultCore::new(result);
            return self.set.call_method1(intern!(py, "of_answer"), (&self.run, place.object(py)?, answer));
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
        if rows.is_some() || matches!(place, Place::Values(_)) {
            objects::set(&set, intern!(py, "_index"), &place.object(py)?)?;
        }
        if let Some(rows) = rows {
            objects::set(&set, intern!(py, "_current_rows"), &rows)?;
        }
        Ok(set)
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

/// What the outcomes of many executions are made of.
pub(crate) struct Outcomes<'py> {
    /// `ExecutionResult`, a named tuple.
    pair: Bound<'py, PyType>,
    results: Results<'py>,
}

impl<'py> Outcomes<'py> {
    /// `given`: the class of pairs, and then what [results](Results::new) are made of.
    pub(crate) fn new(given: &Bound<'py, PyTuple>) -> PyResult<Self> {
        let (pair, set, run, row_factory, user_types) = given.extract()?;
        Ok(Self { pair, results: Results::new(set, run, row_factory, user_types) })
    }

    fn pair(&self, is_success: bool, outcome: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let success = PyBool::new(outcome.py(), is_success).to_owned().into_any();
        objects::named_tuple(&self.pair, &mut vec![success, outcome])
    }

    /// The outcome of an execution that has failed.
    pub(crate) fn failure(&self, error: PyErr) -> PyResult<Bound<'py, PyAny>> {
        let run = &self.results.run;
        let known = run.call_method1(intern!(run.py(), "failure"), (error.into_value(run.py()),))?;
        self.pair(false, known)
    }

    /// The outcome of the `index`th execution. An error is that of reading its answer.
    pub(crate) fn success(&mut self, index: usize, result: ResultSet) -> PyResult<Bound<'py, PyAny>> {
        let made = self.results.result(Place::At(index), result)?;
        self.pair(true, made)
    }
}
