"""Values that CQL has and Python has not, and conversions of time."""

import copy
import datetime as dt
import pickle
import random
from collections import OrderedDict
from decimal import Decimal
from math import isnan
from typing import Any
from uuid import UUID, uuid1, uuid4

import pytest
from cassandra import util
from cassandra.util import (
    OPEN_BOUND,
    Date,
    DateRange,
    DateRangeBound,
    DateRangePrecision,
    Distance,
    Duration,
    LineString,
    OrderedMap,
    OrderedMapSerializedKey,
    Point,
    Polygon,
    SortedSet,
    Time,
    Version,
    datetime_from_timestamp,
    datetime_from_uuid1,
    list_contents_to_tuple,
    max_uuid_from_time,
    min_uuid_from_time,
    ms_timestamp_from_datetime,
    sortedset,
    unix_time_from_uuid1,
    utc_datetime_from_ms_timestamp,
    uuid_from_time,
)
from hypothesis import given
from hypothesis import strategies as st

EAST = dt.timezone(dt.timedelta(hours=2))
YEAR_ONE, END_OF_9999 = -62135596800000, 253402300799999


class TestTimestamps:
    @given(st.integers(YEAR_ONE, END_OF_9999))
    def test_every_millisecond_is_exact_there_and_back(self, ms: int) -> None:
        moment = utc_datetime_from_ms_timestamp(ms)
        assert (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(milliseconds=1) == ms
        assert ms_timestamp_from_datetime(moment) == ms

    def test_the_ends(self) -> None:
        assert utc_datetime_from_ms_timestamp(END_OF_9999) == dt.datetime(9999, 12, 31, 23, 59, 59, 999000)
        assert utc_datetime_from_ms_timestamp(YEAR_ONE) == dt.datetime(1, 1, 1)
        for beyond in (END_OF_9999 + 1, YEAR_ONE - 1):
            with pytest.raises(OverflowError):
                utc_datetime_from_ms_timestamp(beyond)

    def test_seconds(self) -> None:
        assert datetime_from_timestamp(-1.5) == dt.datetime(1969, 12, 31, 23, 59, 58, 500000)
        assert datetime_from_timestamp(1577934245.678901) == dt.datetime(2020, 1, 2, 3, 4, 5, 678901)
        with pytest.raises(ValueError, match="NaN"):
            datetime_from_timestamp(float("nan"))

    def test_rounding_and_zones(self) -> None:
        assert ms_timestamp_from_datetime(dt.datetime(2020, 1, 2, 3, 4, 5, 678901)) == 1577934245679
        assert ms_timestamp_from_datetime(dt.datetime(1970, 1, 1, 2, tzinfo=EAST)) == 0
        assert ms_timestamp_from_datetime(dt.datetime(1, 1, 1, 1, tzinfo=EAST)) == YEAR_ONE - 3600_000


class TestTimeUUID:
    def test_time_of_a_uuid(self) -> None:
        uuid = UUID("5e0a3c80-0000-11ee-8000-000000000001")
        assert unix_time_from_uuid1(uuid) == 1685571207.2793217
        assert datetime_from_uuid1(uuid) == dt.datetime(2023, 5, 31, 22, 13, 27, 279322)
        now = uuid1()
        assert (
            abs(datetime_from_uuid1(now).replace(tzinfo=dt.timezone.utc).timestamp() - unix_time_from_uuid1(now)) < 1e-5
        )

    @given(st.datetimes(dt.datetime(1582, 10, 15), dt.datetime(5236, 1, 1)))
    def test_a_uuid_holds_its_time_to_the_microsecond(self, moment: dt.datetime) -> None:
        assert datetime_from_uuid1(uuid_from_time(moment)) == moment

    def test_first_and_last_of_a_time_on_the_server(self) -> None:
        assert min_uuid_from_time(1.5) == UUID("146621c0-1dd2-11b2-8080-808080808080")
        assert max_uuid_from_time(1.5) == UUID("146621c0-1dd2-11b2-bf7f-7f7f7f7f7f7f")
        assert min_uuid_from_time(dt.datetime(1582, 10, 15)) == util.LOWEST_TIME_UUID

    def test_parts(self) -> None:
        made = uuid_from_time(dt.datetime(2020, 1, 2, 3, 4, 5, 678901), node=5, clock_seq=7)
        assert made == UUID("896e5812-2d0c-11ea-8007-000000000005")
        assert (
            uuid_from_time(dt.datetime(2020, 1, 1, tzinfo=EAST), 0, 0).time
            == UUID("e3bef000-2c18-11ea-8080-808080808080").time
        )
        free = uuid_from_time(0)
        assert free.version == 1
        assert free.node >> 40 & 1, "a random node is marked as one"
        assert len({uuid_from_time(0) for _ in range(100)}) == 100

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            ((dt.datetime(1582, 10, 14),), ValueError),
            ((dt.datetime(9999, 1, 1),), ValueError),
            ((0, 2**48, 0), ValueError),
            ((0, 1, 0x4000), ValueError),
            ((0, 1, -1), ValueError),
            (("x",), TypeError),
            ((None,), TypeError),
        ],
    )
    def test_what_cannot_be(self, arguments: Any, error: type[Exception]) -> None:
        with pytest.raises(error):
            uuid_from_time(*arguments)


