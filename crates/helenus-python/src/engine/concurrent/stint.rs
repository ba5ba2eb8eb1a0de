//! How long a loop keeps the interpreter's lock: no longer than the interpreter itself lets a thread keep it.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::engine::runtime::{self, Process};

/// As `sys.getswitchinterval()` is, unless a program has set it.
const LONGEST: Duration = Duration::from_millis(5);
/// The clock is looked at once in so many steps.
const STEPS: u32 = 16;

/// A loop's work since other threads last had the chance to get on.
pub(super) struct Stint {
    since: Instant,
    steps: u32,
    /// In which it was begun.
    pub(super) process: Process,
}

impl Stint {
    pub(super) fn begin() -> Self {
        Self { since: Instant::now(), steps: 0, process: Process::current() }
    }

    /// To be called at each step, after Python code may have run. Now and then other threads get the interpreter's lock, if
    /// they wait for it, and handlers of signals are run.
    ///
    /// # Errors
    /// What a handler raises; that this is a child of a fork, or that the interpreter is ending.
    pub(super) fn rest(&mut self, py: Python<'_>) -> PyResult<()> {
        self.process.check()?;
        self.steps += 1;
        if self.steps < STEPS {
            return Ok(());
        }
        self.steps = 0;
        if self.since.elapsed() < LONGEST {
            return Ok(());
        }
        py.detach(|| ());
        self.is_over(py)
    }

    /// Others had the lock.
    ///
    /// # Errors
    /// See [`rest`](Self::rest).
    pub(super) fn is_over(&mut self, py: Python<'_>) -> PyResult<()> {
        self.since = Instant::now();
        py.check_signals()?;
        runtime::check_end()?;
        self.process.check()
    }
}
