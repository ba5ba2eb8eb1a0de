"""`ContinuousPagingOptions`: how DataStax Enterprise sends pages without being asked. Apache Cassandra does not.

Programs that run on either make them and put them into a profile; they mean nothing to a server that pages on demand.
"""

from __future__ import annotations

from typing import Any

from cassandra._exported import exported_by


@exported_by("cassandra.cluster")
class ContinuousPagingOptions:
    """The wishes of a program that could be served so."""

    class PagingUnit:
        """What a page is measured in."""

        BYTES = 1
        ROWS = 2

    page_unit: Any = None
    """One of `PagingUnit`."""

    max_pages: int | None = None
    """So many pages at most; 0 for any number."""

    max_pages_per_second: int | None = None
    """So many pages in a second at most; 0 for any number."""

    max_queue_size: int | None = None
    """So many pages may wait for the program."""

    def __init__(
        self,
        page_unit: int = PagingUnit.ROWS,
        max_pages: int = 0,
        max_pages_per_second: int = 0,
        max_queue_size: int = 4,
    ) -> None:
        if max_queue_size < 2:
            raise ValueError("ContinuousPagingOptions.max_queue_size must be 2 or greater")
        self.page_unit = page_unit
        self.max_pages = max_pages
        self.max_pages_per_second = max_pages_per_second
        self.max_queue_size = max_queue_size

    def page_unit_bytes(self) -> bool:
        """Whether pages are measured in bytes."""
        return bool(self.page_unit == ContinuousPagingOptions.PagingUnit.BYTES)
