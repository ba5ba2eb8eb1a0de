"""`Time`: the CQL type `time`, a time of day in nanoseconds, which `datetime.time` cannot hold."""

from __future__ import annotations

import datetime as dt
import re
from functools import total_ordering
from typing import ClassVar, Final

from cassandra._exported import exported_by

TEXT: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,9}))?", re.ASCII)


@total_ordering
@exported_by("cassandra.util")
class Time:
    """A time of day. It takes nanoseconds since midnight, a `datetime.time`, or text like `01:02:03.456789`."""

    MICRO: ClassVar[int] = 1000
    MILLI: ClassVar[int] = 1000 * MICRO
    SECOND: ClassVar[int] = 1000 * MILLI
    MINUTE: ClassVar[int] = 60 * SECOND
    HOUR: ClassVar[int] = 60 * MINUTE
    DAY: ClassVar[int] = 24 * HOUR

    nanosecond_time: int = 0
    """Nanoseconds since midnight."""

    def __init__(self, value: int | dt.time | str) -> None:
        if isinstance(value, int):
            if value >= self.DAY:
                raise ValueError(f"value must be less than number of nanoseconds in a day ({self.DAY})")
            if value < 0:
                raise ValueError("value must not be negative")
            self.nanosecond_time = value
        elif isinstance(value, dt.time):
            self._set(value.hour, value.minute, value.second, value.microsecond * self.MICRO)
        elif isinstance(value, str):
            self._parse(value)
        else:
            raise TypeError("Time arguments must be a whole number, datetime.time, or string")

    def _set(self, hour: int, minute: int, second: int, nanosecond: int) -> None:
        self.nanosecond_time = hour * self.HOUR + minute * self.MINUTE + second * self.SECOND + nanosecond

    def _parse(self, text: str) -> None:
        matched = TEXT.fullmatch(text)
        if matched is not None:
            hour, minute, second = int(matched[1]), int(matched[2]), int(matched[3])
            if hour < 24 and minute < 60 and second < 60:
                self._set(hour, minute, second, int((matched[4] or "").ljust(9, "0")))
                return
        raise ValueError(f"can't interpret {text!r} as a time")

    @property
    def hour(self) -> int:
        """The hour, 0 to 23."""
        return self.nanosecond_time // self.HOUR

    @property
    def minute(self) -> int:
        """The minute, 0 to 59."""
        return self.nanosecond_time // self.MINUTE % 60

    @property
    def second(self) -> int:
        """The second, 0 to 59."""
        return self.nanosecond_time // self.SECOND % 60

    @property
    def nanosecond(self) -> int:
        """What is left below the second, in nanoseconds."""
        return self.nanosecond_time % self.SECOND

    def time(self) -> dt.time:
        """The time as a `datetime.time`, which loses what is below a microsecond."""
        return dt.time(self.hour, self.minute, self.second, self.nanosecond // self.MICRO)

    def __hash__(self) -> int:
        return hash(self.nanosecond_time)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Time):
            return self.nanosecond_time == other.nanosecond_time
        if isinstance(other, int):
            return self.nanosecond_time == other
        if isinstance(other, dt.time):
            return self.nanosecond_time % self.MICRO == 0 and self.time() == other
        return False

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Time):
            return NotImplemented
        return self.nanosecond_time < other.nanosecond_time

    def __repr__(self) -> str:
        return f"Time({self.nanosecond_time})"

    def __str__(self) -> str:
        return f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}.{self.nanosecond:09d}"
