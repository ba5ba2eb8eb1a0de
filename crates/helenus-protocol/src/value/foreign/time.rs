//! The crate `time`: `OffsetDateTime` is `timestamp`, `Date` is `date`, `Time` is `time`.
//!
//! A moment is rounded down to the millisecond, which is what CQL has, and read in UTC. The calendar of `time` ends with the
//! year 9999 (999,999 with its feature `large-dates`); what is stored beyond is an error, as are times of day that are none.

use ::time::{Date, OffsetDateTime, Time};

use super::super::{CqlDate, CqlTime, CqlTimestamp, DecodeValue, EncodeValue, Encoded, present};
use super::{by_way_of, encode_as};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// 1970-01-01 as a Julian day.
const EPOCH: i32 = 2_440_588;
const NANOSECONDS: i64 = 1_000_000_000;

impl EncodeValue for OffsetDateTime {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        encode_as("OffsetDateTime", &CqlType::Timestamp, cql_type, out, || {
            let milliseconds = self.unix_timestamp_nanos().div_euclid(1_000_000);
            i64::try_from(milliseconds)
                .map(CqlTimestamp)
                .map_err(|_| "a timestamp has 64 bits of milliseconds")
        })
    }
}

by_way_of!(OffsetDateTime, "OffsetDateTime", Timestamp, CqlTimestamp, |value| {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(value.0) * 1_000_000).ok()
});

impl EncodeValue for Date {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        encode_as("Date", &CqlType::Date, cql_type, out, || {
            Ok(CqlDate::from_days_since_epoch(self.to_julian_day() - EPOCH))
        })
    }
}

by_way_of!(Date, "Date", Date, CqlDate, |value| {
    Date::from_julian_day(value.days_since_epoch().checked_add(EPOCH)?).ok()
});

impl EncodeValue for Time {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        encode_as("Time", &CqlType::Time, cql_type, out, || {
            let (hour, minute, second, nanosecond) = self.as_hms_nano();
            let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
            Ok(CqlTime(seconds * NANOSECONDS + i64::from(nanosecond)))
        })
    }
}

by_way_of!(Time, "Time", Time, CqlTime, |value| {
    let seconds = u32::try_from(value.0.div_euclid(NANOSECONDS)).ok()?;
    let nanoseconds = u32::try_from(value.0.rem_euclid(NANOSECONDS)).ok()?;
    let [hour, minute, second] = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(u8::try_from);
    Time::from_hms_nano(hour.ok()?, minute.ok()?, second.ok()?, nanoseconds).ok()
});

#[cfg(test)]
mod tests {
    use ::time::{Month, UtcOffset};
    use proptest::prelude::*;

    use super::super::super::testing::{both_ways, decoded, encoded};
    use super::*;

    fn moment(milliseconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).unwrap()
    }

    #[test]
    fn the_same_bytes_as_our_own_types() {
        both_ways(&CqlType::Timestamp, &OffsetDateTime::UNIX_EPOCH, "0000000000000000");
        both_ways(&CqlType::Timestamp, &moment(-1), "FFFFFFFFFFFFFFFF");
        both_ways(&CqlType::Date, &Date::from_calendar_date(1970, Month::January, 1).unwrap(), "80000000");
        both_ways(&CqlType::Date, &Date::from_calendar_date(1969, Month::December, 31).unwrap(), "7FFFFFFF");
        both_ways(&CqlType::Date, &Date::from_calendar_date(2000, Month::March, 1).unwrap(), "80002B09");
        both_ways(&CqlType::Time, &Time::MIDNIGHT, "0000000000000000");
        both_ways(&CqlType::Time, &Time::from_hms_nano(23, 59, 59, 999_999_999).unwrap(), "00004E94914EFFFF");
    }

    #[test]
    fn moments_are_rounded_down_and_read_in_utc() {
        let half = ::time::Duration::microseconds(500);
        for (value, expected) in [(moment(0) + half, 0), (moment(0) - half, -1)] {
            assert_eq!(
                encoded(&CqlType::Timestamp, &value),
                encoded(&CqlType::Timestamp, &CqlTimestamp(expected))
            );
        }
        let east = moment(1_732_320_000_123).to_offset(UtcOffset::from_hms(14, 0, 0).unwrap());
        let bytes = encoded(&CqlType::Timestamp, &east).unwrap();
        let read: OffsetDateTime = decoded(&CqlType::Timestamp, &bytes).unwrap();
        assert_eq!((read, read.offset()), (east, UtcOffset::UTC));
    }

    /// W9 of docs/promises.md.
    #[test]
    fn what_lies_outside_is_an_error_and_never_another_day() {
        for milliseconds in [i64::MIN, i64::MAX, 253_402_300_800_000] {
            let error =
                decoded::<OffsetDateTime>(&CqlType::Timestamp, &milliseconds.to_be_bytes()).unwrap_err();
            let expected = "cannot read a Rust OffsetDateTime: the timestamp is outside of its range; a CqlTimestamp \
                            takes it";
            assert_eq!(error.to_string(), expected);
        }
        for day in [0, u32::MAX] {
            assert!(decoded::<Date>(&CqlType::Date, &day.to_be_bytes()).unwrap_err().is_misread());
        }
        for bad in [-1, CqlTime::MAX.0 + 1, i64::MIN, i64::MAX] {
            assert!(decoded::<Time>(&CqlType::Time, &bad.to_be_bytes()).unwrap_err().is_misread(), "{bad}");
        }
        // The calendar's own limits fit.
        for date in [Date::MIN, Date::MAX] {
            let bytes = encoded(&CqlType::Date, &date).unwrap();
            assert_eq!(decoded::<Date>(&CqlType::Date, &bytes).unwrap(), date);
            assert!(encoded(&CqlType::Timestamp, &date.midnight().assume_utc()).is_ok());
        }
    }

    #[test]
    fn types_are_not_mixed_up() {
        let error = encoded(&CqlType::Bigint, &moment(0)).unwrap_err().to_string();
        assert_eq!(error, "cannot encode a Rust OffsetDateTime: the CQL type is bigint");
        assert!(encoded(&CqlType::Timestamp, &Time::MIDNIGHT).is_err());
        let error = decoded::<Date>(&CqlType::Timestamp, &[0; 8]).unwrap_err().to_string();
        assert_eq!(error, "cannot read a Rust Date: the CQL type is timestamp");
        assert!(
            Time::decode(&CqlType::Time, None)
                .unwrap_err()
                .to_string()
                .contains("a Rust Time: the value is null")
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            milliseconds in -377_705_116_800_000_i64..253_402_300_800_000,
            days in -4_371_587_i32..2_932_897,
            nanoseconds in 0..=CqlTime::MAX.0,
        ) {
            let timestamp = milliseconds.to_be_bytes();
            let value: OffsetDateTime = decoded(&CqlType::Timestamp, &timestamp).unwrap();
            prop_assert_eq!(encoded(&CqlType::Timestamp, &value).unwrap(), timestamp);
            let date = CqlDate::from_days_since_epoch(days).0.to_be_bytes();
            let value: Date = decoded(&CqlType::Date, &date).unwrap();
            prop_assert_eq!(encoded(&CqlType::Date, &value).unwrap(), date);
            let time = nanoseconds.to_be_bytes();
            let value: Time = decoded(&CqlType::Time, &time).unwrap();
            prop_assert_eq!(encoded(&CqlType::Time, &value).unwrap(), time);
        }
    }
}
