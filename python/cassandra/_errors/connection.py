"""What goes wrong on one connection; `cassandra.connection` exports it."""

from __future__ import annotations

from typing import Any

from cassandra._errors.pickling import RebuiltByArgs
from cassandra._exported import exported_by


@exported_by("cassandra.connection")
class ConnectionException(RebuiltByArgs, Exception):
    """A connection could not be made, or broke."""

    def __init__(self, message: str, endpoint: Any = None) -> None:
        super().__init__(message)
        self.endpoint = endpoint

    @property
    def host(self) -> Any:
        """The address at the other end."""
        return self.endpoint.address


@exported_by("cassandra.connection")
class ConnectionShutdown(ConnectionException):
    """The connection was closed while, or before, it was used."""


@exported_by("cassandra.connection")
class ProtocolVersionUnsupported(ConnectionException):
    """The server does not speak the protocol version that the client began with."""

    def __init__(self, endpoint: Any, startup_version: int) -> None:
        super().__init__(f"Unsupported protocol version on {endpoint}: {startup_version}", endpoint)
        self.startup_version = startup_version


@exported_by("cassandra.connection")
class CrcMismatchException(ConnectionException):
    """A segment's checksum does not fit its bytes (native protocol 5, section 2)."""


@exported_by("cassandra.connection")
class ConnectionBusy(RebuiltByArgs, Exception):
    """All stream ids of the connection are taken."""


@exported_by("cassandra.connection")
class ProtocolError(RebuiltByArgs, Exception):
    """What the server sent is not the protocol."""


@exported_by("cassandra.pool")
class NoConnectionsAvailable(RebuiltByArgs, Exception):
    """No connection of the pool could take the request in time."""
