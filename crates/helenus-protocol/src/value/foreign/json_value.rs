//! Any value as JSON, the way the server's own `SELECT JSON` writes it, except that `decimal` and `varint` are strings: JSON
//! libraries read large numbers as something else.

use serde_json::{Map, Number, Value};

use super::super::{CqlDuration, CqlTime, CqlTimestamp, CqlValue};

const DAY: i64 = 86_400_000;

/// The longest number whose digits are reckoned, in bits: that is 157,827 digits. The time for it grows with the square of their
/// number: 20 s for five megabytes (optimised little), hours for the 256 that a message may have.
const MOST_BITS: u64 = 8 * (64 << 10);

impl CqlValue {
    /// The value as JSON, for whoever passes rows on.
    ///
    /// Numbers are numbers (not finite ones are null), but `decimal` and `varint` strings of all their digits; those of more than
    /// 64 KiB, which no one reads, are their bytes, as a blob. Blobs and custom
    /// types are `"0x…"`; UUIDs, addresses, dates, times, timestamps (in UTC) and durations strings as CQL writes them; lists, sets,
    /// vectors and tuples arrays; maps objects, whose keys are texts or else JSON in a text; user types objects. Null and unset
    /// are null, the empty value is `""`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null | Self::Unset => Value::Null,
            Self::Empty => Value::String(String::new()),
            Self::Boolean(value) => Value::Bool(*value),
            Self::Tinyint(value) => (*value).into(),
            Self::Smallint(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Bigint(value) => (*value).into(),
            Self::Counter(value) => value.0.into(),
            // By its shortest digits: 0.1 is to stay 0.1.
            Self::Float(value) => number(value.to_string().parse().unwrap_or(f64::NAN)),
            Self::Double(value) => number(*value),
            Self::Varint(value) if value.bits() > MOST_BITS => hex(&value.to_signed_bytes_be()).into(),
            Self::Varint(value) => value.to_string().into(),
            Self::Decimal(value) if value.unscaled.bits() > MOST_BITS => {
                hex(&[&value.scale.to_be_bytes()[..], &value.unscaled.to_signed_bytes_be()].concat()).into()
            }
            Self::Decimal(value) => decimal(&value.unscaled.to_string(), value.scale).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Blob(bytes) | Self::Custom(bytes) => hex(bytes).into(),
            Self::Uuid(value) => value.to_string().into(),
            Self::Inet(value) => value.to_string().into(),
            Self::Date(value) => date((*value).days_since_epoch().into()).into(),
            Self::Time(value) => time(*value).into(),
            Self::Timestamp(value) => timestamp(*value).into(),
            Self::Duration(value) => duration(*value).into(),
            Self::List(values) | Self::Set(values) | Self::Vector(values) | Self::Tuple(values) => {
                values.iter().map(Self::to_json).collect()
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key_text(key), value.to_json()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
            Self::Udt(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), value.to_json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn key_text(key: &CqlValue) -> String {
    match key.to_json() {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    ["0x".to_owned(), bytes.iter().flat_map(digits).collect()].concat()
}

/// Digits with a point. A scale that would make it long is written as an exponent: nobody's four bytes make gigabytes.
fn decimal(unscaled: &str, scale: i32) -> String {
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    match usize::try_from(scale) {
        Ok(0) => unscaled.to_owned(),
        Ok(scale) if scale < digits.len() => {
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        Ok(scale) if scale <= digits.len() + 32 => format!("{sign}0.{digits:0>scale$}"),
        _ => format!("{unscaled}E{}", -i64::from(scale)),
    }
}

/// A day counted from 1970-01-01, in the Gregorian calendar as if there had never been another. Years are counted from March,
/// so that the day that is only sometimes there is their last; 400 years are always as long.
fn date(day: i64) -> String {
    const FOUR_CENTURIES: i64 = 146_097;
    let from_march = day + 719_468;
    let (cycle, day) = (from_march.div_euclid(FOUR_CENTURIES), from_march.rem_euclid(FOUR_CENTURIES));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, turn) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = cycle * 400 + year + turn;
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs())
}

fn time(value: CqlTime) -> String {
    let (seconds, nanoseconds) = (value.0.div_euclid(1_000_000_000), value.0.rem_euclid(1_000_000_000));
    let (hours, minutes) = (seconds.div_euclid(3_600), seconds.div_euclid(60).rem_euclid(60));
    format!("{hours:02}:{minutes:02}:{:02}.{nanoseconds:09}", seconds.rem_euclid(60))
}

fn timestamp(value: CqlTimestamp) -> String {
    let (day, rest) = (value.0.div_euclid(DAY), value.0.rem_euclid(DAY));
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("{} {hours:02}:{minutes:02}:{seconds:02}.{:03}Z", date(day), rest % 1_000)
}

/// As the server writes it: `1y2mo3d4h5m6s7ms8us9ns`, with a sign in front.
fn duration(value: CqlDuration) -> String {
    let CqlDuration { months, days, nanoseconds } = value;
    let negative = months < 0 || days < 0 || nanoseconds < 0;
    let (months, days) = (u64::from(months.unsigned_abs()), u64::from(days.unsigned_abs()));
    let nanoseconds = nanoseconds.unsigned_abs();
    let parts = [
        (months / 12, "y"),
        (months % 12, "mo"),
        (days, "d"),
        (nanoseconds / 3_600_000_000_000, "h"),
        (nanoseconds / 60_000_000_000 % 60, "m"),
        (nanoseconds / 1_000_000_000 % 60, "s"),
        (nanoseconds / 1_000_000 % 1_000, "ms"),
        (nanoseconds / 1_000 % 1_000, "us"),
        (nanoseconds % 1_000, "ns"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}"));
    let sign = if negative { "-" } else { "" };
    [sign.to_owned(), parts.collect()].concat()
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::super::{Counter, CqlDecimal};
    use super::*;

    #[test]
    fn every_kind_of_value() {
        let text = |text: &str| CqlValue::Text(text.into());
        let decimal =
            |unscaled: i32, scale| CqlValue::Decimal(CqlDecimal { unscaled: unscaled.into(), scale });
        let large: BigInt = "-123456789012345678901234567890".parse().unwrap();
        for (value, expected) in [
            (CqlValue::Null, Value::Null),
            (CqlValue::Unset, Value::Null),
            (CqlValue::Empty, json!("")),
            (CqlValue::Boolean(true), json!(true)),
            (CqlValue::Tinyint(-1), json!(-1)),
            (CqlValue::Smallint(-1), json!(-1)),
            (CqlValue::Int(-1), json!(-1)),
            (CqlValue::Bigint(i64::MIN), json!(i64::MIN)),
            (CqlValue::Counter(Counter(7)), json!(7)),
            (CqlValue::Float(0.1), json!(0.1)),
            (CqlValue::Double(1.5), json!(1.5)),
            (CqlValue::Double(f64::NAN), Value::Null),
            (CqlValue::Float(f32::INFINITY), Value::Null),
            (CqlValue::Varint(large), json!("-123456789012345678901234567890")),
            (decimal(-1234, 2), json!("-12.34")),
            (decimal(5, 3), json!("0.005")),
            (decimal(-5, 1), json!("-0.5")),
            (decimal(7, 0), json!("7")),
            (decimal(7, -2), json!("7E2")),
            (decimal(7, i32::MAX), json!("7E-2147483647")),
            (decimal(7, i32::MIN), json!("7E2147483648")),
            (text("é"), json!("é")),
            (CqlValue::Blob(vec![0, 0xAF]), json!("0x00af")),
            (CqlValue::Custom(vec![]), json!("0x")),
            (CqlValue::Uuid(uuid::Uuid::nil()), json!("00000000-0000-0000-0000-000000000000")),
            (CqlValue::Inet([127, 0, 0, 1].into()), json!("127.0.0.1")),
            (CqlValue::Time(CqlTime::MAX), json!("23:59:59.999999999")),
            (CqlValue::List(vec![CqlValue::Int(1), CqlValue::Null]), json!([1, null])),
            (CqlValue::Tuple(vec![CqlValue::Int(1), text("x")]), json!([1, "x"])),
            (CqlValue::Vector(vec![CqlValue::Float(1.0)]), json!([1.0])),
            (CqlValue::Set(vec![]), json!([])),
            (CqlValue::Map(vec![(text("k"), CqlValue::Int(1))]), json!({"k": 1})),
            (CqlValue::Map(vec![(CqlValue::Int(2), CqlValue::Int(1))]), json!({"2": 1})),
            (
                CqlValue::Map(vec![(CqlValue::Tuple(vec![text("a")]), CqlValue::Null)]),
                json!({"[\"a\"]": null}),
            ),
            (CqlValue::Udt(vec![("f".into(), CqlValue::Set(vec![text("s")]))]), json!({"f": ["s"]})),
        ] {
            assert_eq!(value.to_json(), expected, "{value:?}");
        }
    }

    /// W9 of docs/promises.md: what another client has stored must not take all of a thread's time to be shown.
    #[test]
    fn numbers_of_megabytes_are_their_bytes() {
        let mut bytes = vec![0xA5; 5 << 20];
        bytes[0] = 0x7A;
        let unscaled = BigInt::from_signed_bytes_be(&bytes);
        let shown = |value: &CqlValue| value.to_json().as_str().expect("it is a text").to_owned();
        let begun = std::time::Instant::now();
        let varint = shown(&CqlValue::Varint(unscaled.clone()));
        assert!(varint.starts_with("0x7aa5a5") && varint.len() == 2 + (10 << 20), "{varint:.100}");
        let negative = shown(&CqlValue::Varint(-&unscaled));
        assert!(negative.starts_with("0x855a5a") && negative.len() == varint.len(), "{negative:.100}");
        let decimal = shown(&CqlValue::Decimal(CqlDecimal { unscaled, scale: -2 }));
        assert!(decimal.starts_with("0xfffffffe7aa5a5"), "{decimal:.100}");
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());

        let longest: BigInt = (BigInt::from(1) << MOST_BITS) - 1;
        assert_eq!(shown(&CqlValue::Varint(longest.clone())).len(), 157_827);
        assert!(shown(&CqlValue::Varint(longest + 1)).starts_with("0x0100"));
    }

    #[test]
    fn days_of_the_calendar() {
        for (day, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (-25_509, "1900-02-28"),
            (-25_508, "1900-03-01"),
            (-719_528, "0000-01-01"),
            (-719_529, "-0001-12-31"),
            (i32::MIN, "-5877641-06-23"),
            (i32::MAX, "5881580-07-11"),
        ] {
            assert_eq!(date(day.into()), expected);
        }
    }

    #[test]
    fn moments_and_lengths_of_time() {
        assert_eq!(timestamp(CqlTimestamp(-1)), "1969-12-31 23:59:59.999Z");
        assert_eq!(timestamp(CqlTimestamp(951_782_400_123)), "2000-02-29 00:00:00.123Z");
        assert_eq!(timestamp(CqlTimestamp(i64::MAX)), "292278994-08-17 07:12:55.807Z");
        assert_eq!(timestamp(CqlTimestamp(i64::MIN)), "-292275055-05-16 16:47:04.192Z");
        let every = CqlDuration { months: 14, days: 3, nanoseconds: 14_706_007_008_009 };
        assert_eq!(duration(every), "1y2mo3d4h5m6s7ms8us9ns");
        assert_eq!(duration(CqlDuration { months: 0, days: -1, nanoseconds: 0 }), "-1d");
        assert_eq!(duration(CqlDuration::default()), "");
        let least = CqlDuration { months: i32::MIN, days: i32::MIN, nanoseconds: i64::MIN };
        assert!(duration(least).starts_with("-178956970y8mo2147483648d2562047h"));
        assert_eq!(time(CqlTime(1)), "00:00:00.000000001");
    }

    proptest! {
        #[test]
        fn no_value_makes_it_panic(milliseconds in any::<i64>(), scale in any::<i32>(), unscaled in any::<i64>()) {
            timestamp(CqlTimestamp(milliseconds));
            time(CqlTime(milliseconds));
            prop_assert!(decimal(&unscaled.to_string(), scale).len() < 80);
        }
    }
}
