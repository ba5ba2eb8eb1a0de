"""`Encoder`: Python values as CQL literals, for `%s` in the text of a simple statement.

A literal must never be more than one value, whatever the value is: hostile text, a subclass of `str`, an object with a
`__str__` of its own. So a value is written by the rules of a built-in type it is an instance of, with that type's own
methods, and a type that nothing is known about is refused. Prepared statements need none of this.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from types import GeneratorType
from typing import Any, Final
from uuid import UUID

from cassandra._util.datetimes import microseconds_since_epoch
from cassandra.util import (
    Date,
    DateRange,
    Distance,
    Duration,
    LineString,
    OrderedMap,
    OrderedMapSerializedKey,
    Point,
    Polygon,
    SortedSet,
    Time,
    sortedset,
)

__all__ = ["Encoder", "ValueSequence", "cql_quote", "sortedset"]

log = logging.getLogger(__name__)

ZERO_DATE: Final = 2**31
"""A date as a number counts from here, so that all are positive."""

NUMPY_KINDS: Final = "biufSU"
"""Kinds of numpy arrays and scalars whose `tolist()` means the same value: truth, numbers, bytes and text."""


def cql_quote(term: object) -> str:
    """Text in single quotes, with those inside it doubled; a number as it is."""
    if isinstance(term, str):
        return "'" + str.__str__(term).replace("'", "''") + "'"
    if isinstance(term, (int, float)):
        return str(term)
    raise TypeError(f"cannot quote {type(term).__name__}")


class ValueSequence(list[Any]):
    """A sequence written in parentheses, as `IN` wants it: `WHERE id IN %s` with `(ValueSequence([1, 2]),)`."""


class Encoder:
    """Python values as CQL literals.

    `mapping` says which method writes which type. A session has an encoder of its own, so a program may change its
    mapping: `session.encoder.mapping[tuple] = session.encoder.cql_encode_tuple`. A type that is not in it is written
    as the nearest of its base classes that is.
    """

    mapping: dict[type, Callable[[Any], str]]
    """The method that writes a value of each type."""

    def __init__(self) -> None:
        self.mapping = {
            str: self.cql_encode_str,
            int: self.cql_encode_object,
            float: self.cql_encode_float,
            bool: self.cql_encode_object,
            type(None): self.cql_encode_none,
            bytes: self.cql_encode_bytes,
            bytearray: self.cql_encode_bytes,
            memoryview: self.cql_encode_bytes,
            Decimal: self.cql_encode_decimal,
            UUID: self.cql_encode_object,
            dt.datetime: self.cql_encode_datetime,
            dt.date: self.cql_encode_date,
            dt.time: self.cql_encode_time,
            Date: self.cql_encode_date_ext,
            Time: self.cql_encode_time,
            Duration: self.cql_encode_object,
            IPv4Address: self.cql_encode_ipaddress,
            IPv6Address: self.cql_encode_ipaddress,
            dict: self.cql_encode_map_collection,
            OrderedDict: self.cql_encode_map_collection,
            OrderedMap: self.cql_encode_map_collection,
            OrderedMapSerializedKey: self.cql_encode_map_collection,
            list: self.cql_encode_list_collection,
            tuple: self.cql_encode_list_collection,
            GeneratorType: self.cql_encode_list_collection,
            set: self.cql_encode_set_collection,
            frozenset: self.cql_encode_set_collection,
            SortedSet: self.cql_encode_set_collection,
            ValueSequence: self.cql_encode_sequence,
            Point: self.cql_encode_str_quoted,
            LineString: self.cql_encode_str_quoted,
            Polygon: self.cql_encode_str_quoted,
            Distance: self.cql_encode_str_quoted,
            DateRange: self.cql_encode_str_quoted,
        }

    def cql_encode_all_types(self, val: Any, as_text_type: bool = False) -> str:
        """Any value, by its type. TypeError for a type that nothing is known about."""
        encode = self.mapping.get(type(val))
        if encode is not None:
            return encode(val)
        for base in type(val).__mro__[1:]:
            encode = self.mapping.get(base)
            if encode is not None:
                return encode(val)
        return self.cql_encode_object(val)

    def cql_encode_none(self, val: object) -> str:
        """NULL, whatever the value."""
        return "NULL"

    def cql_encode_object(self, val: Any) -> str:
        """What is written as it prints: whole numbers, truth values, UUIDs, durations; and scalars of numpy.

        It is also asked about every type that `mapping` does not know, and refuses it. cassandra-driver would paste
        `str(val)` into the statement; `mapping[MyType] = str` says so for one type.
        """
        if isinstance(val, int):
            return bool.__repr__(val) if isinstance(val, bool) else int.__repr__(val)
        if isinstance(val, UUID):
            return UUID.__str__(val)
        if isinstance(val, Duration):
            return Duration.__str__(val)
        if str(getattr(getattr(val, "dtype", None), "kind", "O")) in NUMPY_KINDS:
            plain = val.tolist()
            if type(plain) in (bool, int, float, bytes, str, list):
                return self.cql_encode_all_types(plain)
        raise TypeError(f"no CQL literal is known for a value of type {type(val).__module__}.{type(val).__qualname__}")

    def cql_encode_str(self, val: str) -> str:
        """Text, quoted."""
        if type(val) is not str:
            val = text_of(val)
        return "'" + val.replace("'", "''") + "'"

    cql_encode_unicode = cql_encode_str

    def cql_encode_str_quoted(self, val: object) -> str:
        """What a value prints, quoted."""
        return cql_quote(str(val))

    def cql_encode_bytes(self, val: bytes | bytearray | memoryview) -> str:
        """A blob, in hexadecimal digits."""
        return f"0x{memoryview(val).hex()}"

    def cql_encode_float(self, val: float) -> str:
        """A floating-point number that reads back the same."""
        if math.isfinite(val):
            return float.__repr__(float(val))
        if math.isnan(val):
            return "NaN"
        return "Infinity" if val > 0 else "-Infinity"

    def cql_encode_decimal(self, val: Decimal) -> str:
        """A decimal with all its digits."""
        if not val.is_finite():
            return self.cql_encode_float(float(val))
        return Decimal.__str__(val)

    def cql_encode_datetime(self, val: dt.datetime) -> str:
        """A timestamp as milliseconds since 1970. A datetime without a time zone is in UTC."""
        # Down, before 1970 too, as bound values are rounded.
        return str(int(microseconds_since_epoch(val)) // 1000)

    def cql_encode_date(self, val: dt.date) -> str:
        """A date as quoted text."""
        return f"'{dt.date.isoformat(val)}'"

    def cql_encode_date_ext(self, val: Date) -> str:
        """A `Date` as a number of days, since not all of them have text."""
        return str(int(val.days_from_epoch) + ZERO_DATE)

    def cql_encode_time(self, val: dt.time | Time) -> str:
        """A time of day as quoted text. ValueError for one with a time zone, which CQL has not."""
        if isinstance(val, dt.time):
            if val.tzinfo is not None:
                raise ValueError("the CQL type time has no time zone: give a time without one")
            return cql_quote(dt.time.isoformat(val))
        return cql_quote(str(val))

    def cql_encode_ipaddress(self, val: IPv4Address | IPv6Address) -> str:
        """An address as quoted text."""
        return cql_quote(val.compressed)

    def cql_encode_sequence(self, val: Iterable[Any]) -> str:
        """Values in parentheses, for `IN`."""
        return f"({self._separated(val)})"

    def cql_encode_tuple(self, val: Iterable[Any]) -> str:
        """Values in parentheses: a CQL tuple. Map `tuple` to it; by default tuples are written as lists."""
        return f"({self._separated(val)})"

    def cql_encode_list_collection(self, val: Iterable[Any]) -> str:
        """Values in brackets: a list."""
        return f"[{self._separated(val)}]"

    def cql_encode_set_collection(self, val: Iterable[Any]) -> str:
        """Values in braces: a set."""
        return f"{{{self._separated(val)}}}"

    def cql_encode_map_collection(self, val: Mapping[Any, Any]) -> str:
        """Pairs in braces: a map."""
        encode = self.cql_encode_all_types
        return "{" + ", ".join(f"{encode(key)}: {encode(value)}" for key, value in val.items()) + "}"

    def _separated(self, values: Iterable[Any]) -> str:
        return ", ".join([self.cql_encode_all_types(value) for value in values])


def text_of(val: object) -> str:
    """The characters of a string, whatever a subclass says it prints."""
    if not isinstance(val, str):
        raise TypeError(f"text is wanted, not {type(val).__name__}")
    return str.__str__(val)
