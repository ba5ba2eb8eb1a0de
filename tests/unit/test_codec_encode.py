"""Python objects to bytes: every type with what it takes and what it refuses, and objects that do not hold still."""

import array
import collections
import datetime
import decimal
import enum
import ipaddress
import struct
import uuid

import pytest
from cassandra.cqltypes import UserType, UTF8Type, lookup_casstype
from cassandra.util import Date, Duration
from codec_values import PLAIN


def encode(class_name: str, value: object) -> str:
    return lookup_casstype(class_name).to_binary(value, 4).hex()


@pytest.mark.parametrize(("class_name", "value", "text"), PLAIN)
def test_the_object_becomes_its_bytes(class_name, value, text):
    assert encode(class_name, value) == text.replace(" ", "")


class Text(str):
    """A subclass of str, as template engines make them."""


class Colour(enum.IntEnum):
    RED = 3


class Seven:
    """A number by its methods only."""

    def __index__(self) -> int:
        return 7

    def __float__(self) -> float:
        return 7.5


Point = collections.namedtuple("Point", "x y")
SUMMER = datetime.timezone(datetime.timedelta(hours=2))

ACCEPTED = [
    ("AsciiType", Text("a"), "61"),
    ("UTF8Type", Text("ü"), "c3bc"),
    ("BooleanType", 0, "00"),
    ("BooleanType", 5, "01"),
    ("BooleanType", -1, "01"),
    ("BooleanType", Seven(), "01"),
    ("Int32Type", True, "00000001"),
    ("Int32Type", Colour.RED, "00000003"),
    ("Int32Type", Seven(), "00000007"),
    ("LongType", Seven(), "0000000000000007"),
    ("IntegerType", Seven(), "07"),
    ("DoubleType", 2, "4000000000000000"),
    ("DoubleType", Seven(), "401e000000000000"),
    ("DoubleType", decimal.Decimal("1.5"), "3ff8000000000000"),
    ("FloatType", Colour.RED, "40400000"),
    ("DecimalType", 5, "0000000005"),
    ("DecimalType", "1.5", "000000010f"),
    ("DecimalType", 1.5, "000000010f"),
    ("DecimalType", (1, (1, 5), -1), "00000001f1"),
    ("BytesType", bytearray(b"ab"), "6162"),
    ("BytesType", memoryview(b"ab"), "6162"),
    ("BytesType", array.array("B", [1, 2]), "0102"),
    ("BytesType", [1, 2], "0102"),
    ("DateType", 5, "0000000000000005"),
    ("DateType", -5, "fffffffffffffffb"),
    ("DateType", 1.9, "0000000000000001"),
    ("DateType", datetime.date(1970, 1, 2), "0000000005265c00"),
    ("DateType", datetime.datetime(1970, 1, 1, 2, 0, 0, 1999, tzinfo=SUMMER), "0000000000000001"),
    ("DateType", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), "ff" * 8),
    ("SimpleDateType", 5, "00000005"),
    ("SimpleDateType", datetime.date(1970, 1, 2), "80000001"),
    ("SimpleDateType", datetime.datetime(1969, 12, 31, 23, 59), "7fffffff"),
    ("SimpleDateType", "2015-02-03", "80004055"),
    ("TimeType", 5, "0000000000000005"),
    ("TimeType", datetime.time(1, 2, 3, 4), "00000362d417bda0"),
    ("TimeType", "10:11:12.5", "0000215a7b55e500"),
    ("InetAddressType", ipaddress.ip_address("1.2.3.4"), "01020304"),
    ("InetAddressType", ipaddress.ip_address("::5"), "00" * 15 + "05"),
    ("UUIDType", uuid.UUID(int=5), "00" * 15 + "05"),
    ("ListType(Int32Type)", (1,), "000000010000000400000001"),
    ("ListType(Int32Type)", {1}, "000000010000000400000001"),
    ("ListType(Int32Type)", {1: "x"}, "000000010000000400000001"),
    ("ListType(Int32Type)", range(1, 2), "000000010000000400000001"),
    ("ListType(Int32Type)", [None], "00000001ffffffff"),
    ("SetType(Int32Type)", frozenset({1}), "000000010000000400000001"),
    ("MapType(AsciiType, Int32Type)", {"a": 1}, "0000000100000001610000000400000001"),
    ("MapType(AsciiType, Int32Type)", collections.OrderedDict(a=1), "0000000100000001610000000400000001"),
    ("MapType(AsciiType, Int32Type)", {}, "00000000"),
    ("TupleType(Int32Type, Int32Type)", [1], "0000000400000001"),
    ("TupleType(Int32Type, Int32Type)", Point(1, None), "0000000400000001ffffffff"),
    ("VectorType(FloatType, 2)", (1, 2), "3f80000040000000"),
    ("VectorType(FloatType, 2)", array.array("f", [1, 2]), "3f80000040000000"),
    ("VectorType(FloatType, 2)", array.array("d", [1, 2]), "3f80000040000000"),
    ("VectorType(FloatType, 2)", array.array("i", [1, 2]), "3f80000040000000"),
]


