//! `boolean`, `tinyint`, `smallint`, `int`, `bigint`, `counter` and `varint`: sections 6.2, 6.4, 6.11, 6.15, 6.20, 6.24.

use num_bigint::BigInt;

use super::{DecodeValue, EncodeValue, Encoded, exactly, present, wrong_length};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// Both ways for numbers that are their big-endian bytes.
macro_rules! big_endian {
    ($($rust:ident: $($cql:ident)|+;)*) => {$(
        impl EncodeValue for $rust {
            #[inline]
            fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
                match cql_type.unfrozen() {
                    $(CqlType::$cql)|+ => {
                        out.extend_from_slice(&self.to_be_bytes());
                        Ok(Encoded::Bytes)
                    }
                    other => Err(EncodeError::wrong_type(stringify!($rust), other)),
                }
            }
        }

        impl<'a> DecodeValue<'a> for $rust {
            #[inline]
            fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
                match cql_type.unfrozen() {
                    $(CqlType::$cql)|+ => Ok(()),
                    other => Err(DecodeError::wrong_type(stringify!($rust), other)),
                }
            }

            #[inline]
            fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                Self::check(cql_type)?;
                exactly(cql_type, present(stringify!($rust), cell)?).map(Self::from_be_bytes)
            }
        }
    )*};
}
pub(super) use big_endian;

big_endian! {
    i8: Tinyint;
    i16: Smallint;
    i32: Int;
    i64: Bigint | Counter;
}

/// The value of a counter column. Counters are changed by what is added, so in practice this is what is read, or the
/// change that is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Counter(pub i64);

impl EncodeValue for Counter {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Counter => self.0.encode(cql_type, out),
            other => Err(EncodeError::wrong_type("Counter", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for Counter {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Counter => Ok(()),
            other => Err(DecodeError::wrong_type("Counter", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        i64::decode(cql_type, cell).map(Self)
    }
}

impl EncodeValue for bool {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Boolean => {
                out.push((*self).into());
                Ok(Encoded::Bytes)
            }
            other => Err(EncodeError::wrong_type("bool", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for bool {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Boolean => Ok(()),
            other => Err(DecodeError::wrong_type("bool", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        // Any byte but 0 is true.
        exactly(cql_type, present("bool", cell)?).map(|[byte]| byte != 0)
    }
}

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
    use super::super::testing::{both_ways, decoded, encoded, malformed};
    use super::*;

    #[test]
    fn the_limits_of_every_integer() {
        both_ways(&CqlType::Tinyint, &i8::MIN, "80");
        both_ways(&CqlType::Tinyint, &i8::MAX, "7F");
        both_ways(&CqlType::Smallint, &i16::MIN, "8000");
        both_ways(&CqlType::Smallint, &i16::MAX, "7FFF");
        both_ways(&CqlType::Int, &i32::MIN, "80000000");
        both_ways(&CqlType::Int, &-1, "FFFFFFFF");
        both_ways(&CqlType::Int, &i32::MAX, "7FFFFFFF");
        both_ways(&CqlType::Bigint, &i64::MIN, "8000000000000000");
        both_ways(&CqlType::Bigint, &i64::MAX, "7FFFFFFFFFFFFFFF");
        both_ways(&CqlType::Counter, &i64::MAX, "7FFFFFFFFFFFFFFF");
        both_ways(&CqlType::Counter, &Counter(-2), "FFFFFFFFFFFFFFFE");
        both_ways(&CqlType::Boolean, &true, "01");
        both_ways(&CqlType::Boolean, &false, "00");
        assert!(decoded::<bool>(&CqlType::Boolean, &[0x80]).unwrap());
    }

    #[test]
    fn the_varints_of_the_specification() {
        for (value, hex) in [
            (0, "00"),
            (1, "01"),
            (127, "7F"),
            (128, "0080"),
            (129, "0081"),
            (-1, "FF"),
            (-128, "80"),
            (-129, "FF7F"),
        ] {
            both_ways(&CqlType::Varint, &BigInt::from(value), hex);
        }
        // As Cassandra 5.0.6 writes it.
        let large: BigInt = "123456789012345678901234567890".parse().unwrap();
        both_ways(&CqlType::Varint, &large, "018EE90FF6C373E0EE4E3F0AD2");
        // Padding is legal, if wasteful.
        assert_eq!(decoded::<BigInt>(&CqlType::Varint, &[0, 0, 1]).unwrap(), BigInt::from(1));
    }

    /// W9 of docs/promises.md.
    #[test]
    fn a_varint_of_five_megabytes() {
        let mut bytes = vec![0xA5; 5 << 20];
        bytes[0] = 0x7A;
        let value = decoded::<BigInt>(&CqlType::Varint, &bytes).unwrap();
        assert_eq!(encoded(&CqlType::Varint, &value).unwrap(), bytes);
    }

    #[test]
    fn other_lengths_are_malformed() {
        malformed::<i8>(&CqlType::Tinyint, "");
        malformed::<i8>(&CqlType::Tinyint, "0000");
        malformed::<i16>(&CqlType::Smallint, "00");
        malformed::<i32>(&CqlType::Int, "000000");
        malformed::<i64>(&CqlType::Bigint, "00000000");
        malformed::<Counter>(&CqlType::Counter, "000000000000000000");
        malformed::<bool>(&CqlType::Boolean, "0000");
    }

    #[test]
    fn nothing_is_converted() {
        for cql_type in
            [CqlType::Bigint, CqlType::Smallint, CqlType::Varint, CqlType::Timestamp, CqlType::Date]
        {
            assert!(encoded(&cql_type, &1_i32).is_err(), "{cql_type}");
            assert!(decoded::<i32>(&cql_type, &[0; 4]).unwrap_err().is_misread(), "{cql_type}");
        }
        assert!(encoded(&CqlType::Bigint, &Counter(1)).is_err());
        assert!(encoded(&CqlType::Int, &true).is_err());
        assert!(encoded(&CqlType::Bigint, &BigInt::from(1)).is_err());
    }
}
