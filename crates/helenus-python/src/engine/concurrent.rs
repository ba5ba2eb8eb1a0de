//! One prepared statement with many values: the way of `execute_concurrent_with_args` that takes the interpreter's lock
//! once for a batch of answers, not once for each.

use std::sync::Arc;
use std::time::Duration;

use helenus::{BoundStatement, Group, PreparedStatement, ResponseFuture, Session};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::cluster::GLANCE;
use super::failures;
use super::result::ResultCore;
use super::runtime;
use crate::encode::Binder;

/// What all executions have in common.
pub(super) struct Run<'a> {
    pub(super) session: &'a Session,
    pub(super) prepared: PreparedStatement,
    pub(super) binder: &'a Binder,
    pub(super) concurrency: usize,
    pub(super) raise_on_first_error: bool,
    /// Gives each execution its timestamp, so that of two writes to one row the later one stands.
    pub(super) timestamps: Option<&'a Bound<'a, PyAny>>,
}

impl Run<'_> {
    /// Runs them all.
    pub(super) fn all<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        made: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        let mut futures = Vec::new();
        let results = self.run(py, parameters, made, &mut futures);
        // After an error some are still under way, and are given up.
        runtime::beside_ciphers(py, || drop(futures));
        results
    }

    fn run<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        made: &Bound<'py, PyAny>,
        futures: &mut Vec<Option<ResponseFuture>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let group: Arc<Group> = Arc::default();
        let mut parameters = parameters.try_iter()?;
        let mut results: Vec<Option<Bound<'py, PyAny>>> = Vec::new();
        let mut in_flight = 0;
        let mut exhausted = false;
        let mut ended = Vec::new();
        loop {
            while !exhausted && in_flight < self.concurrency.max(1) {
                let Some(values) = parameters.next() else {
                    exhausted = true;
                    break;
                };
                // An error of the program's own iterator is no result of a statement.
                let bound = match self.binder.bind(&values?) {
                    Ok(bound) => bound,
                    Err(error) if self.raise_on_first_error => return Err(error),
                    Err(error) => {
                        futures.push(None);
                        results.push(Some(made.call1((results.len(), false, error.into_value(py)))?));
                        continue;
                    }
                };
                let mut prepared = self.prepared.clone();
                if let Some(timestamps) = self.timestamps {
                    prepared.options_mut().timestamp = Some(timestamps.call0()?.extract()?);
                }
                let statement = BoundStatement { prepared, values: bound.into_serialized() };
                let future = runtime::beside_ciphers(py, || self.session.execute(statement));
                future.join_group(&group, futures.len());
                futures.push(Some(future));
                results.push(None);
                in_flight += 1;
            }
            if in_flight == 0 {
                break;
            }
            self.wait(py, &group, in_flight, &mut ended)?;
            for index in ended.drain(..) {
                in_flight -= 1;
                let Some(mut future) = futures[index].take() else { continue };
                let result = match future.take() {
                    Some(Ok(result)) => made.call1((index, true, ResultCore::new(result)))?,
                    Some(Err(error)) => {
                        let error = failures::exception(py, &error);
                        if self.raise_on_first_error {
                            return Err(error);
                        }
                        made.call1((index, false, error.into_value(py)))?
                    }
                    None => continue,
                };
                results[index] = Some(result);
            }
        }
        PyList::new(py, results.into_iter().flatten())
    }

    /// Waits without the interpreter's lock until a good part of what is under way has ended.
    fn wait(
        &self,
        py: Python<'_>,
        group: &Arc<Group>,
        in_flight: usize,
        ended: &mut Vec<usize>,
    ) -> PyResult<()> {
        // A quarter at a time keeps both sides busy: the server with the rest, us with these.
        let mut wanted = (self.concurrency / 4).clamp(1, in_flight);
        loop {
            if group.take(wanted, ended) {
                return Ok(());
            }
            py.detach(|| std::thread::park_timeout(GLANCE.min(Duration::from_millis(10))));
            py.check_signals()?;
            // After a while fewer will do: the rest may be slow.
            wanted = 1;
        }
    }
}
