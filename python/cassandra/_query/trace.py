"""`QueryTrace`: what the servers recorded about one request, read from the tables of `system_traces`."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Final, Protocol
from uuid import UUID

from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._errors.driver import OperationTimedOut
from cassandra._exported import exported_by
from cassandra._query.simple import SimpleStatement
from cassandra._util.time_uuid import unix_time_from_uuid1

FIRST_WAIT: Final = 0.003
"""Seconds before the second look; each further wait is twice as long."""

SESSION: Final = "SELECT * FROM system_traces.sessions WHERE session_id = %s"
EVENTS: Final = "SELECT * FROM system_traces.events WHERE session_id = %s"


class DictRows(Protocol):
    """What a trace needs of a session: rows as dicts, whatever row factory and protocol handler are set on it."""

    def _dict_rows(
        self, query: SimpleStatement, parameters: Sequence[Any], timeout: float | None
    ) -> Sequence[Mapping[str, Any]]: ...


@exported_by("cassandra.query")
class TraceUnavailable(Exception):
    """The servers have not written the whole trace in the time given."""


@exported_by("cassandra.query")
class QueryTrace:
    """A trace of one request. It is read from the server by `populate`."""

    trace_id: UUID = None  # type: ignore[assignment]
    """Names the trace on the server."""

    request_type: str | None = None
    """What was done, such as `Execute CQL3 query`."""

    duration: dt.timedelta | None = None
    """How long the coordinator took; None while the trace is not complete."""

    client: str | None = None
    """The address that the request came from."""

    coordinator: str | None = None
    """The address of the node that coordinated it."""

    parameters: Mapping[str, str] | None = None
    """The query and its options."""

    started_at: dt.datetime | None = None
    """When it began."""

    events: list[TraceEvent] | None = None
    """What happened on each node, oldest first."""

    def __init__(self, trace_id: UUID, session: DictRows) -> None:
        self.trace_id = trace_id
        self._session = session

    def populate(
        self, max_wait: float | None = 2.0, wait_for_complete: bool = True, query_cl: int | None = None
    ) -> None:
        """Read the trace, waiting at most `max_wait` seconds for the servers to have written it.

        Without `wait_for_complete` it takes what is there once the trace exists. `query_cl` is the consistency level
        of the reads, ONE by default. TraceUnavailable when the time is over.
        """
        if max_wait is not None and not isinstance(max_wait, Real):
            raise TypeError(f"max_wait must be a number of seconds, or None, not {type(max_wait).__name__}")
        level = ConsistencyLevel.ONE if query_cl is None else query_cl
        start = time.monotonic()
        wait = FIRST_WAIT
        while True:
            left = None if max_wait is None else max_wait - (time.monotonic() - start)
            if left is not None and left < 0:
                raise late(max_wait)
            found = self._read(SESSION, level, left, max_wait)
            if found and (found[0]["duration"] is not None or not wait_for_complete):
                break
            time.sleep(wait if left is None else min(wait, max(left, 0.0)))
            wait *= 2
        self._take(found[0])
        left = None if max_wait is None else max(max_wait - (time.monotonic() - start), 0.001)
        self.events = [
            TraceEvent(row["activity"], row["event_id"], row["source"], row["source_elapsed"], row["thread"])
            for row in self._read(EVENTS, level, left, max_wait)
        ]

    def _read(
        self, query: str, level: int, timeout: float | None, max_wait: float | None
    ) -> Sequence[Mapping[str, Any]]:
        # Not paged: a long trace has more events than a page holds.
        statement = SimpleStatement(query, consistency_level=level, fetch_size=None)
        try:
            return self._session._dict_rows(statement, (self.trace_id,), timeout)
        except OperationTimedOut as error:
            raise late(max_wait) from error

    def _take(self, row: Mapping[str, Any]) -> None:
        duration = row["duration"]
        self.request_type = row["request"]
        self.duration = None if duration is None else dt.timedelta(microseconds=duration)
        self.started_at = row["started_at"]
        self.coordinator = row["coordinator"]
        self.parameters = row["parameters"]
        # Cassandra 2.1 has no column for it.
        self.client = row.get("client")

    def __str__(self) -> str:
        return (
            f"{self.request_type} [{self.trace_id}] coordinator: {self.coordinator}, started at: {self.started_at}, "
            f"duration: {self.duration}, parameters: {self.parameters}"
        )


def late(max_wait: float | None) -> TraceUnavailable:
    """That the time was over."""
    return TraceUnavailable(
        f"Trace information was not available within {max_wait or 0:f} seconds. "
        "Consider raising Session.max_trace_wait."
    )


@exported_by("cassandra.query")
class TraceEvent:
    """One step of a request on one node."""

    description: str | None = None
    """What was done."""

    datetime: dt.datetime | None = None
    """When, in UTC."""

    source: str | None = None
    """The address of the node."""

    source_elapsed: dt.timedelta | None = None
    """How long the node had been at the request by then."""

    thread_name: str | None = None
    """The node's thread that did it."""

    def __init__(
        self, description: str, timeuuid: UUID, source: str, source_elapsed: int | None, thread_name: str
    ) -> None:
        self.description = description
        self.datetime = dt.datetime.fromtimestamp(unix_time_from_uuid1(timeuuid), tz=dt.timezone.utc)
        self.source = source
        self.source_elapsed = None if source_elapsed is None else dt.timedelta(microseconds=source_elapsed)
        self.thread_name = thread_name

    def __str__(self) -> str:
        return f"{self.description} on {self.source}[{self.thread_name}] at {self.datetime}"
