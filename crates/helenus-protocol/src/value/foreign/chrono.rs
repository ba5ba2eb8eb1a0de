//! The crate `chrono`: `DateTime` is `timestamp`, `NaiveDate` is `date`, `NaiveTime` is `time`.
//!
//! A moment of any time zone is written, rounded down to the millisecond, which is what CQL has; it is read in UTC. Leap
//! seconds, which CQL has not, are refused; what is stored beyond the years of `chrono` (±262,143) is an error.

use ::chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Timelike, Utc};

use super::super::{CqlDate, CqlTime, CqlTimestamp, DecodeValue, EncodeValue, Encoded, present};
use super::{by_way_of, encode_as};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// 1970-01-01 counted from 0000-12-31.
const EPOCH: i32 = 719_163;
const NANOSECONDS: u32 = 1_000_000_000;
const LEAP_SECOND: &str = "it is within a leap second, for which CQL has no number";

impl<Z: TimeZone> EncodeValue for DateTime<Z> {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        encode_as("DateTime", &CqlType::Timestamp, cql_type, out, || {
            if self.timestamp_subsec_nanos() >= NANOSECONDS {
                Err(LEAP_SECOND)
            } else {
                Ok(CqlTimestamp(self.timestamp_millis()))
            }
        })
    }
}

by_way_of!(DateTime<Utc>, "DateTime", Timestamp, CqlTimestamp, |value| DateTime::from_timestamp_millis(
    value.0
));

impl EncodeValue for NaiveDate {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        encode_as("NaiveDate", &CqlType::Date, cql_type, out, || {
            let days = self.signed_duration_since(Self::default()).num_days();
            i32::try_from(days).map(CqlDate::from_days_since_epoch).map_err(|_| "a date has 32 bits of days")
        })
    }
}

by_way_of!(NaiveDate, "NaiveDate", Date, CqlDate, |value| {
    NaiveDate::from_num_days_from_ce_opt(value.days_since_epoch().checked_add(EPOCH)?)
});

impl EncodeValue for NaiveTime {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        encode_as("NaiveTime", &CqlType::Time, cql_type, out, || {
            if self.nanosecond() >= NANOSECONDS {
                return Err(LEAP_SECOND);
            }
            let seconds = i64::from(self.num_seconds_from_midnight());
            Ok(CqlTime(seconds * i64::from(NANOSECONDS) + i64::from(self.nanosecond())))
        })
    }
}

by_way_of!(NaiveTime, "NaiveTime", Time, CqlTime, |value| {
    let seconds = u32::try_from(value.0.div_euclid(NANOSECONDS.into())).ok()?;
    let nanoseconds = u32::try_from(value.0.rem_euclid(NANOSECONDS.into())).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds)
});

#[cfg(test)]
mod tests {
    use ::chrono::{FixedOffset, TimeDelta};
    use proptest::prelude::*;

    use super::super::super::testing::{both_ways, decoded, encoded};
    use super::*;

    fn days(date: NaiveDate) -> i32 {
        i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap()
    }

    fn moment(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(milliseconds).unwrap()
    }

