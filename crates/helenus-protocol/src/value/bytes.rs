//! `blob`, and custom types, whose bytes only their class understands: section 6.3.

use std::borrow::Cow;

use bytes::Bytes;

use super::{DecodeValue, EncodeValue, Encoded, present};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

impl EncodeValue for [u8] {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Blob | CqlType::Custom(_) => {
                out.extend_from_slice(self);
                Ok(Encoded::Bytes)
            }
            other => Err(EncodeError::wrong_type("[u8]", other)),
        }
    }
}

impl<const N: usize> EncodeValue for [u8; N] {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        self.as_slice().encode(cql_type, out)
    }
}

impl EncodeValue for Vec<u8> {
    fn encode(&self, cql_type: &CqlType, out: &mut Self) -> Result<Encoded, EncodeError> {
        self.as_slice().encode(cql_type, out)
    }
}

impl EncodeValue for Bytes {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        (**self).encode(cql_type, out)
    }
}

impl<'a> DecodeValue<'a> for &'a [u8] {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Blob | CqlType::Custom(_) => Ok(()),
            other => Err(DecodeError::wrong_type("[u8]", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        present("[u8]", cell)
    }
}

impl<'a> DecodeValue<'a> for Vec<u8> {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        <&[u8]>::check(cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        <&[u8]>::decode(cql_type, cell).map(Self::from)
    }
}

impl<'a> DecodeValue<'a> for Cow<'a, [u8]> {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        <&[u8]>::check(cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        <&[u8]>::decode(cql_type, cell).map(Self::Borrowed)
    }
}

impl<'a> DecodeValue<'a> for Bytes {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        <&[u8]>::check(cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        <&[u8]>::decode(cql_type, cell).map(Self::copy_from_slice)
    }

    fn decode_shared(cql_type: &CqlType, cell: Option<&'a [u8]>, page: &Bytes) -> Result<Self, DecodeError> {
        <&[u8]>::decode(cql_type, cell).map(|bytes| share(page, bytes))
    }
}

/// The part of `page` that `bytes` are, or a copy where they are none of its.
fn share(page: &Bytes, bytes: &[u8]) -> Bytes {
    let start = bytes.as_ptr().addr().checked_sub(page.as_ptr().addr());
    match start.and_then(|start| Some((start, start.checked_add(bytes.len())?))) {
        Some((start, end)) if end <= page.len() => page.slice(start..end),
        _ => Bytes::copy_from_slice(bytes),
    }
}

impl<'a, const N: usize> DecodeValue<'a> for [u8; N] {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        <&[u8]>::check(cql_type)
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let bytes = <&[u8]>::decode(cql_type, cell)?;
        bytes.try_into().map_err(|_| {
            DecodeError::misread(format!("a Rust [u8; {N}]"), format!("the blob has {} bytes", bytes.len()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, decoded, encoded};
    use super::*;

    #[test]
    fn blobs_are_their_bytes() {
        let custom = CqlType::Custom("com.example.Shape".into());
        for cql_type in [CqlType::Blob, custom] {
            both_ways(&cql_type, &vec![0_u8, 0xFF, 0x7F], "00FF7F");
            both_ways(&cql_type, &Vec::<u8>::new(), "");
            both_ways(&cql_type, &Bytes::from_static(b"\0"), "00");
            both_ways(&cql_type, &[1_u8, 2], "0102");
        }
        let bytes = [1, 2, 3];
        assert_eq!(decoded::<&[u8]>(&CqlType::Blob, &bytes).unwrap().as_ptr(), bytes.as_ptr());
        assert!(decoded::<[u8; 2]>(&CqlType::Blob, &bytes).unwrap_err().is_misread());
    }

    fn shared(cell: &[u8], page: &Bytes) -> Bytes {
        Bytes::decode_shared(&CqlType::Blob, Some(cell), page).unwrap()
    }

    #[test]
    fn bytes_share_the_page_that_they_lie_in() {
        let page = Bytes::from_static(b"the whole page");
        let cell = &page[4..9];
        assert_eq!((shared(cell, &page), shared(cell, &page).as_ptr()), ("whole".into(), cell.as_ptr()));
        assert_eq!(shared(&page[14..], &page), "");
        // Bytes of elsewhere, and bytes that reach out of the page, are copied.
        for (cell, page) in [(&b"other"[..], &page), (cell, &page.slice(..6)), (cell, &Bytes::new())] {
            let copy = shared(cell, page);
            assert_eq!(copy, cell);
            assert_ne!(copy.as_ptr(), cell.as_ptr());
        }
        assert_eq!(Option::<Bytes>::decode_shared(&CqlType::Blob, None, &page), Ok(None));
        let there = Option::<Bytes>::decode_shared(&CqlType::Blob, Some(cell), &page).unwrap().unwrap();
        assert_eq!(there.as_ptr(), cell.as_ptr());
        assert!(Bytes::decode_shared(&CqlType::Text, Some(cell), &page).unwrap_err().is_misread());
    }

    #[test]
    fn a_blob_is_not_text_nor_a_list() {
        assert!(encoded(&CqlType::Text, &b"a"[..]).is_err());
        let list = CqlType::List(std::sync::Arc::new(CqlType::Tinyint));
        assert!(encoded(&list, &vec![1_u8]).is_err());
        assert!(decoded::<&[u8]>(&CqlType::Text, b"a").unwrap_err().is_misread());
    }
}
