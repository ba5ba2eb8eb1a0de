//! Tokens: the numbers (or bytes) that a partitioner makes of partition keys, and their text in the system tables.
//!
//! Hashing is here too, as far as it is Cassandra's own: its Murmur3 differs from the published one.

use std::fmt;

use md5::{Digest, Md5};

/// A place on the ring. Tokens of different partitioners do not meet in one cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// Of `Murmur3Partitioner`.
    Murmur3(i64),
    /// Of `RandomPartitioner`: 0 to 2^127.
    Random(u128),
    /// Of `ByteOrderedPartitioner`: the key itself.
    ByteOrdered(Box<[u8]>),
}

impl fmt::Display for Token {
    /// As the system tables write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Murmur3(token) => write!(f, "{token}"),
            Self::Random(token) => write!(f, "{token}"),
            Self::ByteOrdered(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

/// A token in a system table that the cluster's partitioner cannot have made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a token of {partitioner}")]
pub struct InvalidToken {
    /// The start of what the server sent.
    pub text: String,
    /// The partitioner's short class name.
    pub partitioner: &'static str,
}

impl InvalidToken {
    pub(super) fn new(text: &str, partitioner: &'static str) -> Self {
        Self { text: text.chars().take(64).collect(), partitioner }
    }
}

/// The token of `key` under `Murmur3Partitioner`.
pub(super) fn murmur3(key: &[u8]) -> i64 {
    if key.is_empty() {
        return i64::MIN;
    }
    // i64::MIN is the ring's origin and belongs to no key.
    match murmur3_x64_128_first_half(key) {
        i64::MIN => i64::MAX,
        token => token,
    }
}

/// The token of `key` under `RandomPartitioner`: the absolute value of its MD5 as a signed number.
///
/// The empty key's token is -1 on the server, below every owned token; 0 is in the same range of any ring.
pub(super) fn random(key: &[u8]) -> u128 {
    if key.is_empty() {
        return 0;
    }
    i128::from_be_bytes(Md5::digest(key).into()).unsigned_abs()
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

/// The first 64 bits of MurmurHash3 x64 128 with seed 0, as Cassandra computes it: the bytes of the tail (those
/// after the last whole 16) are sign-extended, which the published algorithm does not do.
fn murmur3_x64_128_first_half(key: &[u8]) -> i64 {
    let (mut h1, mut h2) = (0_u64, 0_u64);
    let (blocks, tail) = key.as_chunks::<16>();
    for block in blocks {
        let (low, high) = block.split_at(8);
        let k1 = u64::from_le_bytes(low.try_into().expect("half of sixteen"));
        let k2 = u64::from_le_bytes(high.try_into().expect("half of sixteen"));
        h1 ^= mix_k1(k1);
        h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= mix_k2(k2);
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let (low, high) = tail.split_at(tail.len().min(8));
    if !high.is_empty() {
        h2 ^= mix_k2(signed_little_endian(high));
    }
    if !low.is_empty() {
        h1 ^= mix_k1(signed_little_endian(low));
    }

    let length = key.len() as u64;
    h1 ^= length;
    h2 ^= length;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = finalize(h1);
    h2 = finalize(h2);
    h1.wrapping_add(h2).cast_signed()
}

/// Up to eight bytes, each sign-extended before it is put over those above it: all bits above a byte whose own highest is
/// set are turned over. So a byte is turned over if that is so for an odd number of those below it, which one
/// multiplication counts for all of them.
fn signed_little_endian(bytes: &[u8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = match bytes.first_chunk::<8>() {
        Some(whole) => u64::from_le_bytes(*whole),
        None => bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    let negative = word >> 7 & ONES;
    let odd = negative.wrapping_mul(ONES << 8) & ONES;
    word ^ odd.wrapping_mul(0xFF)
}

fn mix_k1(k1: u64) -> u64 {
    k1.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix_k2(k2: u64) -> u64 {
    k2.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finalize(mut h: u64) -> u64 {
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the server does it, byte by byte.
    fn signed_one_by_one(bytes: &[u8]) -> u64 {
        bytes
            .iter()
            .enumerate()
            .fold(0, |word, (i, &byte)| word ^ (i64::from(byte.cast_signed()).cast_unsigned() << (8 * i)))
    }

    #[test]
    fn signs_are_extended_as_the_server_does() {
        fastrand::seed(5);
        for round in 0..2000 {
            let length = round % 9;
            let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect();
            assert_eq!(signed_little_endian(&bytes), signed_one_by_one(&bytes), "{bytes:?}");
        }
        assert_eq!(signed_little_endian(&[0xFF; 8]), signed_one_by_one(&[0xFF; 8]));
    }

    fn unhex(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
    }

    /// Keys with the tokens that other clients of Cassandra compute for them.
    const VECTORS: &[(&str, i64, u128)] = &[
        ("00", 5048724184180415669, 143927757573010354572009627285182898319),
        ("61", -8839064797231613815, 16955237001963240173058271559858726497),
        ("313233", -7468325962851647638, 42767516990368493138776584305024125808),
        ("68656c6c6f20776f726c64", 5998619086395760910, 125893641179230474042701625388361764291),
        ("000102030405060708090a0b0c0d0e", 5125964547706398185, 117926437932412549287477643883025677460),
        ("000102030405060708090a0b0c0d0e0f", 4920504430128807728, 35566888831469867896589741071285600936),
        ("000102030405060708090a0b0c0d0e0f10", 6662781046685680142, 37037762735766197524361679113307109010),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
            377690909827715220,
            29370377735297955515758886377266675796,
        ),
        (
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            -61479015959055060,
            28049932908930110629099270433077607423,
        ),
        ("ffffffffffffffffffffffffffffff", -2195530867418009455, 130446030288098128978703077420457153174),
        ("80808080808080", 7590665628118325324, 97561185077170482437487792681168129237),
        (
            "fe0180fe0180fe0180fe0180fe0180fe0180fe0180fe0180fe0180fe0180fe0180",
            5198473585181630333,
            117354321508241320395445409790960472381,
        ),
        ("68c3a96c6c6f20e282ac", 7419304590800298621, 141029612176450830437080865185271179026),
    ];

    /// Tails of every length with the sign bit set in each byte: byte `i` is `0x80 + 7 i`.
    const SIGNED_TAILS: [i64; 17] = [
        -5284281814142962636,
        2018950863064893639,
        2883035100252727777,
        3009979607048216379,
        -2847373446435714001,
        -2244203985003959096,
        -5968304505574019857,
        512842628024960352,
        683171345539645642,
        7840819521531847175,
        422083457162203766,
        1542238518037374429,
        -3139204666512434709,
        -3282293895579786473,
        3052317648445578018,
        -2954592189485143609,
        5211886051089384206,
    ];

    #[test]
    fn known_keys_have_known_tokens() {
        for (hex, murmur, md5) in VECTORS {
            let key = unhex(hex);
            assert_eq!(murmur3(&key), *murmur, "Murmur3 of {hex}");
            assert_eq!(random(&key), *md5, "MD5 of {hex}");
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(murmur3(&all), 2060892794568774329);
    }

    #[test]
    fn bytes_of_the_tail_are_signed() {
        for (length, expected) in (1..).zip(SIGNED_TAILS) {
            let key: Vec<u8> = (0..length).map(|i: u8| 0x80 + 7 * i).collect();
            assert_eq!(murmur3(&key), expected, "a key of {length} bytes");
        }
    }

    #[test]
    fn the_empty_key_is_at_the_origin() {
        assert_eq!(murmur3(b""), i64::MIN);
        assert_eq!(random(b""), 0);
    }

    #[test]
    fn tokens_are_written_as_in_the_system_tables() {
        assert_eq!(Token::Murmur3(-5).to_string(), "-5");
        assert_eq!(Token::Random(1 << 127).to_string(), "170141183460469231731687303715884105728");
        assert_eq!(Token::ByteOrdered([0x00, 0xaf].into()).to_string(), "00af");
    }
}
