//! Timestamps, dates, times and durations.

use helenus_protocol::notation::Reader;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDateTime;

use super::scalars::exactly;
use super::{Decoded, objects};
use crate::errors::DecodeFailure;
use crate::python;

const MILLISECONDS_PER_DAY: i64 = 86_400_000;
pub(crate) const NANOSECONDS_PER_DAY: i64 = 86_400_000_000_000;
/// The number that a `date` has on 1970-01-01.
pub(crate) const DATE_EPOCH: i64 = 1 << 31;

/// Milliseconds since 1970: a naive `datetime` in UTC, or the number itself outside the years 1 to 9999, which
/// `datetime` cannot say.
pub(super) fn timestamp<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let milliseconds = i64::from_be_bytes(exactly(bytes)?);
    let (year, month, day) = civil(milliseconds.div_euclid(MILLISECONDS_PER_DAY));
    let Some(year) = i32::try_from(year).ok().filter(|year| (1..=9999).contains(year)) else {
        return Ok(milliseconds.into_pyobject(py).map_err(PyErr::from)?.into_any());
    };
    let of_day = milliseconds.rem_euclid(MILLISECONDS_PER_DAY) as u32;
    let (seconds, microseconds) = (of_day / 1000, of_day % 1000 * 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let datetime =
        PyDateTime::new(py, year, month, day, hour as u8, minute as u8, second as u8, microseconds, None)?;
    Ok(datetime.into_any())
}

/// The proleptic Gregorian date of a day counted from 1970-01-01 (H. Hinnant's days-to-civil algorithm: years
/// begin in March, in eras of 400 years).
const fn civil(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    (year, month as u8, day as u8)
}

/// Days: a `cassandra.util.Date`, which holds any.
pub(super) fn date<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let days = i64::from(u32::from_be_bytes(exactly(bytes)?)) - DATE_EPOCH;
    Ok(objects::with_numbers(python::DATE.class(py)?, &[(intern!(py, "days_from_epoch"), days)])?)
}

/// Nanoseconds of the day: a `cassandra.util.Time`.
pub(super) fn time<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let nanoseconds = i64::from_be_bytes(exactly(bytes)?);
    if !(0..NANOSECONDS_PER_DAY).contains(&nanoseconds) {
        return Err(DecodeFailure::malformed("a time has 0 to 86399999999999 nanoseconds"));
    }
    Ok(objects::with_numbers(python::TIME.class(py)?, &[(intern!(py, "nanosecond_time"), nanoseconds)])?)
}

/// Months, days and nanoseconds, each a `[vint]`: a `cassandra.util.Duration`.
pub(super) fn duration<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let (months, days, nanoseconds) = (reader.vint()?, reader.vint()?, reader.vint()?);
    reader.finish("duration")?;
    let parts = [
        (intern!(py, "months"), months),
        (intern!(py, "days"), days),
        (intern!(py, "nanoseconds"), nanoseconds),
    ];
    Ok(objects::with_numbers(python::DURATION.class(py)?, &parts)?)
}