    #[test]
    fn the_same_bytes_as_our_own_types() {
        both_ways(&CqlType::Timestamp, &moment(0), "0000000000000000");
        both_ways(&CqlType::Timestamp, &moment(-1), "FFFFFFFFFFFFFFFF");
        both_ways(&CqlType::Date, &NaiveDate::from_ymd_opt(1970, 1, 1).unwrap(), "80000000");
        both_ways(&CqlType::Date, &NaiveDate::from_ymd_opt(1969, 12, 31).unwrap(), "7FFFFFFF");
        both_ways(&CqlType::Date, &NaiveDate::from_ymd_opt(2000, 3, 1).unwrap(), "80002B09");
        both_ways(&CqlType::Time, &NaiveTime::MIN, "0000000000000000");
        let last = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).unwrap();
        both_ways(&CqlType::Time, &last, "00004E94914EFFFF");
    }

    #[test]
    fn moments_are_rounded_down_and_read_in_utc() {
        let half = TimeDelta::microseconds(500);
        for (value, expected) in [(moment(0) + half, 0), (moment(0) - half, -1)] {
            assert_eq!(
                encoded(&CqlType::Timestamp, &value),
                encoded(&CqlType::Timestamp, &CqlTimestamp(expected))
            );
        }
        let east = moment(1_732_320_000_123).with_timezone(&FixedOffset::east_opt(14 * 3600).unwrap());
        let bytes = encoded(&CqlType::Timestamp, &east).unwrap();
        assert_eq!(decoded::<DateTime<Utc>>(&CqlType::Timestamp, &bytes).unwrap(), east);
    }

    #[test]
    fn leap_seconds_are_refused() {
        let leap =
            NaiveDate::from_ymd_opt(2016, 12, 31).unwrap().and_hms_milli_opt(23, 59, 59, 1_500).unwrap();
        let error = encoded(&CqlType::Timestamp, &leap.and_utc()).unwrap_err().to_string();
        assert_eq!(error, format!("cannot encode a Rust DateTime: {LEAP_SECOND}"));
        let error = encoded(&CqlType::Time, &leap.time()).unwrap_err().to_string();
        assert_eq!(error, format!("cannot encode a Rust NaiveTime: {LEAP_SECOND}"));
    }

    /// W9 of docs/promises.md.
    #[test]
    fn what_lies_outside_is_an_error_and_never_another_day() {
        for milliseconds in [i64::MIN, i64::MAX] {
            let error =
                decoded::<DateTime<Utc>>(&CqlType::Timestamp, &milliseconds.to_be_bytes()).unwrap_err();
            assert!(error.to_string().contains("a CqlTimestamp takes it"), "{error}");
        }
        for day in [0, u32::MAX] {
            assert!(decoded::<NaiveDate>(&CqlType::Date, &day.to_be_bytes()).unwrap_err().is_misread());
        }
        for bad in [-1, CqlTime::MAX.0 + 1, i64::MIN, i64::MAX] {
            assert!(
                decoded::<NaiveTime>(&CqlType::Time, &bad.to_be_bytes()).unwrap_err().is_misread(),
                "{bad}"
            );
        }
        for date in [NaiveDate::MIN, NaiveDate::MAX] {
            let bytes = encoded(&CqlType::Date, &date).unwrap();
            assert_eq!(decoded::<NaiveDate>(&CqlType::Date, &bytes).unwrap(), date);
        }
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let bytes = encoded(&CqlType::Timestamp, &moment).unwrap();
            let read: DateTime<Utc> = decoded(&CqlType::Timestamp, &bytes).unwrap();
            assert_eq!(read.timestamp_millis(), moment.timestamp_millis());
        }
    }

    #[test]
    fn types_are_not_mixed_up() {
        assert!(encoded(&CqlType::Bigint, &moment(0)).is_err());
        assert!(encoded(&CqlType::Timestamp, &NaiveTime::MIN).is_err());
        let error = decoded::<NaiveDate>(&CqlType::Timestamp, &[0; 8]).unwrap_err().to_string();
        assert_eq!(error, "cannot read a Rust NaiveDate: the CQL type is timestamp");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            milliseconds in DateTime::<Utc>::MIN_UTC.timestamp_millis()..=DateTime::<Utc>::MAX_UTC.timestamp_millis(),
            days in days(NaiveDate::MIN)..=days(NaiveDate::MAX),
            nanoseconds in 0..=CqlTime::MAX.0,
        ) {
            let timestamp = milliseconds.to_be_bytes();
            let value: DateTime<Utc> = decoded(&CqlType::Timestamp, &timestamp).unwrap();
            prop_assert_eq!(encoded(&CqlType::Timestamp, &value).unwrap(), timestamp);
            let date = CqlDate::from_days_since_epoch(days).0.to_be_bytes();
            let value: NaiveDate = decoded(&CqlType::Date, &date).unwrap();
            prop_assert_eq!(encoded(&CqlType::Date, &value).unwrap(), date);
            let time = nanoseconds.to_be_bytes();
            let value: NaiveTime = decoded(&CqlType::Time, &time).unwrap();
            prop_assert_eq!(encoded(&CqlType::Time, &value).unwrap(), time);
        }
    }
}
