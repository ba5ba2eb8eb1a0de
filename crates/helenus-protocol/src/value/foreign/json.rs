//! JSON in columns of type `text`: [`Json`] of anything that serde knows, and `serde_json::Value`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;

use super::super::{DecodeValue, EncodeValue, Encoded};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

/// A Rust value that is stored as JSON in a `text` (or `ascii`) column. What it borrows, it borrows from the page.
///
/// ```
/// use helenus_protocol::CqlType;
/// use helenus_protocol::value::{DecodeValue, Json};
///
/// #[derive(serde::Deserialize)]
/// struct Settings<'a> {
///     theme: &'a str,
/// }
///
/// let cell = br#"{"theme": "dark"}"#;
/// let Json(settings) = Json::<Settings>::decode(&CqlType::Text, Some(cell))?;
/// assert_eq!(settings.theme, "dark");
/// # Ok::<(), helenus_protocol::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Json<T>(pub T);

impl<T: Serialize> EncodeValue for Json<T> {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        write("Json", &self.0, cql_type, out)
    }
}

impl<'a, T: Deserialize<'a>> DecodeValue<'a> for Json<T> {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        check("Json", cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        read("Json", cql_type, cell).map(Self)
    }
}

impl EncodeValue for Value {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        write("serde_json::Value", self, cql_type, out)
    }
}

impl<'a> DecodeValue<'a> for Value {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        check("serde_json::Value", cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        read("serde_json::Value", cql_type, cell)
    }
}

fn check(rust: &str, cql_type: &CqlType) -> Result<(), DecodeError> {
    match cql_type.unfrozen() {
        CqlType::Text | CqlType::Ascii => Ok(()),
        other => Err(DecodeError::wrong_type(rust, other)),
    }
}

fn write<T: Serialize>(
    rust: &str,
    value: &T,
    cql_type: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeError> {
    check(rust, cql_type).map_err(|_| EncodeError::wrong_type(rust, cql_type))?;
    match serde_json::to_string(value) {
        Ok(text) => text.encode(cql_type, out),
        // What serde says may show the value.
        Err(_) => Err(EncodeError::new(format!("a Rust {rust}"), "serde_json cannot write its value")),
    }
}

fn read<'a, T: Deserialize<'a>>(
    rust: &str,
    cql_type: &CqlType,
    cell: Option<&'a [u8]>,
) -> Result<T, DecodeError> {
    check(rust, cql_type)?;
    let bytes = super::super::present(rust, cell)?;
    let text = <&str>::decode(cql_type, Some(bytes))?;
    serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            Category::Data => "the JSON is not what the Rust type wants",
            Category::Syntax | Category::Eof | Category::Io => "the text is no JSON",
        };
        // What serde says may show the value.
        let why = format!("{what}, at line {} column {}", error.line(), error.column());
        DecodeError::misread(format!("a Rust {rust}"), why)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::super::testing::{decoded, encoded};
    use super::*;

    #[test]
    fn both_ways() {
        let value = json!({"a": [1, null, "é"], "b": {"c": 1.5}});
        let bytes = encoded(&CqlType::Text, &value).unwrap();
        assert_eq!(bytes, r#"{"a":[1,null,"é"],"b":{"c":1.5}}"#.as_bytes());
        assert_eq!(decoded::<Value>(&CqlType::Text, &bytes).unwrap(), value);
        assert!(encoded(&CqlType::Ascii, &value).unwrap_err().why.contains("ascii does not have"));
        let map = Json(BTreeMap::from([("k".to_owned(), vec![1, 2])]));
        let bytes = encoded(&CqlType::Ascii, &map).unwrap();
        assert_eq!(bytes, br#"{"k":[1,2]}"#);
        assert_eq!(decoded::<Json<BTreeMap<String, Vec<i32>>>>(&CqlType::Ascii, &bytes).unwrap(), map);
        let borrowed: Json<&str> = decoded(&CqlType::Text, b"\"here\"").unwrap();
        assert_eq!(borrowed.0, "here");
        // The null of JSON is a value, that of CQL is none.
        assert_eq!(encoded(&CqlType::Text, &Value::Null).unwrap(), b"null");
        assert!(Value::decode(&CqlType::Text, None).unwrap_err().why.contains("null"));
        assert_eq!(Option::<Value>::decode(&CqlType::Text, None), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_placed_and_not_shown() {
        let error = decoded::<Value>(&CqlType::Text, b"{\"a\": secret}").unwrap_err().to_string();
        let expected = "cannot read a Rust serde_json::Value: the text is no JSON, at line 1 column 7";
        assert_eq!(error, expected);
        let error = decoded::<Json<i32>>(&CqlType::Text, b"\"secret\"").unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot read a Rust Json: the JSON is not what the Rust type wants, at line 1 column 8"
        );
        let error = decoded::<Json<i32>>(&CqlType::Text, b"").unwrap_err().to_string();
        assert!(error.contains("no JSON, at line 1 column 0"), "{error}");
        let error =
            encoded(&CqlType::Text, &Json(HashMap::from([(vec![1], "secret")]))).unwrap_err().to_string();
        assert_eq!(error, "cannot encode a Rust Json: serde_json cannot write its value");
        let error = encoded(&CqlType::Blob, &Json(1)).unwrap_err().to_string();
        assert_eq!(error, "cannot encode a Rust Json: the CQL type is blob");
        assert!(Value::check(&CqlType::Int).unwrap_err().is_misread());
        // Nesting without an end does not overflow the stack.
        assert!(decoded::<Value>(&CqlType::Text, "[".repeat(1_000_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in any::<(Option<i64>, Vec<String>, bool)>()) {
            let bytes = encoded(&CqlType::Text, &Json(&value)).unwrap();
            prop_assert_eq!(&decoded::<Json<(Option<i64>, Vec<String>, bool)>>(&CqlType::Text, &bytes).unwrap().0, &value);
            let dynamic: Value = decoded(&CqlType::Text, &bytes).unwrap();
            prop_assert_eq!(encoded(&CqlType::Text, &dynamic).unwrap(), bytes);
        }
    }
}
