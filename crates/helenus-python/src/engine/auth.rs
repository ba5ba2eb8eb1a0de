//! Credentials: the plain ones natively, a program's own `AuthProvider` by calling it.

use std::net::SocketAddr;
use std::sync::Arc;

use helenus::auth::{AuthError, AuthProvider, Authenticator, PlainText};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

/// A Python `AuthProvider`: asked on a thread that may block.
#[derive(Debug)]
pub(super) struct PythonAuth(Py<PyAny>);

impl PythonAuth {
    /// `None`, a pair of user name and password, or a provider.
    pub(super) fn from_setting(setting: &Bound<'_, PyAny>) -> PyResult<Option<Arc<dyn AuthProvider>>> {
        if setting.is_none() {
            return Ok(None);
        }
        if let Ok(pair) = setting.cast::<PyTuple>() {
            let (username, password): (String, String) = pair.extract()?;
            // As in the reference, whatever the server calls its authenticator.
            return Ok(Some(Arc::new(PlainText::new(username, password).for_any_authenticator())));
        }
        Ok(Some(Arc::new(Self(setting.clone().unbind()))))
    }
}

/// What a Python exception says, without its class's module.
fn told(py: Python<'_>, error: &PyErr) -> AuthError {
    let class = error.get_type(py).name().map_or_else(|_| String::new(), |name| name.to_string());
    AuthError(format!("the authentication provider raised {class}"))
}

fn attached<T>(call: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T, AuthError> {
    Python::try_attach(|py| call(py).map_err(|error| told(py, &error)))
        .unwrap_or_else(|| Err(AuthError("the interpreter is ending".into())))
}

impl AuthProvider for PythonAuth {
    fn authenticator(&self, host: SocketAddr, class: &str) -> Result<Box<dyn Authenticator>, AuthError> {
        let authenticator = attached(|py| {
            let authenticator =
                self.0.bind(py).call_method1(intern!(py, "new_authenticator"), (host.ip().to_string(),))?;
            // What an authenticator may look at to know whom it talks to.
            authenticator.setattr(intern!(py, "server_authenticator_class"), class)?;
            Ok(authenticator.unbind())
        })?;
        Ok(Box::new(PythonAuthenticator(authenticator)))
    }

    fn may_block(&self) -> bool {
        true
    }
}

struct PythonAuthenticator(Py<PyAny>);

fn token(answer: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if answer.is_none() {
        return Ok(Vec::new());
    }
    match answer.extract::<String>() {
        Ok(text) => Ok(text.into_bytes()),
        Err(_) => answer.extract(),
    }
}

impl Authenticator for PythonAuthenticator {
    fn initial_response(&mut self) -> Result<Vec<u8>, AuthError> {
        attached(|py| token(&self.0.bind(py).call_method0(intern!(py, "initial_response"))?))
    }

    fn evaluate_challenge(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        attached(|py| {
            let challenge = PyBytes::new(py, challenge);
            token(&self.0.bind(py).call_method1(intern!(py, "evaluate_challenge"), (challenge,))?)
        })
    }

    fn on_success(&mut self, token: Option<&[u8]>) -> Result<(), AuthError> {
        attached(|py| {
            let token = token.map(|token| PyBytes::new(py, token));
            self.0.bind(py).call_method1(intern!(py, "on_authentication_success"), (token,)).map(drop)
        })
    }
}
