"""`DateRange`: the search type of DataStax Enterprise. Cassandra itself has no such type.

A bound is a moment with a precision: `2020-01` stands for its whole month, so a lower bound means the month's first
millisecond and an upper bound its last.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from functools import total_ordering
from typing import Any, ClassVar, Final

from cassandra._exported import exported_by
from cassandra._util.datetimes import EPOCH, microseconds_since_epoch, utc_datetime_from_ms_timestamp

FORMATS: Final = {
    "YEAR": "{:%Y}",
    "MONTH": "{:%Y-%m}",
    "DAY": "{:%Y-%m-%d}",
    "HOUR": "{:%Y-%m-%dT%HZ}",
    "MINUTE": "{:%Y-%m-%dT%H:%MZ}",
    "SECOND": "{:%Y-%m-%dT%H:%M:%SZ}",
}
# The fields of a datetime below each precision, at their least.
BELOW: Final[dict[str, dict[str, int]]] = {
    "YEAR": {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "MONTH": {"day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "DAY": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "HOUR": {"minute": 0, "second": 0, "microsecond": 0},
    "MINUTE": {"second": 0, "microsecond": 0},
    "SECOND": {"microsecond": 0},
}
LENGTHS: Final = {
    "DAY": dt.timedelta(days=1),
    "HOUR": dt.timedelta(hours=1),
    "MINUTE": dt.timedelta(minutes=1),
    "SECOND": dt.timedelta(seconds=1),
}
MILLISECOND: Final = dt.timedelta(milliseconds=1)


def to_ms(moment: dt.datetime) -> int:
    """Whole milliseconds since 1970, none added: the last microsecond of a year stays in that year."""
    return microseconds_since_epoch(moment) // 1000


@exported_by("cassandra.util")
class DateRangePrecision:
    """How much of a moment counts."""

    YEAR: ClassVar[str] = "YEAR"
    MONTH: ClassVar[str] = "MONTH"
    DAY: ClassVar[str] = "DAY"
    HOUR: ClassVar[str] = "HOUR"
    MINUTE: ClassVar[str] = "MINUTE"
    SECOND: ClassVar[str] = "SECOND"
    MILLISECOND: ClassVar[str] = "MILLISECOND"

    PRECISIONS: ClassVar[tuple[str, ...]] = (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND)

    @classmethod
    def round_down_to_precision(cls, ms: int, precision: str) -> int:
        """The first millisecond of the span that `ms` falls in."""
        below = BELOW.get(known_precision(precision))
        if below is None:
            return ms
        start: dt.datetime = utc_datetime_from_ms_timestamp(ms).replace(**below)  # type: ignore[arg-type]
        return to_ms(start)

    @classmethod
    def round_up_to_precision(cls, ms: int, precision: str) -> int:
        """The last millisecond of the span that `ms` falls in."""
        precision = known_precision(precision)
        if precision == cls.MILLISECOND:
            return ms
        start = EPOCH + cls.round_down_to_precision(ms, precision) * MILLISECOND
        if precision == cls.YEAR:
            last = start.replace(month=12, day=31) + LENGTHS[cls.DAY] - MILLISECOND
        elif precision == cls.MONTH:
            # Day 28 is in every month, and four days later is always the next one.
            last = (start.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - MILLISECOND
        else:
            last = start + (LENGTHS[precision] - MILLISECOND)
        return to_ms(last)


def known_precision(precision: object) -> str:
    """A precision in capital letters; an error for what is none."""
    if not isinstance(precision, str):
        raise TypeError(f"precision must be a string; got {precision!r}")
    if precision.upper() not in DateRangePrecision.PRECISIONS:
        raise ValueError(
            f"DateRangeBound.precision: expected value in {DateRangePrecision.PRECISIONS!r}; got {precision.upper()!r}"
        )
    return precision.upper()


@total_ordering
@exported_by("cassandra.util")
class DateRangeBound:
    """One end of a range, or a single moment; open when both fields are None."""

    milliseconds: int | None = None
    """Milliseconds since 1970."""

    precision: str | None = None
    """One of `DateRangePrecision`."""

    def __init__(self, value: int | dt.datetime | None, precision: str | None) -> None:
        if isinstance(value, dt.datetime):
            value = to_ms(value)
        elif value is not None and not isinstance(value, int):
            raise ValueError(f"{value!r} is not a valid value for DateRangeBound")
        self.milliseconds = value
        self.precision = None if precision is None else known_precision(precision)
        self.validate()

    @classmethod
    def from_value(cls, value: Any) -> DateRangeBound:
        """A bound from a bound, from `(value, precision)`, or from a dict of `milliseconds` and `precision`."""
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping):
            return cls(value["milliseconds"], value["precision"])
        return cls(*value)

    def validate(self) -> None:
        """TypeError where only one of the two fields is None."""
        if (self.milliseconds is None) != (self.precision is None):
            raise TypeError(
                "DateRangeBound.datetime and DateRangeBound.precision must not be None unless both are None; "
                f"Got: {self!r}"
            )

    def datetime(self) -> dt.datetime:
        """The moment as a datetime in UTC; an error for an open bound and outside the years 1 to 9999."""
        if self.milliseconds is None:
            raise TypeError("an open bound has no datetime")
        return utc_datetime_from_ms_timestamp(self.milliseconds)

    def round_up(self) -> DateRangeBound:
        """Move this bound to the last millisecond of its span, and return it."""
        return self._round(DateRangePrecision.round_up_to_precision)

    def round_down(self) -> DateRangeBound:
        """Move this bound to the first millisecond of its span, and return it."""
        return self._round(DateRangePrecision.round_down_to_precision)

    def _round(self, to_precision: Any) -> DateRangeBound:
        if self.milliseconds is not None:
            # Beyond the years of a datetime there is nothing to round by; the server's own value stands.
            with suppress(OverflowError):
                self.milliseconds = to_precision(self.milliseconds, self.precision)
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DateRangeBound):
            return NotImplemented
        return (self.milliseconds, self.precision) == (other.milliseconds, other.precision)

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, DateRangeBound):
            return NotImplemented
        return self._order() < other._order()

    def _order(self) -> tuple[bool, int, str]:
        """Open bounds come last."""
        return self.milliseconds is None, self.milliseconds or 0, self.precision or ""

    def __str__(self) -> str:
        if self.milliseconds is None or self.precision is None:
            return "*"
        try:
            moment = self.datetime()
        except OverflowError:
            return f"{self.milliseconds}ms"
        if self.precision == DateRangePrecision.MILLISECOND:
            return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        return FORMATS[self.precision].format(moment)

    def __repr__(self) -> str:
        return f"DateRangeBound(milliseconds={self.milliseconds!r}, precision={self.precision!r})"


OPEN_BOUND: Final = DateRangeBound(None, None)
"""No bound on this side."""


@total_ordering
@exported_by("cassandra.util")
class DateRange:
    """A span of time between two bounds, or the span of a single one (`value`)."""

    lower_bound: DateRangeBound | None = None
    upper_bound: DateRangeBound | None = None
    value: DateRangeBound | None = None

    def __init__(self, lower_bound: Any = None, upper_bound: Any = None, value: Any = None) -> None:
        self.lower_bound = None if lower_bound is None else DateRangeBound.from_value(lower_bound).round_down()
        self.upper_bound = None if upper_bound is None else DateRangeBound.from_value(upper_bound).round_up()
        self.value = None if value is None else DateRangeBound.from_value(value).round_down()
        self.validate()
        if self.value is None:
            self.lower_bound = self.lower_bound or OPEN_BOUND
            self.upper_bound = self.upper_bound or OPEN_BOUND

    def validate(self) -> None:
        """ValueError unless it has either a value or bounds."""
        bounded = self.lower_bound is not None or self.upper_bound is not None
        if self.value is None and not bounded:
            raise ValueError(
                f"DateRange instances where value attribute is None must set lower_bound or upper_bound; got {self!r}"
            )
        if self.value is not None and bounded:
            raise ValueError(
                "DateRange instances where value attribute is not None must not set lower_bound or upper_bound; "
                f"got {self!r}"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DateRange):
            return NotImplemented
        return (self.lower_bound, self.upper_bound, self.value) == (other.lower_bound, other.upper_bound, other.value)

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, DateRange):
            return NotImplemented
        return self._order() < other._order()

    def _order(self) -> tuple[DateRangeBound, DateRangeBound]:
        return self.value or self.lower_bound or OPEN_BOUND, self.value or self.upper_bound or OPEN_BOUND

    def __str__(self) -> str:
        return str(self.value) if self.value is not None else f"[{self.lower_bound} TO {self.upper_bound}]"

    def __repr__(self) -> str:
        return f"DateRange(lower_bound={self.lower_bound!r}, upper_bound={self.upper_bound!r}, value={self.value!r})"
