//! `decimal`: a scale and an unscaled varint, section 6.6.

use num_bigint::BigInt;

use super::{DecodeValue, EncodeValue, Encoded, present, wrong_length};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// A decimal number: `unscaled * 10^-scale`, of any size and precision.
///
/// Equality is that of the two parts, as the server stores them: 1.0 and 1.00 are not equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CqlDecimal {
    /// All digits, without the point.
    pub unscaled: BigInt,
    /// How many digits stand behind the point; negative for zeros in front of it.
    pub scale: i32,
}

impl EncodeValue for CqlDecimal {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Decimal => {
                out.extend_from_slice(&self.scale.to_be_bytes());
                out.extend_from_slice(&self.unscaled.to_signed_bytes_be());
                Ok(Encoded::Bytes)
            }
            other => Err(EncodeError::wrong_type("CqlDecimal", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for CqlDecimal {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Decimal => Ok(()),
            other => Err(DecodeError::wrong_type("CqlDecimal", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        let bytes = present("CqlDecimal", cell)?;
        match bytes.split_first_chunk() {
            Some((scale, unscaled)) if !unscaled.is_empty() => Ok(Self {
                unscaled: BigInt::from_signed_bytes_be(unscaled),
                scale: i32::from_be_bytes(*scale),
            }),
            _ => Err(wrong_length(cql_type, bytes, "5 or more")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, malformed};
    use super::*;

    fn decimal(unscaled: i64, scale: i32) -> CqlDecimal {
        CqlDecimal { unscaled: unscaled.into(), scale }
    }

    #[test]
    fn the_bytes_that_cassandra_writes() {
        both_ways(&CqlType::Decimal, &decimal(15, 1), "00000001 0F");
        both_ways(&CqlType::Decimal, &decimal(-1, 3), "00000003 FF");
        both_ways(&CqlType::Decimal, &decimal(1, -3), "FFFFFFFD 01");
        both_ways(&CqlType::Decimal, &decimal(0, 0), "00000000 00");
    }

    /// W9 of docs/promises.md.
    #[test]
    fn any_scale_is_kept_and_none_is_multiplied_out() {
        both_ways(&CqlType::Decimal, &decimal(1, i32::MAX), "7FFFFFFF 01");
        both_ways(&CqlType::Decimal, &decimal(-129, i32::MIN), "80000000 FF7F");
    }

    #[test]
    fn a_scale_alone_is_no_number() {
        malformed::<CqlDecimal>(&CqlType::Decimal, "000000");
        malformed::<CqlDecimal>(&CqlType::Decimal, "00000000");
    }
}
