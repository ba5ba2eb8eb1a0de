"""Marks for what nobody set, where None already means something."""

from __future__ import annotations

from typing import Final


class Unset:
    """One mark, equal only to itself, also after `copy` and `pickle`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name


# Where pickle looks the names up.
Unset.__module__ = "cassandra.query"

UNSET_VALUE: Final = Unset("UNSET_VALUE")
"""Bound in the place of a value: leave the column as it is (native protocol 4 and later)."""

FETCH_SIZE_UNSET: Final = Unset("FETCH_SIZE_UNSET")
"""A statement's `fetch_size` that is left to the session; None there means no paging."""
