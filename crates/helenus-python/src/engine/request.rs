//! `RequestCore`: a statement under way, waited for by threads or told to a callback.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use helenus::{Error, ResponseFuture, ResultSet};
use pyo3::prelude::*;

use super::cluster::GLANCE;
use super::failures;
use super::lanes;
use super::result::ResultCore;
use super::runtime::{self, Owned};

/// A statement under way. It goes on when nobody waits; it is given up when the last handle is gone.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct RequestCore {
    future: Owned<Mutex<ResponseFuture>>,
    waiting: Owned<helenus::Pending>,
    /// Of a request that failed: where it went, in order.
    attempted: OnceLock<Vec<String>>,
}

impl RequestCore {
    pub(super) fn new(future: ResponseFuture) -> Self {
        let waiting = Owned::new(future.pending());
        Self { future: Owned::new(Mutex::new(future)), waiting, attempted: OnceLock::new() }
    }
}

impl RequestCore {
    /// Waits for the answer as long as it takes. Who is interrupted does not wait any more, and the request goes on.
    pub(super) fn into_result(self, py: Python<'_>) -> PyResult<ResultSet> {
        if let Err(interrupted) = self.wait(py, None) {
            if let Ok(waiting) = self.waiting.get() {
                let waiting = waiting.clone();
                waiting.when_ended(Box::new(move || drop(self)));
            }
            return Err(interrupted);
        }
        let taken = self.future.get()?.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or(Err(Error::Dropped)).map_err(|error| failures::exception(py, &error))
    }
}

#[pymethods]
impl RequestCore {
    /// Waits until the answer is there, at most `timeout` seconds (`None`: as long as it takes); tells whether it is.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let pending = self.waiting.get()?;
        if pending.has_ended() {
            return Ok(true);
        }
        let patience =
            timeout.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
        let until = patience.and_then(|patience| Instant::now().checked_add(patience));
        loop {
            let left =
                until.map_or(GLANCE, |until| until.saturating_duration_since(Instant::now()).min(GLANCE));
            if py.detach(|| pending.wait(left)) {
                return Ok(true);
            }
            py.check_signals()?;
            // A handler may have forked, and the answer comes to the parent.
            self.waiting.get()?;
            runtime::check_end()?;
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(false);
            }
        }
    }

    /// Whether the answer, or an error, is there.
    fn done(&self) -> PyResult<bool> {
        Ok(self.waiting.get()?.has_ended())
    }

    /// The answer, once; the error as an exception.
    fn take(&self, py: Python<'_>) -> PyResult<ResultCore> {
        let taken = self.future.get()?.lock().unwrap_or_else(PoisonError::into_inner).take();
        match taken {
            Some(Ok(result)) => Ok(ResultCore::new(result)),
            Some(Err(error)) => {
                // Most errors of a server say nothing of hosts, and nobody keeps this error.
                self.attempted.get_or_init(|| failures::attempted(&error));
                Err(failures::exception(py, &error))
            }
            None => Err(failures::exception(py, &Error::Dropped)),
        }
    }

    /// After `take` has raised: the addresses of the hosts that were tried, in order; the last is the one whose error it is.
    fn attempted(&self) -> Vec<String> {
        self.attempted.get().cloned().unwrap_or_default()
    }

    /// Has `call()` run on the callback lane once the answer is there; at once and here, if it is.
    fn on_done(&self, py: Python<'_>, call: Py<PyAny>) -> PyResult<()> {
        let pending = self.waiting.get()?;
        if pending.has_ended() {
            call.bind(py).call0()?;
            return Ok(());
        }
        pending.when_ended(Box::new(move || lanes::call(call)));
        Ok(())
    }

    /// Gives the request up. The server may run it all the same.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        let future = self.future.get()?;
        runtime::beside_ciphers(py, || future.lock().unwrap_or_else(PoisonError::into_inner).cancel());
        Ok(())
    }

    /// How many bytes the request has, before it is compressed; `None` where it could not be encoded.
    fn length(&self) -> PyResult<Option<usize>> {
        Ok(self.waiting.get()?.request_length())
    }

    /// The addresses of the hosts whose answers are due, and how many requests are in flight on the connection of each.
    fn waiting_on(&self) -> PyResult<Vec<(String, usize)>> {
        let waiting_on = self.waiting.get()?.waiting_on();
        Ok(waiting_on.into_iter().map(|(address, in_flight)| (address.to_string(), in_flight)).collect())
    }
}
