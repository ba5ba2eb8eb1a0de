"""Bytes to Python objects: every type with its limits, absent and empty values, and bytes that are wrong."""

import datetime
import math
import struct
import threading
import uuid

import pytest
from cassandra.cqltypes import EMPTY, Int32Type, UserType, UTF8Type, lookup_casstype
from cassandra.util import OrderedMap, OrderedMapSerializedKey, SortedSet
from codec_values import PLAIN


def decode(class_name: str, text: str) -> object:
    return lookup_casstype(class_name).from_binary(bytes.fromhex(text), 4)


@pytest.mark.parametrize(("class_name", "value", "text"), PLAIN)
def test_bytes_become_the_object(class_name, value, text):
    decoded = decode(class_name, text)
    assert decoded == value
    assert isinstance(decoded, type(value))
    if not isinstance(decoded, OrderedMap):
        assert type(decoded) is type(value)
        assert repr(decoded) == repr(value)


def test_nan_is_nan():
    assert math.isnan(decode("DoubleType", "7ff8000000000000"))
    assert math.isnan(decode("FloatType", "ffc00000"))


@pytest.mark.parametrize("class_name", sorted({case[0] for case in PLAIN}))
def test_null_is_none_in_every_type(class_name):
    assert lookup_casstype(class_name).from_binary(None, 4) is None


@pytest.mark.parametrize("class_name", sorted({case[0] for case in PLAIN}))
def test_no_bytes_are_none_unless_they_are_a_value(class_name):
    expected = {
        "AsciiType": "",
        "UTF8Type": "",
        "VarcharType": "",
        "BytesType": b"",
    }.get(class_name)
    assert decode(class_name, "") == expected


def test_no_bytes_are_empty_where_that_is_asked_for():
    class EmptyShown(Int32Type):
        support_empty_values = True

    assert EmptyShown.from_binary(b"", 4) is EMPTY
    assert str(EMPTY) == repr(EMPTY) == "EMPTY"
    inside = lookup_casstype("ListType(EmptyShown)")
    assert inside.from_binary(bytes.fromhex("00000001 00000000"), 4) == [EMPTY]


@pytest.mark.parametrize("milliseconds", [-62135596800001, 253402300800000, 2**63 - 1, -(2**63)])
def test_a_timestamp_beyond_datetime_is_its_milliseconds(milliseconds):
    decoded = lookup_casstype("DateType").from_binary(struct.pack(">q", milliseconds), 4)
    assert decoded == milliseconds
    assert type(decoded) is int


def test_every_day_of_four_centuries_is_the_day_that_python_says():
    timestamp = lookup_casstype("DateType")
    start = datetime.datetime(1800, 1, 1)
    for day in range(0, 146_097, 7):
        expected = start + datetime.timedelta(days=day, milliseconds=day)
        milliseconds = (expected - datetime.datetime(1970, 1, 1)) // datetime.timedelta(milliseconds=1)
        assert timestamp.from_binary(struct.pack(">q", milliseconds), 4) == expected
        assert timestamp.to_binary(expected, 4) == struct.pack(">q", milliseconds)


def test_a_uuid_is_like_any_other():
    decoded = decode("UUIDType", "000102030405060708090a0b0c0d0e0f")
    other = uuid.UUID("00010203-0405-0607-0809-0a0b0c0d0e0f")
    assert decoded == other and hash(decoded) == hash(other)
    assert decoded.is_safe is other.is_safe
    with pytest.raises(TypeError):
        decoded.int = 5


WRONG_LENGTHS = [
    ("BooleanType", 1),
    ("ByteType", 1),
    ("ShortType", 2),
    ("Int32Type", 4),
    ("FloatType", 4),
    ("LongType", 8),
    ("CounterColumnType", 8),
    ("DoubleType", 8),
    ("DateType", 8),
]


