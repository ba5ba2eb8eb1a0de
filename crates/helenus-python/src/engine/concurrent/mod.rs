//! One prepared statement with many values: the way of `execute_concurrent_with_args` that takes the interpreter's lock
//! once for a batch of answers, not once for each.

mod ended;
mod outcome;
mod stint;
mod timestamps;

use std::sync::Arc;
use std::time::Duration;

use helenus::{BoundStatement, Group, PreparedStatement, ResponseFuture, Session};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};

use super::cluster::GLANCE;
use super::failures;
use super::runtime;
use crate::encode::{Binder, BoundValues};

pub(crate) use ended::EndedCore;
use outcome::Outcome;
pub(super) use outcome::{Outcomes, Results};
use stint::Stint;
pub(super) use timestamps::{Timestamps, timestamp};

/// What all executions have in common.
pub(super) struct Run<'a, 'py> {
    pub(super) session: &'a Session,
    pub(super) prepared: PreparedStatement,
    pub(super) binder: &'a Binder,
    pub(super) concurrency: usize,
    pub(super) raise_on_first_error: bool,
    /// Gives each execution its timestamp, so that of two writes to one row the later one stands.
    pub(super) timestamps: Option<Timestamps<'py>>,
    /// Whether results have rows: those keep the values that they were asked with.
    pub(super) gives_rows: bool,
}

impl<'py> Run<'_, 'py> {
    /// Runs them all.
    pub(super) fn all(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        outcomes: &mut Outcomes<'py>,
    ) -> PyResult<Bound<'py, PyList>> {
        let mut futures = Vec::new();
        let mut stint = Stint::begin();
        let results = self.run(py, parameters, outcomes, &mut futures, &mut stint);
        if stint.process.is_this() {
            // After an error some are still under way, and are given up.
            runtime::beside_ciphers(py, || drop(futures));
        } else {
            // They are the parent's.
            std::mem::forget(futures);
        }
        results
    }

    fn run(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        outcomes: &mut Outcomes<'py>,
        futures: &mut Vec<Option<ResponseFuture>>,
        stint: &mut Stint,
    ) -> PyResult<Bound<'py, PyList>> {
        let group: Arc<Group> = Arc::default();
        let mut parameters = parameters.try_iter()?;
        let mut results: Vec<Option<Outcome<'py>>> = Vec::new();
        let mut asked: Vec<Option<Bound<'py, PyAny>>> = Vec::new();
        let mut in_flight = 0;
        let mut exhausted = false;
        let mut ended = Vec::new();
        let mut bound = BoundValues::default();
        loop {
            while !exhausted && in_flight < self.concurrency.max(1) {
                let Some(values) = parameters.next() else {
                    exhausted = true;
                    break;
                };
                // An error of the program's own iterator is no result of a statement.
                let values = values?;
                stint.rest(py)?;
                asked.push(self.given(&values)?);
                match self.begin(py, &values, &mut bound) {
                    Ok(future) => {
                        future.join_group(&group, futures.len());
                        futures.push(Some(future));
                        results.push(None);
                        in_flight += 1;
                    }
                    Err(error) if self.raise_on_first_error => return Err(error),
                    Err(error) => {
                        futures.push(None);
                        results.push(Some(outcomes.failure(error)?));
                    }
                }
            }
            if in_flight == 0 {
                break;
            }
            self.wait(py, &group, in_flight, &mut ended, stint)?;
            for index in ended.drain(..) {
                in_flight -= 1;
                stint.rest(py)?;
                let Some(mut future) = futures[index].take() else { continue };
                let made = match future.take() {
                    Some(Ok(result)) => outcomes.success(asked[index].take().as_ref(), result),
                    Some(Err(error)) => Err(failures::exception(py, &error)),
                    None => continue,
                };
                results[index] = Some(match made {
                    Ok(made) => made,
                    Err(error) if self.raise_on_first_error => return Err(error),
                    Err(error) => outcomes.failure(error)?,
                });
            }
        }
        outcomes.pairs(results, stint)
    }

    /// What its result may keep of the values of one: as they are now, since the program may change its own.
    fn given(&self, values: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Ok(tuple) = values.cast_exact::<PyTuple>()
            && (self.gives_rows || tuple.iter_borrowed().all(|value| is_fixed(&value)))
        {
            return Ok(Some(values.clone()));
        }
        if !self.gives_rows {
            return Ok(None);
        }
        Ok(Some(if let Ok(list) = values.cast_exact::<PyList>() {
            list.to_tuple().into_any()
        } else if let Ok(dict) = values.cast_exact::<PyDict>() {
            dict.copy()?.into_any()
        } else {
            values.clone()
        }))
    }

    /// Sends one of them. `bound` is where its values are written before they are sent.
    fn begin(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
        bound: &mut BoundValues,
    ) -> PyResult<ResponseFuture> {
        bound.clear();
        self.binder.bind_to(values, bound)?;
        let timestamp = self.timestamps.as_ref().map(Timestamps::next).transpose()?.flatten();
        let statement = BoundStatement { prepared: self.prepared.clone(), values: bound.serialized() };
        Ok(runtime::beside_ciphers(py, || match timestamp {
            Some(timestamp) => self.session.execute_at(statement, timestamp),
            None => self.session.execute(statement),
        }))
    }

    /// Waits without the interpreter's lock until a good part of what is under way has ended.
    fn wait(
        &self,
        py: Python<'_>,
        group: &Arc<Group>,
        in_flight: usize,
        ended: &mut Vec<usize>,
        stint: &mut Stint,
    ) -> PyResult<()> {
        // A quarter at a time keeps both sides busy: the server with the rest, us with these.
        let mut wanted = (self.concurrency / 4).clamp(1, in_flight);
        loop {
            if group.take(wanted, ended) {
                return Ok(());
            }
            py.detach(|| std::thread::park_timeout(GLANCE.min(Duration::from_millis(10))));
            stint.is_over(py)?;
            // After a while fewer will do: the rest may be slow.
            wanted = 1;
        }
    }
}

/// Whether a value stays what it is, whatever the program does later: it is none of the collections that can be changed, nor may
/// hold one.
fn is_fixed(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_none()
        || !(value.is_instance_of::<PyTuple>()
            || value.is_instance_of::<PyList>()
            || value.is_instance_of::<PyDict>()
            || value.is_instance_of::<PySet>()
            || value.is_instance_of::<PyFrozenSet>()
            || value.is_instance_of::<PyByteArray>())
}
