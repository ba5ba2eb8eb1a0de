"""Numbers to bytes and back, as functions: what programs use that read or write cells themselves.

Values of CQL types are read and written by the extension module, not by these.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any


def _packer(form: str) -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    packer = struct.Struct(form)

    def unpack(s: bytes) -> Any:
        return packer.unpack(s)[0]

    return packer.pack, unpack


int64_pack, int64_unpack = _packer(">q")
int32_pack, int32_unpack = _packer(">i")
int16_pack, int16_unpack = _packer(">h")
int8_pack, int8_unpack = _packer(">b")
uint64_pack, uint64_unpack = _packer(">Q")
uint32_pack, uint32_unpack = _packer(">I")
uint32_le_pack, uint32_le_unpack = _packer("<I")
uint16_pack, uint16_unpack = _packer(">H")
uint8_pack, uint8_unpack = _packer(">B")
float_pack, float_unpack = _packer(">f")
double_pack, double_unpack = _packer(">d")

header_struct = struct.Struct(">BBbB")
"""Version, flags, stream and opcode of protocols 1 and 2."""
header_pack = header_struct.pack
header_unpack = header_struct.unpack

v3_header_struct = struct.Struct(">BBhB")
"""Version, flags, stream and opcode of protocols 3 to 5."""
v3_header_pack = v3_header_struct.pack
v3_header_unpack = v3_header_struct.unpack

point_be = struct.Struct(">dd")
point_le = struct.Struct("<dd")
circle_be = struct.Struct(">ddd")
circle_le = struct.Struct("<ddd")


def bit_length(n: int) -> int:
    """The bits that a number's magnitude needs."""
    return int.bit_length(n)


def varint_pack(big: int) -> bytes:
    """A number as the fewest bytes of two's complement, at least one."""
    bits = (big if big >= 0 else ~big).bit_length()
    return big.to_bytes(bits // 8 + 1, "big", signed=True)


def varint_unpack(term: bytes | Iterable[int]) -> int:
    """A number from two's complement of any length but none."""
    term = bytes(term)
    if not term:
        raise ValueError("a varint has at least one byte")
    return int.from_bytes(term, "big", signed=True)


def encode_zig_zag(n: int) -> int:
    """A signed number as an unsigned one, the small ones of both signs first."""
    return (n << 1) ^ (n >> 63)


def decode_zig_zag(n: int) -> int:
    """The number that `encode_zig_zag` was given."""
    return (n >> 1) ^ -(n & 1)


def uvint_pack(val: int) -> bytes:
    """An `[unsigned vint]`: the leading ones of the first byte count the bytes that follow (v5, section 3)."""
    if val < 0:
        raise ValueError(f"an unsigned vint is not negative: {val}")
    if val >= 1 << 64:
        raise ValueError(f"Value {val} is too big and cannot be encoded as vint")
    bits = val.bit_length()
    if bits > 56:
        return b"\xff" + val.to_bytes(8, "big")
    extra = max(bits - 1, 0) // 7
    marked = val | (0xFF00 >> extra & 0xFF) << 8 * extra
    return marked.to_bytes(extra + 1, "big")


def uvint_unpack(bytes: Sequence[int]) -> tuple[int, int]:
    """The `[unsigned vint]` at the start, and how many bytes it has."""
    first = bytes[0]
    extra = 8 - (first ^ 0xFF).bit_length()
    if len(bytes) <= extra:
        raise IndexError(f"a vint of {extra + 1} bytes, of which {len(bytes)} are there")
    value = first & 0xFF >> extra
    for byte in bytes[1 : extra + 1]:
        value = value << 8 | byte
    return value, extra + 1


def vints_pack(values: Iterable[int]) -> bytes:
    """Numbers as `[vint]`s, one after another."""
    return b"".join(uvint_pack(encode_zig_zag(value)) for value in values)


def vints_unpack(term: Sequence[int]) -> tuple[int, ...]:
    """All `[vint]`s that the bytes are."""
    values: list[int] = []
    position = 0
    while position < len(term):
        value, length = uvint_unpack(term[position:])
        values.append(decode_zig_zag(value))
        position += length
    return tuple(values)