@pytest.mark.parametrize(("class_name", "length"), WRONG_LENGTHS)
def test_a_number_of_another_length_is_refused(class_name, length):
    for wrong in {length - 1, length + 1, length * 2} - {0}:
        with pytest.raises(struct.error, match=f"requires a buffer of {length} bytes, not {wrong}"):
            decode(class_name, "00" * wrong)


MALFORMED = [
    ("SimpleDateType", "00" * 5, struct.error, "4 bytes"),
    ("TimeType", "00004e94914f0000", ValueError, "86399999999999"),
    ("TimeType", "ff" * 8, ValueError, "86399999999999"),
    ("DurationType", "0204", ValueError, "due"),
    ("DurationType", "02040608", ValueError, "left over"),
    ("SetType(Int32Type)", "40000000" + "00" * 8, ValueError, "count"),
    ("MapType(AsciiType, Int32Type)", "00000001 00000001 61", ValueError, "due|count"),
    ("MapType(AsciiType, Int32Type)", "00000001 00000001 61 00000004 0000002a ff", ValueError, "left over"),
    ("UUIDType", "00" * 15, ValueError, "16 bytes"),
    ("TimeUUIDType", "00" * 17, ValueError, "16 bytes"),
    ("InetAddressType", "00" * 5, ValueError, "4 or 16"),
    ("AsciiType", "61ff", UnicodeDecodeError, "ascii"),
    ("UTF8Type", "61ff", UnicodeDecodeError, "utf-8"),
    ("UTF8Type", "eda080", UnicodeDecodeError, "utf-8"),
    ("DecimalType", "000000", ValueError, "4 bytes are due"),
    ("DecimalType", "00000000", ValueError, "at least one byte"),
    ("DecimalType", "00000000" + "11" * 65_537, ValueError, "65537 bytes"),
    ("ListType(Int32Type)", "0000", ValueError, "4 bytes are due"),
    ("ListType(Int32Type)", "7fffffff", ValueError, "count of 2147483647"),
    ("ListType(Int32Type)", "ffffffff", ValueError, "count of -1"),
    ("ListType(Int32Type)", "00000001 00000004 00", ValueError, "4 bytes are due"),
    ("ListType(Int32Type)", "00000001 fffffffe", ValueError, "no length -2"),
    ("ListType(Int32Type)", "00000001 80000000", ValueError, "no length"),
    ("ListType(Int32Type)", "00000001 00000004 00000001 ff", ValueError, "left over"),
    ("ListType(Int32Type)", "00000001 00000002 0001", struct.error, "4 bytes"),
    ("TupleType(Int32Type, Int32Type)", "00000004 00", ValueError, "4 bytes are due"),
    ("CompositeType(Int32Type)", "0004 00", ValueError, "due"),
    (
        "VectorType(FloatType, 3)",
        "00" * 8,
        ValueError,
        "Expected vector of type float and dimension 3 to have serialized size 12; observed serialized size of 8",
    ),
    (
        "VectorType(UTF8Type, 2)",
        "0161",
        ValueError,
        "Error reading additional data during vector deserialization after successfully adding 1 elements",
    ),
    ("VectorType(UTF8Type, 1)", "0161ff", ValueError, "Additional bytes remaining after vector deserialization"),
    ("VectorType(UTF8Type, 2147483647)", "0161", ValueError, "after successfully adding 1 elements"),
]


@pytest.mark.parametrize(("class_name", "text", "error", "why"), MALFORMED)
def test_malformed_bytes_are_refused(class_name, text, error, why):
    """W6 of docs/promises.md."""
    with pytest.raises(error, match=why):
        decode(class_name, text)


def test_null_inside_a_collection_is_none():
    """W6 of docs/promises.md."""
    assert decode("ListType(Int32Type)", "00000002 ffffffff 00000004 00000001") == [None, 1]