@pytest.mark.parametrize(("class_name", "value", "text"), ACCEPTED)
def test_other_objects_that_a_type_takes(class_name, value, text):
    assert encode(class_name, value) == text


REFUSED = [
    ("AsciiType", "é", UnicodeEncodeError, "ascii"),
    ("UTF8Type", "\ud800", UnicodeEncodeError, "surrogates"),
    ("UTF8Type", b"x", TypeError, "'bytes' object has no attribute 'encode'"),
    ("UTF8Type", 5, TypeError, "'int'"),
    ("BooleanType", 128, struct.error, "-128 to 127"),
    ("BooleanType", "x", struct.error, "not an integer"),
    ("ByteType", 128, struct.error, "-128 to 127"),
    ("ShortType", -(2**15) - 1, struct.error, "-32768"),
    ("Int32Type", 2**31, struct.error, "-2147483648"),
    ("Int32Type", 2**70, struct.error, "-2147483648"),
    ("Int32Type", 1.5, struct.error, "not an integer"),
    ("Int32Type", "5", struct.error, "not an integer"),
    ("LongType", 2**63, struct.error, "9223372036854775807"),
    ("IntegerType", 1.5, TypeError, "not 'float'"),
    ("IntegerType", "5", TypeError, "not 'str'"),
    ("DoubleType", "1.5", struct.error, "not a float"),
    ("DoubleType", 10**400, OverflowError, "too large"),
    ("FloatType", 1e300, OverflowError, "too large"),
    ("DecimalType", "x", TypeError, "Invalid type for Decimal value"),
    ("DecimalType", (1, 2), TypeError, "Invalid type for Decimal value"),
    ("DecimalType", decimal.Decimal("NaN"), ValueError, "finite"),
    ("DecimalType", decimal.Decimal("-Infinity"), ValueError, "finite"),
    ("DecimalType", decimal.Decimal("1E-2147483648"), ValueError, "exponent"),
    ("BytesType", "x", TypeError, "without an encoding"),
    ("BytesType", 5, TypeError, "'int'"),
    ("BytesType", [256], TypeError, "0 to 255"),
    ("BytesType", {1: 2}, TypeError, "'dict'"),
    ("DateType", True, TypeError, "must be a datetime"),
    ("DateType", "2015-02-03", TypeError, "must be a datetime"),
    ("DateType", 2**63, struct.error, "too large"),
    ("DateType", 2.0**63, struct.error, "too large"),
    ("DateType", float("nan"), ValueError, "NaN"),
    ("DateType", float("inf"), OverflowError, "infinity"),
    ("SimpleDateType", -1, struct.error, "0 to 4294967295"),
    ("SimpleDateType", 2**32, struct.error, "0 to 4294967295"),
    ("SimpleDateType", 1.5, TypeError, "Date arguments"),
    ("SimpleDateType", "yesterday", ValueError, "YYYY-MM-DD"),
    ("SimpleDateType", "", ValueError, "YYYY-MM-DD"),
    ("SimpleDateType", Date(-(2**31) - 1), ValueError, "5877641"),
    ("SimpleDateType", Date(2**31), ValueError, "5881580"),
    ("TimeType", -1, ValueError, "86399999999999"),
    ("TimeType", 86_400_000_000_000, ValueError, "86399999999999"),
    ("TimeType", 2**70, ValueError, "86399999999999"),
    ("TimeType", "24:00:00", ValueError, "HH:MM:SS"),
    ("TimeType", 1.5, TypeError, "Time arguments"),
    ("DurationType", 5, TypeError, "must be a Duration"),
    ("DurationType", datetime.timedelta(1), TypeError, "must be a Duration"),
    ("DurationType", Duration(1, -2, 3), ValueError, "one sign"),
    ("DurationType", Duration(2**31, 0, 0), ValueError, "32 bits"),
    ("DurationType", Duration(0, 0, 2**63), ValueError, "64 bits"),
    ("InetAddressType", "example.org", ValueError, "inet address"),
    ("InetAddressType", "fe80::1%eth0", ValueError, "inet address"),
    ("InetAddressType", "1.2.3", ValueError, "inet address"),
    ("InetAddressType", 5, ValueError, "inet address"),
    ("UUIDType", "00000000-0000-0000-0000-000000000005", TypeError, "non-UUID"),
    ("UUIDType", 5, TypeError, "non-UUID"),
    ("ListType(Int32Type)", "ab", TypeError, "Received a string"),
    ("ListType(Int32Type)", 5, TypeError, "no len"),
    ("ListType(Int32Type)", (number for number in [1]), TypeError, "no len"),
    ("ListType(Int32Type)", ["x"], struct.error, "not an integer"),
    ("MapType(Int32Type, Int32Type)", 5, TypeError, "no len"),
    ("MapType(Int32Type, Int32Type)", [(1, 2)], TypeError, "non-map"),
    ("MapType(Int32Type, Int32Type)", "ab", TypeError, "non-map"),
    ("TupleType(Int32Type, Int32Type)", (1, 2, 3), ValueError, "Expected 2 items in a tuple, but got 3"),
    ("TupleType(Int32Type, Int32Type)", "ab", TypeError, "sequence"),
    ("TupleType(Int32Type, Int32Type)", {1, 2}, TypeError, "sequence"),
    ("TupleType(Int32Type, Int32Type)", 5, TypeError, "no len"),
    (
        "VectorType(FloatType, 3)",
        [1.0],
        ValueError,
        "Expected sequence of size 3 for vector of type float and dimension 3, observed sequence of length 1",
    ),
    ("VectorType(FloatType, 1)", [None], TypeError, "null"),
    ("VectorType(FloatType, 1)", ["x"], struct.error, "not a float"),
    ("VectorType(FloatType, 1)", array.array("d", [1e300]), OverflowError, "too large"),
    ("VectorType(FloatType, 1)", "x", TypeError, "Received a string"),
]


