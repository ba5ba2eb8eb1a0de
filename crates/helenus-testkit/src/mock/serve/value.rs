//! Values written in JSON as the bytes of cells, for every CQL type. A value that its type does not have can still be
//! sent: `{"hex": "…"}` is the bytes themselves.

use helenus_protocol::CqlType;
use helenus_protocol::notation::Writer;
use helenus_protocol::value::fixed_size;
use num_bigint::BigInt;
use serde_json::Value;
use uuid::Uuid;

use crate::mock::cell::Cell;

/// The cell of `value` in a column of type `cql_type`.
///
/// Numbers are numbers (a `varint` may be a string of digits, a `timestamp` is milliseconds, a `date` days from
/// 1970-01-01, a `time` nanoseconds), a `decimal` is a string, a `duration` is `[months, days, nanoseconds]`, a `blob`
/// a string of hexadecimal digits. Lists, sets, tuples and vectors are arrays; maps are objects or arrays of pairs;
/// user-defined types are objects or arrays.
pub(super) fn cell(cql_type: &CqlType, value: &Value) -> Result<Cell, String> {
    if value.is_null() {
        return Ok(None);
    }
    if let Some(hex) = value.as_object().filter(|it| it.len() == 1).and_then(|object| object.get("hex")) {
        return bytes(hex.as_str().ok_or("hex wants a string")?).map(Some);
    }
    encode(cql_type, value).map(Some).map_err(|why| format!("{value} is no {cql_type}: {why}"))
}

/// Bytes written as hexadecimal digits, with or without `0x`.
pub(super) fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digits = hex.strip_prefix("0x").unwrap_or(hex).as_bytes();
    if !digits.len().is_multiple_of(2) {
        return Err("an odd number of hexadecimal digits".into());
    }
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok().filter(|_| pair.iter().all(u8::is_ascii_hexdigit))?;
        u8::from_str_radix(text, 16).ok()
    };
    digits.chunks(2).map(byte).collect::<Option<_>>().ok_or_else(|| "not hexadecimal digits".into())
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encode(cql_type: &CqlType, value: &Value) -> Result<Vec<u8>, String> {
    Ok(match cql_type {
        CqlType::Ascii | CqlType::Text => string(value)?.as_bytes().to_vec(),
        CqlType::Tinyint => integer::<i8>(value)?.to_be_bytes().to_vec(),
        CqlType::Smallint => integer::<i16>(value)?.to_be_bytes().to_vec(),
        CqlType::Int => integer::<i32>(value)?.to_be_bytes().to_vec(),
        CqlType::Bigint | CqlType::Counter | CqlType::Time | CqlType::Timestamp => {
            integer::<i64>(value)?.to_be_bytes().to_vec()
        }
        // Days with 1970-01-01 in the middle of what an unsigned int holds (v5 spec, 6.5).
        CqlType::Date => (integer::<i32>(value)? as u32 ^ 0x8000_0000).to_be_bytes().to_vec(),
        CqlType::Varint => big(value)?.to_signed_bytes_be(),
        CqlType::Decimal => decimal(string(value)?)?,
        CqlType::Double => float(value)?.to_be_bytes().to_vec(),
        CqlType::Float => (float(value)? as f32).to_be_bytes().to_vec(),
        CqlType::Boolean => vec![value.as_bool().ok_or("not a boolean")?.into()],
        CqlType::Blob | CqlType::Custom(_) => bytes(string(value)?)?,
        CqlType::Uuid | CqlType::Timeuuid => {
            string(value)?.parse::<Uuid>().map_err(|error| error.to_string())?.as_bytes().to_vec()
        }
        CqlType::Inet => {
            let address = string(value)?.parse().map_err(|_| "not an address")?;
            crate::mock::cell::inet(address).unwrap_or_default()
        }
        CqlType::Duration => duration(value)?,
        CqlType::List(element) | CqlType::Set(element) => {
            let elements = array(value)?.iter().map(|value| cell(element, value));
            counted(&elements.collect::<Result<Vec<_>, _>>()?, 1)?
        }
        CqlType::Map(key, of) => {
            let pairs = entries(value)?;
            let cells = pairs.iter().flat_map(|(name, value)| [cell(key, name), cell(of, value)]);
            counted(&cells.collect::<Result<Vec<_>, _>>()?, 2)?
        }
        CqlType::Tuple(types) => {
            let values = array(value)?;
            framed(types.iter().zip(values).map(|(cql_type, value)| cell(cql_type, value)))?
        }
        CqlType::Udt(user_type) => {
            let named = |index: usize, name: &str| match value {
                Value::Object(fields) => fields.get(name),
                _ => value.get(index),
            };
            let fields = user_type.fields.iter().enumerate();
            // A value may lack the last fields.
            let present = fields.map_while(|(index, (name, cql_type))| Some((cql_type, named(index, name)?)));
            framed(present.map(|(cql_type, value)| cell(cql_type, value)))?
        }
        CqlType::Vector(element, _) => vector(element, array(value)?)?,
        CqlType::Frozen(inner) => encode(inner, value)?,
        _ => return Err("the mock does not know the type".into()),
    })
}

fn string(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "a string is due".into())
}

fn array(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| "an array is due".into())
}

fn integer<T: TryFrom<i64>>(value: &Value) -> Result<T, String> {
    let number = value.as_i64().ok_or("an integer is due")?;
    T::try_from(number).map_err(|_| "out of range".into())
}

