"""Geometric values and date ranges, which only DataStax Enterprise has."""

import datetime as dt
import pickle
from math import isnan
from typing import Any

import pytest
from cassandra.util import (
    OPEN_BOUND,
    DateRange,
    DateRangeBound,
    DateRangePrecision,
    Distance,
    LineString,
    Point,
    Polygon,
)

YEAR_ONE, END_OF_9999 = -62135596800000, 253402300799999


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
