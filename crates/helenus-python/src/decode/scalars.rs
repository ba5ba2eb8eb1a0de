//! Numbers, text, blobs, uuids and addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use helenus_protocol::notation::Reader;
use num_bigint::BigInt;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyString};

use super::{Decoded, objects};
use crate::errors::DecodeFailure;
use crate::python;

/// Above so many bytes a decimal's digits would take seconds to compute; no one stores such a number by intent.
const MAX_DECIMAL_BYTES: usize = 1 << 16;

pub(super) fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Box<DecodeFailure>> {
    bytes.try_into().map_err(|_| Box::new(DecodeFailure::Length { due: N, got: bytes.len() }))
}

/// An integer of up to 64 bits.
fn integer<'py>(py: Python<'py>, value: impl Into<i64>) -> Decoded<'py> {
    Ok(value.into().into_pyobject(py).map_err(PyErr::from)?.into_any())
}

pub(super) fn tinyint<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    integer(py, i8::from_be_bytes(exactly(bytes)?))
}

pub(super) fn smallint<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    integer(py, i16::from_be_bytes(exactly(bytes)?))
}

pub(super) fn int<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    integer(py, i32::from_be_bytes(exactly(bytes)?))
}

pub(super) fn bigint<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    integer(py, i64::from_be_bytes(exactly(bytes)?))
}

pub(super) fn float<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(PyFloat::new(py, f32::from_be_bytes(exactly(bytes)?).into()).into_any())
}

pub(super) fn double<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(PyFloat::new(py, f64::from_be_bytes(exactly(bytes)?)).into_any())
}

pub(super) fn boolean<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let [byte] = exactly(bytes)?;
    Ok(PyBool::new(py, byte != 0).to_owned().into_any())
}

pub(super) fn text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(PyString::new(py, text).into_any()),
        Err(error) => Err(not_text("utf-8", bytes, error.valid_up_to())),
    }
}

pub(super) fn ascii<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    match bytes.iter().position(|byte| !byte.is_ascii()) {
        None => text(py, bytes),
        Some(at) => Err(not_text("ascii", bytes, at)),
    }
}

#[cold]
fn not_text(encoding: &'static str, bytes: &[u8], at: usize) -> Box<DecodeFailure> {
    // The exception carries what could not be read and a little before it, not a megabyte.
    let start = at.saturating_sub(16);
    let end = bytes.len().min(at + 16);
    Box::new(DecodeFailure::Text { encoding, bytes: bytes[start..end].to_vec(), at: at - start })
}

/// A two's complement big-endian integer of any length.
pub(super) fn varint<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    match bytes.len() {
        0 => Err(DecodeFailure::malformed("a varint has at least one byte")),
        1..=8 => integer(py, small(bytes)),
        9..=16 => {
            let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
            let number = bytes.iter().fold(sign, |value: i128, byte| value << 8 | i128::from(*byte));
            Ok(number.into_pyobject(py).map_err(PyErr::from)?.into_any())
        }
        _ => {
            let signed = PyDict::new(py);
            signed.set_item(intern!(py, "signed"), true)?;
            let arguments = (PyBytes::new(py, bytes), intern!(py, "big"));
            Ok(python::INT_FROM_BYTES.get(py)?.call(arguments, Some(&signed))?)
        }
    }
}

/// Up to eight bytes of two's complement.
fn small(bytes: &[u8]) -> i64 {
    let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
    bytes.iter().fold(sign, |value: i64, byte| value << 8 | i64::from(*byte))
}

/// An `[int]` scale, and a varint.
pub(super) fn decimal<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let scale = reader.int()?;
    let unscaled = reader.rest();
    let exponent = -i64::from(scale);
    let text = match unscaled.len() {
        0 => return Err(DecodeFailure::malformed("a decimal has at least one byte after its scale")),
        1..=8 => format!("{}E{exponent}", small(unscaled)),
        9..=MAX_DECIMAL_BYTES => format!("{}E{exponent}", BigInt::from_signed_bytes_be(unscaled)),
        more => {
            return Err(DecodeFailure::malformed(format!(
                "a decimal of {more} bytes; up to {MAX_DECIMAL_BYTES} are read"
            )));
        }
    };
    Ok(python::DECIMAL.get(py)?.call1((text,))?)
}

pub(super) fn uuid<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let Ok(bytes) = <[u8; 16]>::try_from(bytes) else {
        return Err(DecodeFailure::malformed(format!("a uuid has 16 bytes, not {}", bytes.len())));
    };
    Ok(objects::uuid(py, u128::from_be_bytes(bytes))?)
}

pub(super) fn inet<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let address = if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        IpAddr::V4(Ipv4Addr::from(octets))
    } else if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        IpAddr::V6(Ipv6Addr::from(octets))
    } else {
        return Err(DecodeFailure::malformed(format!("an address has 4 or 16 bytes, not {}", bytes.len())));
    };
    Ok(PyString::new(py, &presentation(address)).into_any())
}

/// An address as `inet_ntop` prints it: unlike Rust's, with the last four bytes of `::a.b.c.d` as such.
fn presentation(address: IpAddr) -> String {
    if let IpAddr::V6(v6) = address {
        let [a, b, c, d, e, f, g, _] = v6.segments();
        if [a, b, c, d, e, f] == [0; 6] && g != 0 {
            let [.., w, x, y, z] = v6.octets();
            return format!("::{}", Ipv4Addr::new(w, x, y, z));
        }
    }
    address.to_string()
}
