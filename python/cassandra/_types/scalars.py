"""The types whose values have no parts."""

from __future__ import annotations

import calendar
import re
import time
from typing import ClassVar, Final

from cassandra._types.base import _CassandraType

cql_timestamp_formats: Final = (
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d",
)

OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})\Z")


class BytesType(_CassandraType):
    typename = "blob"
    _kind = "blob"
    empty_binary_ok = True


class DecimalType(_CassandraType):
    typename = "decimal"
    _kind = "decimal"


class UUIDType(_CassandraType):
    typename = "uuid"
    _kind = "uuid"

    @classmethod
    def serial_size(cls) -> int | None:
        return 16


class BooleanType(_CassandraType):
    typename = "boolean"
    _kind = "boolean"

    @classmethod
    def serial_size(cls) -> int | None:
        return 1


class ByteType(_CassandraType):
    typename = "tinyint"
    _kind = "tinyint"


class AsciiType(_CassandraType):
    typename = "ascii"
    _kind = "ascii"
    empty_binary_ok = True


class FloatType(_CassandraType):
    typename = "float"
    _kind = "float"

    @classmethod
    def serial_size(cls) -> int | None:
        return 4


class DoubleType(_CassandraType):
    typename = "double"
    _kind = "double"

    @classmethod
    def serial_size(cls) -> int | None:
        return 8


class LongType(_CassandraType):
    typename = "bigint"
    _kind = "bigint"

    @classmethod
    def serial_size(cls) -> int | None:
        return 8


class Int32Type(_CassandraType):
    typename = "int"
    _kind = "int"

    @classmethod
    def serial_size(cls) -> int | None:
        return 4


class IntegerType(_CassandraType):
    typename = "varint"
    _kind = "varint"


class InetAddressType(_CassandraType):
    typename = "inet"
    _kind = "inet"


class CounterColumnType(LongType):
    typename = "counter"


class DateType(_CassandraType):
    """`timestamp`: a naive `datetime` in UTC, or milliseconds since 1970 as an int outside the years 1 to 9999."""

    typename = "timestamp"
    _kind = "timestamp"

    @classmethod
    def serial_size(cls) -> int | None:
        return 8

    @staticmethod
    def interpret_datestring(val: str) -> float:
        """Milliseconds since 1970 of a timestamp as CQL writes it; ValueError where it is none.

        Without an offset the time is local, as in cassandra-driver.
        """
        offset_seconds = time.timezone
        offset = OFFSET.search(val)
        # The day of a plain date is no offset: an offset follows a time.
        if offset is not None and ":" in val[: offset.start()]:
            seconds = int(offset["hours"]) * 3600 + int(offset["minutes"]) * 60
            offset_seconds = -seconds if offset["sign"] == "+" else seconds
            val = val[: offset.start()]
        for form in cql_timestamp_formats:
            try:
                parsed = time.strptime(val.strip(), form)
            except ValueError:
                continue
            return (calendar.timegm(parsed) + offset_seconds) * 1e3
        raise ValueError(f"can't interpret {val!r} as a date")


class TimestampType(DateType):
    pass


class TimeUUIDType(DateType):
    typename = "timeuuid"
    _kind = "timeuuid"

    # Hooks of its own: what a program puts on `DateType` is about timestamps.
    deserialize = _CassandraType.__dict__["deserialize"]
    serialize = _CassandraType.__dict__["serialize"]

    @classmethod
    def serial_size(cls) -> int | None:
        return 16


class SimpleDateType(_CassandraType):
    """`date`: a `cassandra.util.Date`."""

    typename = "date"
    _kind = "date"
    date_format: ClassVar[str] = "%Y-%m-%d"
    EPOCH_OFFSET_DAYS: ClassVar[int] = 2**31


class ShortType(_CassandraType):
    typename = "smallint"
    _kind = "smallint"


class TimeType(_CassandraType):
    """`time`: a `cassandra.util.Time`."""

    typename = "time"
    _kind = "time"


class DurationType(_CassandraType):
    """`duration`: a `cassandra.util.Duration`."""

    typename = "duration"
    _kind = "duration"


class UTF8Type(_CassandraType):
    typename = "text"
    _kind = "text"
    empty_binary_ok = True


class VarcharType(UTF8Type):
    typename = "varchar"
