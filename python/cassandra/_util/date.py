"""`Date`: the CQL type `date`, which reaches further than the years 1 to 9999 of `datetime.date`."""

from __future__ import annotations

import datetime as dt
from functools import total_ordering
from typing import ClassVar, Final

from cassandra._exported import exported_by

EPOCH_ORDINAL: Final = dt.date(1970, 1, 1).toordinal()


@total_ordering
@exported_by("cassandra.util")
class Date:
    """A day, counted from 1 January 1970. It takes that number, a `datetime.date` or text like `2014-10-26`."""

    MINUTE: ClassVar[int] = 60
    HOUR: ClassVar[int] = 60 * MINUTE
    DAY: ClassVar[int] = 24 * HOUR

    date_format: ClassVar[str] = "%Y-%m-%d"
    """What text is read by."""

    days_from_epoch: int = 0
    """Days since 1 January 1970; negative before."""

    def __init__(self, value: int | dt.date | str) -> None:
        if isinstance(value, int):
            self.days_from_epoch = value
        elif isinstance(value, dt.date):
            self.days_from_epoch = value.toordinal() - EPOCH_ORDINAL
        elif isinstance(value, str):
            self.days_from_epoch = (
                dt.datetime.strptime(value.removeprefix("+"), self.date_format).toordinal() - EPOCH_ORDINAL
            )
        else:
            raise TypeError("Date arguments must be a whole number, datetime.date, or string")

    @property
    def seconds(self) -> int:
        """Seconds from 1970 to the start of the day; negative before."""
        return self.days_from_epoch * self.DAY

    def date(self) -> dt.date:
        """The day as a `datetime.date`; ValueError outside the years 1 to 9999."""
        try:
            return dt.date.fromordinal(self.days_from_epoch + EPOCH_ORDINAL)
        except (ValueError, OverflowError):
            raise ValueError(f"{self!r} exceeds ranges for built-in datetime.date") from None

    def __hash__(self) -> int:
        return hash(self.days_from_epoch)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Date):
            return self.days_from_epoch == other.days_from_epoch
        if isinstance(other, int):
            return self.days_from_epoch == other
        if isinstance(other, dt.date) and not isinstance(other, dt.datetime):
            return self.days_from_epoch == other.toordinal() - EPOCH_ORDINAL
        return False

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Date):
            return NotImplemented
        return self.days_from_epoch < other.days_from_epoch

    def __repr__(self) -> str:
        return f"Date({self.days_from_epoch})"

    def __str__(self) -> str:
        try:
            return self.date().isoformat()
        except ValueError:
            return str(self.days_from_epoch)
