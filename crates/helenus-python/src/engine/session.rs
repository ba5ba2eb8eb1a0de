//! `SessionCore`: statements in, requests out.

use std::time::Duration;

use helenus::protocol::request::BatchKind;
use helenus::statement::batch::BatchEntry;
use helenus::{BatchStatement, BoundStatement, Executor, Session, SimpleStatement, Statement};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::cluster::{python_uuid, rust_uuid};
use super::concurrent;
use super::direct::DirectCore;
use super::request::RequestCore;
use super::reserved::ReservedCore;
use super::runtime::{self, Owned};
use super::statement::{PreparedCore, custom_payload, options, timeout as request_timeout, values};
use super::task::TaskCore;
use crate::encode::Binder;

/// A session. It is closed when the last handle to it is gone, or by `shut_down`.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct SessionCore {
    session: Owned<Session>,
    executor: Executor,
}

impl SessionCore {
    pub(super) fn new(session: Session, executor: Executor) -> Self {
        Self { session: Owned::new(session), executor }
    }

    /// Begins a statement; `waits`: `RequestCore.wait` is called next, on this thread.
    fn begin(&self, py: Python<'_>, statement: Statement, waits: bool) -> PyResult<RequestCore> {
        let session: &Session = self.session.get()?;
        let begin = if waits { Session::execute_then_wait } else { Session::execute };
        Ok(RequestCore::new(runtime::beside_ciphers(py, || begin(session, statement))))
    }
}

#[pymethods]
impl SessionCore {
    /// Runs CQL text, with `bound` values for its markers or none. `given`: see the stub. `waits`: what is returned is
    /// waited for next, on this thread.
    #[pyo3(signature = (text, given, waits=false))]
    fn query(&self, text: &str, given: &Bound<'_, PyTuple>, waits: bool) -> PyResult<RequestCore> {
        let mut statement = SimpleStatement::new(text);
        statement.options = Box::new(options(self.session.get()?, given)?);
        self.begin(given.py(), statement.into(), waits)
    }

    /// Runs a prepared statement with values that were bound before.
    #[pyo3(signature = (prepared, bound, given, waits=false))]
    fn execute(
        &self,
        prepared: &PreparedCore,
        bound: &Bound<'_, PyAny>,
        given: &Bound<'_, PyTuple>,
        waits: bool,
    ) -> PyResult<RequestCore> {
        let mut prepared = prepared.get()?.clone();
        *prepared.options_mut() = options(self.session.get()?, given)?;
        self.begin(given.py(), BoundStatement { prepared, values: values(bound)? }.into(), waits)
    }

    /// Runs a batch of kind 0 (logged), 1 (unlogged) or 2 (counter); each entry is text or a `PreparedCore`, and its
    /// bound values.
    #[pyo3(signature = (kind, entries, given, waits=false))]
    fn batch(
        &self,
        kind: u8,
        entries: &Bound<'_, PyAny>,
        given: &Bound<'_, PyTuple>,
        waits: bool,
    ) -> PyResult<RequestCore> {
        let kind = match kind {
            0 => BatchKind::Logged,
            1 => BatchKind::Unlogged,
            2 => BatchKind::Counter,
            other => return Err(PyValueError::new_err(format!("there is no batch type {other}"))),
        };
        let mut batch = BatchStatement::new(kind);
        for entry in entries.try_iter()? {
            let (statement, bound): (Bound<'_, PyAny>, Bound<'_, PyAny>) = entry?.extract()?;
            let values = values(&bound)?;
            let entry = if let Ok(text) = statement.cast::<PyString>() {
                BatchEntry::Simple(text.to_string(), values)
            } else if let Ok(prepared) = statement.cast::<PreparedCore>() {
                BatchEntry::Prepared(prepared.get().get()?.clone(), values)
            } else {
                let got = statement.get_type();
                return Err(PyTypeError::new_err(format!(
                    "a batch takes text or prepared statements, not {got}"
                )));
            };
            batch.entries.push(entry);
        }
        batch.options = Box::new(options(self.session.get()?, given)?);
        self.begin(given.py(), batch.into(), waits)
    }

