//! Hashing of keys that nobody outside chooses one by one: host ids and names of keyspaces. A hash that keeps off
//! attackers costs more than the request's whole search for its replicas.

use std::hash::{BuildHasher, Hasher};

/// A multiplicative hash, eight bytes at a time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct QuickHasher(u64);

impl QuickHasher {
    /// Keys may share their beginnings; the rotation and the multiplication spread what differs over all bits.
    const fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl BuildHasher for QuickHasher {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self::default()
    }
}

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
            self.mix(u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)));
        } else if !rest.is_empty() {
            self.mix(rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_that_are_alike_get_hashes_that_are_not() {
        let names = (0..10_000).map(|n| format!("keyspace_of_tenant_{n}"));
        let hashes: HashSet<u64> = names.map(|name| QuickHasher::default().hash_one(name) >> 44).collect();
        // Of 2^20 values, ten thousand random ones would meet about 9,950.
        assert!(hashes.len() > 9_900, "{}", hashes.len());
    }
}
