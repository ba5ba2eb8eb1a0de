//! Bytes to Python objects, one file per family of types. No tree of values stands in between.
//!
//! Lengths and counts are checked before anything is made of them, so nothing that a peer sends makes this code
//! allocate more than it sent; types, and so recursion, are bounded by
//! [`MAX_DEPTH`](helenus_protocol::types::MAX_DEPTH). Byte formats: section 6 of the v5 specification.

mod collections;
pub(crate) mod objects;
mod rows;
mod scalars;
mod temporal;
mod udt_tuple;
mod vector;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec::{Codec, Kind};
use crate::errors::DecodeFailure;
use crate::python;

pub(crate) use rows::RowDecoder;
pub(crate) use temporal::{DATE_EPOCH, NANOSECONDS_PER_DAY};

/// The protocol version that Python code is told where it wants to know one: values look the same in all that we speak.
pub(crate) const VERSION: u8 = 4;

/// An object, or why there is none.
pub(crate) type Decoded<'py> = Result<Bound<'py, PyAny>, Box<DecodeFailure>>;

/// The width of counts and lengths in a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lengths {
    /// `[int]`: v3 and later.
    Int,
    /// `[short]`: v1 and v2, which no server speaks any more; `cassandra.cqltypes` still can.
    Short,
}

impl Codec {
    /// A cell as it stands in a row, a collection or a tuple: null is `None`.
    #[inline]
    pub(crate) fn decode_cell<'py>(&self, py: Python<'py>, cell: Option<&[u8]>) -> Decoded<'py> {
        match cell {
            Some(bytes) if !bytes.is_empty() || self.empty_is_value => self.decode(py, bytes, Lengths::Int),
            Some(_) if self.shows_empty => Ok(python::EMPTY.get(py)?.clone()),
            _ => Ok(py.None().into_bound(py)),
        }
    }

    /// A value that is there.
    pub(crate) fn decode<'py>(&self, py: Python<'py>, bytes: &[u8], lengths: Lengths) -> Decoded<'py> {
        match &self.kind {
            Kind::Ascii => scalars::ascii(py, bytes),
            Kind::Bigint => scalars::bigint(py, bytes),
            Kind::Blob | Kind::Custom => Ok(PyBytes::new(py, bytes).into_any()),
            Kind::Boolean => scalars::boolean(py, bytes),
            Kind::Date => temporal::date(py, bytes),
            Kind::Decimal => scalars::decimal(py, bytes),
            Kind::Double => scalars::double(py, bytes),
            Kind::Duration => temporal::duration(py, bytes),
            Kind::Float => scalars::float(py, bytes),
            Kind::Inet => scalars::inet(py, bytes),
            Kind::Int => scalars::int(py, bytes),
            Kind::Smallint => scalars::smallint(py, bytes),
            Kind::Text => scalars::text(py, bytes),
            Kind::Time => temporal::time(py, bytes),
            Kind::Timestamp => temporal::timestamp(py, bytes),
            Kind::Tinyint => scalars::tinyint(py, bytes),
            Kind::Uuid | Kind::Timeuuid => scalars::uuid(py, bytes),
            Kind::Varint => scalars::varint(py, bytes),
            Kind::List(element) => collections::list(py, element, bytes, lengths),
            Kind::Set(element) => collections::set(py, element, bytes, lengths),
            Kind::Map(key, value) => collections::map(py, key, value, bytes, lengths),
            Kind::Tuple(fields) => udt_tuple::tuple(py, fields, bytes),
            Kind::Udt(udt) => udt_tuple::udt(py, udt, bytes),
            Kind::Composite(fields) => udt_tuple::composite(py, fields, bytes),
            Kind::Vector(vector) => vector::vector(py, vector, bytes),
            Kind::Unparameterized => Err(Box::new(DecodeFailure::Unparameterized)),
            Kind::Python => self.decode_in_python(py, bytes),
        }
    }

    fn decode_in_python<'py>(&self, py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
        let Some(class) = &self.class else { return Ok(PyBytes::new(py, bytes).into_any()) };
        Ok(class.bind(py).call_method1(intern!(py, "from_binary"), (PyBytes::new(py, bytes), VERSION))?)
    }

    /// The type's name for error messages.
    pub(crate) fn name(&self, py: Python<'_>) -> String {
        let named = self.class.as_ref().and_then(|class| {
            class.bind(py).call_method0(intern!(py, "cql_parameterized_type")).ok()?.extract().ok()
        });
        named.unwrap_or_else(|| self.kind.plain_name().to_owned())
    }
}
