"""`HostConnectionPool`: the engine's connections to one host, as a program may look at them and borrow one.

It is a view: it holds no connections, and asks the engine each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from cassandra._cluster import options
from cassandra._cluster.options import LONGEST
from cassandra._connection.hub import finished
from cassandra._errors.connection import ConnectionException, NoConnectionsAvailable
from cassandra._exported import exported_by

if TYPE_CHECKING:
    from cassandra._native import ReservedCore

PAUSE: Final = 0.002


MOST_REQUEST_ID: Final = 32_767
"""Ids go round this range, however few of them may be in use at a time."""


@exported_by("cassandra.pool")
class PooledConnection:
    """One of the engine's connections, as it was when it was asked for; a borrowed one is followed.

    A borrowed one can be unpacked into the connection and a request id.
    """

    max_request_id = MOST_REQUEST_ID
    """The greatest id that a request may have."""

    def __init__(self, pool: HostConnectionPool, index: int, in_flight: int, orphans: int) -> None:
        self.endpoint = pool.host.endpoint
        self.orphaned_requests = orphans
        self._pool = pool
        self._index = index
        self._in_flight = in_flight
        self._reserved: ReservedCore | None = None

    @classmethod
    def borrowed(cls, pool: HostConnectionPool, reserved: ReservedCore) -> PooledConnection:
        """The connection of an id that was reserved."""
        connection = cls(pool, 0, reserved.in_flight or 1, 0)
        connection._reserved = reserved
        return connection

    @property
    def in_flight(self) -> int:
        """How many request ids are in use, those that were borrowed included."""
        known = None if self._reserved is None else self._reserved.in_flight
        if known is not None:
            self._in_flight = known
        return self._in_flight

    @property
    def max_in_flight(self) -> int:
        """How many request ids may be in use at a time."""
        return MOST_REQUEST_ID + 1 if self._reserved is None else self._reserved.capacity

    @property
    def host(self) -> str:
        """The address at the other end."""
        address: str = self.endpoint.address
        return address

    @property
    def port(self) -> int | None:
        """The port at the other end."""
        port: int | None = self.endpoint.port
        return port

    @property
    def is_idle(self) -> bool:
        """False: the engine asks after connections that have been still by itself, and marks none."""
        return False

    @property
    def is_closed(self) -> bool:
        """Whether the connection is gone."""
        if self._reserved is not None:
            return self._reserved.ended is not None or self._pool.is_shutdown
        return self._index >= self._pool.open_count

    @property
    def is_defunct(self) -> bool:
        """Whether the connection broke."""
        return self.is_closed

    def __iter__(self) -> Iterator[Any]:
        return iter((self, None if self._reserved is None else self._reserved.request_id))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint}, {self.in_flight} in flight>"


@exported_by("cassandra.pool")
class HostConnectionPool:
    """The connections of a session to one host."""

    host: Any
    """The host."""

    host_distance: int
    """How far it is."""

    def __init__(self, host: Any, host_distance: int, session: Any) -> None:
        self.host = host
        self.host_distance = host_distance
        self._session = session
        self._closed = False

    def _open(self) -> list[tuple[int, int]]:
        if self.is_shutdown:
            return []
        found: list[tuple[int, int]] = self._session._core.connections().get(self.host.host_id, [])
        return found

    @property
    def is_shutdown(self) -> bool:
        """Whether the pool, or its session, was shut down."""
        return self._closed or bool(self._session.is_shutdown)

    @property
    def open_count(self) -> int:
        """How many connections are open."""
        return len(self._open())

    @property
    def in_flight(self) -> int:
        """How many requests are under way, those that were borrowed for included."""
        return sum(in_flight for in_flight, _ in self._open())

    def get_connections(self) -> list[PooledConnection]:
        """The connections."""
        return [PooledConnection(self, index, *counts) for index, counts in enumerate(self._open())]

    def get_state(self) -> dict[str, Any]:
        """Whether it is shut down, how many connections are open, and what is under way on each."""
        counts = self._open()
        return {
            "shutdown": self.is_shutdown,
            "open_count": len(counts),
            "in_flights": [in_flight for in_flight, _ in counts],
            "orphan_requests": [orphans for _, orphans in counts],
        }

    def borrow_connection(self, timeout: float) -> PooledConnection:
        """The connection with the fewest requests under way, and a request id that no request is given meanwhile.

        It waits up to `timeout` seconds for room. NoConnectionsAvailable where there is none in that time;
        ConnectionException after `shutdown`.
        """
        patience = options.timeout("timeout", timeout)
        self._refuse_closed()
        if self.host.host_id is None:
            raise NoConnectionsAvailable(f"the servers have not named {self.host} yet, so there is no connection to it")
        cluster = self._session.cluster
        reserving = self._session._core.reserve(self.host.host_id, LONGEST if patience is None else patience)
        reserved: ReservedCore | None = finished(cluster._hub, reserving)
        if reserved is not None:
            return PooledConnection.borrowed(self, reserved)
        self._refuse_closed()
        if self.open_count:
            raise NoConnectionsAvailable(f"all request ids to {self.host} were in use for {timeout} seconds")
        raise NoConnectionsAvailable(f"no connection to {self.host} was open within {timeout} seconds")

    def _refuse_closed(self) -> None:
        if self.is_shutdown:
            raise ConnectionException(f"Pool for {self.host} is shutdown", self.host.endpoint)

    def return_connection(self, connection: Any, stream_was_orphaned: bool = False) -> None:
        """Give back what `borrow_connection` gave, whole or only the connection. Once more does no harm."""
        if isinstance(connection, tuple) and connection:
            connection = connection[0]
        if not hasattr(connection, "_reserved"):
            kind = type(connection).__name__
            raise TypeError(f"connection must be what borrow_connection gave, or the first part of it, not {kind}")
        if connection._reserved is not None:
            connection._reserved.release()

    def on_orphaned_stream_released(self) -> None:
        """Nothing to do: the engine has the id again once its late answer has come."""

    def shutdown(self) -> None:
        """End this view. The engine's connections are the session's."""
        self._closed = True

    def ensure_core_connections(self) -> None:
        """Nothing to do: the engine keeps as many connections open as it was told to."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.host}, {self.open_count} open>"


HostConnection = HostConnectionPool


def pool_states(session: Any) -> dict[Any, dict[str, Any]]:
    """The states of a session's pools, by host."""
    return {host: pool.get_state() for host, pool in session._pools.items()}
