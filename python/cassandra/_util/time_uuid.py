"""UUIDs of version 1: the time inside them, and making them from a time (RFC 9562, section 5.1)."""

from __future__ import annotations

import datetime as dt
import random
from typing import Final
from uuid import UUID

from cassandra._exported import exported_by
from cassandra._util.datetimes import EPOCH, MICROSECOND, microseconds_since_epoch

TICKS_BEFORE_1970: Final = 0x01B21DD213814000
"""A tick is 100 nanoseconds; they count from 15 October 1582."""

LAST_TICK: Final = 2**60 - 1
MULTICAST: Final = 1 << 40
"""Marks a node number as random: no network card has it."""

# The server compares the last eight bytes as signed: these are the least and the greatest.
LOWEST_CLOCK_AND_NODE: Final = (0x80, 0x808080808080)
HIGHEST_CLOCK_AND_NODE: Final = (0x3F7F, 0x7F7F7F7F7F7F)

LOWEST_TIME_UUID: Final = UUID("00000000-0000-1000-8080-808080808080")
"""No version 1 UUID sorts before it on the server."""

HIGHEST_TIME_UUID: Final = UUID("ffffffff-ffff-1fff-bf7f-7f7f7f7f7f7f")
"""No version 1 UUID sorts after it on the server."""


@exported_by("cassandra.util")
def unix_time_from_uuid1(uuid_arg: UUID) -> float:
    """The time inside a version 1 UUID, in seconds since 1970."""
    return (uuid_arg.time - TICKS_BEFORE_1970) / 1e7


@exported_by("cassandra.util")
def datetime_from_uuid1(uuid_arg: UUID) -> dt.datetime:
    """The time inside a version 1 UUID as a datetime in UTC, without a time zone, to the nearest microsecond."""
    return EPOCH + (uuid_arg.time - TICKS_BEFORE_1970 + 5) // 10 * MICROSECOND


@exported_by("cassandra.util")
def min_uuid_from_time(timestamp: float | dt.datetime) -> UUID:
    """The version 1 UUID of this time that sorts first on the server."""
    clock_seq, node = LOWEST_CLOCK_AND_NODE
    return uuid_from_time(timestamp, node, clock_seq)


@exported_by("cassandra.util")
def max_uuid_from_time(timestamp: float | dt.datetime) -> UUID:
    """The version 1 UUID of this time that sorts last on the server."""
    clock_seq, node = HIGHEST_CLOCK_AND_NODE
    return uuid_from_time(timestamp, node, clock_seq)


@exported_by("cassandra.util")
def uuid_from_time(time_arg: float | dt.datetime, node: int | None = None, clock_seq: int | None = None) -> UUID:
    """A version 1 UUID of a time, given as seconds since 1970 or as a datetime (UTC where it has no time zone).

    What is not given of node and clock sequence is random. ValueError outside the years 1582 to 5236.
    """
    if isinstance(time_arg, dt.datetime):
        microseconds = microseconds_since_epoch(time_arg)
    elif isinstance(time_arg, (int, float)):
        microseconds = int(time_arg * 1e6)
    else:
        raise TypeError(f"a time is a number of seconds or a datetime, not {type(time_arg).__name__}")
    ticks = microseconds * 10 + TICKS_BEFORE_1970
    if not 0 <= ticks <= LAST_TICK:
        raise ValueError("the time is out of the range of a version 1 UUID (1582 to 5236)")
    if node is None:
        node = random.getrandbits(48) | MULTICAST
    if clock_seq is None:
        clock_seq = random.getrandbits(14)
    elif not 0 <= clock_seq <= 0x3FFF:
        raise ValueError("clock_seq is out of range (need a 14-bit value)")
    time_low, time_mid, time_high = ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF
    return UUID(fields=(time_low, time_mid, time_high, (clock_seq >> 8) & 0x3F, clock_seq & 0xFF, node), version=1)
