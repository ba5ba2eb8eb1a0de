//! `DirectCore`: one prepared statement that a thread runs, waits for, and runs again. Binding, sending, waiting and making the
//! result are one call, since what lies between them in Python would take longer than they do.

use helenus::{BoundStatement, PreparedStatement, Session};
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::concurrent::{Results, Timestamps};
use super::request::RequestCore;
use super::runtime::{self, Owned};
use crate::encode::{Binder, BoundValues};

/// A prepared statement with the options of all its executions.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct DirectCore {
    session: Owned<Session>,
    prepared: Owned<PreparedStatement>,
    binder: Py<Binder>,
}

impl DirectCore {
    pub(super) fn new(session: Session, prepared: PreparedStatement, binder: Py<Binder>) -> Self {
        Self { session: Owned::new(session), prepared: Owned::new(prepared), binder }
    }
}

#[pymethods]
impl DirectCore {
    /// Runs it with these values and waits; `None`, with nothing done, where the types of its columns were changed. `generator`
    /// gives the timestamp; `is_ours`: it is the `MonotonicTimestampGenerator` as we made it. The result is one of `set`, made
    /// as those of `execute_concurrent` are, and asks `run` for the rest.
    #[pyo3(signature = (run, parameters, generator, is_ours, set, row_factory, user_types, /))]
    fn execute<'py>(
        &self,
        run: Bound<'py, PyAny>,
        parameters: &Bound<'py, PyAny>,
        generator: Option<Bound<'py, PyAny>>,
        is_ours: bool,
        set: Bound<'py, PyType>,
        row_factory: Bound<'py, PyAny>,
        user_types: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = run.py();
        let (session, binder) = (self.session.get()?, self.binder.get());
        if binder.is_stale() {
            return Ok(None);
        }
        let mut bound = BoundValues::default();
        binder.bind_to(parameters, &mut bound)?;
        let timestamp = match generator {
            Some(generator) => Timestamps::new(generator, is_ours)?.next()?,
            None => None,
        };
        let statement =
            BoundStatement { prepared: self.prepared.get()?.clone(), values: bound.into_serialized() };
        let future = runtime::beside_ciphers(py, || match timestamp {
            Some(timestamp) => session.execute_at_then_wait(statement, timestamp),
            None => session.execute_then_wait(statement),
        });
        let result = RequestCore::new(future).into_result(py)?;
        let mut results = Results::new(set, run, row_factory, user_types);
        results.result(Some(parameters), result).map(Some)
    }
}
