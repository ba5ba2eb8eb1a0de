//! Credentials: the plain ones natively, a program's own `AuthProvider` by calling it.

use std::net::SocketAddr;
use std::sync::Arc;

use helenus::auth::{AuthError, AuthProvider, Authenticator, PlainText};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::runtime;

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

/// What is told of an exception: its class and the place where it was raised. Its text may hold a secret; only ours does not.
fn told(py: Python<'_>, error: &PyErr) -> AuthError {
    let class = error.get_type(py).name().map_or_else(|_| String::new(), |name| name.to_string());
    let Some(place) = Place::of(py, error).unwrap_or_default() else {
        return AuthError(format!("the authentication provider raised {class}"));
    };
    let is_ours = place.module == "cassandra.auth" && class == "AuthenticationFailed";
    if is_ours {
        return AuthError(format!("the authentication provider: {}", error.value(py)));
    }
    let Place { function, file, line, .. } = place;
    AuthError(format!("the authentication provider raised {class} in {function} ({file}, line {line})"))
}

/// Where an exception was raised.
struct Place {
    module: String,
    function: String,
    file: String,
    line: u32,
}

impl Place {
    /// The innermost frame of its traceback, where it has one.
    fn of(py: Python<'_>, error: &PyErr) -> PyResult<Option<Self>> {
        let Some(traceback) = error.traceback(py) else { return Ok(None) };
        let mut innermost = traceback.into_any();
        loop {
            let next = innermost.getattr(intern!(py, "tb_next"))?;
            if next.is_none() {
                break;
            }
            innermost = next;
        }
        let frame = innermost.getattr(intern!(py, "tb_frame"))?;
        let code = frame.getattr(intern!(py, "f_code"))?;
        // A module that was run from text alone has no name.
        let module = frame.getattr(intern!(py, "f_globals"))?.get_item(intern!(py, "__name__"));
        Ok(Some(Self {
            module: module.and_then(|name| name.extract()).unwrap_or_default(),
            function: code.getattr(intern!(py, "co_name"))?.extract()?,
            file: code.getattr(intern!(py, "co_filename"))?.extract()?,
            line: innermost.getattr(intern!(py, "tb_lineno"))?.extract()?,
        }))
    }
}

/// Calls the program's code; the exception that it raises is told by class and place.
fn attached<T>(call: impl FnOnce(Python<'_>) -> PyResult<Result<T, AuthError>>) -> Result<T, AuthError> {
    runtime::attach(|py| call(py).unwrap_or_else(|error| Err(told(py, &error))))
        .unwrap_or_else(|| Err(AuthError("the interpreter is ending".into())))
}

impl AuthProvider for PythonAuth {
    fn authenticator(&self, host: SocketAddr, class: &str) -> Result<Box<dyn Authenticator>, AuthError> {
        let authenticator = attached(|py| {
            let authenticator =
                self.0.bind(py).call_method1(intern!(py, "new_authenticator"), (host.ip().to_string(),))?;
            for method in [intern!(py, "initial_response"), intern!(py, "evaluate_challenge")] {
                if !authenticator.hasattr(method)? {
                    let class = authenticator.get_type();
                    return Ok(Err(AuthError(format!(
                        "new_authenticator of the authentication provider gave {class}, which is no \
                         cassandra.auth.Authenticator: it has no {method}"
                    ))));
                }
            }
            // What an authenticator may look at to know whom it talks to.
            authenticator.setattr(intern!(py, "server_authenticator_class"), class)?;
            Ok(Ok(authenticator.unbind()))
        })?;
        Ok(Box::new(PythonAuthenticator(authenticator)))
    }

    fn may_block(&self) -> bool {
        true
    }
}

struct PythonAuthenticator(Py<PyAny>);

/// What a method of an authenticator gave, as it is sent.
fn token(method: &str, answer: &Bound<'_, PyAny>) -> Result<Vec<u8>, AuthError> {
    if answer.is_none() {
        return Ok(Vec::new());
    }
    if let Ok(text) = answer.extract::<String>() {
        return Ok(text.into_bytes());
    }
    answer.extract().map_err(|_| {
        let class = answer.get_type();
        AuthError(format!("{method} of the authenticator gave {class}; it must give bytes, text or None"))
    })
}

impl Authenticator for PythonAuthenticator {
    fn initial_response(&mut self) -> Result<Vec<u8>, AuthError> {
        attached(|py| {
            let answer = self.0.bind(py).call_method0(intern!(py, "initial_response"))?;
            Ok(token("initial_response", &answer))
        })
    }

    fn evaluate_challenge(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        attached(|py| {
            let challenge = PyBytes::new(py, challenge);
            let answer = self.0.bind(py).call_method1(intern!(py, "evaluate_challenge"), (challenge,))?;
            Ok(token("evaluate_challenge", &answer))
        })
    }

    fn on_success(&mut self, token: Option<&[u8]>) -> Result<(), AuthError> {
        attached(|py| {
            let token = token.map(|token| PyBytes::new(py, token));
            self.0.bind(py).call_method1(intern!(py, "on_authentication_success"), (token,)).map(|_| Ok(()))
        })
    }
}
