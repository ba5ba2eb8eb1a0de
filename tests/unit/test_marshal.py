"""`cassandra.marshal`: numbers to bytes and back."""

import struct

import pytest
from cassandra import marshal


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("int64", -2, "fffffffffffffffe"),
        ("int32", -2, "fffffffe"),
        ("int16", -2, "fffe"),
        ("int8", -2, "fe"),
        ("uint64", 2**64 - 1, "ff" * 8),
        ("uint32", 2**32 - 1, "ff" * 4),
        ("uint32_le", 1, "01000000"),
        ("uint16", 2**16 - 1, "ffff"),
        ("uint8", 255, "ff"),
        ("float", 1.5, "3fc00000"),
        ("double", 1.5, "3ff8000000000000"),
    ],
)
def test_numbers_of_one_width(name, value, text):
    assert getattr(marshal, f"{name}_pack")(value) == bytes.fromhex(text)
    assert getattr(marshal, f"{name}_unpack")(bytes.fromhex(text)) == value
    with pytest.raises(struct.error):
        getattr(marshal, f"{name}_unpack")(bytes.fromhex(text) + b"\0")


def test_headers():
    assert marshal.v3_header_pack(4, 0, 258, 2) == b"\4\0\1\2\2"
    assert marshal.v3_header_unpack(b"\4\0\1\2\2") == (4, 0, 258, 2)
    assert marshal.header_pack(4, 0, -1, 2) == b"\4\0\xff\2"
    assert marshal.header_unpack(b"\4\0\xff\2") == (4, 0, -1, 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "00"),
        (1, "01"),
        (-1, "ff"),
        (127, "7f"),
        (128, "0080"),
        (-128, "80"),
        (-129, "ff7f"),
        (2**64, "01" + "00" * 8),
    ],
)
def test_varints(value, text):
    assert marshal.varint_pack(value) == bytes.fromhex(text)
    assert marshal.varint_unpack(bytes.fromhex(text)) == value


def test_varints_that_are_none():
    with pytest.raises(ValueError, match="at least one byte"):
        marshal.varint_unpack(b"")
    assert marshal.varint_unpack(b"\xff\xff") == -1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8080"),
        (2**14 - 1, "bfff"),
        (2**14, "c04000"),
        (2**31, "f080000000"),
        (2**56 - 1, "fe" + "ff" * 7),
        (2**56, "ff" + "01" + "00" * 7),
        (2**64 - 1, "ff" * 9),
    ],
)
def test_unsigned_vints(value, text):
    packed = bytes.fromhex(text)
    assert marshal.uvint_pack(value) == packed
    assert marshal.uvint_unpack(packed + b"more") == (value, len(packed))
    for short in range(len(packed)):
        with pytest.raises(IndexError):
            marshal.uvint_unpack(packed[:short])


@pytest.mark.parametrize("value", [-1, 2**64])
def test_numbers_that_are_no_unsigned_vints(value):
    with pytest.raises(ValueError):
        marshal.uvint_pack(value)


@pytest.mark.parametrize(
    ("value", "coded"), [(0, 0), (-1, 1), (1, 2), (-2, 3), (2**63 - 1, 2**64 - 2), (-(2**63), 2**64 - 1)]
)
def test_zig_zag(value, coded):
    assert marshal.encode_zig_zag(value) == coded
    assert marshal.decode_zig_zag(coded) == value


def test_vints():
    numbers = [1, -2, 3, 0, 2**63 - 1, -(2**63)]
    assert marshal.vints_pack([1, -2, 3]) == b"\2\3\6"
    assert marshal.vints_unpack(marshal.vints_pack(numbers)) == tuple(numbers)
    assert marshal.vints_unpack(b"") == ()
    assert marshal.vints_pack([]) == b""


def test_bit_lengths():
    assert [marshal.bit_length(number) for number in (0, 1, -1, 127, 128, -129)] == [0, 1, 1, 7, 8, 8]
