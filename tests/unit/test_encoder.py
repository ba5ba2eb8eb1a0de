"""`%s` parameters: the literals, and what is refused. (That no value can become CQL: `test_injection.py`.)"""

import datetime as dt
import enum
import ipaddress
import uuid
from collections import OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from typing import Any

import pytest
from cassandra.encoder import Encoder, ValueSequence, cql_quote
from cassandra.query import UNSET_VALUE, bind_params
from cassandra.util import Date, DateRange, DateRangeBound, Distance, Duration, OrderedMap, Point, SortedSet, Time
from liars import Liar, LyingFloat, LyingInt, LyingUUID

Pair = namedtuple("Pair", "x y")


class Colour(str, enum.Enum):
    RED = "it's"


class Number(enum.IntEnum):
    ONE = 1


class Plain(enum.Enum):
    A = 1


class Unknown:
    def __str__(self) -> str:
        return "1 OR 1=1"


EAST = dt.timezone(dt.timedelta(hours=2))
LITERALS: list[tuple[Any, str]] = [
    (None, "NULL"),
    (True, "True"),
    (False, "False"),
    (1, "1"),
    (2**80, "1208925819614629174706176"),
    (1.0, "1.0"),
    (1e300, "1e+300"),
    (-0.0, "-0.0"),
    (0.1, "0.1"),
    (float("nan"), "NaN"),
    (float("inf"), "Infinity"),
    (float("-inf"), "-Infinity"),
    ("", "''"),
    ("it's", "'it''s'"),
    ("''", "''''''"),
    ("a\nb\\", "'a\nb\\'"),
    ("é☃\x00", "'é☃\x00'"),
    (b"ab\x00", "0x616200"),
    (b"", "0x"),
    (bytearray(b"a"), "0x61"),
    (memoryview(b"xy"), "0x7879"),
    (dt.datetime(2020, 1, 2, 3, 4, 5, 678901), "1577934245678"),
    (dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=EAST), "1577927045000"),
    (dt.datetime(1, 1, 1), "-62135596800000"),
    (dt.datetime(1, 1, 1, tzinfo=EAST), "-62135604000000"),
    (dt.datetime(9999, 12, 31, 23, 59, 59, 999999), "253402300799999"),
    (dt.datetime(1969, 12, 31, 23, 59, 59, 999000), "-1"),
    (dt.datetime(1969, 12, 31, 23, 59, 59, 999500), "-1"),
    (dt.date(2020, 1, 2), "'2020-01-02'"),
    (dt.date(1, 1, 1), "'0001-01-01'"),
    (dt.time(1, 2, 3, 4), "'01:02:03.000004'"),
    (Date(5), "2147483653"),
    (Date(-800000), "2146683648"),
    (Time(123456789), "'00:00:00.123456789'"),
    (Duration(1, 2, 3), "1mo2d3ns"),
    (Duration(-1, -2, -3), "-1mo2d3ns"),
    (Decimal("1.50"), "1.50"),
    (Decimal("1E+5"), "1E+5"),
    (Decimal("0.1000000000000000055511151231257827"), "0.1000000000000000055511151231257827"),
    (Decimal("NaN"), "NaN"),
    (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (ipaddress.ip_address("1.2.3.4"), "'1.2.3.4'"),
    (ipaddress.ip_address("fe80::1%a'b"), "'fe80::1%a''b'"),
    ([1, "a"], "[1, 'a']"),
    ((1, "a"), "[1, 'a']"),
    ({1}, "{1}"),
    (set(), "{}"),
    (frozenset(["a"]), "{'a'}"),
    (SortedSet([3, 1]), "{1, 3}"),
    ({"a": 1, 2: "b"}, "{'a': 1, 2: 'b'}"),
    (OrderedMap([("a", 1)]), "{'a': 1}"),
    (OrderedDict(a=1), "{'a': 1}"),
    (defaultdict(int, {"o'k": 1}), "{'o''k': 1}"),
    ([[1, {"a": (1, 2)}], {3}], "[[1, {'a': [1, 2]}], {3}]"),
    (Pair(1, "q"), "[1, 'q']"),
    (ValueSequence([1, "a"]), "(1, 'a')"),
    (ValueSequence(()), "()"),
    (Point(1, 2), "'POINT (1 2)'"),
    (Point("0)'; DROP", 1), "'POINT (0)''; DROP 1)'"),  # type: ignore[arg-type]
    (Distance(1, 2, 3), "'DISTANCE ((1 2) 3)'"),
    (DateRange(value=DateRangeBound(0, "YEAR")), "'1970'"),
    (Colour.RED, "'it''s'"),
    (Number.ONE, "1"),
    (Liar("a'b"), "'a''b'"),
    (LyingInt(7), "7"),
    (LyingFloat(1.5), "1.5"),
    (LyingUUID(int=1), "00000000-0000-0000-0000-000000000001"),
]