fn big(value: &Value) -> Result<BigInt, String> {
    match value {
        Value::String(digits) => digits.parse().map_err(|_| "not an integer".into()),
        _ => integer::<i64>(value).map(BigInt::from),
    }
}

fn decimal(text: &str) -> Result<Vec<u8>, String> {
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let unscaled: BigInt = text.replacen('.', "", 1).parse().map_err(|_| "not a decimal")?;
    let mut bytes = i32::try_from(scale).map_err(|_| "too many digits")?.to_be_bytes().to_vec();
    bytes.extend(unscaled.to_signed_bytes_be());
    Ok(bytes)
}

fn float(value: &Value) -> Result<f64, String> {
    match value.as_str() {
        // JSON has no other way to write NaN and the infinities.
        Some(text) => text.parse().map_err(|_| "not a number".into()),
        None => value.as_f64().ok_or_else(|| "a number is due".into()),
    }
}

fn duration(value: &Value) -> Result<Vec<u8>, String> {
    let [months, days, nanoseconds] = array(value)?.as_slice() else {
        return Err("[months, days, nanoseconds] is due".into());
    };
    let mut bytes = Vec::new();
    let mut out = Writer::new(&mut bytes);
    out.vint(integer::<i32>(months)?.into());
    out.vint(integer::<i32>(days)?.into());
    out.vint(integer::<i64>(nanoseconds)?);
    Ok(bytes)
}

fn entries(value: &Value) -> Result<Vec<(Value, Value)>, String> {
    if let Value::Object(object) = value {
        return Ok(object.iter().map(|(name, value)| (Value::String(name.clone()), value.clone())).collect());
    }
    let pair = |entry: &Value| match entry.as_array().map(Vec::as_slice) {
        Some([name, value]) => Ok((name.clone(), value.clone())),
        _ => Err("an entry of a map is a pair".to_owned()),
    };
    array(value)?.iter().map(pair).collect()
}

/// The count of elements, of `width` cells each, and the cells.
fn counted(cells: &[Cell], width: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut out = Writer::new(&mut bytes);
    out.int_count(cells.len() / width, "elements").map_err(|error| error.to_string())?;
    cells.iter().try_for_each(|cell| out.bytes(cell.as_deref())).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn framed(cells: impl Iterator<Item = Result<Cell, String>>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for cell in cells {
        Writer::new(&mut bytes).bytes(cell?.as_deref()).map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

fn vector(element: &CqlType, values: &[Value]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for value in values {
        let cell = cell(element, value)?.ok_or("a vector has no nulls")?;
        if fixed_size(element).is_none() {
            Writer::new(&mut bytes).unsigned_vint(cell.len() as u64);
        }
        bytes.extend(cell);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mock::schema::{Keyspace, cql_type};

    #[test]
    fn every_type_has_its_bytes() {
        let keyspace = Keyspace::new("ks", 1).user_type("pair", &[("a", "int"), ("b", "text")]);
        for (text, value, bytes) in [
            ("text", json!("é"), "c3a9"),
            ("tinyint", json!(-1), "ff"),
            ("smallint", json!(258), "0102"),
            ("int", json!(-2), "fffffffe"),
            ("bigint", json!(1), "0000000000000001"),
            ("date", json!(0), "80000000"),
            ("date", json!(-1), "7fffffff"),
            ("varint", json!("-129"), "ff7f"),
            ("varint", json!(128), "0080"),
            ("decimal", json!("-1.23"), "0000000285"),
            ("double", json!(1.5), "3ff8000000000000"),
            ("float", json!("NaN"), "7fc00000"),
            ("boolean", json!(true), "01"),
            ("blob", json!("0xCAFE"), "cafe"),
            ("inet", json!("127.0.0.1"), "7f000001"),
            ("uuid", json!("00000000-0000-0000-0000-000000000001"), "00000000000000000000000000000001"),
            ("duration", json!([1, -1, 2]), "020104"),
            ("list<int>", json!([1, null]), "000000020000000400000001ffffffff"),
            ("map<text, int>", json!({"a": 1}), "0000000100000001610000000400000001"),
            ("map<int, int>", json!([[1, 2]]), "0000000100000004000000010000000400000002"),
            ("tuple<int, text>", json!([1, null]), "0000000400000001ffffffff"),
            ("pair", json!({"a": 1}), "0000000400000001"),
            ("pair", json!([1, "b"]), "00000004000000010000000162"),
            ("vector<float, 2>", json!([1, 2]), "3f80000040000000"),
            ("vector<text, 2>", json!(["a", "bc"]), "0161026263"),
            ("int", json!({"hex": "00"}), "00"),
        ] {
            let cell = cell(&cql_type(text, Some(&keyspace)), &value).unwrap().unwrap();
            assert_eq!(hex(&cell), bytes, "{text} {value}");
        }
        assert_eq!(cell(&CqlType::Int, &Value::Null), Ok(None));
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_type() {
        for (text, value) in [
            ("int", json!(2_147_483_648_i64)),
            ("int", json!("1")),
            ("text", json!(1)),
            ("blob", json!("0x1")),
            ("blob", json!("zz")),
            ("uuid", json!("x")),
            ("list<int>", json!(["x"])),
            ("map<int, int>", json!([1])),
            ("duration", json!([1, 2])),
            ("decimal", json!("1.2.3")),
        ] {
            let error = cell(&cql_type(text, None), &value).unwrap_err();
            assert!(error.contains(" is no "), "{error}");
        }
    }
}