class TestDate:
    @pytest.mark.parametrize(
        ("given", "days", "text"),
        [
            (0, 0, "1970-01-01"),
            (-1, -1, "1969-12-31"),
            ("2020-1-2", 18263, "2020-01-02"),
            ("+2020-01-02", 18263, "2020-01-02"),
            (dt.date(2020, 1, 2), 18263, "2020-01-02"),
            (dt.datetime(2020, 1, 2, 3), 18263, "2020-01-02"),
            (dt.date(1, 1, 1), -719162, "0001-01-01"),
            (-800000, -800000, "-800000"),
            (2**31, 2**31, "2147483648"),
        ],
    )
    def test_forms(self, given: Any, days: int, text: str) -> None:
        date = Date(given)
        assert (date.days_from_epoch, str(date), repr(date)) == (days, text, f"Date({days})")
        assert date.seconds == days * 86400

    def test_as_a_date(self) -> None:
        assert Date(18263).date() == dt.date(2020, 1, 2)
        with pytest.raises(ValueError, match="exceeds"):
            Date(2**31).date()

    def test_equality_and_order(self) -> None:
        assert Date(5) == 5 == Date(5)
        assert Date(5) == dt.date(1970, 1, 6)
        for other in (Date(6), 5.0, "1970-01-06", None, dt.datetime(1970, 1, 6)):
            assert Date(5) != other
        assert hash(Date(5)) == hash(5)
        assert Date(4) < Date(5) <= Date(5)
        with pytest.raises(TypeError):
            Date(4) < 5  # type: ignore[operator]  # noqa: B015

    @pytest.mark.parametrize("given", ["x", "2020-13-01", "2020-01-02 ", "-5"])
    def test_bad_text(self, given: str) -> None:
        with pytest.raises(ValueError, match=r"does not match|remains"):
            Date(given)

    @pytest.mark.parametrize("given", [None, 1.5])
    def test_bad_type(self, given: Any) -> None:
        with pytest.raises(TypeError, match="Date arguments"):
            Date(given)


