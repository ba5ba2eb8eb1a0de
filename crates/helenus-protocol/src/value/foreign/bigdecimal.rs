//! The crate `bigdecimal`: `BigDecimal` is `decimal`, with the same digits and the same scale.

use ::bigdecimal::BigDecimal;
use ::bigdecimal::num_bigint::BigInt;

use super::super::{DecodeValue, EncodeValue, Encoded, present, wrong_length};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

impl EncodeValue for BigDecimal {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        if *cql_type.unfrozen() != CqlType::Decimal {
            return Err(EncodeError::wrong_type("BigDecimal", cql_type));
        }
        let (unscaled, scale) = self.as_bigint_and_scale();
        let Ok(scale) = i32::try_from(scale) else {
            return Err(EncodeError::new("a Rust BigDecimal", "the scale of a decimal has 32 bits"));
        };
        out.extend_from_slice(&scale.to_be_bytes());
        out.extend_from_slice(&unscaled.to_signed_bytes_be());
        Ok(Encoded::Bytes)
    }
}

impl<'a> DecodeValue<'a> for BigDecimal {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Decimal => Ok(()),
            other => Err(DecodeError::wrong_type("BigDecimal", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        let bytes = present("BigDecimal", cell)?;
        match bytes.split_first_chunk() {
            Some((scale, unscaled)) if !unscaled.is_empty() => {
                Ok(Self::new(BigInt::from_signed_bytes_be(unscaled), i32::from_be_bytes(*scale).into()))
            }
            _ => Err(wrong_length(cql_type, bytes, "5 or more")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::{both_ways, decoded, encoded, malformed};
    use super::*;

    fn decimal(unscaled: i64, scale: i64) -> BigDecimal {
        BigDecimal::new(unscaled.into(), scale)
    }

    #[test]
    fn the_same_bytes_as_our_own_type() {
        both_ways(&CqlType::Decimal, &decimal(15, 1), "00000001 0F");
        both_ways(&CqlType::Decimal, &decimal(-1, 3), "00000003 FF");
        both_ways(&CqlType::Decimal, &decimal(1, -3), "FFFFFFFD 01");
        both_ways(&CqlType::Decimal, &"0".parse::<BigDecimal>().unwrap(), "00000000 00");
        malformed::<BigDecimal>(&CqlType::Decimal, "00000000");
        assert!(decoded::<BigDecimal>(&CqlType::Varint, &[0; 5]).unwrap_err().is_misread());
        assert!(encoded(&CqlType::Double, &decimal(1, 0)).is_err());
    }

    #[test]
    fn scales_that_do_not_fit_are_refused() {
        for scale in [i64::from(i32::MAX), i64::from(i32::MIN)] {
            let bytes = encoded(&CqlType::Decimal, &decimal(1, scale)).unwrap();
            let read: BigDecimal = decoded(&CqlType::Decimal, &bytes).unwrap();
            assert_eq!(read.as_bigint_and_scale().1, scale);
        }
        for scale in [i64::from(i32::MAX) + 1, i64::from(i32::MIN) - 1, i64::MAX, i64::MIN] {
            assert!(
                encoded(&CqlType::Decimal, &decimal(1, scale)).unwrap_err().why.contains("32 bits"),
                "{scale}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(unscaled in any::<i128>(), scale in any::<i32>()) {
            let value = BigDecimal::new(unscaled.into(), scale.into());
            let bytes = encoded(&CqlType::Decimal, &value).unwrap();
            let read: BigDecimal = decoded(&CqlType::Decimal, &bytes).unwrap();
            prop_assert_eq!(read.into_bigint_and_scale(), value.into_bigint_and_scale());
        }
    }
}
