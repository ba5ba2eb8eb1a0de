"""Timestamps of CQL (milliseconds since 1970) and datetimes, exactly: all arithmetic is on whole numbers."""

from __future__ import annotations

import datetime as dt
from typing import Final

from cassandra._exported import exported_by

EPOCH: Final = dt.datetime(1970, 1, 1)
AWARE_EPOCH: Final = EPOCH.replace(tzinfo=dt.timezone.utc)
MICROSECOND: Final = dt.timedelta(microseconds=1)


def microseconds_since_epoch(moment: dt.datetime) -> int:
    """Whole microseconds since 1970. A datetime without a time zone is in UTC."""
    return (moment - (EPOCH if moment.tzinfo is None else AWARE_EPOCH)) // MICROSECOND


@exported_by("cassandra.util")
def datetime_from_timestamp(timestamp: float) -> dt.datetime:
    """A datetime in UTC, without a time zone, from seconds since 1970. OverflowError outside the years 1 to 9999."""
    return EPOCH + dt.timedelta(seconds=timestamp)


@exported_by("cassandra.util")
def utc_datetime_from_ms_timestamp(timestamp: float) -> dt.datetime:
    """A datetime in UTC, without a time zone, from milliseconds since 1970: exact for whole milliseconds."""
    return EPOCH + dt.timedelta(milliseconds=timestamp)


@exported_by("cassandra.util")
def ms_timestamp_from_datetime(dt: dt.datetime) -> int:
    """Milliseconds since 1970, rounded to the nearest. A datetime without a time zone is in UTC."""
    return (microseconds_since_epoch(dt) + 500) // 1000