class TestTime:
    @pytest.mark.parametrize(
        ("given", "nanoseconds", "text"),
        [
            (0, 0, "00:00:00.000000000"),
            (86399999999999, 86399999999999, "23:59:59.999999999"),
            ("1:2:3", 3723000000000, "01:02:03.000000000"),
            ("01:02:03.5", 3723500000000, "01:02:03.500000000"),
            ("01:02:03.000000001", 3723000000001, "01:02:03.000000001"),
            ("01:02:03.", 3723000000000, "01:02:03.000000000"),
            (dt.time(1, 2, 3, 4), 3723000004000, "01:02:03.000004000"),
        ],
    )
    def test_forms(self, given: Any, nanoseconds: int, text: str) -> None:
        time = Time(given)
        assert (time.nanosecond_time, str(time), repr(time)) == (nanoseconds, text, f"Time({nanoseconds})")

    def test_parts(self) -> None:
        time = Time("01:02:03.123456789")
        assert (time.hour, time.minute, time.second, time.nanosecond) == (1, 2, 3, 123456789)
        assert time.time() == dt.time(1, 2, 3, 123456)

    @pytest.mark.parametrize(
        "given", [86400 * 10**9, -1, "24:00:00", "01:60:00", "01:02", "x", "01:02:03.1234567891", "\u0661:2:3"]
    )
    def test_no_time_of_day(self, given: Any) -> None:
        with pytest.raises(ValueError, match=r"interpret|value must"):
            Time(given)

    @pytest.mark.parametrize("given", [None, 1.5])
    def test_bad_type(self, given: Any) -> None:
        with pytest.raises(TypeError, match="Time arguments"):
            Time(given)

    def test_equality_and_order(self) -> None:
        assert Time(1000) == 1000 == Time(1000)
        assert Time(1000) == dt.time(0, 0, 0, 1)
        assert Time(1001) != dt.time(0, 0, 0, 1)
        assert Time(1000) != "00:00:00.000001"
        assert Time(1) < Time(2)


def test_duration() -> None:
    assert str(Duration(1, 2, 3)) == "1mo2d3ns"
    assert str(Duration(-1, -2, -3)) == "-1mo2d3ns"
    assert str(Duration()) == "0mo0d0ns"
    assert repr(Duration(1, 2, 3)) == "Duration(1, 2, 3)"
    assert Duration(1, 2, 3) == pickle.loads(pickle.dumps(Duration(1, 2, 3)))
    assert Duration(1, 2, 3) != (1, 2, 3)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Duration())


class TestVersion:
    def test_order(self) -> None:
        in_order = [
            "1.2",
            "1.2.3-rc1",
            "1.2.3",
            "1.2.3.4",
            "4.0-SNAPSHOT",
            "4.0-alpha1",
            "4.0-beta1",
            "4.0~beta2",
            "4.0",
            "5.0.6",
        ]
        shuffled = [Version(text) for text in in_order]
        random.Random(5).shuffle(shuffled)
        assert [str(version) for version in sorted(shuffled)] == in_order
        assert Version("1.2") == Version("1.2.0")
        assert hash(Version("1.2.3+build")) == hash(Version("1.2.3"))
        assert Version("1.2") != "1.2"
        with pytest.raises(TypeError):
            Version("1.2") < "1.3"  # type: ignore[operator]  # noqa: B015

    def test_parts(self) -> None:
        version = Version("4.0.1.77-beta1+x")
        assert (version.major, version.minor, version.patch, version.build) == (4, 0, 1, 77)
        assert version.prerelease == "beta1"
        assert (str(version), repr(version)) == ("4.0.1.77-beta1+x", "Version(4, 0, 1, 77, beta1)")

    @pytest.mark.parametrize("text", ["1", "x", "1.x", "1.2.3-", "", "1..2", "v1.2", " 1.2", "1.2\n"])
    def test_bad_text(self, text: str) -> None:
        with pytest.raises(ValueError, match="expected format"):
            Version(text)


MEMBERS = st.lists(st.integers(0, 12), max_size=10)


