//! What `execute_concurrent_with_args` gives for each execution, made here where there is nothing about it that only
//! Python could say.
//!
//! A call may give many thousand results, of which a program mostly wants the rows. So a result is made of as few objects
//! as can be, without a call into Python: what the cycle collector has to look at again and again costs more than the
//! requests do. The rest (futures, columns, statements) is made when somebody asks, by `cassandra._cluster.ended`.

use std::sync::Arc;

use helenus::protocol::response::RowsMetadata;
use helenus::{ResultSet, Statement};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyList, PyTuple, PyType};

use super::ended::EndedCore;
use super::stint::Stint;
use crate::decode::objects::InOneGo;
use crate::decode::{RowDecoder, objects};
use crate::engine::result::{self, ResultCore};

/// So many pairs are made before it is asked whether others wait for the interpreter's lock: a tenth of a millisecond's work.
const PORTION: usize = 1_000;

/// What results are made of.
pub(crate) struct Results<'py> {
    /// `EndedResultSet`.
    set: Bound<'py, PyType>,
    /// The run: what a result asks for the rest, and what makes those that are not made here.
    run: Bound<'py, PyAny>,
    row_factory: Bound<'py, PyAny>,
    user_types: Option<Bound<'py, PyAny>>,
    /// Whether results are kept back until there are all of them.
    keeps_back: bool,
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
        Self { set, run, row_factory, user_types, keeps_back: false, decoder: None, ended: None }
    }

    /// The result of one execution, which was asked with the values in `given`. An error is that of reading its answer.
    pub(crate) fn result(
        &mut self,
        given: Option<&Bound<'py, PyAny>>,
        result: ResultSet,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = self.run.py();
        let nothing = py.None().into_bound(py);
        let given = given.unwrap_or(&nothing);
        if EndedCore::leaves_out(&result) {
            let answer = ResultCore::new(result);
            return self.set.call_method1(intern!(py, "of_answer"), (&self.run, given, answer));
        }
        let ended = self.shared(py, &result)?;
        let rows = match (result.raw_rows(), ended.get().metadata()) {
            (Some(rows), Some(metadata)) => {
                let decoder = self.decoder_of(py, metadata)?;
                let sender = Some(result.host().address());
                decoder.get().decode_with(&rows.cells, rows.rows_count, &self.row_factory, sender)?
            }
            _ => PyList::empty(py).into_any(),
        };
        // Of the request nothing is needed any more, but for the values that it was sent with.
        let sent = match result.statement() {
            Statement::Bound(bound) => PyBytes::new(py, bound.values.as_bytes()).into_any(),
            _ => nothing.clone(),
        };
        drop(result);
        let set = objects::blank(&self.set)?;
        if self.keeps_back {
            objects::keep_back(&set);
            // It may be a program's own, or in its hands.
            if rows.is_exact_instance_of::<PyList>() {
                objects::keep_back(&rows);
            }
        }
        objects::set(&set, intern!(py, "_run"), &self.run)?;
        objects::set(&set, intern!(py, "_answer"), &ended)?;
        objects::set(&set, intern!(py, "_given"), given)?;
        objects::set(&set, intern!(py, "_sent"), &sent)?;
        objects::set(&set, intern!(py, "_current_rows"), &rows)?;
        Ok(set)
    }

    /// What the answer says beside its rows: the object of the one before where that says the same.
    fn shared(&mut self, py: Python<'py>, result: &ResultSet) -> PyResult<Bound<'py, EndedCore>> {
        if let Some(last) = self.ended.as_ref().filter(|last| last.get().is_of(result)) {
            return Ok(last.clone());
        }
        let ended = Bound::new(py, EndedCore::new(result))?;
        self.ended = Some(ended.clone());
        Ok(ended)
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

/// What came of one execution, of which the objects that a program gets are still to be made.
pub(crate) enum Outcome<'py> {
    /// A result without rows, which has nothing more to say; and what was asked, where that is kept.
    Void(Bound<'py, EndedCore>, Option<Bound<'py, PyAny>>),
    /// A result.
    Success(Bound<'py, PyAny>),
    /// An exception.
    Failure(Bound<'py, PyAny>),
}

/// What the outcomes of many executions are made of.
pub(crate) struct Outcomes<'py> {
    /// `ExecutionResult`, a named tuple.
    pair: Bound<'py, PyType>,
    /// `VoidResultSet`.
    void: Bound<'py, PyType>,
    results: Results<'py>,
}

impl<'py> Outcomes<'py> {
    /// `given`: the class of pairs, that of results without rows, and then what [results](Results::new) are made of.
    pub(crate) fn new(given: &Bound<'py, PyTuple>) -> PyResult<Self> {
        let (pair, void, set, run, row_factory, user_types) = given.extract()?;
        let results = Results { keeps_back: true, ..Results::new(set, run, row_factory, user_types) };
        Ok(Self { pair, void, results })
    }

    /// The outcome of an execution that has failed.
    pub(crate) fn failure(&self, error: PyErr) -> PyResult<Outcome<'py>> {
        let run = &self.results.run;
        let known = run.call_method1(intern!(run.py(), "failure"), (error.into_value(run.py()),))?;
        Ok(Outcome::Failure(known))
    }

    /// The outcome of an execution with the values in `given`. An error is that of reading its answer.
    pub(crate) fn success(
        &mut self,
        given: Option<&Bound<'py, PyAny>>,
        result: ResultSet,
    ) -> PyResult<Outcome<'py>> {
        if result.raw_rows().is_none() && !EndedCore::leaves_out(&result) {
            let ended = self.results.shared(self.pair.py(), &result)?;
            return Ok(Outcome::Void(ended, given.cloned()));
        }
        self.results.result(given, result).map(Outcome::Success)
    }

    /// The pairs of all of them. Of the objects that the cycle collector looks at, some are made here in one go, and those that
    /// were made before are shown to it.
    pub(super) fn pairs(
        &self,
        outcomes: Vec<Option<Outcome<'py>>>,
        stint: &mut Stint,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = self.pair.py();
        let mut pairs = Vec::with_capacity(outcomes.len());
        let mut outcomes = outcomes.into_iter().flatten();
        loop {
            let in_one_go = InOneGo::begin(py);
            let before = pairs.len();
            for outcome in outcomes.by_ref().take(PORTION) {
                pairs.push(self.pair(outcome)?);
            }
            if pairs.len() == before {
                return PyList::new(py, pairs);
            }
            drop(in_one_go);
            stint.rest(py)?;
        }
    }

    fn pair(&self, outcome: Outcome<'py>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.pair.py();
        let (is_success, made) = match outcome {
            Outcome::Void(ended, given) => (true, self.void(py, &ended, given.as_ref())?),
            Outcome::Success(made) => (true, self.given_out(py, made)?),
            Outcome::Failure(error) => (false, error),
        };
        objects::named_pair(&self.pair, [PyBool::new(py, is_success).to_owned().into_any(), made])
    }

    /// A result as a program may have it.
    fn given_out(&self, py: Python<'py>, made: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if made.get_type().is(&self.results.set) {
            let rows = made.getattr(intern!(py, "_current_rows"))?;
            if rows.is_exact_instance_of::<PyList>() {
                objects::give_out(&rows);
            }
            objects::give_out(&made);
        }
        Ok(made)
    }

    fn void(
        &self,
        py: Python<'py>,
        ended: &Bound<'py, EndedCore>,
        given: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let set = objects::blank(&self.void)?;
        objects::set(&set, intern!(py, "_run"), &self.results.run)?;
        objects::set(&set, intern!(py, "_answer"), ended)?;
        if let Some(given) = given {
            objects::set(&set, intern!(py, "_given"), given)?;
        }
        Ok(set)
    }
}
