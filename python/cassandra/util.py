"""`cassandra.util`: values that CQL has and Python has not, and conversions of time. It only names what others hold."""

import logging
import sys
from collections import OrderedDict
from importlib.util import find_spec
from weakref import WeakSet

from cassandra._errors.driver import DriverException
from cassandra._util.date import Date
from cassandra._util.date_range import OPEN_BOUND, DateRange, DateRangeBound, DateRangePrecision
from cassandra._util.datetimes import (
    EPOCH as DATETIME_EPOC,
)
from cassandra._util.datetimes import (
    datetime_from_timestamp,
    ms_timestamp_from_datetime,
    utc_datetime_from_ms_timestamp,
)
from cassandra._util.duration import Duration
from cassandra._util.geometry import Distance, LineString, Point, Polygon, _LinearRing
from cassandra._util.ordered_map import OrderedMap, OrderedMapSerializedKey
from cassandra._util.sorted_set import SortedSet
from cassandra._util.time import Time
from cassandra._util.time_uuid import (
    HIGHEST_TIME_UUID,
    LOWEST_TIME_UUID,
    datetime_from_uuid1,
    max_uuid_from_time,
    min_uuid_from_time,
    unix_time_from_uuid1,
    uuid_from_time,
)
from cassandra._util.tuples import list_contents_to_tuple
from cassandra._util.version import Version

log = logging.getLogger(__name__)

UTC_DATETIME_EPOC = DATETIME_EPOC
sortedset = SortedSet
is_little_endian = sys.byteorder == "little"

_HAS_GEOMET = find_spec("geomet") is not None

__all__ = [
    "DATETIME_EPOC",
    "Date",
    "DateRange",
    "DateRangeBound",
    "DateRangePrecision",
    "Distance",
    "DriverException",
    "Duration",
    "HIGHEST_TIME_UUID",
    "LOWEST_TIME_UUID",
    "LineString",
    "OPEN_BOUND",
    "OrderedDict",
    "OrderedMap",
    "OrderedMapSerializedKey",
    "Point",
    "Polygon",
    "SortedSet",
    "Time",
    "UTC_DATETIME_EPOC",
    "Version",
    "WeakSet",
    "datetime_from_timestamp",
    "datetime_from_uuid1",
    "is_little_endian",
    "list_contents_to_tuple",
    "max_uuid_from_time",
    "min_uuid_from_time",
    "ms_timestamp_from_datetime",
    "sortedset",
    "unix_time_from_uuid1",
    "utc_datetime_from_ms_timestamp",
    "uuid_from_time",
    "_HAS_GEOMET",
    "_LinearRing",
]
