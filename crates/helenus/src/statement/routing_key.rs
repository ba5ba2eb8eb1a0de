//! The bytes of a partition key that a partitioner hashes, from the encoded values of its columns.
//!
//! A key of one column is that value. A key of several is a composite: for each column `[short] length`, the value,
//! and a zero byte.

use std::borrow::Cow;

use helenus_protocol::EncodeError;

/// The routing key of these values, in the order of the partition key's columns. None without any value.
///
/// # Errors
/// A value of a composite is longer than 65,535 bytes, which no partition key can be.
pub fn routing_key<'v>(values: &[&'v [u8]]) -> Result<Option<Cow<'v, [u8]>>, EncodeError> {
    match values {
        [] => Ok(None),
        [single] => Ok(Some(Cow::Borrowed(single))),
        several => {
            let mut key = Vec::with_capacity(several.iter().map(|value| value.len() + 3).sum());
            write_composite(several, &mut key)?;
            Ok(Some(Cow::Owned(key)))
        }
    }
}

/// Appends the composite of these values to `out`.
///
/// # Errors
/// As [`routing_key`]; `out` may then hold the values before the long one.
pub fn write_composite(values: &[&[u8]], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    for (i, value) in values.iter().enumerate() {
        let length = u16::try_from(value.len()).map_err(|_| {
            EncodeError::new(
                format!("column {i} of the partition key"),
                format!("it has {} bytes, the limit is {}", value.len(), u16::MAX),
            )
        })?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(value);
        out.push(0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_the_key() {
        assert_eq!(routing_key(&[b"abc"]).unwrap().as_deref(), Some(&b"abc"[..]));
        assert_eq!(routing_key(&[]).unwrap(), None);
        let long = vec![7; 70_000];
        assert_eq!(routing_key(&[&long]).unwrap().as_deref(), Some(&long[..]));
    }

    #[test]
    fn several_values_make_a_composite() {
        let key = routing_key(&[b"ab", b"", b"\x00\x00\x00\x01"]).unwrap().unwrap();
        assert_eq!(&*key, b"\x00\x02ab\x00\x00\x00\x00\x00\x04\x00\x00\x00\x01\x00");
    }

    #[test]
    fn a_value_too_long_for_a_composite_is_refused() {
        let longest = vec![1; 65_535];
        assert_eq!(routing_key(&[&longest, b""]).unwrap().unwrap().len(), 65_535 + 6);
        let long = vec![1; 65_536];
        let error = routing_key(&[b"", &long]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot encode column 1 of the partition key: it has 65536 bytes, the limit is 65535"
        );
    }
}
