"""`Version`: release versions of servers, in order."""

from __future__ import annotations

import re
from functools import total_ordering
from typing import Final

from cassandra._exported import exported_by

TEXT: Final = re.compile(
    r"(\d+)\.(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-~]([0-9A-Za-z][0-9A-Za-z.\-_]*))?(?:\+[0-9A-Za-z.\-_]+)?", re.ASCII
)


@total_ordering
@exported_by("cassandra.util")
class Version:
    """`major.minor[.patch[.build]][-prerelease][+ignored]`. A prerelease comes before its release."""

    major: int
    minor: int
    patch: int
    build: int
    prerelease: str

    def __init__(self, version: str) -> None:
        matched = TEXT.fullmatch(version)
        if matched is None:
            raise ValueError(f"Version string {version} did not match expected format")
        self._version = version
        self.major, self.minor, self.patch, self.build = (int(matched[group] or 0) for group in (1, 2, 3, 4))
        self.prerelease = matched[5] or ""

    def _order(self) -> tuple[int, int, int, int, bool, str]:
        return self.major, self.minor, self.patch, self.build, not self.prerelease, self.prerelease

    def __hash__(self) -> int:
        return hash(self._order())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return self._order() == other._order()

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return self._order() < other._order()

    def __repr__(self) -> str:
        parts = [str(self.major), str(self.minor), str(self.patch)]
        parts += [str(self.build)] if self.build else []
        parts += [self.prerelease] if self.prerelease else []
        return f"Version({', '.join(parts)})"

    def __str__(self) -> str:
        return self._version