@pytest.mark.parametrize(("class_name", "value", "error", "why"), REFUSED)
def test_what_a_type_refuses(class_name, value, error, why):
    with pytest.raises(error, match=why):
        encode(class_name, value)


@pytest.mark.parametrize(
    ("class_name", "value"),
    [
        ("UTF8Type", b"the secret"),
        ("Int32Type", "the secret"),
        ("DecimalType", "the secret"),
        ("InetAddressType", "the secret"),
        ("SimpleDateType", "the secret"),
        ("TimeType", "the secret"),
        ("DurationType", "the secret"),
        ("UUIDType", "the secret"),
        ("BytesType", "the secret"),
        ("ListType(Int32Type)", ["the secret"]),
        ("TupleType(Int32Type)", (1, "the secret")),
        ("VectorType(FloatType, 3)", ["the secret"]),
    ],
)
def test_messages_do_not_show_the_value(class_name, value):
    with pytest.raises((TypeError, ValueError, struct.error)) as caught:
        encode(class_name, value)
    assert "secret" not in str(caught.value)


@pytest.fixture
def address():
    fields = (UTF8Type, lookup_casstype("Int32Type"))
    return UserType.make_udt_class("ks", "address_to_write", ("street", "number"), fields)


class Address:
    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (("a", 7), "00000001 61 00000004 00000007"),
        (["a", None], "00000001 61 ffffffff"),
        (("a", 7, "more"), "00000001 61 00000004 00000007"),
        (Address(street="a", number=7), "00000001 61 00000004 00000007"),
        (Address(street="a"), "00000001 61 ffffffff"),
        ({"number": 7}, "ffffffff 00000004 00000007"),
    ],
)
def test_a_user_type_takes_sequences_objects_and_dicts(address, value, text):
    assert address.to_binary(value, 4) == bytes.fromhex(text)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (("a",), ValueError),
        ({"street": "a", "city": "b"}, ValueError),
        (5, TypeError),
        (object(), TypeError),
        ("ab", TypeError),
        (("a", "b"), struct.error),
    ],
)
def test_what_a_user_type_refuses(address, value, error):
    with pytest.raises(error):
        address.to_binary(value, 4)


