//! `ReservedCore`: a request id of one connection that a program has borrowed.

use std::sync::{Mutex, PoisonError};

use helenus::Reserved;
use pyo3::prelude::*;

use super::runtime::Owned;

/// A request id that no request is given until it is released, or this is gone.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct ReservedCore {
    reserved: Owned<Mutex<Option<Reserved>>>,
    #[pyo3(get)]
    request_id: i16,
    #[pyo3(get)]
    capacity: usize,
}

impl ReservedCore {
    pub(super) fn new(reserved: Reserved) -> Self {
        let (request_id, capacity) = (reserved.stream(), reserved.capacity());
        Self { reserved: Owned::new(Mutex::new(Some(reserved))), request_id, capacity }
    }

    fn of<T>(&self, look: impl FnOnce(&Reserved) -> T) -> PyResult<Option<T>> {
        let reserved = self.reserved.get()?.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(reserved.as_ref().map(look))
    }
}

#[pymethods]
impl ReservedCore {
    /// How many ids of its connection are in use; `None` once it was released.
    #[getter]
    fn in_flight(&self) -> PyResult<Option<usize>> {
        self.of(Reserved::in_flight)
    }

    /// Why the connection has ended, if it has; `None` also once it was released.
    #[getter]
    fn ended(&self) -> PyResult<Option<String>> {
        Ok(self.of(|reserved| reserved.ended().map(ToString::to_string))?.flatten())
    }

    /// Gives the id back; whether it had not been given back before.
    fn release(&self, py: Python<'_>) -> PyResult<bool> {
        let reserved = self.reserved.get()?;
        // Giving back takes the connection's lock, whose holder may wait for the interpreter's.
        let was_reserved =
            py.detach(|| reserved.lock().unwrap_or_else(PoisonError::into_inner).take().is_some());
        Ok(was_reserved)
    }
}
