"""`PagedResult`: all rows of all pages of a future, as an iterable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cassandra._exported import exported_by


@exported_by("cassandra.cluster")
class PagedResult:
    """Iterates over the rows of all pages; each page is fetched when the one before it is used up."""

    def __init__(self, future: Any, session: Any) -> None:
        self.response_future = future
        self.session = session

    def __iter__(self) -> Iterator[Any]:
        return iter(self.response_future.result())