def test_an_attribute_that_raises_is_not_taken_for_missing(address):
    """P6 of docs/promises.md."""

    class Broken:
        @property
        def street(self):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        address.to_binary(Broken(), 4)


class Vandal:
    """A number that changes a container while it is encoded from it."""

    def __init__(self, act):
        self.act = act

    def __index__(self):
        self.act()
        return 1


def test_a_list_that_shrinks_while_it_is_read_is_an_error():
    """P6 of docs/promises.md."""
    items: list[object] = []
    items.extend([Vandal(items.clear), 2, 3])
    with pytest.raises(ValueError, match="changed its size"):
        encode("ListType(Int32Type)", items)


def test_a_list_that_grows_while_it_is_read_is_read_as_long_as_it_was():
    """P6 of docs/promises.md."""
    items: list[object] = []
    items.append(Vandal(lambda: items.append(2)))
    assert encode("ListType(Int32Type)", items) == "000000010000000400000001"


def test_a_dict_is_read_as_it_was():
    """P6 of docs/promises.md."""
    entries: dict[object, object] = {}
    entries.update({1: Vandal(entries.clear), 2: 2})
    assert encode("MapType(Int32Type, Int32Type)", entries) == (
        "00000002" + "00000004 00000001 00000004 00000001 00000004 00000002 00000004 00000002".replace(" ", "")
    )


def test_a_set_that_changes_is_an_error():
    """P6 of docs/promises.md."""
    items: set[object] = set()
    items.update([Vandal(lambda: items.add("more")), 2])
    with pytest.raises((RuntimeError, ValueError, struct.error)):
        encode("SetType(Int32Type)", items)


def test_a_list_inside_itself_is_an_error():
    """P6 of docs/promises.md."""
    items: list[object] = []
    items.append(items)
    with pytest.raises(struct.error, match="not an integer"):
        encode("ListType(ListType(Int32Type))", items)


class Liar(list):
    """Says another length than it has."""

    def __len__(self):
        return 5


def test_a_length_that_is_a_lie_is_an_error():
    """P6 of docs/promises.md."""
    with pytest.raises(ValueError, match="changed its size"):
        encode("ListType(Int32Type)", Liar([1]))
    with pytest.raises(ValueError, match="changed its size"):
        encode("VectorType(FloatType, 5)", Liar([1]))
    with pytest.raises(ValueError, match="changed its size"):
        encode("TupleType(Int32Type, Int32Type, Int32Type, Int32Type, Int32Type)", Liar([1]))


def test_an_item_that_raises_is_heard():
    """P6 of docs/promises.md."""

    class Broken:
        def __len__(self):
            return 2

        def __getitem__(self, index):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        encode("ListType(Int32Type)", Broken())


def test_numpy_scalars_and_arrays():
    numpy = pytest.importorskip("numpy")
    assert encode("Int32Type", numpy.int64(7)) == "00000007"
    assert encode("LongType", numpy.int32(-1)) == "ff" * 8
    assert encode("IntegerType", numpy.uint8(200)) == "00c8"
    assert encode("DoubleType", numpy.float32(1.5)) == "3ff8000000000000"
    assert encode("FloatType", numpy.float64(1.5)) == "3fc00000"
    assert encode("BooleanType", numpy.bool_(True)) == "01"
    assert encode("UTF8Type", numpy.str_("x")) == "78"
    assert encode("BytesType", numpy.bytes_(b"x")) == "78"
    for kind in ("float32", "float64", "int16"):
        vector = numpy.array([1, 2], dtype=kind)
        assert encode("VectorType(FloatType, 2)", vector) == "3f80000040000000"
    assert encode("VectorType(FloatType, 2)", numpy.array([1, 9, 2, 9], dtype="float32")[::2]) == "3f80000040000000"
    assert encode("VectorType(LongType, 1)", numpy.array([5])) == "0000000000000005"
    assert encode("ListType(Int32Type)", numpy.array([1])) == "000000010000000400000001"
    with pytest.raises(struct.error):
        encode("Int32Type", numpy.float64(1.5))
    with pytest.raises((ValueError, TypeError, struct.error)):
        encode("VectorType(FloatType, 2)", numpy.array([[1.0], [2.0]]))
