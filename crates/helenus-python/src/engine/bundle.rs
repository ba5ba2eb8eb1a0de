//! `SecureConnectBundle`: a bundle that was read, for the settings of a cluster.

use std::io::ErrorKind;
use std::path::PathBuf;

use helenus::cloud::{self, BundleError};
use pyo3::exceptions::{PyFileNotFoundError, PyOSError, PyValueError};
use pyo3::prelude::*;

/// What a secure connect bundle says. It shows nothing of the keys in it.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct SecureConnectBundle(cloud::SecureConnectBundle);

impl SecureConnectBundle {
    pub(super) fn bundle(&self) -> cloud::SecureConnectBundle {
        self.0.clone()
    }
}

#[pymethods]
impl SecureConnectBundle {
    /// Reads the bundle at `path`. FileNotFoundError, OSError, or ValueError for what is no bundle.
    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| cloud::SecureConnectBundle::read(path)).map(Self).map_err(|error| raised(&error))
    }

    /// The keyspace that it was made for, if it says one.
    #[getter]
    fn keyspace(&self) -> Option<&str> {
        self.0.keyspace()
    }
}

fn raised(error: &BundleError) -> PyErr {
    let words = error.to_string();
    match error {
        BundleError::Unreadable { path, kind: ErrorKind::NotFound, .. } => {
            PyFileNotFoundError::new_err((2, "No such file or directory", path.clone()))
        }
        BundleError::Unreadable { .. } => PyOSError::new_err(words),
        BundleError::Missing(_) => PyFileNotFoundError::new_err(words),
        _ => PyValueError::new_err(words),
    }
}
