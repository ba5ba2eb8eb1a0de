//! `ascii` and `text`: sections 6.1 and 6.16.

use std::borrow::Cow;

use super::{DecodeValue, EncodeValue, Encoded, present};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

impl EncodeValue for str {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Text => {}
            CqlType::Ascii if self.is_ascii() => {}
            CqlType::Ascii => {
                return Err(EncodeError::new("a Rust str", "it holds characters that ascii does not have"));
            }
            other => return Err(EncodeError::wrong_type("str", other)),
        }
        out.extend_from_slice(self.as_bytes());
        Ok(Encoded::Bytes)
    }
}

impl EncodeValue for String {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        self.as_str().encode(cql_type, out)
    }
}

impl<'a> DecodeValue<'a> for &'a str {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Text | CqlType::Ascii => Ok(()),
            other => Err(DecodeError::wrong_type("str", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        let bytes = present("str", cell)?;
        if *cql_type.unfrozen() == CqlType::Ascii
            && let Some(at) = bytes.iter().position(|byte| !byte.is_ascii())
        {
            return Err(DecodeError::new("ascii", at, "the bytes are not ASCII"));
        }
        std::str::from_utf8(bytes)
            .map_err(|error| DecodeError::new("text", error.valid_up_to(), "the bytes are not UTF-8"))
    }
}

macro_rules! from_str {
    ($($rust:ty),*) => {$(
        impl<'a> DecodeValue<'a> for $rust {
            fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
                <&str>::check(cql_type)
            }

            fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                <&str>::decode(cql_type, cell).map(Self::from)
            }
        }
    )*};
}

from_str!(String, Box<str>, Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, decoded, encoded};
    use super::*;

    #[test]
    fn text_is_utf8_and_ascii_is_less() {
        both_ways(&CqlType::Text, &"aé\0€".to_owned(), "61 C3A9 00 E282AC");
        both_ways(&CqlType::Text, &String::new(), "");
        both_ways(&CqlType::Ascii, &"~\u{7F}".to_owned(), "7E7F");
        assert!(encoded(&CqlType::Ascii, "é").is_err());
        assert_eq!(decoded::<&str>(&CqlType::Ascii, b"a\x80").unwrap_err().offset, 1);
    }

    /// W7 of docs/promises.md.
    #[test]
    fn what_is_not_utf8_is_told_with_its_place() {
        // Cut short, overlong, a surrogate, beyond the last character.
        for (bytes, offset) in
            [(&b"ab\xE2\x82"[..], 2), (b"\xC0\x80", 0), (b"a\xED\xA0\x80", 1), (b"\xF4\x90\x80\x80", 0)]
        {
            let error = decoded::<String>(&CqlType::Text, bytes).unwrap_err();
            assert_eq!((error.offset, error.is_misread()), (offset, false));
        }
    }

    #[test]
    fn text_can_stay_borrowed() {
        let bytes = b"borrowed".to_vec();
        let text: &str = decoded(&CqlType::Text, &bytes).unwrap();
        assert_eq!(text.as_ptr(), bytes.as_ptr());
        assert!(matches!(decoded(&CqlType::Text, &bytes).unwrap(), Cow::<str>::Borrowed("borrowed")));
        assert_eq!(&*decoded::<Box<str>>(&CqlType::Text, &bytes).unwrap(), "borrowed");
    }

    #[test]
    fn text_is_not_a_blob() {
        assert!(encoded(&CqlType::Blob, "a").is_err());
        assert!(decoded::<&str>(&CqlType::Blob, b"a").unwrap_err().is_misread());
    }
}
