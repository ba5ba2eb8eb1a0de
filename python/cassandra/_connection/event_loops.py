"""Connection classes by the names of cassandra-driver, where each stood for an event loop.

Here the engine does all input and output on threads of its own, so none of them runs a loop. What is left to choose is
who waits: a thread, or the hub of gevent or eventlet in a program that is patched for it. A class is given to the
cluster as `connection_class`, or set as `Cluster.connection_class`. A class that a program derives from one of these is
called once for each host, and its objects show what is under way there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from cassandra._connection.endpoints import DefaultEndPoint, EndPoint
from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._exported import exported_by


@exported_by("cassandra.connection")
class Connection:
    """Says who waits for answers; an object of it shows what is under way to one host.

    The engine makes the connections and sends on them. The cluster calls `Connection(endpoint)`, for a class that is a
    program's own.
    """

    waits_by: ClassVar[str] = "thread"
    """What blocks while an answer is awaited: `thread`, `gevent` or `eventlet`."""

    protocol_version: ClassVar[int] = ProtocolVersion.MAX_SUPPORTED
    """The newest version there is. What a cluster speaks is `Cluster.protocol_version`."""

    max_in_flight: ClassVar[int] = 2**15
    """So many requests may be under way at a time. `Cluster(max_requests_per_connection)` sets another number."""

    max_request_id: ClassVar[int] = 2**15 - 1
    """The greatest id that a request may have."""

    endpoint: EndPoint
    """The other end."""

    _counts: Callable[[], Sequence[tuple[int, int]]] | None = None

    def __init__(self, host: Any, port: int = 9042, *args: Any, **kwargs: Any) -> None:
        self.endpoint = host if isinstance(host, EndPoint) else DefaultEndPoint(host, port)

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

    def _open(self) -> Sequence[tuple[int, int]]:
        return () if self._counts is None else self._counts()

    @property
    def in_flight(self) -> int:
        """How many requests are under way to the host."""
        return sum(in_flight for in_flight, _ in self._open())

    @property
    def orphaned_requests(self) -> int:
        """How many requests were given up whose answers may still come."""
        return sum(orphans for _, orphans in self._open())

    @property
    def is_closed(self) -> bool:
        """Whether no connection to the host is open."""
        return not self._open()

    @property
    def is_defunct(self) -> bool:
        """The same: a broken connection is closed, and another one is opened in its place."""
        return self.is_closed

    @classmethod
    def initialize_reactor(cls) -> None:
        """Called by programs that prepare an event loop ahead of time. The engine starts with the first connection."""

    @classmethod
    def handle_fork(cls) -> None:
        """Called by programs in a child after a fork. The engine notices by itself."""


@exported_by("cassandra.io.asyncorereactor")
class AsyncoreConnection(Connection):
    """For programs that chose asyncore."""


@exported_by("cassandra.io.asyncioreactor")
class AsyncioConnection(Connection):
    """For programs that chose asyncio. A response future can also be awaited, in any loop."""


@exported_by("cassandra.io.libevreactor")
class LibevConnection(Connection):
    """For programs that chose libev."""


@exported_by("cassandra.io.twistedreactor")
class TwistedConnection(Connection):
    """For programs that chose Twisted."""


@exported_by("cassandra.io.geventreactor")
class GeventConnection(Connection):
    """For programs patched by gevent: its hub waits."""

    waits_by = "gevent"


@exported_by("cassandra.io.eventletreactor")
class EventletConnection(Connection):
    """For programs patched by eventlet: its hub waits."""

    waits_by = "eventlet"


DefaultConnection = LibevConnection
"""What programs derive a class of their own from that do not care for the loop."""
