//! `duration`: months, days and nanoseconds as three `[vint]`s, section 6.8.

use super::{DecodeValue, EncodeValue, Encoded, present};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::types::CqlType;

/// A length of time as people mean it: a month has no fixed number of days, a day no fixed number of hours.
///
/// The three parts never have opposite signs; one that breaks this rule is refused when it is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CqlDuration {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Nanoseconds.
    pub nanoseconds: i64,
}

impl CqlDuration {
    /// Whether no two of the parts have opposite signs, as the specification asks for.
    #[must_use]
    pub const fn has_one_sign(&self) -> bool {
        let negative = self.months < 0 || self.days < 0 || self.nanoseconds < 0;
        let positive = self.months > 0 || self.days > 0 || self.nanoseconds > 0;
        !(negative && positive)
    }
}

impl EncodeValue for CqlDuration {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Duration if self.has_one_sign() => {
                let mut out = Writer::new(out);
                out.vint(self.months.into());
                out.vint(self.days.into());
                out.vint(self.nanoseconds);
                Ok(Encoded::Bytes)
            }
            CqlType::Duration => {
                let why =
                    "months, days and nanoseconds must be all positive or zero, or all negative or zero";
                Err(EncodeError::new("a Rust CqlDuration", why))
            }
            other => Err(EncodeError::wrong_type("CqlDuration", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for CqlDuration {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Duration => Ok(()),
            other => Err(DecodeError::wrong_type("CqlDuration", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        let mut reader = Reader::new(present("CqlDuration", cell)?);
        let months = small(&mut reader)?;
        let days = small(&mut reader)?;
        let nanoseconds = reader.vint()?;
        reader.finish("duration")?;
        let duration = Self { months, days, nanoseconds };
        if !duration.has_one_sign() {
            return Err(DecodeError::new("duration", 0, "its parts have opposite signs"));
        }
        Ok(duration)
    }
}

/// A `[vint]` of the range of an `[int]`.
fn small(reader: &mut Reader<'_>) -> Result<i32, DecodeError> {
    let at = reader.offset();
    let value = reader.vint()?;
    i32::try_from(value).map_err(|_| DecodeError::new("duration", at, "months and days must fit in 32 bits"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, encoded, malformed};
    use super::*;

    const fn duration(months: i32, days: i32, nanoseconds: i64) -> CqlDuration {
        CqlDuration { months, days, nanoseconds }
    }

    #[test]
    fn the_bytes_that_cassandra_writes() {
        both_ways(&CqlType::Duration, &duration(0, 0, 0), "00 00 00");
        both_ways(&CqlType::Duration, &duration(1, 2, 3), "02 04 06");
        both_ways(&CqlType::Duration, &duration(-14, -3, -3_000_000_000_000), "1B 05 FC0574FBDE5FFF");
        both_ways(
            &CqlType::Duration,
            &duration(i32::MAX, i32::MAX, i64::MAX),
            "F0FFFFFFFE F0FFFFFFFE FFFFFFFFFFFFFFFFFE",
        );
        both_ways(
            &CqlType::Duration,
            &duration(i32::MIN, i32::MIN, i64::MIN),
            "F0FFFFFFFF F0FFFFFFFF FFFFFFFFFFFFFFFFFF",
        );
    }

    #[test]
    fn opposite_signs_are_refused_both_ways() {
        for bad in [duration(1, -1, 0), duration(-1, 0, 1), duration(0, 1, -1)] {
            assert!(encoded(&CqlType::Duration, &bad).is_err(), "{bad:?}");
        }
        malformed::<CqlDuration>(&CqlType::Duration, "02 01 00");
    }

    /// W9 of docs/promises.md.
    #[test]
    fn what_is_out_of_range_or_cut_or_too_long_is_malformed() {
        // 2^31 months; two parts; four parts; nothing.
        for hex in ["F100000000 00 00", "00 00", "00 00 00 00", ""] {
            malformed::<CqlDuration>(&CqlType::Duration, hex);
        }
    }
}
