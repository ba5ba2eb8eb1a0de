//! `float` and `double`: IEEE 754 as it is, sections 6.7 and 6.9.

use super::integers::big_endian;
use super::{DecodeValue, EncodeValue, Encoded, exactly, present};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

big_endian! {
    f32: Float;
    f64: Double;
}

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, decoded, encoded, malformed};
    use super::*;

    #[test]
    fn the_bytes_of_ieee_754() {
        both_ways(&CqlType::Double, &1.5, "3FF8000000000000");
        both_ways(&CqlType::Double, &f64::MAX, "7FEFFFFFFFFFFFFF");
        both_ways(&CqlType::Double, &f64::NEG_INFINITY, "FFF0000000000000");
        both_ways(&CqlType::Float, &-2.5_f32, "C0200000");
        both_ways(&CqlType::Float, &f32::MIN_POSITIVE, "00800000");
        assert_eq!(encoded(&CqlType::Float, &-0.0_f32).unwrap(), [0x80, 0, 0, 0]);
    }

    #[test]
    fn not_a_number_keeps_its_bits() {
        let bits = 0x7FF8_0000_DEAD_BEEF_u64;
        let value = decoded::<f64>(&CqlType::Double, &bits.to_be_bytes()).unwrap();
        assert_eq!(encoded(&CqlType::Double, &value).unwrap(), bits.to_be_bytes());
    }

    #[test]
    fn one_is_not_the_other() {
        assert!(encoded(&CqlType::Double, &1.0_f32).is_err());
        assert!(encoded(&CqlType::Float, &1.0_f64).is_err());
        malformed::<f32>(&CqlType::Float, "0000000000000000");
        malformed::<f64>(&CqlType::Double, "00000000");
    }
}
