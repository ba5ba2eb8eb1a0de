//! Text, blobs, uuids and addresses.

use std::net::IpAddr;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyString, PyTuple};

use super::{Encoded, class_name};
use crate::errors::EncodeFailure;
use crate::python;

fn string<'a, 'py>(value: &'a Bound<'py, PyAny>) -> Result<&'a Bound<'py, PyString>, Box<EncodeFailure>> {
    // The text is the reference's own, which programs print: what it does is call `encode`.
    value.cast::<PyString>().map_err(|_| {
        EncodeFailure::class(format!("'{}' object has no attribute 'encode'", class_name(value)))
    })
}

/// A `str` (or a subclass); lone surrogates are a `UnicodeEncodeError`.
pub(super) fn text(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    out.extend_from_slice(string(value)?.to_str()?.as_bytes());
    Ok(())
}

pub(super) fn ascii(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let text = string(value)?;
    let utf8 = text.to_str()?;
    if !utf8.is_ascii() {
        // Python makes the error that users know.
        text.call_method1(intern!(value.py(), "encode"), (intern!(value.py(), "ascii"),))?;
    }
    out.extend_from_slice(utf8.as_bytes());
    Ok(())
}

/// Anything with a buffer of bytes, and a list or tuple of integers from 0 to 255; never an `int`, of which
/// `bytes(int)` would make so many zeros.
pub(super) fn blob(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        out.extend_from_slice(bytes.as_bytes());
        return Ok(());
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        // Copied at once, under the GIL: nobody can resize it meanwhile.
        out.extend_from_slice(&bytes.to_vec());
        return Ok(());
    }
    if value.is_instance_of::<PyString>() {
        return Err(EncodeFailure::class("string argument without an encoding"));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let bytes: Vec<u8> = value
            .extract()
            .map_err(|_| EncodeFailure::class("a sequence for a blob has integers from 0 to 255"))?;
        out.extend_from_slice(&bytes);
        return Ok(());
    }
    let py = value.py();
    if PyBuffer::<u8>::get(value).is_ok() || value.hasattr(intern!(py, "__bytes__"))? {
        let bytes = py.get_type::<PyBytes>().call1((value,))?;
        out.extend_from_slice(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
        return Ok(());
    }
    Err(EncodeFailure::class(format!("cannot convert '{}' object to bytes", class_name(value))))
}

/// A `uuid.UUID`, or an object with 16 `bytes`.
pub(super) fn uuid(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    out.extend_from_slice(&uuid_bytes(value)?);
    Ok(())
}

fn uuid_bytes(value: &Bound<'_, PyAny>) -> Result<[u8; 16], Box<EncodeFailure>> {
    let py = value.py();
    if value.is_instance(python::UUID.class(py)?)? {
        let number: u128 = value.getattr(intern!(py, "int"))?.extract()?;
        return Ok(number.to_be_bytes());
    }
    let refused = || EncodeFailure::class("Got a non-UUID object for a UUID value");
    match value.getattr(intern!(py, "bytes")) {
        Ok(bytes) => {
            let bytes = bytes.cast::<PyBytes>().map_err(|_| refused())?;
            bytes.as_bytes().try_into().map_err(|_| refused())
        }
        Err(error) if error.is_instance_of::<PyAttributeError>(py) => Err(refused()),
        Err(error) => Err(error.into()),
    }
}

/// An address as text or as an object of `ipaddress`; no port, no scope.
pub(super) fn inet(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let address = match value.cast::<PyString>() {
        Ok(text) => text.to_str().ok().and_then(|text| text.parse().ok()),
        Err(_) => value.extract::<IpAddr>().ok().filter(|_| value.hasattr("packed").unwrap_or(false)),
    };
    match address {
        Some(IpAddr::V4(address)) => out.extend_from_slice(&address.octets()),
        Some(IpAddr::V6(address)) => out.extend_from_slice(&address.octets()),
        None => {
            let class = class_name(value);
            return Err(EncodeFailure::value(format!("can't interpret this '{class}' as an inet address")));
        }
    }
    Ok(())
}
