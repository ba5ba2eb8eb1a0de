//! `date`, `time` and `timestamp`: sections 6.5, 6.17 and 6.18.
//!
//! These hold what the wire holds, and so the whole range of each type, which no calendar of a host language covers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{DecodeValue, EncodeValue, Encoded, exactly, present};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// A day, from -5877641-06-23 (0) to 5881580-07-11 (2^32 - 1); 1970-01-01 is 2^31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CqlDate(pub u32);

impl CqlDate {
    /// The day that is so many days after 1970-01-01 (before, if negative).
    #[must_use]
    pub const fn from_days_since_epoch(days: i32) -> Self {
        Self(days.cast_unsigned() ^ (1 << 31))
    }

    /// How many days after 1970-01-01 (before, if negative).
    #[must_use]
    pub const fn days_since_epoch(self) -> i32 {
        (self.0 ^ (1 << 31)).cast_signed()
    }
}

/// A time of day: nanoseconds since midnight, from 0 to [`MAX`](Self::MAX). Others are refused when they are encoded; what
/// is read may be out of that range if another client stored it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CqlTime(pub i64);

impl CqlTime {
    /// The last nanosecond of a day.
    pub const MAX: Self = Self(86_399_999_999_999);

    /// Whether it is a time of day.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 >= 0 && self.0 <= Self::MAX.0
    }
}

/// A moment: milliseconds since 1970-01-01T00:00Z, negative before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CqlTimestamp(pub i64);

impl CqlTimestamp {
    /// The moment as the operating system has it, where that reaches so far.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let distance = Duration::from_millis(self.0.unsigned_abs());
        if self.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
    }
}

