"""`ResultSet`: the rows of a statement, page after page."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence, Sized
from itertools import islice
from typing import TYPE_CHECKING, Any

from cassandra._cluster.conditions import is_applied
from cassandra._errors.driver import DriverException
from cassandra._exported import exported_by

if TYPE_CHECKING:
    from cassandra._query.trace import QueryTrace

log = logging.getLogger("cassandra.cluster")


@exported_by("cassandra.cluster")
class ResultSet:
    """The rows of a statement. Iterating goes over all pages; each is fetched when the one before it is used up.

    `len`, `bool` and `current_rows` are about the current page. Indexing and `==` fetch all pages and hold them.
    """

    response_future: Any = None
    """The future that this is the result of."""

    column_names: Sequence[str] | None = None
    """The names of the columns; None for a statement without rows."""

    column_types: Sequence[Any] | None = None
    """The types of the columns, classes of `cassandra.cqltypes`; None for a statement without rows."""

    _page_iter: Iterator[Any] | None = None
    _list_mode = False

    def __init__(self, response_future: Any, initial_response: Any) -> None:
        self.response_future = response_future
        self.column_names = response_future._col_names
        self.column_types = response_future._col_types
        self._current_rows: Any = [] if initial_response is None else initial_response

    @property
    def current_rows(self) -> Any:
        """The rows of the current page, as the row factory made them; an empty list for a statement without rows."""
        return self._current_rows

    @property
    def has_more_pages(self) -> bool:
        """Whether there are pages after the current one."""
        more: bool = self.response_future.has_more_pages
        return more

    @property
    def paging_state(self) -> bytes | None:
        """Where the next page begins: give it to `execute`, with the same statement, to go on there."""
        state: bytes | None = self.response_future._paging_state
        return state

    def fetch_next_page(self) -> None:
        """Put the next page in the place of the current one; no rows after the last."""
        if not self.has_more_pages:
            self._current_rows = []
            return
        self.response_future.start_fetching_next_page()
        self._current_rows = self.response_future.result()._current_rows

    def __iter__(self) -> Iterator[Any]:
        if self._list_mode:
            return iter(self._current_rows)
        self._page_iter = iter(self._current_rows)
        return self

    def __next__(self) -> Any:
        if self._page_iter is None:
            self._page_iter = iter(self._current_rows)
        while True:
            try:
                return next(self._page_iter)
            except StopIteration:
                if self._list_mode or not self.has_more_pages:
                    # As after the end of any iterator: nothing is left of the page either.
                    if not self._list_mode:
                        self._leave_page()
                    raise
            self.fetch_next_page()
            self._page_iter = iter(self._current_rows)

    def _leave_page(self) -> None:
        """All of the last page was iterated."""
        self._current_rows = []

    def next(self) -> Any:
        """The next row; StopIteration after the last of all pages."""
        return next(self)

    def one(self) -> Any:
        """The first row of the current page, or None where it has none."""
        rows = self._current_rows
        if type(rows) is list:
            return rows[0] if rows else None
        return next(islice(iter(rows), 1), None)

    def all(self) -> list[Any]:
        """The rows of all pages, as a list."""
        return list(self)

    def _hold_all(self, what: str) -> None:
        if self._list_mode:
            return
        if self._page_iter is not None:
            raise RuntimeError(f"Cannot use {what} when results have been iterated.")
        if self.has_more_pages:
            log.warning("Using %s on paged results causes entire result set to be materialized.", what)
        rows = list(self._current_rows)
        while self.has_more_pages:
            self.fetch_next_page()
            rows.extend(self._current_rows)
        self._current_rows = rows
        self._list_mode = True

    def __getitem__(self, i: Any) -> Any:
        if i == 0:
            warnings.warn(
                "ResultSet indexing support will be removed in 4.0. "
                "Consider using ResultSet.one() to get a single row.",
                DeprecationWarning,
                stacklevel=2,
            )
        self._hold_all("index operator")
        return self._current_rows[i]

    def __eq__(self, other: object) -> bool:
        self._hold_all("equality operator")
        return bool(self._current_rows == (list(other) if isinstance(other, ResultSet) else other))

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        rows = self._current_rows
        if not isinstance(rows, Sized):
            # A factory may give an iterator, and `list` asks for the length of what it has begun to iterate.
            is_iterated = self._page_iter is rows
            rows = self._current_rows = list(rows)
            if is_iterated:
                self._page_iter = iter(rows)
        return len(rows)

    def __bool__(self) -> bool:
        return bool(self._current_rows)

    @property
    def was_applied(self) -> bool:
        """Whether a lightweight transaction, alone or in a batch, met its condition.

        RuntimeError where there is no such row, or the row factory is none of the stock ones.
        """
        return is_applied(self.response_future, self._current_rows)

    def get_query_trace(self, max_wait_sec: float | None = None) -> QueryTrace | None:
        """The trace of the last page; None where the request was not traced."""
        trace: QueryTrace | None = self.response_future.get_query_trace(max_wait_sec)
        return trace

    def get_all_query_traces(self, max_wait_sec_per: float | None = None) -> list[QueryTrace]:
        """The traces of all pages that were fetched."""
        traces: list[QueryTrace] = self.response_future.get_all_query_traces(max_wait_sec_per)
        return traces

    def cancel_continuous_paging(self) -> None:
        """For DataStax Enterprise. Apache Cassandra has no continuous paging, so there is none to end."""
        raise DriverException(
            "Attempted to cancel paging with no active session. This is only for requests with ContinuousPagingOptions."
        )

    def __repr__(self) -> str:
        shown = len(self._current_rows) if isinstance(self._current_rows, (list, tuple, Mapping)) else "some"
        return f"<ResultSet: {shown} rows in this page{', more to come' if self.has_more_pages else ''}>"
