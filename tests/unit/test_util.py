"""Values that CQL has and Python has not, and conversions of time."""

import datetime as dt
import pickle
import random
from typing import Any
from uuid import UUID, uuid1, uuid4

import pytest
from cassandra import util
from cassandra.util import (
    Date,
    Duration,
    SortedSet,
    Time,
    Version,
    datetime_from_timestamp,
    datetime_from_uuid1,
    max_uuid_from_time,
    min_uuid_from_time,
    ms_timestamp_from_datetime,
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
        """E11 of docs/promises.md."""
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


def test_every_public_name_is_there_and_knows_its_module() -> None:
    for name in util.__all__:
        thing = getattr(util, name)
        if isinstance(thing, type) and name not in ("OrderedDict", "WeakSet", "DriverException"):
            assert thing.__module__ == "cassandra.util"
    assert uuid4() not in SortedSet([uuid4()])
