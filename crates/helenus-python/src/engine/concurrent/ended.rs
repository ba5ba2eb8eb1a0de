//! `EndedCore`: an answer that is kept without its rows, and without the request that it was for.

use std::sync::Arc;

use helenus::ResultSet;
use helenus::cluster::Host;
use helenus::protocol::response::RowsMetadata;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::engine::cluster::host_uuid;
use crate::engine::result;

/// An answer without its rows, which were read already, and without what few answers have.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct EndedCore {
    host: Arc<Host>,
    metadata: Option<Arc<RowsMetadata>>,
}

impl EndedCore {
    /// Whether the answer has more to say than its rows: that there are more pages, too, since these are asked for with the values
    /// that it was asked with.
    pub(super) fn leaves_out(result: &ResultSet) -> bool {
        result.has_more_pages()
            || !result.warnings().is_empty()
            || !result.custom_payload().is_empty()
            || result.tracing_id().is_some()
            || result.schema_change().is_some()
            || result.keyspace().is_some()
            || result.raw_rows().is_some_and(|rows| rows.new_metadata_id.is_some())
    }

    pub(super) fn new(result: &ResultSet) -> Self {
        Self { host: Arc::clone(result.host()), metadata: columns(result).cloned() }
    }

    /// Whether it is what the answer would become.
    pub(super) fn is_of(&self, result: &ResultSet) -> bool {
        let is_same = match (&self.metadata, columns(result)) {
            (Some(mine), Some(others)) => Arc::ptr_eq(mine, others),
            (mine, others) => mine.is_none() && others.is_none(),
        };
        is_same && Arc::ptr_eq(&self.host, result.host())
    }

    /// The description of the rows; `None` where there were none.
    pub(super) const fn metadata(&self) -> Option<&Arc<RowsMetadata>> {
        self.metadata.as_ref()
    }
}

fn columns(result: &ResultSet) -> Option<&Arc<RowsMetadata>> {
    result.metadata().filter(|_| result.raw_rows().is_some())
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
