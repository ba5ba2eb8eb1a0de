//! Integers, floats, decimals and booleans.

use num_bigint::BigInt;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString};

use super::{Encoded, class_name};
use crate::errors::EncodeFailure;
use crate::python;

/// An object that is an integer or says by `__index__` which it is; `within` names the limits it broke.
fn integer(value: &Bound<'_, PyAny>, within: &'static str) -> Result<i64, Box<EncodeFailure>> {
    value.extract::<i64>().map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<PyOverflowError>(py) {
            EncodeFailure::packing(within)
        } else if error.is_instance_of::<PyTypeError>(py) {
            EncodeFailure::packing("required argument is not an integer")
        } else {
            error.into()
        }
    })
}

macro_rules! fixed_width {
    ($name:ident, $integer:ty, $within:literal) => {
        pub(super) fn $name(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
            let number = <$integer>::try_from(integer(value, $within)?)
                .map_err(|_| EncodeFailure::packing($within))?;
            out.extend_from_slice(&number.to_be_bytes());
            Ok(())
        }
    };
}

fixed_width!(tinyint, i8, "a tinyint is from -128 to 127");
fixed_width!(smallint, i16, "a smallint is from -32768 to 32767");
fixed_width!(int, i32, "an int is from -2147483648 to 2147483647");

pub(super) fn bigint(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let number = integer(value, "a bigint or counter is from -9223372036854775808 to 9223372036854775807")?;
    out.extend_from_slice(&number.to_be_bytes());
    Ok(())
}

/// A bool (numpy's too), or an integer, of which any but zero is true.
pub(super) fn boolean(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let truth = if let Ok(truth) = value.cast::<PyBool>() {
        truth.is_true()
    } else if let Ok(truth) = value.extract::<bool>() {
        truth
    } else {
        integer(value, "an integer for a boolean is from -128 to 127").and_then(|number| {
            i8::try_from(number)
                .map_err(|_| EncodeFailure::packing("an integer for a boolean is from -128 to 127"))
        })? != 0
    };
    out.push(truth.into());
    Ok(())
}

/// A float, or an object that says by `__float__` or `__index__` which it is.
pub(super) fn number(value: &Bound<'_, PyAny>) -> Result<f64, Box<EncodeFailure>> {
    if let Ok(float) = value.cast_exact::<PyFloat>() {
        return Ok(float.value());
    }
    value.extract::<f64>().map_err(|error| {
        if error.is_instance_of::<PyTypeError>(value.py()) {
            EncodeFailure::packing("required argument is not a float")
        } else if error.is_instance_of::<PyOverflowError>(value.py()) {
            EncodeFailure::overflow("int too large to convert to float")
        } else {
            error.into()
        }
    })
}

pub(super) fn double(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    out.extend_from_slice(&number(value)?.to_be_bytes());
    Ok(())
}

pub(super) fn float(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    out.extend_from_slice(&single(number(value)?)?.to_be_bytes());
    Ok(())
}

/// The nearest `f32`; a finite number does not become infinite by it.
pub(super) fn single(double: f64) -> Result<f32, Box<EncodeFailure>> {
    let single = double as f32;
    if single.is_infinite() && double.is_finite() {
        return Err(EncodeFailure::overflow("float too large to pack with f format"));
    }
    Ok(single)
}

pub(super) fn varint(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    if let Ok(number) = value.extract::<i64>() {
        minimal(number.into(), out);
        return Ok(());
    }
    let py = value.py();
    let Ok(number) = value.cast::<PyInt>() else {
        return Err(EncodeFailure::class(format!("a varint is an int, not '{}'", class_name(value))));
    };
    if let Ok(number) = number.extract::<i128>() {
        minimal(number, out);
        return Ok(());
    }
    let bits: usize = number.call_method0(intern!(py, "bit_length"))?.extract()?;
    let signed = PyDict::new(py);
    signed.set_item(intern!(py, "signed"), true)?;
    let arguments = (bits / 8 + 1, intern!(py, "big"));
    let bytes = number.call_method(intern!(py, "to_bytes"), arguments, Some(&signed))?;
    let bytes = bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes();
    out.extend_from_slice(shortest(bytes));
    Ok(())
}

fn minimal(number: i128, out: &mut Vec<u8>) {
    out.extend_from_slice(shortest(&number.to_be_bytes()));
}

/// Two's complement without the leading bytes that only repeat the sign.
fn shortest(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && let [second, ..] = rest
        && ((*first == 0 && second & 0x80 == 0) || (*first == 0xFF && second & 0x80 != 0))
    {
        bytes = rest;
    }
    bytes
}

/// A `Decimal`, or what `Decimal` takes exactly: an int, a float, a number's text, its sign, digits and exponent.
pub(super) fn decimal(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let py = value.py();
    let class = python::DECIMAL.class(py)?;
    let converted;
    let decimal = if value.is_instance(class)? {
        value
    } else {
        converted = to_decimal(value, class)?;
        &converted
    };
    // `Decimal.__str__` itself: a subclass may print otherwise.
    let text = python::DECIMAL_TEXT.get(py)?.call1((decimal,))?;
    decimal_text(text.cast::<PyString>().map_err(PyErr::from)?.to_str()?, out)
}

/// A decimal from its text, which has all its digits: `[-]DIGITS[.DIGITS][E[+-]EXPONENT]`.
fn decimal_text(text: &str, out: &mut Vec<u8>) -> Encoded {
    let not_finite = || EncodeFailure::value("a decimal is a finite number");
    let (mantissa, exponent) = text.split_once('E').unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().map_err(|_| not_finite())?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = i64::try_from(fraction.len())
        .ok()
        .and_then(|places| places.checked_sub(exponent))
        .and_then(|scale| i32::try_from(scale).ok())
        .ok_or_else(|| EncodeFailure::value("a decimal's exponent is from -2147483647 to 2147483648"))?;
    let digits = [whole, fraction].concat();
    let unscaled = if digits.len() <= 38 { digits.parse::<i128>().ok() } else { None };
    out.extend_from_slice(&scale.to_be_bytes());
    match unscaled {
        Some(unscaled) => minimal(unscaled, out),
        None => {
            let unscaled = BigInt::parse_bytes(digits.as_bytes(), 10).ok_or_else(not_finite)?;
            out.extend_from_slice(&unscaled.to_signed_bytes_be());
        }
    }
    Ok(())
}

fn to_decimal<'py>(
    value: &Bound<'py, PyAny>,
    class: &Bound<'py, pyo3::types::PyType>,
) -> Result<Bound<'py, PyAny>, Box<EncodeFailure>> {
    let refused = || EncodeFailure::class(format!("Invalid type for Decimal value: '{}'", class_name(value)));
    class.call1((value,)).map_err(|_| refused())
}
