"""`PagedResult`: all rows of all pages of a future, as an iterable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any, NamedTuple

from cassandra._cluster.response_future import ResponseFuture
from cassandra._exported import exported_by
from cassandra._locks import lock


class Page(NamedTuple):
    """The rows of one page, and where the next one begins."""

    rows: Iterable[Any]
    next: bytes | None


@exported_by("cassandra.cluster")
class PagedResult:
    """Iterates over the rows of all pages; each page is fetched when the one before it is used up.

    Each iterator has a position of its own and begins at the first row, which is the first of the page that `future`
    was at when this was made. That page is kept, and the later ones are fetched for each iterator.
    """

    def __init__(self, future: Any, session: Any) -> None:
        self.response_future = future
        self.session = session
        self._begin = future.message.paging_state if isinstance(future, ResponseFuture) else None
        self._first: Page | None = None
        self._lock = lock()

    def __iter__(self) -> Iterator[Any]:
        if not isinstance(self.response_future, ResponseFuture):
            # What else has results keeps the position itself.
            return iter(self.response_future.result())
        return self._rows(self._first_page())

    def _rows(self, page: Page) -> Iterator[Any]:
        yield from page.rows
        while page.next is not None:
            page = page_of(self._asked(page.next))
            yield from page.rows

    def _first_page(self) -> Page:
        if self._first is None:
            page = self._page_of_future() or page_of(self._asked(self._begin))
            with self._lock:
                if self._first is None:
                    # A row factory may give what can be gone through once.
                    rows = list(page.rows) if isinstance(page.rows, Iterator) else page.rows
                    self._first = page._replace(rows=rows)
        return self._first

    def _page_of_future(self) -> Page | None:
        """The first page as the future has it; None where somebody has asked it for a later one."""
        future = self.response_future
        if future.message.paging_state != self._begin:
            return None
        try:
            future.result()
        except Exception:
            if future.message.paging_state == self._begin:
                raise
        with future._lock:
            # Together: the next page may be asked for at any time.
            if not future._is_settled or future.message.paging_state != self._begin:
                return None
            rows, following = future._final_result, future._paging_state
        return Page([] if rows is None else rows, following)

    def _asked(self, paging_state: bytes | None) -> ResponseFuture:
        """A request as that of the future, for another page."""
        first = self.response_future
        message = copy(first.message)
        message.paging_state = paging_state
        future = ResponseFuture(
            first.session, message, first.query, first.timeout, first.prepared_statement, first.row_factory
        )
        future._is_internal = first._is_internal
        future.send_request()
        return future


def page_of(future: ResponseFuture) -> Page:
    """The page that a future is at, waited for."""
    result = future.result()
    return Page(result.current_rows, result.paging_state)
