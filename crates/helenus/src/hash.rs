//! Hashing of keys that nobody outside chooses one by one: host ids and names of keyspaces. A hash that keeps off
//! attackers costs more than the request's whole search for its replicas.

use std::hash::{BuildHasher, Hasher};

/// A multiplicative hash, eight bytes at a time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct QuickHasher(u64);

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
        for piece in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..piece.len()].copy_from_slice(piece);
            // Keys may share their beginnings; the rotation and the multiplication spread what differs over all bits.
            self.0 = (self.0.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
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