class TestSortedSet:
    @given(MEMBERS, MEMBERS)
    def test_is_a_set_in_order(self, left: list[int], right: list[int]) -> None:
        mine, theirs = SortedSet(left), set(right)
        assert list(mine) == sorted(set(left))
        assert list(mine | theirs) == list(theirs | mine) == sorted(set(left) | theirs)  # type: ignore[operator]
        assert list(mine & theirs) == sorted(set(left) & theirs)
        assert list(mine - theirs) == sorted(set(left) - theirs)
        assert list(theirs - mine) == sorted(theirs - set(left))  # type: ignore[operator]
        assert list(mine ^ theirs) == sorted(set(left) ^ theirs)
        assert (mine == theirs) == (set(left) == theirs)
        assert (mine <= theirs, mine < theirs) == (set(left) <= theirs, set(left) < theirs)
        assert (mine >= theirs, mine > theirs) == (set(left) >= theirs, set(left) > theirs)
        assert mine.isdisjoint(theirs) == set(left).isdisjoint(theirs)
        assert [number in mine for number in range(13)] == [number in left for number in range(13)]

    @given(MEMBERS, st.sampled_from([list, tuple, lambda member: {member}, lambda member: {"k": member}]))
    def test_members_need_not_be_hashable(self, members: list[int], wrap: Any) -> None:
        wrapped = [wrap([member]) if wrap in (list, tuple) else wrap(member) for member in members]
        made = SortedSet(wrapped)
        assert len(made) == len(set(members))
        assert all(member in made for member in wrapped)
        assert made == SortedSet(reversed(wrapped)) or wrap not in (list, tuple)
        made.remove(wrapped[0]) if wrapped else None
        assert not wrapped or wrapped[0] not in made

    def test_changes_in_place(self) -> None:
        made = sortedset([3, 1, 2])
        made.add(0)
        made.add(1)
        assert made == [0, 1, 2, 3]
        assert made.pop() == 3
        made.remove(1)
        made.discard(99)
        with pytest.raises(KeyError):
            made.remove(99)
        made |= {7}
        made &= {0, 7, 8}
        made ^= {0, 5}
        made -= {5}
        assert list(made) == [7]
        del made[0]
        with pytest.raises(KeyError):
            made.pop()
        made.update([3, 1], (2,))
        assert list(reversed(made)) == [3, 2, 1]
        made.clear()
        assert not made

    def test_sequence(self) -> None:
        made = SortedSet([3, 1, 2])
        assert (made[0], made[-1], made[1:]) == (1, 3, [2, 3])
        assert repr(made) == "SortedSet([1, 2, 3])"
        with pytest.raises(TypeError, match="unhashable"):
            hash(made)

    def test_mixed_members(self) -> None:
        made = SortedSet([1, "a", None, 1, "a", None, float("nan")])
        assert len(made) == 4
        assert len(SortedSet([None, 1, 2, 6, None, None, 92])) == 5
        assert SortedSet([2, 1, None]) == SortedSet([2, 1, None, 2, 1])
        assert all(member in made for member in (1, "a", None))
        assert "b" not in made
        assert made != None  # noqa: E711

    def test_copies(self) -> None:
        made = SortedSet([2, 1])
        for again in (made.copy(), copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert again == made
            assert again is not made
        made.copy().add(5)
        assert list(made) == [1, 2]

    @pytest.mark.parametrize(
        ("items", "order"),
        [
            ([1, 2], [1, 2]),
            ([UUID(int=9), UUID(int=3)], [UUID(int=3), UUID(int=9)]),
            ([{"a": 2}, {"a": 1}], [{"a": 2}, {"a": 1}]),
            ([Decimal(2), Decimal(1)], [Decimal(1), Decimal(2)]),
        ],
    )
    def test_from_a_server(self, items: list[Any], order: list[Any]) -> None:
        made = SortedSet._from_sorted(items)
        assert list(made) == order
        assert all(item in made for item in items)
        assert UUID(int=4) not in made


class TestOrderedMap:
    def test_keeps_its_order(self) -> None:
        made = OrderedMap([("b", 1), ("a", 2)], c=3)
        assert (list(made), list(made.values()), made["a"], len(made)) == (["b", "a", "c"], [1, 2, 3], 2, 3)
        assert repr(made) == "OrderedMap([('b', 1), ('a', 2), ('c', 3)])"
        assert str(made) == "{'b': 1, 'a': 2, 'c': 3}"
        assert (made.get("z"), "z" in made, dict(made)) == (None, False, {"b": 1, "a": 2, "c": 3})
        with pytest.raises(KeyError, match="z"):
            made["z"]

    def test_equality(self) -> None:
        made = OrderedMap([("b", 1), ("a", 2)])
        assert made == {"a": 2, "b": 1} == made
        assert made == OrderedDict([("a", 2), ("b", 1)])
        assert made == [("b", 1), ("a", 2)]
        assert made == OrderedMap(made)
        for other in (OrderedMap([("a", 2), ("b", 1)]), {"b": 1}, {"b": 1, "a": 3}, None, 5):
            assert made != other
        with pytest.raises(TypeError, match="unhashable"):
            hash(made)

    @pytest.mark.parametrize(
        ("key", "same", "other"),
        [
            ([1, [2]], (1, (2,)), [1, [3]]),
            ({1}, SortedSet([1]), {2}),
            ({"a": [1]}, OrderedMap([("a", [1])]), {"a": [2]}),
            (SortedSet([[1]]), SortedSet([[1]]), SortedSet([[2]])),
            (Duration(1, 2, 3), Duration(1, 2, 3), Duration(1, 2, 4)),
        ],
    )
    def test_keys_need_not_be_hashable(self, key: Any, same: Any, other: Any) -> None:
        made = OrderedMap([(key, 1), ("x", 2)])
        assert made[key] == made[same] == 1
        assert other not in made
        made[same] = 5
        assert (len(made), made[key]) == (2, 5)

    def test_changes(self) -> None:
        made = OrderedMap([("a", 1), ("b", 2)])
        made["a"] = 3
        made["c"] = 4
        assert made.popitem() == ("c", 4)
        del made["a"]
        assert list(made.items()) == [("b", 2)]
        with pytest.raises(KeyError):
            del made["a"]
        made.popitem()
        with pytest.raises(KeyError):
            made.popitem()

    def test_bad_arguments(self) -> None:
        with pytest.raises(TypeError, match="at most 1"):
            OrderedMap({}, {})
        for bad in ([1], 5):
            with pytest.raises(TypeError):
                OrderedMap(bad)  # type: ignore[arg-type]

    def test_copies(self) -> None:
        made = OrderedMap([([1], 1)])
        for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert again == made
            assert again[[1]] == 1


class Milliseconds:
    """Stands for a class of `cassandra.cqltypes`."""

    @staticmethod
    def to_binary(value: Any, protocol_version: int) -> bytes:
        number = value if isinstance(value, int) else ms_timestamp_from_datetime(value)
        return int(number).to_bytes(8, "big", signed=True)

    @staticmethod
    def from_binary(data: bytes, protocol_version: int) -> Any:
        return utc_datetime_from_ms_timestamp(int.from_bytes(data, "big", signed=True))


class TestMapOfAServer:
    def test_finds_keys_by_what_means_the_same_in_cql(self) -> None:
        moment = dt.datetime(2020, 1, 1)
        made = OrderedMapSerializedKey._from_sorted_pairs([(moment, "x")], Milliseconds, 4)
        assert made[moment] == made[1577836800000] == "x"
        assert 5 not in made
        assert "text" not in made
        assert made.get(None) is None
        assert (made.cass_key_type, made.protocol_version) == (Milliseconds, 4)

    def test_filled_one_by_one(self) -> None:
        made = OrderedMapSerializedKey(None, 4)
        made._insert("a", 1)
        made._insert_unchecked("c", b"c", 2)
        assert repr(made) == "OrderedMapSerializedKey([('a', 1), ('c', 2)])"
        assert made == {"a": 1, "c": 2}
        assert pickle.loads(pickle.dumps(made))["c"] == 2

    def test_is_read_through_without_an_index(self) -> None:
        pairs = [(key, key) for key in "zab"]
        made = OrderedMapSerializedKey._from_sorted_pairs(pairs)
        assert list(made.items()) == pairs
        assert made._index is None
        assert made["a"] == "a"


@pytest.mark.parametrize(
    ("given", "expected"),
    [([[1], [2]], ((1,), (2,))), ([1, [2]], (1, (2,))), ([[1, [2]], 3], ((1, [2]), 3)), ((1, [2]), (1, [2]))],
)
def test_lists_within_a_key(given: Any, expected: Any) -> None:
    assert list_contents_to_tuple(given) == expected


class TestGeometry:
    @pytest.mark.parametrize(
        ("shape", "text"),
        [
            (Point(1, 2), "POINT (1 2)"),
            (Point(1.5, -2e10), "POINT (1.5 -20000000000.0)"),
            (LineString(), "LINESTRING EMPTY"),
            (LineString([(1, 2), (3, 4)]), "LINESTRING (1 2, 3 4)"),
            (Polygon(), "POLYGON EMPTY"),
            (Polygon([(0, 0), (1, 1), (1, 0)]), "POLYGON ((0 0, 1 1, 1 0))"),
            (
                Polygon([(0, 0), (1, 1), (1, 0)], [[(0.1, 0.1), (0.2, 0.2), (0.3, 0.1)]]),
                "POLYGON ((0 0, 1 1, 1 0), (0.1 0.1, 0.2 0.2, 0.3 0.1))",
            ),
            (Distance(1, 2, 3), "DISTANCE ((1 2) 3)"),
        ],
    )
    def test_text_reads_back(self, shape: Any, text: str) -> None:
        assert str(shape) == text
        assert type(shape).from_wkt(text) == shape
        assert type(shape).from_wkt(text.lower().replace(" (", "(", 1)) == shape
        again = pickle.loads(pickle.dumps(shape))
        assert (again, hash(again)) == (shape, hash(shape))
        assert shape != text

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            (Point, "x"),
            (Point, ""),
            (Point, "POINT (1)"),
            (Point, "POINT (a b)"),
            (Point, "LINESTRING (1 2, 3 4)"),
            (LineString, "LINESTRING (1 2, 3)"),
            (Polygon, "POLYGON ((0 0), x)"),
            (Polygon, "POLYGON (0 0)"),
            (Distance, "DISTANCE ((1 2) a)"),
            (Distance, "DISTANCE EMPTY"),
        ],
    )
    def test_bad_text(self, kind: Any, text: str) -> None:
        with pytest.raises(ValueError, match="Invalid WKT geometry"):
            kind.from_wkt(text)

    def test_empty_point(self) -> None:
        assert isnan(Point.from_wkt("POINT EMPTY").x)

    def test_edges_of_a_polygon(self) -> None:
        polygon = Polygon([(0, 0), (1, 1)], [[(2, 2)]])
        assert polygon.exterior.coords == ((0, 0), (1, 1))
        assert str(polygon.interiors[0]) == "LINEARRING (2 2)"
        assert repr(polygon) == "Polygon(((0, 0), (1, 1)), [((2, 2),)])"


