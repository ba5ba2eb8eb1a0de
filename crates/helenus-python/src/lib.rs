//! The extension module `helenus._native`: what both Python doors stand on.
//!
//! No decisions are made here: Python objects become bytes, bytes become Python objects, calls are forwarded to
//! the engine and its errors become Python exceptions. This file is the index of what Python sees.

use pyo3::prelude::*;

#[pymodule(gil_used = true)]
#[pyo3(name = "_native")]
mod native {
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
