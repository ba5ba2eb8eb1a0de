//! Types of other libraries as CQL values, each behind the feature of its name: `time`, `chrono`, `bigdecimal`,
//! `num-bigint-04`, `serde_json`. Both ways, and never to another value: what one side has no room for is an error.

#[cfg(feature = "bigdecimal")]
mod bigdecimal;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "serde_json")]
mod json;
#[cfg(feature = "serde_json")]
mod json_value;
#[cfg(feature = "num-bigint-04")]
mod num_bigint_04;
#[cfg(feature = "time")]
mod time;

#[cfg(feature = "serde_json")]
pub use json::Json;

/// Both ways by way of one of our own types, which has room for all that the wire has.
#[cfg(any(feature = "time", feature = "chrono"))]
macro_rules! by_way_of {
    ($rust:ty, $name:literal, $cql:ident, $way:ident, $decode:expr) => {
        impl<'a> DecodeValue<'a> for $rust {
            fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
                match cql_type.unfrozen() {
                    CqlType::$cql => Ok(()),
                    other => Err(DecodeError::wrong_type($name, other)),
                }
            }

            fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                Self::check(cql_type)?;
                let value = $way::decode(cql_type, Some(present($name, cell)?))?;
                let decode: fn($way) -> Option<Self> = $decode;
                decode(value).ok_or_else(|| {
                    let why =
                        format!("the {cql_type} is outside of its range; a {} takes it", stringify!($way));
                    DecodeError::misread(concat!("a Rust ", $name), why)
                })
            }
        }
    };
}
#[cfg(any(feature = "time", feature = "chrono"))]
use by_way_of;

/// Appends a value of another library as the one of ours that it is, if `cql_type` is the type due.
#[cfg(any(feature = "time", feature = "chrono"))]
fn encode_as<T: super::EncodeValue>(
    name: &'static str,
    due: &crate::CqlType,
    cql_type: &crate::CqlType,
    out: &mut Vec<u8>,
    value: impl FnOnce() -> Result<T, &'static str>,
) -> Result<super::Encoded, crate::EncodeError> {
    if cql_type.unfrozen() != due {
        return Err(crate::EncodeError::wrong_type(name, cql_type));
    }
    match value() {
        Ok(value) => value.encode(cql_type, out),
        Err(why) => Err(crate::EncodeError::new(format!("a Rust {name}"), why)),
    }
}
