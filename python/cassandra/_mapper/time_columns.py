"""Columns of times, days and durations."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from cassandra import util
from cassandra._exported import exported_by
from cassandra._mapper.column import Column
from cassandra._util.datetimes import microseconds_since_epoch
from cassandra.cqlengine import ValidationError

exported = exported_by("cassandra.cqlengine.columns")


@exported
class DateTime(Column):
    """A time, to the millisecond, as a naive `datetime` in UTC."""

    db_type = "timestamp"

    truncate_microseconds: ClassVar[bool] = False
    """Set it on the class to have models show what the database keeps: whole milliseconds."""

    def to_python(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dt.datetime):
            if DateTime.truncate_microseconds:
                return value.replace(microsecond=value.microsecond // 1000 * 1000)
            return value
        if isinstance(value, dt.date):
            return dt.datetime(*value.timetuple()[:6])
        return util.utc_datetime_from_ms_timestamp(value * 1000)

    def to_database(self, value: Any) -> Any:
        value = super().to_database(value)
        if value is None:
            return None
        if not isinstance(value, dt.datetime):
            if not isinstance(value, dt.date):
                raise ValidationError(f"{self.column_name}: a {type(value).__name__} is not a datetime object")
            value = dt.datetime(value.year, value.month, value.day)
        return int(microseconds_since_epoch(value)) // 1000


@exported
class Date(Column):
    """A day, as a `cassandra.util.Date`. A `datetime` gives its day."""

    db_type = "date"

    def to_database(self, value: Any) -> Any:
        value = super().to_database(value)
        if value is None:
            return None
        # As a number, since a year may be one that CQL has no text for.
        day = value if isinstance(value, util.Date) else util.Date(value)
        return day.days_from_epoch + SHIFT

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, util.Date):
            return value
        if isinstance(value, dt.datetime):
            value = value.date()
        return util.Date(value)


SHIFT = 2**31
"""The number of the day 1970-01-01."""


@exported
class Time(Column):
    """A time of day, as a `cassandra.util.Time`."""

    db_type = "time"

    def to_database(self, value: Any) -> Any:
        value = super().to_database(value)
        return value if value is None or isinstance(value, util.Time) else util.Time(value)

    def to_python(self, value: Any) -> Any:
        return self.to_database(value)


@exported
class Duration(Column):
    """Months, days and nanoseconds, as a `cassandra.util.Duration`."""

    db_type = "duration"

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is not None and not isinstance(value, util.Duration):
            raise TypeError(f"{self.column_name}: a {type(value).__name__} is not a valid Duration.")
        return value
