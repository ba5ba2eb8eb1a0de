"""Connection classes by the names of cassandra-driver, where each stood for an event loop.

Here the engine does all input and output on threads of its own, so none of them runs a loop. What is left to choose is
who waits: a thread, or the hub of gevent or eventlet in a program that is patched for it. A class is given to the
cluster as `connection_class`, or set as `Cluster.connection_class`.
"""

from __future__ import annotations

from typing import ClassVar

from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._exported import exported_by


@exported_by("cassandra.connection")
class Connection:
    """Says who waits for answers. It is chosen, never made: connections are the engine's."""

    waits_by: ClassVar[str] = "thread"
    """What blocks while an answer is awaited: `thread`, `gevent` or `eventlet`."""

    protocol_version: ClassVar[int] = ProtocolVersion.MAX_SUPPORTED
    """The newest version there is. What a cluster speaks is `Cluster.protocol_version`."""

    max_in_flight: ClassVar[int] = 2**15
    """So many requests may be under way at a time. `Cluster(max_requests_per_connection)` sets another number."""

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__} is a choice for connection_class; the engine makes the connections")

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