    /// Has a statement prepared within `timeout` seconds (`None`: as long as it takes), with a custom payload or none; it
    /// ends with a `PreparedCore`.
    #[pyo3(signature = (query, timeout, keyspace=None, payload=None))]
    fn prepare(
        &self,
        query: String,
        timeout: Option<f64>,
        keyspace: Option<String>,
        payload: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<TaskCore> {
        let session = self.session.get()?.clone();
        let payload = payload.map(custom_payload).transpose()?.unwrap_or_default();
        let timeout = Some(request_timeout(timeout));
        let preparing = async move {
            let prepared = session.prepare_with_payload(&query, keyspace.as_deref(), &payload, timeout).await;
            prepared.map(|(prepared, answered)| PreparedCore::new(prepared, answered))
        };
        Ok(TaskCore::begin(&self.executor, preparing, |py, core| Ok(Py::new(py, core)?.into_any())))
    }

    /// Runs one prepared statement with each of `parameters`, `concurrency` at a time, and gives what came of each, in
    /// order: see `Outcomes` for what `made` has in it. `timestamps` is what gives the timestamp of each, and whether it is
    /// the `MonotonicTimestampGenerator` as we made it. `gives_rows`: results have rows. The first error is raised where
    /// `raise_on_first_error` says so; what is under way then is given up.
    #[expect(clippy::too_many_arguments, reason = "one call from the façade, which names them")]
    #[pyo3(signature = (prepared, binder, parameters, concurrency, raise_on_first_error, timestamps, gives_rows, given, made))]
    fn execute_concurrent<'py>(
        &self,
        py: Python<'py>,
        prepared: &PreparedCore,
        binder: &Binder,
        parameters: &Bound<'py, PyAny>,
        concurrency: usize,
        raise_on_first_error: bool,
        timestamps: Option<(Bound<'py, PyAny>, bool)>,
        gives_rows: bool,
        given: &Bound<'py, PyTuple>,
        made: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyList>> {
        let session = self.session.get()?;
        let mut prepared = prepared.get()?.clone();
        *prepared.options_mut() = options(session, given)?;
        let timestamps =
            timestamps.map(|(generator, is_ours)| concurrent::Timestamps::new(generator, is_ours));
        let timestamps = timestamps.transpose()?;
        let run = concurrent::Run {
            session,
            prepared,
            binder,
            concurrency,
            raise_on_first_error,
            timestamps,
            gives_rows,
        };
        run.all(py, parameters, &mut concurrent::Outcomes::new(made)?)
    }

    /// A prepared statement to be run one time after another by threads that wait, with the options of each time.
    fn direct(
        &self,
        prepared: &PreparedCore,
        binder: Py<Binder>,
        given: &Bound<'_, PyTuple>,
    ) -> PyResult<DirectCore> {
        let session = self.session.get()?;
        let mut prepared = prepared.get()?.clone();
        *prepared.options_mut() = options(session, given)?;
        Ok(DirectCore::new(session.clone(), prepared, binder))
    }

    /// The keyspace for names without one.
    #[getter]
    fn keyspace(&self) -> PyResult<Option<String>> {
        Ok(self.session.get()?.keyspace())
    }

    /// The requests in flight on each open connection, by host.
    fn connections<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let session = self.session.get()?;
        let dict = PyDict::new(py);
        for host in session.cluster().snapshot().hosts() {
            if let Some(connections) = session.pool_state(host) {
                dict.set_item(python_uuid(py, host.host_id())?, connections)?;
            }
        }
        Ok(dict)
    }

    /// Takes a request id of the least busy connection to a host, waiting up to `timeout` seconds for one. It ends with
    /// a `ReservedCore`, or `None` where there was none in time.
    fn reserve(&self, host: &Bound<'_, PyAny>, timeout: f64) -> PyResult<TaskCore> {
        let session = self.session.get()?.clone();
        let host = session.cluster().snapshot().host(rust_uuid(host)?).cloned();
        let timeout = Duration::try_from_secs_f64(timeout.max(0.0)).unwrap_or(Duration::MAX);
        let reserving = async move {
            let Some(host) = host else { return Ok(None) };
            Ok(session.reserve(&host, timeout).await.ok().map(ReservedCore::new))
        };
        let made = |py: Python<'_>, reserved: Option<ReservedCore>| match reserved {
            Some(core) => Ok(Py::new(py, core)?.into_any()),
            None => Ok(py.None()),
        };
        Ok(TaskCore::begin(&self.executor, reserving, made))
    }

    /// Closes the session's connections.
    fn shut_down(&self, py: Python<'_>) -> PyResult<()> {
        let session = self.session.get()?;
        py.detach(|| session.shut_down());
        Ok(())
    }

    /// Whether it was shut down.
    #[getter]
    fn is_shut_down(&self) -> PyResult<bool> {
        Ok(self.session.get()?.is_shut_down())
    }
}
