//! `BigInt` of `num-bigint` 0.4, the version before the one that [`CqlValue`](super::super::CqlValue) has, as `varint`.

use ::num_bigint_04::BigInt;

use super::super::{DecodeValue, EncodeValue, Encoded, present, wrong_length};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

impl EncodeValue for BigInt {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Varint => {
                out.extend_from_slice(&self.to_signed_bytes_be());
                Ok(Encoded::Bytes)
            }
            other => Err(EncodeError::wrong_type("BigInt", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for BigInt {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Varint => Ok(()),
            other => Err(DecodeError::wrong_type("BigInt", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        match present("BigInt", cell)? {
            [] => Err(wrong_length(cql_type, &[], "1 or more")),
            bytes => Ok(Self::from_signed_bytes_be(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::{both_ways, decoded, encoded};
    use super::*;

    #[test]
    fn the_varints_of_the_specification() {
        for (value, hex) in [(0, "00"), (127, "7F"), (128, "0080"), (-1, "FF"), (-128, "80"), (-129, "FF7F")]
        {
            both_ways(&CqlType::Varint, &BigInt::from(value), hex);
        }
        assert!(decoded::<BigInt>(&CqlType::Varint, &[]).is_err());
        assert!(encoded(&CqlType::Bigint, &BigInt::from(1)).is_err());
        assert!(BigInt::check(&CqlType::Bigint).unwrap_err().is_misread());
    }

    proptest! {
        #[test]
        fn both_versions_write_the_same(value in any::<i128>()) {
            let bytes = encoded(&CqlType::Varint, &BigInt::from(value)).unwrap();
            prop_assert_eq!(&bytes, &encoded(&CqlType::Varint, &::num_bigint::BigInt::from(value)).unwrap());
            prop_assert_eq!(decoded::<BigInt>(&CqlType::Varint, &bytes).unwrap(), BigInt::from(value));
        }
    }
}