def test_null_inside_a_set_or_a_map_is_none():
    assert list(decode("SetType(AsciiType)", "00000002 00000001 61 ffffffff")) == ["a", None]
    nulls = decode("MapType(AsciiType, Int32Type)", "00000002 00000001 61 ffffffff ffffffff 00000004 00000001")
    assert list(nulls.items()) == [("a", None), (None, 1)]


def test_a_set_is_sorted_as_python_sorts_and_without_repetitions():
    unsorted = decode("SetType(Int32Type)", "00000003 00000004 00000002 00000004 ffffffff 00000004 00000002")
    assert type(unsorted) is SortedSet
    assert list(unsorted) == [-1, 2]
    addresses = decode("SetType(InetAddressType)", "00000002 00000004 02000000 00000004 0a000000")
    assert list(addresses) == ["10.0.0.0", "2.0.0.0"]
    assert "10.0.0.0" in addresses and "2.0.0.0" in addresses and "3.0.0.0" not in addresses


def test_a_map_keeps_the_servers_order_and_the_last_of_equal_keys():
    pairs = decode(
        "MapType(AsciiType, ByteType)",
        "00000003 00000001 62 00000001 01 00000001 61 00000001 02 00000001 62 00000001 03",
    )
    assert type(pairs) is OrderedMapSerializedKey
    assert list(pairs.items()) == [("b", 3), ("a", 2)]
    assert pairs["a"] == 2


def test_a_maps_keys_need_not_be_hashable():
    pairs = decode(
        "MapType(FrozenType(ListType(ByteType)), ByteType)", "00000001 00000009 00000001 00000001 07 00000001 05"
    )
    assert pairs[[7]] == 5


def test_a_tuple_may_lack_its_last_items():
    assert decode("TupleType(Int32Type, UTF8Type)", "00000004 00000001") == (1, None)


def test_a_composite_may_be_a_prefix():
    assert decode("CompositeType(Int32Type, UTF8Type)", "0004 00000005 00") == (5,)


def test_a_user_type_is_a_namedtuple_that_may_lack_fields_or_have_more():
    user_type = UserType.make_udt_class("ks", "address", ("street", "number"), (UTF8Type, Int32Type))
    both = user_type.from_binary(bytes.fromhex("00000001 61 00000004 00000007"), 4)
    assert both == ("a", 7) and both.street == "a" and both.number == 7
    assert type(both).__name__ == "address"
    assert user_type.from_binary(bytes.fromhex("00000001 61"), 4) == ("a", None)
    assert user_type.from_binary(bytes.fromhex("00000001 61 00000004 00000007 00000001 78"), 4) == ("a", 7)


def test_types_nested_too_deep_are_refused_before_the_stack_is():
    deep = "ListType(" * 200 + "Int32Type" + ")" * 200
    with pytest.raises(ValueError, match="64 deep"):
        lookup_casstype(deep)


def test_deep_values_need_little_stack():
    depth = 60
    deep = lookup_casstype("ListType(" * depth + "Int32Type" + ")" * depth)
    value: object = 7
    for _ in range(depth):
        value = [value]
    found: list[object] = []

    def there_and_back() -> None:
        found.append(deep.from_binary(deep.to_binary(value, 4), 4))

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=there_and_back)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == [value]


@pytest.mark.parametrize("protocol_version", [1, 2])
def test_the_first_two_protocols_had_short_lengths(protocol_version):
    numbers = lookup_casstype("ListType(Int32Type)")
    assert numbers.from_binary(bytes.fromhex("0001 0004 00000005"), protocol_version) == [5]
    assert numbers.to_binary([5], protocol_version) == bytes.fromhex("0001 0004 00000005")
    nested = lookup_casstype("ListType(ListType(Int32Type))")
    assert nested.to_binary([[1]], protocol_version) == bytes.fromhex("0001 000c 00000001 00000004 00000001")


def test_any_buffer_can_be_read():
    assert Int32Type.from_binary(bytearray(b"\0\0\0\5"), 4) == 5
    assert Int32Type.from_binary(memoryview(b"\0\0\0\5"), 4) == 5
