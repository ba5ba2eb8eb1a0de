//! The timestamp of each execution, from the program's generator.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;

/// Where timestamps come from.
pub(crate) struct Timestamps<'py> {
    generator: Bound<'py, PyAny>,
    /// The lock of a `MonotonicTimestampGenerator` that is exactly ours.
    is_free: Option<Bound<'py, PyAny>>,
}

impl<'py> Timestamps<'py> {
    /// `is_ours`: the generator is a `MonotonicTimestampGenerator` that nobody has changed.
    pub(crate) fn new(generator: Bound<'py, PyAny>, is_ours: bool) -> PyResult<Self> {
        let py = generator.py();
        let lock = is_ours.then(|| generator.getattr(intern!(py, "lock"))?.getattr(intern!(py, "locked")));
        Ok(Self { generator, is_free: lock.transpose()? })
    }

    /// The next one, in microseconds since 1970; `None` where the generator leaves it to the server.
    pub(crate) fn next(&self) -> PyResult<Option<i64>> {
        if let Some(locked) = &self.is_free
            && let Some(now) = self.later(locked)?
        {
            return Ok(Some(now));
        }
        timestamp(&self.generator.call0()?)
    }

    /// What the generator does as long as it has nothing to warn of, without a call into Python. It is one step to other
    /// threads: nothing here lets the interpreter's lock go, and nobody is within the generator.
    fn later(&self, locked: &Bound<'py, PyAny>) -> PyResult<Option<i64>> {
        let py = self.generator.py();
        if locked.call0()?.is_truthy()? {
            return Ok(None);
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let Ok(last) = self.generator.getattr(intern!(py, "last"))?.extract::<i64>() else { return Ok(None) };
        let mut next = now;
        if last >= now {
            // Many requests begin within a microsecond. How far behind the clock may be is the program's to change at any time.
            let threshold = self.generator.getattr(intern!(py, "warning_threshold"))?.extract::<f64>();
            let behind = last.saturating_sub(now) as f64;
            if !threshold.is_ok_and(|threshold| behind < threshold * 1e6) {
                return Ok(None);
            }
            let Some(later) = last.checked_add(1) else { return Ok(None) };
            next = later;
        }
        self.generator.setattr(intern!(py, "last"), next)?;
        Ok(Some(next))
    }
}

/// What a generator gave: microseconds since 1970, or `None` where it leaves it to the server.
pub(crate) fn timestamp(given: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    given.extract().map_err(|_| {
        let class = given.get_type();
        PyTypeError::new_err(format!(
            "timestamp_generator must give microseconds as a whole number of 64 bits, or None; it gave {class}"
        ))
    })
}
