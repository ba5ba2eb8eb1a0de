//! The table from Rust's errors to Python's exceptions. No other file chooses an exception's class.
//!
//! A value's own text is never part of a message: it may be a secret, and it may be long.

use std::borrow::Cow;
use std::net::SocketAddr;

use helenus_protocol::DecodeError;
use pyo3::exceptions::{
    PyNotImplementedError, PyOverflowError, PyTypeError, PyUnicodeDecodeError, PyValueError,
};
use pyo3::intern;
use pyo3::prelude::*;

use crate::python;

/// Why bytes did not become an object. Boxed where it travels: it is rare, and results stay small.
#[derive(Debug)]
pub(crate) enum DecodeFailure {
    /// Not as many bytes as the type has.
    Length { due: usize, got: usize },
    /// Bytes that are not the text they should be; at which one they stop being it.
    Text { encoding: &'static str, bytes: Vec<u8>, at: usize },
    /// Anything else that is wrong with the bytes.
    Malformed(Cow<'static, str>),
    /// A collection class without parameters.
    Unparameterized,
    /// Python said no: a user's class, a registered type's constructor.
    Raised(PyErr),
}

impl DecodeFailure {
    #[cold]
    pub(crate) fn malformed(why: impl Into<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self::Malformed(why.into()))
    }

    /// The exception that `from_binary` raises.
    pub(crate) fn into_exception(self, py: Python<'_>, type_name: &str) -> PyErr {
        match self {
            Self::Length { due, got } => {
                struct_error(py, format!("unpack requires a buffer of {due} bytes, not {got}"))
            }
            Self::Text { encoding, bytes, at } => {
                let why = if encoding == "ascii" { c"ordinal not in range(128)" } else { c"invalid bytes" };
                let encoding = std::ffi::CString::new(encoding).unwrap_or_default();
                PyUnicodeDecodeError::new(py, &encoding, &bytes, at..at + 1, why)
                    .map_or_else(|error| error, |exception| PyErr::from_value(exception.into_any()))
            }
            Self::Malformed(why) => PyValueError::new_err(why.into_owned()),
            Self::Unparameterized => {
                PyNotImplementedError::new_err(format!("can't deserialize unparameterized {type_name}"))
            }
            Self::Raised(error) => error,
        }
    }

    /// The exception that reading a result raises: it names the column and who has sent it, and keeps the first cause.
    #[cold]
    pub(crate) fn in_column(
        self,
        py: Python<'_>,
        column: &str,
        type_name: &str,
        sender: Option<SocketAddr>,
    ) -> PyErr {
        let cause = self.into_exception(py, type_name);
        if !cause.is_instance_of::<pyo3::exceptions::PyException>(py) {
            return cause;
        }
        let sent = sent_by(sender);
        let text = format!("Failed decoding result column \"{column}\" of type {type_name}: {cause}{sent}");
        let error = driver_exception(py, text);
        error.set_cause(py, Some(cause));
        error
    }
}

impl From<PyErr> for Box<DecodeFailure> {
    #[cold]
    fn from(error: PyErr) -> Self {
        Self::new(DecodeFailure::Raised(error))
    }
}

impl From<DecodeError> for Box<DecodeFailure> {
    #[cold]
    fn from(error: DecodeError) -> Self {
        DecodeFailure::malformed(error.to_string())
    }
}

/// Why an object did not become bytes.
#[derive(Debug)]
pub(crate) enum EncodeFailure {
    /// An object of a class that the type does not take, or a number that does not fit into it, where the
    /// reference packs a struct: `struct.error` from `to_binary`, `TypeError` from `bind`.
    Struct(Cow<'static, str>),
    /// An object of a class that the type does not take.
    Type(Cow<'static, str>),
    /// An object of the right class whose value the type cannot hold.
    Value(Cow<'static, str>),
    /// A number beyond a range, where the reference says `OverflowError`.
    Overflow(Cow<'static, str>),
    /// A collection class without parameters.
    Unparameterized,
    /// The object's own methods said no.
    Raised(PyErr),
}

impl EncodeFailure {
    #[cold]
    pub(crate) fn packing(why: impl Into<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self::Struct(why.into()))
    }

    #[cold]
    pub(crate) fn class(why: impl Into<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self::Type(why.into()))
    }

    #[cold]
    pub(crate) fn value(why: impl Into<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self::Value(why.into()))
    }

    #[cold]
    pub(crate) fn overflow(why: impl Into<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self::Overflow(why.into()))
    }