class TestDateRange:
    MS = 1577934245678  # 2020-01-02T03:04:05.678Z

    @pytest.mark.parametrize(
        ("precision", "down", "up", "text"),
        [
            ("YEAR", 1577836800000, 1609459199999, "2020"),
            ("MONTH", 1577836800000, 1580515199999, "2020-01"),
            ("DAY", 1577923200000, 1578009599999, "2020-01-02"),
            ("HOUR", 1577934000000, 1577937599999, "2020-01-02T03Z"),
            ("MINUTE", 1577934240000, 1577934299999, "2020-01-02T03:04Z"),
            ("SECOND", 1577934245000, 1577934245999, "2020-01-02T03:04:05Z"),
            ("MILLISECOND", MS, MS, "2020-01-02T03:04:05.678Z"),
        ],
    )
    def test_precision(self, precision: str, down: int, up: int, text: str) -> None:
        assert DateRangePrecision.round_down_to_precision(self.MS, precision) == down
        assert DateRangePrecision.round_up_to_precision(self.MS, precision.lower()) == up
        assert str(DateRangeBound(self.MS, precision)) == text
        assert DateRangeBound(self.MS, precision).round_up().milliseconds == up

    def test_leap_years_and_the_last_microsecond(self) -> None:
        last = dt.datetime(2020, 2, 29, 23, 59, 59, 999999)
        assert str(DateRangeBound(last, "DAY")) == "2020-02-29"
        assert DateRangeBound(last, "MONTH").round_up().milliseconds == 1583020799999

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ({"lower_bound": (MS, "DAY")}, "[2020-01-02 TO *]"),
            ({"upper_bound": (MS, "MONTH")}, "[* TO 2020-01]"),
            ({"lower_bound": (MS, "DAY"), "upper_bound": OPEN_BOUND}, "[2020-01-02 TO *]"),
            ({"lower_bound": OPEN_BOUND, "upper_bound": OPEN_BOUND}, "[* TO *]"),
            ({"value": {"milliseconds": MS, "precision": "YEAR"}}, "2020"),
            ({"value": OPEN_BOUND}, "*"),
        ],
    )
    def test_text(self, arguments: Any, text: str) -> None:
        made = DateRange(**arguments)
        assert str(made) == text
        assert made == pickle.loads(pickle.dumps(made)) == DateRange(**arguments)

    def test_bounds_are_rounded_outwards(self) -> None:
        made = DateRange((self.MS, "DAY"), (self.MS, "DAY"))
        assert made.lower_bound == DateRangeBound(1577923200000, "DAY")
        assert made.upper_bound == DateRangeBound(1578009599999, "DAY")

    def test_order(self) -> None:
        early, late = DateRange(value=(5, "DAY")), DateRange(value=(self.MS, "DAY"))
        assert sorted([late, early]) == [early, late]
        assert DateRangeBound(-5, "DAY") < DateRangeBound(5, "DAY") < OPEN_BOUND

    def test_moments_beyond_a_datetime(self) -> None:
        far = DateRangeBound(END_OF_9999 + 1, "DAY")
        assert str(far) == "253402300800000ms"
        assert far.round_up() == DateRangeBound(END_OF_9999 + 1, "DAY")

    @pytest.mark.parametrize(
        ("make", "error"),
        [
            (lambda: DateRangeBound(5, None), TypeError),
            (lambda: DateRangeBound(None, "DAY"), TypeError),
            (lambda: DateRangeBound(5, "x"), ValueError),
            (lambda: DateRangeBound(5, 3), TypeError),  # type: ignore[arg-type]
            (lambda: DateRangeBound("2020", "DAY"), ValueError),  # type: ignore[arg-type]
            (lambda: DateRange(), ValueError),
            (lambda: DateRange(lower_bound=OPEN_BOUND, value=OPEN_BOUND), ValueError),
            (lambda: DateRange(value=5), TypeError),
            (lambda: OPEN_BOUND.datetime(), TypeError),
            (lambda: hash(OPEN_BOUND), TypeError),
        ],
    )
    def test_what_cannot_be(self, make: Any, error: type[Exception]) -> None:
        with pytest.raises(error):
            make()


def test_every_public_name_is_there_and_knows_its_module() -> None:
    for name in util.__all__:
        thing = getattr(util, name)
        if isinstance(thing, type) and name not in ("OrderedDict", "WeakSet", "DriverException"):
            assert thing.__module__ == "cassandra.util"
    assert uuid4() not in SortedSet([uuid4()])