impl From<SystemTime> for CqlTimestamp {
    /// The millisecond that the moment falls into (rounded down, also before 1970).
    fn from(moment: SystemTime) -> Self {
        let nanoseconds = match moment.duration_since(UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
            Err(before) => i128::try_from(before.duration().as_nanos()).map_or(i128::MIN, |nanos| -nanos),
        };
        let milliseconds = nanoseconds.div_euclid(1_000_000);
        Self(i64::try_from(milliseconds).unwrap_or(if milliseconds < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl EncodeValue for CqlDate {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Date => {
                out.extend_from_slice(&self.0.to_be_bytes());
                Ok(Encoded::Bytes)
            }
            other => Err(EncodeError::wrong_type("CqlDate", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for CqlDate {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Date => Ok(()),
            other => Err(DecodeError::wrong_type("CqlDate", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        exactly(cql_type, present("CqlDate", cell)?).map(|bytes| Self(u32::from_be_bytes(bytes)))
    }
}

impl EncodeValue for CqlTime {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Time if self.is_valid() => {
                out.extend_from_slice(&self.0.to_be_bytes());
                Ok(Encoded::Bytes)
            }
            CqlType::Time => Err(EncodeError::new(
                "a Rust CqlTime",
                "a time of day is from 0 to 86399999999999 nanoseconds",
            )),
            other => Err(EncodeError::wrong_type("CqlTime", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for CqlTime {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Time => Ok(()),
            other => Err(DecodeError::wrong_type("CqlTime", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        // The server takes any eight bytes (5.0.6 was asked), so what another client stored must not make a page
        // unreadable.
        exactly(cql_type, present("CqlTime", cell)?).map(|bytes| Self(i64::from_be_bytes(bytes)))
    }
}

impl EncodeValue for CqlTimestamp {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Timestamp => {
                out.extend_from_slice(&self.0.to_be_bytes());
                Ok(Encoded::Bytes)
            }
            other => Err(EncodeError::wrong_type("CqlTimestamp", other)),
        }
    }
}

impl<'a> DecodeValue<'a> for CqlTimestamp {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Timestamp => Ok(()),
            other => Err(DecodeError::wrong_type("CqlTimestamp", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        exactly(cql_type, present("CqlTimestamp", cell)?).map(|bytes| Self(i64::from_be_bytes(bytes)))
    }
}

/// Rounded down to the millisecond.
impl EncodeValue for SystemTime {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        if *cql_type.unfrozen() != CqlType::Timestamp {
            return Err(EncodeError::wrong_type("SystemTime", cql_type));
        }
        match CqlTimestamp::from(*self) {
            CqlTimestamp(i64::MIN | i64::MAX) => {
                Err(EncodeError::new("a Rust SystemTime", "a timestamp has 64 bits of milliseconds"))
            }
            timestamp => timestamp.encode(cql_type, out),
        }
    }
}

impl<'a> DecodeValue<'a> for SystemTime {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Timestamp => Ok(()),
            other => Err(DecodeError::wrong_type("SystemTime", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        let timestamp = CqlTimestamp::decode(cql_type, Some(present("SystemTime", cell)?))?;
        timestamp.to_system_time().ok_or_else(|| {
            let why = "the timestamp is outside of its range; a CqlTimestamp takes it";
            DecodeError::misread("a Rust SystemTime", why)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, decoded, encoded, malformed};
    use super::*;

    #[test]
    fn dates_are_centered_at_two_to_the_31() {
        both_ways(&CqlType::Date, &CqlDate(0), "00000000");
        both_ways(&CqlType::Date, &CqlDate::from_days_since_epoch(0), "80000000");
        both_ways(&CqlType::Date, &CqlDate::from_days_since_epoch(-1), "7FFFFFFF");
        both_ways(&CqlType::Date, &CqlDate(u32::MAX), "FFFFFFFF");
        for days in [i32::MIN, -1, 0, 1, i32::MAX] {
            assert_eq!(CqlDate::from_days_since_epoch(days).days_since_epoch(), days);
        }
        assert_eq!(CqlDate(0).days_since_epoch(), i32::MIN);
    }

    #[test]
    fn times_end_with_the_day() {
        both_ways(&CqlType::Time, &CqlTime(0), "0000000000000000");
        both_ways(&CqlType::Time, &CqlTime::MAX, "00004E94914EFFFF");
        for bad in [-1, CqlTime::MAX.0 + 1, i64::MIN, i64::MAX] {
            assert!(encoded(&CqlType::Time, &CqlTime(bad)).is_err(), "{bad}");
        }
        let stored_by_another = decoded::<CqlTime>(&CqlType::Time, &[0xFF; 8]).unwrap();
        assert_eq!((stored_by_another, stored_by_another.is_valid()), (CqlTime(-1), false));
        malformed::<CqlTime>(&CqlType::Time, "00000000");
    }

    /// W9 of docs/promises.md.
    #[test]
    fn timestamps_reach_beyond_every_calendar() {
        both_ways(&CqlType::Timestamp, &CqlTimestamp(-1), "FFFFFFFFFFFFFFFF");
        // Year 292278994.
        both_ways(&CqlType::Timestamp, &CqlTimestamp(i64::MAX), "7FFFFFFFFFFFFFFF");
        both_ways(&CqlType::Timestamp, &CqlTimestamp(i64::MIN), "8000000000000000");
        malformed::<CqlTimestamp>(&CqlType::Timestamp, "00");
        malformed::<CqlDate>(&CqlType::Date, "0000000000");
    }

    #[test]
    fn the_system_time_is_rounded_down() {
        let half = Duration::from_micros(500);
        assert_eq!(CqlTimestamp::from(UNIX_EPOCH + half), CqlTimestamp(0));
        assert_eq!(CqlTimestamp::from(UNIX_EPOCH - half), CqlTimestamp(-1));
        for milliseconds in [-1_500, 0, 1_732_320_000_123] {
            let moment = CqlTimestamp(milliseconds).to_system_time().unwrap();
            assert_eq!(CqlTimestamp::from(moment), CqlTimestamp(milliseconds));
        }
    }

    #[test]
    fn the_system_time_is_a_timestamp() {
        both_ways(&CqlType::Timestamp, &UNIX_EPOCH, "0000000000000000");
        both_ways(&CqlType::Timestamp, &(UNIX_EPOCH - Duration::from_millis(1)), "FFFFFFFFFFFFFFFF");
        assert!(encoded(&CqlType::Bigint, &UNIX_EPOCH).is_err());
        assert!(SystemTime::check(&CqlType::Date).unwrap_err().is_misread());
        // As far as the operating system goes, which is further than the timestamp on some.
        if let Some(far) = UNIX_EPOCH.checked_add(Duration::from_secs(1 << 62)) {
            assert!(encoded(&CqlType::Timestamp, &far).unwrap_err().why.contains("64 bits"));
        }
    }

    #[test]
    fn a_number_is_not_a_moment() {
        assert!(encoded(&CqlType::Timestamp, &0_i64).is_err());
        assert!(encoded(&CqlType::Bigint, &CqlTimestamp(0)).is_err());
        assert!(encoded(&CqlType::Int, &CqlDate(0)).is_err());
        assert!(encoded(&CqlType::Timestamp, &CqlTime(0)).is_err());
    }
}
