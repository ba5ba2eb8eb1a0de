//! Python objects to bytes, one file per family of types: straight into the buffer that goes to the server.
//!
//! What each type takes is what the reference takes, without what silently stores something else (an `int` for a
//! blob, any object for a user-defined type). Objects' own methods run in between and may do anything: nothing is
//! borrowed from a container while they do. Byte formats: section 6 of the v5 specification.

mod bind;
mod collections;
mod numbers;
mod temporal;
mod text;
mod udt_tuple;
mod vector;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec::{Codec, Kind};
use crate::decode::{Lengths, VERSION};
use crate::errors::EncodeFailure;

pub(crate) use bind::{Binder, BoundValues};

/// Written, or why not; then what was written so far is to be cut off by the caller.
pub(crate) type Encoded = Result<(), Box<EncodeFailure>>;

impl Codec {
    /// The bytes of a value that is not `None`, at the end of `out`.
    pub(crate) fn encode(&self, value: &Bound<'_, PyAny>, out: &mut Vec<u8>, lengths: Lengths) -> Encoded {
        match &self.kind {
            Kind::Ascii => text::ascii(value, out),
            Kind::Bigint => numbers::bigint(value, out),
            Kind::Blob | Kind::Custom => text::blob(value, out),
            Kind::Boolean => numbers::boolean(value, out),
            Kind::Date => temporal::date(value, out),
            Kind::Decimal => numbers::decimal(value, out),
            Kind::Double => numbers::double(value, out),
            Kind::Duration => temporal::duration(value, out),
            Kind::Float => numbers::float(value, out),
            Kind::Inet => text::inet(value, out),
            Kind::Int => numbers::int(value, out),
            Kind::Smallint => numbers::smallint(value, out),
            Kind::Text => text::text(value, out),
            Kind::Time => temporal::time(value, out),
            Kind::Timestamp => temporal::timestamp(value, out),
            Kind::Tinyint => numbers::tinyint(value, out),
            Kind::Uuid | Kind::Timeuuid => text::uuid(value, out),
            Kind::Varint => numbers::varint(value, out),
            Kind::List(element) | Kind::Set(element) => collections::elements(element, value, out, lengths),
            Kind::Map(key, item) => collections::map(key, item, value, out, lengths),
            Kind::Tuple(fields) => udt_tuple::tuple(fields, value, out),
            Kind::Udt(udt) => udt_tuple::udt(udt, value, out),
            Kind::Composite(fields) => udt_tuple::composite(fields, value, out),
            Kind::Vector(vector) => vector::vector(vector, value, out),
            Kind::Unparameterized => Err(Box::new(EncodeFailure::Unparameterized)),
            Kind::Python => self.encode_in_python(value, out),
        }
    }

    /// A `[bytes]`: the length in front, null for `None`.
    pub(crate) fn encode_cell(&self, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
        if value.is_none() {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return Ok(());
        }
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        self.encode(value, out, Lengths::Int)?;
        let length = i32::try_from(out.len() - start - 4)
            .map_err(|_| EncodeFailure::value(format!("a value has at most {} bytes", i32::MAX)))?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn encode_in_python(&self, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
        let Some(class) = &self.class else { return text::blob(value, out) };
        let bytes =
            class.bind(value.py()).call_method1(intern!(value.py(), "to_binary"), (value, VERSION))?;
        let bytes = bytes.cast::<PyBytes>().map_err(PyErr::from)?;
        out.extend_from_slice(bytes.as_bytes());
        Ok(())
    }
}

/// The class of a value, for messages.
fn class_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| String::from("object"), |name| name.to_string())
}
