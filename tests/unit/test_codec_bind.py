"""Bound values of a prepared statement: which value goes to which marker, and errors that name the column."""

import decimal
import uuid
from collections import ChainMap, OrderedDict, defaultdict
from collections.abc import Mapping

import pytest
from cassandra._cql.column import ColumnMetadata
from cassandra._native import Binder
from cassandra.cqltypes import Int32Type, UTF8Type, lookup_casstype
from cassandra.query import UNSET_VALUE

TIMEUUID = uuid.UUID("c00fbd86-6d8f-11ee-b962-0242ac120002")


def binder(*types, protocol_version=4, routing_key=(0,)):
    columns = [ColumnMetadata("ks", "tb", f"c{index}", kind) for index, kind in enumerate(types)]
    return Binder(columns, routing_key, protocol_version)


@pytest.fixture(params=[3, 4, 5])
def two(request):
    return binder(Int32Type, UTF8Type, protocol_version=request.param)


ONE, A = b"\x00\x00\x00\x01", b"a"


@pytest.mark.parametrize("values", [(1, "a"), [1, "a"], {"c0": 1, "c1": "a"}, {"c0": 1, "c1": "a", "other": 5}])
def test_values_by_position_and_by_name(two, values):
    bound = two.bind(values)
    assert len(bound) == 2
    assert bound.values() == [ONE, A]
    assert bound.wire == bytes.fromhex("00000004 00000001 00000001 61")


class Missing(dict):
    def __missing__(self, name):
        return "missed"


class Other(dict):
    def __getitem__(self, name):
        return 1 if name == "c0" else f"{dict.__getitem__(self, name)}, by its class"


