"""`murmur3`: the hash of `Murmur3Partitioner`, the first half of MurmurHash3 (x64, 128 bits) with the seed 0.

As Cassandra computes it: bytes after the last whole block count as signed, which the algorithm's author does not do.
"""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["murmur3"]

MASK: Final = 2**64 - 1
C1: Final = 0x87C37B91114253D5
C2: Final = 0x4CF5AD432745937F


def rotl64(x: int, r: int) -> int:
    """A 64-bit number, rotated to the left."""
    return (x << r | x >> (64 - r)) & MASK


def fmix(k: int) -> int:
    """The last mixing of one half."""
    k ^= k >> 33
    k = k * 0xFF51AFD7ED558CCD & MASK
    k ^= k >> 33
    k = k * 0xC4CEB9FE1A85EC53 & MASK
    return k ^ k >> 33


def mixed(k: int, first: int, rotation: int, second: int) -> int:
    """One half of a block, ready to go into the hash."""
    return rotl64(k * first & MASK, rotation) * second & MASK


def tail_half(signed: tuple[int, ...]) -> int:
    """Up to eight bytes as a number, each with its sign."""
    number = 0
    for place, byte in enumerate(signed):
        number ^= byte << place * 8
    return number & MASK


def murmur3(key: bytes | str) -> int:
    """The hash of a partition key in wire form, as a signed 64-bit number. Text counts as UTF-8."""
    data = key.encode() if isinstance(key, str) else bytes(memoryview(key))
    h1 = h2 = 0
    whole = len(data) // 16 * 16
    for k1, k2 in struct.iter_unpack("<QQ", data[:whole]):
        h1 = (rotl64(h1 ^ mixed(k1, C1, 31, C2), 27) + h2) * 5 + 0x52DCE729 & MASK
        h2 = (rotl64(h2 ^ mixed(k2, C2, 33, C1), 31) + h1) * 5 + 0x38495AB5 & MASK
    tail = struct.unpack(f"{len(data) - whole}b", data[whole:])
    h2 ^= mixed(tail_half(tail[8:]), C2, 33, C1)
    h1 ^= mixed(tail_half(tail[:8]), C1, 31, C2)
    h1 ^= len(data)
    h2 ^= len(data)
    h1 = h1 + h2 & MASK
    h2 = h2 + h1 & MASK
    h1 = fmix(h1) + fmix(h2) & MASK
    return h1 - 2**64 if h1 >> 63 else h1


_murmur3 = murmur3
"""The reference has two, and this is its name for the one in Python."""
