//! Timestamps, dates, times and durations.

use helenus_protocol::notation::Writer;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyFloat, PyInt, PyString, PyTime, PyTimeAccess,
    PyTzInfoAccess,
};

use super::{Encoded, class_name};
use crate::decode::{DATE_EPOCH, NANOSECONDS_PER_DAY};
use crate::errors::EncodeFailure;
use crate::python;

/// Days from 1970-01-01 to a proleptic Gregorian date (H. Hinnant's civil-to-days algorithm).
fn days(date: &impl PyDateAccess) -> i64 {
    let (month, day) = (i64::from(date.get_month()), i64::from(date.get_day()));
    let year = i64::from(date.get_year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A `datetime` (a naive one is in UTC), a `date` (its midnight in UTC), or a number of milliseconds since 1970.
/// Microseconds are cut off towards the past, so that order is kept on both sides of 1970.
pub(super) fn timestamp(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let milliseconds = if let Ok(datetime) = value.cast::<PyDateTime>() {
        microseconds(datetime)?.div_euclid(1000)
    } else if let Ok(date) = value.cast::<PyDate>() {
        days(date) * 86_400_000
    } else if value.is_exact_instance_of::<PyInt>() {
        value.extract().map_err(|_| EncodeFailure::packing("int too large to convert"))?
    } else if let Ok(float) = value.cast_exact::<PyFloat>() {
        whole(float.value())?
    } else {
        return Err(EncodeFailure::class("DateType arguments must be a datetime, date, or timestamp"));
    };
    out.extend_from_slice(&milliseconds.to_be_bytes());
    Ok(())
}

fn microseconds(datetime: &Bound<'_, PyDateTime>) -> Result<i64, Box<EncodeFailure>> {
    let of_day = (i64::from(datetime.get_hour()) * 60 + i64::from(datetime.get_minute())) * 60
        + i64::from(datetime.get_second());
    let local = (days(datetime) * 86_400 + of_day) * 1_000_000 + i64::from(datetime.get_microsecond());
    if datetime.get_tzinfo().is_none() {
        return Ok(local);
    }
    let offset = datetime.call_method0(intern!(datetime.py(), "utcoffset"))?;
    if offset.is_none() {
        return Ok(local);
    }
    let offset = offset.cast::<PyDelta>().map_err(PyErr::from)?;
    let seconds = i64::from(offset.get_days()) * 86_400 + i64::from(offset.get_seconds());
    Ok(local - seconds * 1_000_000 - i64::from(offset.get_microseconds()))
}

/// A float's whole part.
fn whole(number: f64) -> Result<i64, Box<EncodeFailure>> {
    if number.is_nan() {
        return Err(EncodeFailure::value("cannot convert float NaN to integer"));
    }
    if number.is_infinite() {
        return Err(EncodeFailure::overflow("cannot convert float infinity to integer"));
    }
    let number = number.trunc();
    // 2^63 itself is a float, and no i64.
    if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        return Err(EncodeFailure::packing("int too large to convert"));
    }
    Ok(number as i64)
}

/// A `date`, a `datetime`, a `cassandra.util.Date`, text `YYYY-MM-DD`, or the number of the wire: days, with 2^31
/// at 1970-01-01.
pub(super) fn date(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    const REFUSED: &str = "Date arguments must be a whole number, datetime.date, or string";
    let py = value.py();
    let number = if let Ok(date) = value.cast::<PyDate>() {
        days(date) + DATE_EPOCH
    } else if value.is_instance_of::<PyInt>() {
        value.extract::<i64>().ok().filter(|days| u32::try_from(*days).is_ok()).ok_or_else(|| {
            EncodeFailure::packing(
                "an integer for a date is from 0 to 4294967295, with 2147483648 at 1970-01-01",
            )
        })?
    } else {
        let class = python::DATE.get(py)?;
        let parsed;
        let date = if value.is_instance(class)? {
            value
        } else if value.is_instance_of::<PyString>() {
            parsed =
                class.call1((value,)).map_err(|_| EncodeFailure::value("text for a date is YYYY-MM-DD"))?;
            &parsed
        } else {
            return Err(EncodeFailure::class(REFUSED));
        };
        let days: i64 = date.getattr(intern!(py, "days_from_epoch"))?.extract()?;
        days.saturating_add(DATE_EPOCH)
    };
    let number = u32::try_from(number)
        .map_err(|_| EncodeFailure::value("a date is from -5877641-06-23 to 5881580-07-11"))?;
    out.extend_from_slice(&number.to_be_bytes());
    Ok(())
}

/// A `time`, a `cassandra.util.Time`, text `HH:MM:SS[.fffffffff]`, or nanoseconds since midnight.
pub(super) fn time(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let py = value.py();
    let nanoseconds: i64 = if let Ok(time) = value.cast::<PyTime>() {
        let seconds = (i64::from(time.get_hour()) * 60 + i64::from(time.get_minute())) * 60
            + i64::from(time.get_second());
        seconds * 1_000_000_000 + i64::from(time.get_microsecond()) * 1000
    } else if value.is_instance_of::<PyInt>() {
        value.extract().unwrap_or(-1)
    } else {
        let class = python::TIME.get(py)?;
        let parsed;
        let time = if value.is_instance(class)? {
            value
        } else if value.is_instance_of::<PyString>() {
            parsed = class.call1((value,)).map_err(|_| {
                EncodeFailure::value("text for a time is HH:MM:SS, with up to nine digits after a point")
            })?;
            &parsed
        } else {
            return Err(EncodeFailure::class(
                "Time arguments must be a whole number, datetime.time, or string",
            ));
        };
        time.getattr(intern!(py, "nanosecond_time"))?.extract()?
    };
    if !(0..NANOSECONDS_PER_DAY).contains(&nanoseconds) {
        return Err(EncodeFailure::value(
            "a time has 0 to 86399999999999 nanoseconds: less than the number of nanoseconds in a day",
        ));
    }
    out.extend_from_slice(&nanoseconds.to_be_bytes());
    Ok(())
}

/// A `cassandra.util.Duration`, whose three parts have one sign (section 6.6 of the v5 specification).
pub(super) fn duration(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let py = value.py();
    let is_duration = value.is_instance(python::DURATION.get(py)?)?;
    let part =
        |name: &Bound<'_, PyString>| value.getattr(name).ok().and_then(|part| part.extract::<i64>().ok());
    let parts = (part(intern!(py, "months")), part(intern!(py, "days")), part(intern!(py, "nanoseconds")));
    let (Some(months), Some(days), Some(nanoseconds)) = parts else {
        return Err(if is_duration {
            EncodeFailure::value("a duration's parts are integers of at most 64 bits")
        } else {
            EncodeFailure::class(format!(
                "DurationType arguments must be a Duration, not '{}'",
                class_name(value)
            ))
        });
    };
    if i32::try_from(months).is_err() || i32::try_from(days).is_err() {
        return Err(EncodeFailure::value("a duration's months and days are integers of 32 bits"));
    }
    let parts = [months, days, nanoseconds];
    if parts.iter().any(|part| *part < 0) && parts.iter().any(|part| *part > 0) {
        return Err(EncodeFailure::value("a duration's months, days and nanoseconds have one sign"));
    }
    let mut writer = Writer::new(out);
    parts.into_iter().for_each(|part| writer.vint(part));
    Ok(())
}
