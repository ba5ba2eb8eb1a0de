//! Both ways of each notation, and what is refused.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn vints_round_trip(value: i64, shift in 0_u32..64) {
        let value = value >> shift;
        let mut out = Vec::new();
        Writer::new(&mut out).vint(value);
        let mut reader = Reader::new(&out);
        prop_assert_eq!(reader.vint().unwrap(), value);
        prop_assert!(reader.is_empty());
    }

    #[test]
    fn no_reader_looks_beyond_its_end(bytes: Vec<u8>, which in 0_u8..15) {
        let mut reader = Reader::new(&bytes);
        // Any outcome is fine but a panic, or an offset outside the bytes.
        let _outcome = match which {
            0 => reader.byte().is_ok(),
            1 => reader.short().is_ok(),
            2 => reader.int().is_ok(),
            3 => reader.long().is_ok(),
            4 => reader.uuid().is_ok(),
            5 => reader.string().is_ok(),
            6 => reader.long_string().is_ok(),
            7 => reader.string_list().is_ok(),
            8 => reader.bytes().is_ok(),
            9 => reader.value().is_ok(),
            10 => reader.inet().is_ok(),
            11 => reader.string_multimap().is_ok(),
            12 => reader.bytes_map().is_ok(),
            13 => reader.vint().is_ok(),
            _ => reader.consistency().is_ok(),
        };
        prop_assert!(reader.offset() <= bytes.len());
    }
}

#[test]
fn vints_have_the_specified_bytes() {
    // Section 3: the extra bytes are counted by the leading ones of the first.
    for (value, bytes) in [
        (0_u64, vec![0x00]),
        (127, vec![0x7F]),
        (128, vec![0x80, 0x80]),
        (16_383, vec![0xBF, 0xFF]),
        (16_384, vec![0xC0, 0x40, 0x00]),
        (u64::MAX, vec![0xFF; 9]),
    ] {
        let mut out = Vec::new();
        Writer::new(&mut out).unsigned_vint(value);
        assert_eq!(out, bytes, "{value}");
    }
}

/// W5 of docs/promises.md.
#[test]
fn a_count_beyond_the_end_is_refused_before_anything_is_allocated() {
    let error = Reader::new(&[0x7F, 0xFF, 0xFF, 0xFF, 0, 0]).count(4, "rows").unwrap_err();
    assert_eq!((error.offset, error.what.as_ref()), (0, "rows"));
}

#[test]
fn a_refused_string_leaves_nothing_behind() {
    let mut out = Vec::new();
    let long = "x".repeat(65_536);
    assert!(Writer::new(&mut out).string(&long).is_err());
    assert!(out.is_empty());
}