class Lookup(Mapping):
    def __getitem__(self, name):
        return {"c0": 1, "c1": "found"}[name]

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (defaultdict(lambda: "dflt", c0=1), b"dflt"),
        (Missing(c0=1), b"missed"),
        (Other(c0=5, c1="a"), b"a, by its class"),
        (OrderedDict(c1="a", c0=1), b"a"),
        (ChainMap({}, {"c0": 1, "c1": "chained"}), b"chained"),
        (Lookup(), b"found"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_class_of_a_mapping_has_a_say(two, values, expected):
    """P1 of docs/promises.md: read as a `dict` a column would be left unset, and nobody would hear of it."""
    assert two.bind(values).values() == [ONE, expected]


def test_a_mapping_of_a_class_that_lacks_a_name():
    class Mine(dict):
        pass

    class Broken(dict):
        def __getitem__(self, name):
            raise LookupError("the program's own")

    assert binder(Int32Type, UTF8Type).bind(Mine(c0=1)).values() == [ONE, UNSET_VALUE]
    with pytest.raises(KeyError, match="Column name `c1` not found"):
        binder(Int32Type, UTF8Type, protocol_version=3).bind(Mine(c0=1))
    with pytest.raises(LookupError, match="the program's own"):
        binder(Int32Type, UTF8Type).bind(Broken(c0=1))


def test_none_is_null(two):
    bound = two.bind((None, None))
    assert bound.values() == [None, None]
    assert bound.wire == bytes.fromhex("ffffffff ffffffff")


def test_zero_bytes_are_not_null():
    bound = binder(Int32Type, UTF8Type).bind((1, ""))
    assert bound.values() == [ONE, b""]
    assert bound.wire[8:] == bytes(4)


@pytest.mark.parametrize("values", [(1,), {"c0": 1}, (1, UNSET_VALUE)])
@pytest.mark.parametrize("protocol_version", [4, 5])
def test_what_is_left_out_is_unset(values, protocol_version):
    """P1 of docs/promises.md."""
    bound = binder(Int32Type, UTF8Type, protocol_version=protocol_version).bind(values)
    assert bound.values() == [ONE, UNSET_VALUE]
    assert bound.wire[8:] == bytes.fromhex("fffffffe")


def test_nothing_bound_is_all_unset():
    bound = binder(Int32Type, UTF8Type, routing_key=None).bind(None)
    assert bound.values() == [UNSET_VALUE, UNSET_VALUE]


@pytest.mark.parametrize("values", [None, (), {"c1": "a"}, (UNSET_VALUE, "a")])
@pytest.mark.parametrize("protocol_version", [4, 5])
def test_the_routing_key_cannot_be_unset(values, protocol_version):
    with pytest.raises(ValueError, match="Cannot bind UNSET_VALUE as a part of the routing key 'c0'"):
        binder(Int32Type, UTF8Type, protocol_version=protocol_version).bind(values)


def test_protocol_3_has_no_unset_values():
    old = binder(Int32Type, UTF8Type, protocol_version=3)
    with pytest.raises(ValueError, match=r"unsuitable protocol version \(3 < 4\)"):
        old.bind((1, UNSET_VALUE))
    with pytest.raises(KeyError, match="Column name `c1` not found in bound dict"):
        old.bind({"c0": 1})
    with pytest.raises(ValueError, match=r"Too few arguments provided to bind\(\) \(got 0, required 1"):
        old.bind(())
    assert old.bind((1,)).values() == [ONE]


def test_too_many_values(two):
    """P1 of docs/promises.md."""
    with pytest.raises(ValueError, match=r"Too many arguments provided to bind\(\) \(got 3, expected 2\)"):
        two.bind((1, "a", 2))


@pytest.mark.parametrize("values", ["ab", b"ab", 5, iter([1, "a"]), object()])
def test_what_are_no_values(two, values):
    with pytest.raises(TypeError, match="bound values are a sequence or a dict, not <class '"):
        two.bind(values)


WRONG = [
    (Int32Type, "x", "required argument is not an integer"),
    (Int32Type, 2**40, "-2147483648 to 2147483647"),
    (UTF8Type, 5, "has no attribute 'encode'"),
    (lookup_casstype("LongType"), 2**63, "9223372036854775807"),
    (lookup_casstype("ByteType"), 200, "-128 to 127"),
    (lookup_casstype("BooleanType"), "x", "not an integer"),
    (lookup_casstype("BytesType"), "x", "without an encoding"),
    (lookup_casstype("DateType"), "x", "DateType arguments must be a datetime, date, or timestamp"),
    (lookup_casstype("DecimalType"), "x", "Invalid type for Decimal value"),
    (lookup_casstype("DurationType"), 5, "DurationType arguments must be a Duration"),
    (lookup_casstype("UUIDType"), "x", "Got a non-UUID object for a UUID value"),
    (lookup_casstype("ListType(Int32Type)"), 5, r"object of type 'int' has no len\(\)"),
    (lookup_casstype("ListType(Int32Type)"), ["x"], "required argument is not an integer"),
    (lookup_casstype("MapType(Int32Type, Int32Type)"), [1], "Got a non-map object for a map value"),
]


@pytest.mark.parametrize(("kind", "value", "why"), WRONG)
def test_a_value_of_the_wrong_type_is_told_with_its_column(kind, value, why):
    """P1 of docs/promises.md."""
    with pytest.raises(TypeError, match=why) as caught:
        binder(kind).bind((value,))
    assert str(caught.value).startswith(
        f'Received an argument of invalid type for column "c0". Expected: {kind}, Got: {type(value)}; ('
    )


IMPOSSIBLE = [
    ("InetAddressType", "example", ValueError),
    ("SimpleDateType", "x", ValueError),
    ("TimeType", "x", ValueError),
    ("TupleType(Int32Type)", (1, 2), ValueError),
    ("VectorType(FloatType, 2)", [1.0], ValueError),
    ("DecimalType", decimal.Decimal("NaN"), ValueError),
    ("TimeUUIDType", uuid.UUID(int=5), ValueError),
    ("FloatType", 1e300, OverflowError),
]


@pytest.mark.parametrize(("class_name", "value", "error"), IMPOSSIBLE)
def test_a_value_that_the_type_cannot_hold_is_told_with_its_column(class_name, value, error):
    """P2 of docs/promises.md."""
    with pytest.raises(error, match='column "c0"') as caught:
        binder(lookup_casstype(class_name)).bind((value,))
    assert type(caught.value) is error


def test_a_timeuuid_of_version_1_is_one():
    """P2 of docs/promises.md."""
    assert binder(lookup_casstype("TimeUUIDType")).bind((TIMEUUID,)).values() == [TIMEUUID.bytes]


def test_an_exception_of_the_value_itself_keeps_its_class_and_names_the_column():
    class Broken:
        def __index__(self):
            raise LookupError("broken")

    with pytest.raises(LookupError, match="broken") as caught:
        binder(Int32Type).bind((Broken(),))
    notes = getattr(caught.value, "__notes__", None)
    assert notes is None or notes == ['while binding column "c0"']
    with pytest.raises(UnicodeEncodeError):
        binder(UTF8Type).bind(("\ud800",))


def test_values_that_grow_while_they_are_bound_are_an_error():
    values: list[object] = []

    class Growing:
        def __index__(self):
            values.append(1)
            return 1

    values.extend([Growing(), Growing()])
    with pytest.raises(ValueError, match="changed"):
        binder(Int32Type, Int32Type).bind(values)


def test_wrong_metadata_is_refused():
    with pytest.raises(ValueError, match="routing key index 2"):
        binder(Int32Type, routing_key=(2,))
    with pytest.raises(TypeError, match="codec"):
        binder(int)
    with pytest.raises(ValueError, match="65536 values"):
        binder(*[Int32Type] * 65_536)


def test_an_overridden_serialize_is_asked():
    class Shouted(UTF8Type):
        @classmethod
        def serialize(cls, val, protocol_version):
            return val.upper().encode()

    assert binder(Shouted).bind(("a",)).values() == [b"A"]
    assert binder(lookup_casstype("ListType(Shouted)")).bind((["a"],)).values() == [
        bytes.fromhex("00000001 00000001 41")
    ]


def test_a_binder_of_before_a_patch_is_stale(monkeypatch):
    before = binder(Int32Type)
    assert not before.is_stale
    monkeypatch.setattr(Int32Type, "serialize", staticmethod(lambda val, version: b"patched"))
    assert before.is_stale
    assert binder(Int32Type).bind((5,)).values() == [b"patched"]
    monkeypatch.undo()
    assert binder(Int32Type).bind((5,)).values() == [b"\0\0\0\5"]
