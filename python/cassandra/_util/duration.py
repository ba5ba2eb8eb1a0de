"""`Duration`: the CQL type `duration`, whose months, days and nanoseconds do not convert into each other."""

from __future__ import annotations

from cassandra._exported import exported_by


@exported_by("cassandra.util")
class Duration:
    """A span of time in months, days and nanoseconds, all of one sign."""

    months: int = 0
    days: int = 0
    nanoseconds: int = 0

    def __init__(self, months: int = 0, days: int = 0, nanoseconds: int = 0) -> None:
        self.months = months
        self.days = days
        self.nanoseconds = nanoseconds

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Duration):
            return False
        return (self.months, self.days, self.nanoseconds) == (other.months, other.days, other.nanoseconds)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Duration({self.months}, {self.days}, {self.nanoseconds})"

    def __str__(self) -> str:
        sign = "-" if min(self.months, self.days, self.nanoseconds) < 0 else ""
        return f"{sign}{abs(int(self.months))}mo{abs(int(self.days))}d{abs(int(self.nanoseconds))}ns"
