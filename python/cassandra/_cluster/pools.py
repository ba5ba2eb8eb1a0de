"""`HostConnectionPool`: the engine's connections to one host, as a program may look at them and borrow one.

It is a view: it holds no connections, and asks the engine each time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from cassandra._errors.connection import ConnectionException, NoConnectionsAvailable
from cassandra._exported import exported_by

PAUSE: Final = 0.002


@exported_by("cassandra.pool")
class PooledConnection:
    """One of the engine's connections, as it was when it was asked for.

    A borrowed one can be unpacked into the connection and a request id.
    """

    def __init__(self, pool: HostConnectionPool, index: int, in_flight: int, orphans: int) -> None:
        self.endpoint = pool.host.endpoint
        self.in_flight = in_flight
        self.orphaned_requests = orphans
        self._pool = pool
        self._index = index
        self._request_id: int | None = None

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
    def is_closed(self) -> bool:
        """Whether the connection is gone."""
        return self._index >= self._pool.open_count

    @property
    def is_defunct(self) -> bool:
        """Whether the connection broke."""
        return self.is_closed

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self._request_id))

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
        self._borrowed = 0
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
        return sum(in_flight for in_flight, _ in self._open()) + self._borrowed

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
        """The connection with the fewest requests under way, and a request id that is kept until it is returned.

        NoConnectionsAvailable where none is open in `timeout` seconds; ConnectionException after `shutdown`.
        """
        until = time.monotonic() + timeout
        while True:
            if self.is_shutdown:
                raise ConnectionException(f"Pool for {self.host} is shutdown", self.host.endpoint)
            connections = self.get_connections()
            if connections:
                break
            if time.monotonic() >= until:
                raise NoConnectionsAvailable(f"no connection to {self.host} was open within {timeout} seconds")
            time.sleep(PAUSE)
        chosen = min(connections, key=lambda connection: connection.in_flight)
        reserve(self, chosen)
        return chosen

    def return_connection(self, connection: Any, stream_was_orphaned: bool = False) -> None:
        """Give back what `borrow_connection` gave. It may be given back once more without harm."""
        if connection._request_id is not None:
            connection._request_id = None
            connection.in_flight -= 1
            self._borrowed -= 1

    def shutdown(self) -> None:
        """End this view. The engine's connections are the session's."""
        self._closed = True

    def ensure_core_connections(self) -> None:
        """Nothing to do: the engine keeps as many connections open as it was told to."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.host}, {self.open_count} open>"


HostConnection = HostConnectionPool


def reserve(pool: HostConnectionPool, connection: PooledConnection) -> None:
    """Take a request id for a borrowed connection."""
    pool._borrowed += 1
    connection._request_id = pool._borrowed
    connection.in_flight += 1


def pool_states(session: Any) -> dict[Any, dict[str, Any]]:
    """The states of a session's pools, by host."""
    return {host: pool.get_state() for host, pool in session._pools.items()}