    /// The exception that `to_binary` raises.
    pub(crate) fn into_exception(self, py: Python<'_>, type_name: &str) -> PyErr {
        match self {
            Self::Struct(why) => struct_error(py, why.into_owned()),
            Self::Type(why) => PyTypeError::new_err(why.into_owned()),
            Self::Value(why) => PyValueError::new_err(why.into_owned()),
            Self::Overflow(why) => PyOverflowError::new_err(why.into_owned()),
            Self::Unparameterized => {
                PyNotImplementedError::new_err(format!("can't serialize unparameterized {type_name}"))
            }
            Self::Raised(error) => error,
        }
    }

    /// The exception that `bind` raises: it names the column, the type and the value's class, not its content.
    #[cold]
    pub(crate) fn in_column(
        self,
        py: Python<'_>,
        column: &str,
        class: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyErr {
        let got = value.get_type();
        let invalid_type = |why: &str| {
            PyTypeError::new_err(format!(
                "Received an argument of invalid type for column \"{column}\". Expected: {class}, Got: {got}; ({why})"
            ))
        };
        let invalid_value = |why: &str| {
            format!("Invalid value for column \"{column}\". Expected: {class}, Got: {got}; ({why})")
        };
        match self {
            Self::Struct(why) | Self::Type(why) => invalid_type(&why),
            Self::Value(why) => PyValueError::new_err(invalid_value(&why)),
            Self::Overflow(why) => PyOverflowError::new_err(invalid_value(&why)),
            Self::Unparameterized => self.into_exception(py, "collection"),
            Self::Raised(cause) if is_type_error(py, &cause) => {
                let why = cause.value(py).str().map_or_else(|_| String::new(), |text| text.to_string());
                let error = invalid_type(&why);
                error.set_cause(py, Some(cause));
                error
            }
            Self::Raised(cause) => {
                // Someone else's exception keeps its class; where Python can, the column is noted on it.
                let note = format!("while binding column \"{column}\"");
                let _before_3_11 = cause.value(py).call_method1(intern!(py, "add_note"), (note,));
                cause
            }
        }
    }
}

/// What the reference counts as a value of the wrong type.
fn is_type_error(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyTypeError>(py)
        || python::STRUCT_ERROR.get(py).is_ok_and(|class| error.is_instance(py, class))
}

impl From<PyErr> for Box<EncodeFailure> {
    #[cold]
    fn from(error: PyErr) -> Self {
        Self::new(EncodeFailure::Raised(error))
    }
}

/// Who has sent what cannot be read, at the end of an error's text.
pub(crate) fn sent_by(sender: Option<SocketAddr>) -> String {
    sender.map_or_else(String::new, |sender| format!(" (sent by the server {sender})"))
}

/// `struct.error`.
fn struct_error(py: Python<'_>, text: String) -> PyErr {
    raise(py, &python::STRUCT_ERROR, text)
}

/// `cassandra.DriverException`.
pub(crate) fn driver_exception(py: Python<'_>, text: String) -> PyErr {
    raise(py, &python::DRIVER_EXCEPTION, text)
}

/// `ValueError`, for text of the caller's that does not parse.
pub(crate) fn value_error(error: &DecodeError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn raise(py: Python<'_>, class: &python::Imported, text: String) -> PyErr {
    match class.class(py) {
        Ok(class) => PyErr::from_type(class.clone(), text),
        Err(error) => error,
    }
}
