//! `TaskCore`: something that the engine does for a caller, other than a statement: connecting, preparing, refreshing.
//!
//! It is waited for as a `RequestCore` is, by a thread that blocks or by a callback, so that a hub of greenlets can wait
//! for either.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use helenus::{Error, Executor};
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use super::cluster::GLANCE;
use super::runtime::{self, Owned};
use super::{failures, lanes};

type Outcome = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

#[derive(Default)]
struct State {
    has_ended: bool,
    outcome: Option<Outcome>,
    calls: Vec<Py<PyAny>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

impl Shared {
    fn end(&self, outcome: Option<Outcome>) {
        let calls = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.has_ended {
                return;
            }
            state.has_ended = true;
            state.outcome = outcome;
            std::mem::take(&mut state.calls)
        };
        self.ended.notify_all();
        for call in calls {
            lanes::call(call);
        }
    }

    fn has_ended(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).has_ended
    }

    /// Waits for so long; whether it has ended.
    fn wait(&self, patience: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ended.wait_timeout_while(state, patience, |state| !state.has_ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.has_ended
    }
}

/// Ends the task for whoever waits, also where it is dropped before its end.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end(None);
    }
}

/// Something under way in the engine. It goes on when nobody waits.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct TaskCore {
    shared: Owned<Arc<Shared>>,
    running: Owned<AbortHandle>,
}

impl TaskCore {
    /// Begins `work`; `made` makes a Python object of what comes of it.
    pub(super) fn begin<T: Send + 'static>(
        executor: &Executor,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
        made: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Self {
        let shared: Arc<Shared> = Arc::default();
        let ending = Ending(Arc::clone(&shared));
        let task = executor.spawn(async move {
            let result = work.await;
            ending.0.end(Some(Box::new(move |py| match result {
                Ok(value) => made(py, value),
                Err(error) => Err(failures::exception(py, &error)),
            })));
        });
        Self { shared: Owned::new(shared), running: Owned::new(task.abort_handle()) }
    }
}

#[pymethods]
impl TaskCore {
    /// Waits until it has ended, at most `timeout` seconds (`None`: as long as it takes); tells whether it has.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let patience =
            timeout.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
        let until = patience.and_then(|patience| Instant::now().checked_add(patience));
        loop {
            // Each time: a handler of signals may have forked, and the end comes to the parent.
            let shared = self.shared.get()?;
            let left =
                until.map_or(GLANCE, |until| until.saturating_duration_since(Instant::now()).min(GLANCE));
            if py.detach(|| shared.wait(left)) {
                return Ok(true);
            }
            py.check_signals()?;
            runtime::check_end()?;
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(false);
            }
        }
    }

    /// Whether it has ended.
    fn done(&self) -> PyResult<bool> {
        Ok(self.shared.get()?.has_ended())
    }

    /// What came of it, once; the error as an exception.
    fn take(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let outcome = self.shared.get()?.state.lock().unwrap_or_else(PoisonError::into_inner).outcome.take();
        outcome.map_or_else(
            || runtime::check_end().and_then(|()| Err(failures::exception(py, &Error::Dropped))),
            |outcome| outcome(py),
        )
    }

    /// Has `call()` run on the callback lane once it has ended; at once and here, if it has.
    fn on_done(&self, py: Python<'_>, call: Py<PyAny>) -> PyResult<()> {
        {
            let mut state = self.shared.get()?.state.lock().unwrap_or_else(PoisonError::into_inner);
            if !state.has_ended {
                state.calls.push(call);
                return Ok(());
            }
        }
        call.bind(py).call0().map(drop)
    }

    /// Gives it up.
    fn cancel(&self) -> PyResult<()> {
        self.running.get()?.abort();
        Ok(())
    }
}
