//! Values of the corpus as values of this door: JSON and a CQL type in, a [`CqlValue`] out. How JSON writes each type is
//! told in `tests/server/cql/README.md`.

use helenus::protocol::CqlType;
use helenus::protocol::value::{Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlValue};
use num_bigint::BigInt;
use serde_json::Value;

/// The value that `json` writes, as one of type `cql_type`.
pub(super) fn value(cql_type: &CqlType, json: &Value) -> Result<CqlValue, String> {
    if json.is_null() {
        return Ok(CqlValue::Null);
    }
    if let Some(special) = json.get("special").and_then(Value::as_str) {
        return match special {
            "unset" => Ok(CqlValue::Unset),
            "empty" => Ok(CqlValue::Empty),
            other => Err(format!("there is no special value {other:?}")),
        };
    }
    nested(cql_type.unfrozen(), json)
        .or_else(|| scalar(cql_type.unfrozen(), json).map(Ok))
        .unwrap_or_else(|| Err(format!("{json} is no {cql_type}")))
}

fn nested(cql_type: &CqlType, json: &Value) -> Option<Result<CqlValue, String>> {
    let all = |element: &CqlType| {
        let parts = json.as_array()?.iter().map(|part| value(element, part));
        Some(parts.collect::<Result<Vec<_>, String>>())
    };
    Some(match cql_type {
        CqlType::List(element) => all(element)?.map(CqlValue::List),
        CqlType::Set(element) => all(element)?.map(CqlValue::Set),
        CqlType::Vector(element, _) => all(element)?.map(CqlValue::Vector),
        CqlType::Map(key, mapped) => {
            let entry = |pair: &Value| {
                Ok((
                    value(key, pair.get(0).unwrap_or(&Value::Null))?,
                    value(mapped, pair.get(1).unwrap_or(&Value::Null))?,
                ))
            };
            json.as_array()?.iter().map(entry).collect::<Result<_, String>>().map(CqlValue::Map)
        }
        CqlType::Tuple(elements) => {
            if json.as_array()?.len() > elements.len() {
                return None;
            }
            let parts = elements.iter().zip(json.as_array()?).map(|(element, part)| value(element, part));
            parts.collect::<Result<_, _>>().map(CqlValue::Tuple)
        }
        CqlType::Udt(user_type) => {
            let given = json.as_object()?;
            let known = |name: &String| user_type.fields.iter().any(|(field, _)| field == name);
            if let Some(unknown) = given.keys().find(|name| !known(name)) {
                return Some(Err(format!("{} has no field {unknown:?}", user_type.name)));
            }
            let written =
                user_type.fields.iter().filter_map(|(name, kind)| Some((name, kind, given.get(name)?)));
            written
                .map(|(name, kind, json)| Ok((name.clone(), value(kind, json)?)))
                .collect::<Result<_, String>>()
                .map(CqlValue::Udt)
        }
        _ => return None,
    })
}

fn scalar(cql_type: &CqlType, json: &Value) -> Option<CqlValue> {
    let whole = || json.as_i64();
    Some(match cql_type {
        CqlType::Ascii | CqlType::Text => CqlValue::Text(json.as_str()?.to_owned()),
        CqlType::Bigint => CqlValue::Bigint(whole()?),
        CqlType::Blob => CqlValue::Blob(bytes(json.as_str()?)?),
        CqlType::Custom(_) => CqlValue::Custom(bytes(json.as_str()?)?),
        CqlType::Boolean => CqlValue::Boolean(json.as_bool()?),
        CqlType::Counter => CqlValue::Counter(Counter(whole()?)),
        CqlType::Date => CqlValue::Date(CqlDate::from_days_since_epoch(i32::try_from(whole()?).ok()?)),
        CqlType::Decimal => CqlValue::Decimal(decimal(json.as_str()?)?),
        CqlType::Double => CqlValue::Double(double(json)?),
        #[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is what is meant")]
        CqlType::Float => CqlValue::Float(double(json)? as f32),
        CqlType::Duration => CqlValue::Duration(CqlDuration {
            months: i32::try_from(json.get(0)?.as_i64()?).ok()?,
            days: i32::try_from(json.get(1)?.as_i64()?).ok()?,
            nanoseconds: json.get(2)?.as_i64()?,
        }),
        CqlType::Inet => CqlValue::Inet(json.as_str()?.parse().ok()?),
        CqlType::Int => CqlValue::Int(i32::try_from(whole()?).ok()?),
        CqlType::Smallint => CqlValue::Smallint(i16::try_from(whole()?).ok()?),
        CqlType::Tinyint => CqlValue::Tinyint(i8::try_from(whole()?).ok()?),
        CqlType::Time => CqlValue::Time(CqlTime(whole()?)),
        CqlType::Timestamp => CqlValue::Timestamp(CqlTimestamp(whole()?)),
        CqlType::Uuid | CqlType::Timeuuid => CqlValue::Uuid(json.as_str()?.parse().ok()?),
        CqlType::Varint => CqlValue::Varint(json.as_str()?.parse().ok()?),
        _ => return None,
    })
}

fn double(json: &Value) -> Option<f64> {
    json.as_f64().or_else(|| json.as_str()?.parse().ok())
}

/// `0x00ff`
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// `-12.50`, `15E+3`: digits and a scale, neither of which is normalised.
fn decimal(text: &str) -> Option<CqlDecimal> {
    let (mantissa, exponent) = text.split_once('E').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i64 = exponent.parse().ok()?;
    let unscaled: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let scale = i32::try_from(i64::try_from(fraction.len()).ok()? - exponent).ok()?;
    Some(CqlDecimal { unscaled, scale })
}
