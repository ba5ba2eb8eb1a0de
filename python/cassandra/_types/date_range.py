"""`DateRangeType` of DataStax Enterprise: one moment or a span, each end with a precision."""

from __future__ import annotations

import struct
from typing import Any, ClassVar, Final

from cassandra import util
from cassandra._types.base import _CassandraType

PRECISIONS: Final = util.DateRangePrecision.PRECISIONS


class BoundKind:
    """Which ends a value has; its first byte."""

    SINGLE_DATE: ClassVar[str] = "SINGLE_DATE"
    CLOSED_RANGE: ClassVar[str] = "CLOSED_RANGE"
    OPEN_RANGE_HIGH: ClassVar[str] = "OPEN_RANGE_HIGH"
    OPEN_RANGE_LOW: ClassVar[str] = "OPEN_RANGE_LOW"
    BOTH_OPEN_RANGE: ClassVar[str] = "BOTH_OPEN_RANGE"
    SINGLE_DATE_OPEN: ClassVar[str] = "SINGLE_DATE_OPEN"

    VALID_RANGE_BOUNDS: ClassVar[tuple[str, ...]] = (
        SINGLE_DATE,
        CLOSED_RANGE,
        OPEN_RANGE_HIGH,
        OPEN_RANGE_LOW,
        BOTH_OPEN_RANGE,
        SINGLE_DATE_OPEN,
    )

    @classmethod
    def to_int(cls, bound_str: str) -> int:
        """The byte of a kind; KeyError for what is none."""
        try:
            return cls.VALID_RANGE_BOUNDS.index(bound_str.upper())
        except ValueError:
            raise KeyError(bound_str) from None

    @classmethod
    def to_str(cls, bound_int: int) -> str:
        """The kind of a byte; KeyError for what is none."""
        if not 0 <= bound_int < len(cls.VALID_RANGE_BOUNDS):
            raise KeyError(bound_int)
        return cls.VALID_RANGE_BOUNDS[bound_int]


BoundKind.__module__ = "cassandra.cqltypes"


def kind_of(value: Any) -> str:
    """Which ends a `DateRange` has."""
    if value.value is not None:
        is_open = value.value == util.OPEN_BOUND
        return BoundKind.SINGLE_DATE_OPEN if is_open else BoundKind.SINGLE_DATE
    low_is_open = value.lower_bound == util.OPEN_BOUND
    high_is_open = value.upper_bound == util.OPEN_BOUND
    if low_is_open and high_is_open:
        return BoundKind.BOTH_OPEN_RANGE
    if low_is_open:
        return BoundKind.OPEN_RANGE_LOW
    return BoundKind.OPEN_RANGE_HIGH if high_is_open else BoundKind.CLOSED_RANGE


def packed(bound: Any) -> bytes:
    """Milliseconds since 1970, and a byte of precision."""
    return struct.pack(">qB", bound.milliseconds, DateRangeType._encode_precision(bound.precision))


def unpacked(byts: bytes) -> list[Any]:
    """The bounds that follow the kind."""
    if len(byts) % 9:
        raise ValueError(f"bounds of a date range have 9 bytes each; there are {len(byts)}")
    return [
        util.DateRangeBound(milliseconds, DateRangeType._decode_precision(precision))
        for milliseconds, precision in struct.iter_unpack(">qB", byts)
    ]


class DateRangeType(_CassandraType):
    typename = "daterange"
    _kind = "python"

    @classmethod
    def _decode_precision(cls, precision_int: int) -> str:
        """The precision of a byte; ValueError for what is none."""
        if not 0 <= precision_int < len(PRECISIONS):
            valid = ", ".join(map(str, range(len(PRECISIONS))))
            raise ValueError(f"{precision_int} not a valid DateRange precision int. Valid values: {valid}")
        return PRECISIONS[precision_int]

    @classmethod
    def _encode_precision(cls, precision_str: str) -> int:
        """The byte of a precision; ValueError for what is none."""
        if precision_str not in PRECISIONS:
            valid = ", ".join(PRECISIONS)
            raise ValueError(f"{precision_str!r} not a valid DateRange precision string. Valid values: {valid}")
        return PRECISIONS.index(precision_str)

    @classmethod
    def deserialize(cls, byts: bytes, protocol_version: int) -> Any:
        try:
            kind = BoundKind.to_str(byts[0])
        except KeyError:
            raise ValueError(f"{byts[0]} is not a kind of date range") from None
        bounds = unpacked(byts[1:])
        due = {BoundKind.CLOSED_RANGE: 2, BoundKind.BOTH_OPEN_RANGE: 0, BoundKind.SINGLE_DATE_OPEN: 0}.get(kind, 1)
        if len(bounds) != due:
            raise ValueError(f"a date range of kind {kind} has {due} bounds, not {len(bounds)}")
        if kind == BoundKind.SINGLE_DATE:
            return util.DateRange(value=bounds[0])
        if kind == BoundKind.SINGLE_DATE_OPEN:
            return util.DateRange(value=util.OPEN_BOUND)
        low = bounds[0] if kind in (BoundKind.CLOSED_RANGE, BoundKind.OPEN_RANGE_HIGH) else util.OPEN_BOUND
        high = bounds[-1] if kind in (BoundKind.CLOSED_RANGE, BoundKind.OPEN_RANGE_LOW) else util.OPEN_BOUND
        return util.DateRange(lower_bound=low, upper_bound=high)

    @classmethod
    def serialize(cls, v: Any, protocol_version: int) -> bytes:
        for attribute in ("value", "lower_bound", "upper_bound"):
            if not hasattr(v, attribute):
                given = type(v).__name__
                raise ValueError(f"DateRangeType.serialize expects an object with a {attribute} attribute; got {given}")
        kind = kind_of(v)
        bounds = {
            BoundKind.SINGLE_DATE: (v.value,),
            BoundKind.CLOSED_RANGE: (v.lower_bound, v.upper_bound),
            BoundKind.OPEN_RANGE_HIGH: (v.lower_bound,),
            BoundKind.OPEN_RANGE_LOW: (v.upper_bound,),
        }.get(kind, ())
        return bytes([BoundKind.to_int(kind)]) + b"".join(map(packed, bounds))