@pytest.mark.parametrize(("value", "literal"), LITERALS, ids=lambda value: type(value).__name__)
def test_literal(value: Any, literal: str) -> None:
    assert Encoder().cql_encode_all_types(value) == literal


def test_generator_is_a_list() -> None:
    assert Encoder().cql_encode_all_types(item for item in (1, "a")) == "[1, 'a']"


@pytest.mark.parametrize(
    "value",
    [Unknown(), object(), Plain.A, UNSET_VALUE, deque([1]), range(3), {}.keys(), dt.timedelta(1), 1j, ..., object, len],
    ids=lambda value: type(value).__name__,
)
def test_type_that_nothing_is_known_about_is_refused_by_name(value: object) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        Encoder().cql_encode_all_types([value])


def test_refusal_does_not_print_the_value() -> None:
    with pytest.raises(TypeError) as refused:
        Encoder().cql_encode_all_types(Unknown())
    assert "OR 1=1" not in str(refused.value)


def test_time_with_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Encoder().cql_encode_all_types(dt.time(1, tzinfo=EAST))


def test_mapping_is_of_the_instance_and_can_be_changed() -> None:
    changed, other = Encoder(), Encoder()
    changed.mapping[tuple] = changed.cql_encode_tuple
    changed.mapping[Unknown] = lambda value: "'known'"
    assert changed.cql_encode_all_types((1, "a", (2,))) == "(1, 'a', (2))"
    assert changed.cql_encode_all_types(Pair(1, 2)) == "(1, 2)"
    assert changed.cql_encode_all_types([Unknown()]) == "['known']"
    assert other.cql_encode_all_types((1, 2)) == "[1, 2]"


def test_numbers_of_numpy_count_as_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    encode = Encoder().cql_encode_all_types
    assert encode(numpy.int64(3)) == "3"
    assert encode(numpy.float32(1.5)) == "1.5"
    assert encode(numpy.bool_(True)) == "True"
    assert encode(numpy.array([[1, 2], [3, 4]])) == "[[1, 2], [3, 4]]"
    assert encode(numpy.str_("a'b")) == "'a''b'"
    with pytest.raises(TypeError):
        encode(numpy.datetime64("2020-01-01"))


def test_quote() -> None:
    assert cql_quote("it's") == "'it''s'"
    assert cql_quote(Liar("it's")) == "'it''s'"
    assert cql_quote(5) == "5"
    with pytest.raises(TypeError):
        cql_quote(Unknown())


@pytest.mark.parametrize(
    ("query", "params", "expected"),
    [
        ("x %s", (1,), "x 1"),
        ("x %s %s", [1, "a"], "x 1 'a'"),
        ("x %(a)s", {"a": 1}, "x 1"),
        ("x %(a)s %(a)s", {"a": 1, "unused": object()}, "x 1 1"),
        ("x %% %s", (1,), "x % 1"),
        ("x", (), "x"),
        ("x", {"a": 1}, "x"),
        ("x %s", ("%s",), "x '%s'"),
        ("x %s", ("100%",), "x '100%'"),
        ("x -%s", (-5,), "x - -5"),
        ("x = '50%%' AND y = %s", (1,), "x = '50%' AND y = 1"),
        ("t_%s", (5,), "t_5"),
        ("x = '%s'", (5,), "x = '5'"),
        ("/* %s */ x", (5,), "/* 5 */ x"),
    ],
)
def test_parameters_go_into_the_text(query: str, params: Any, expected: str) -> None:
    assert bind_params(query, params, Encoder()) == expected


@pytest.mark.parametrize(
    ("query", "params", "error"),
    [
        ("x %s", (), TypeError),
        ("x %s %s", (1,), TypeError),
        ("x", (1,), TypeError),
        ("x %s", (1, 2), TypeError),
        ("x %(a)s", (1,), TypeError),
        ("x %s", {"a": 1}, TypeError),
        ("x %(b)s", {"a": 1}, KeyError),
        ("x %d", (1,), ValueError),
        ("x %r", ("it's",), ValueError),
        ("x %.3s", ("it's",), ValueError),
        ("x %(a)r", {"a": "it's"}, ValueError),
        ("x LIKE 'a%'", ("b",), ValueError),
        ("x %", (1,), ValueError),
        ("x %s", 5, TypeError),
        ("x %s", None, TypeError),
        ("x = '%s'", (" OR 1=1 --",), ValueError),
        ("-- %s\nx", ("a\nDROP TABLE t",), ValueError),
        ("/* %s */ x", ("*/ DROP TABLE t /*",), ValueError),
        ('"%s"', ('a" b',), ValueError),
        ("$$%s$$", ("a$$ b",), ValueError),
    ],
)
def test_wrong_parameters_are_refused(query: str, params: Any, error: type[Exception]) -> None:
    """P4 of docs/promises.md."""
    with pytest.raises(error):
        bind_params(query, params, Encoder())


def test_self_containing_list_is_an_error_and_no_crash() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(RecursionError):
        bind_params("x %s", (loop,), Encoder())
