"""`EndPoint` and its kinds: an address, a Unix socket, or a name behind a proxy that routes by SNI."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import total_ordering
from typing import Any

from cassandra._errors.driver import UnresolvableContactPoints
from cassandra._exported import exported_by


@exported_by("cassandra.connection")
class EndPoint:
    """Where a node is reached. Subclass it, with a factory, where addresses need more than a lookup."""

    @property
    def address(self) -> str:
        """The address that identifies the node."""
        raise NotImplementedError

    @property
    def port(self) -> int | None:
        """The port."""
        raise NotImplementedError

    @property
    def ssl_options(self) -> Mapping[str, Any] | None:
        """TLS options of this end point, laid over those of the cluster."""
        return None

    @property
    def socket_family(self) -> int:
        """The family of the socket to open."""
        return socket.AF_UNSPEC

    def resolve(self) -> tuple[str, int | None]:
        """The address and port to connect to, looked up for each connection."""
        raise NotImplementedError


class Ordered(EndPoint):
    """Compared, hashed and printed by what identifies the end point."""

    def _identity(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Ordered) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, EndPoint):
            return NotImplemented
        if type(other) is type(self) and isinstance(other, Ordered):
            return bool(self._identity() < other._identity())
        return (self.address, self.port or 0) < (other.address, other.port or 0)

    def __str__(self) -> str:
        return ":".join(str(part) for part in self._identity())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


@total_ordering
@exported_by("cassandra.connection")
class DefaultEndPoint(Ordered):
    """An address and a port."""

    def __init__(self, address: str, port: int = 9042) -> None:
        self._address = address
        self._port = port

    @property
    def address(self) -> str:
        return self._address

    @property
    def port(self) -> int:
        return self._port

    def resolve(self) -> tuple[str, int | None]:
        return self._address, self._port

    def _identity(self) -> tuple[Any, ...]:
        return self._address, self._port


@total_ordering
@exported_by("cassandra.connection")
class SniEndPoint(Ordered):
    """A node behind a proxy, which knows it by the server name of the TLS handshake."""

    def __init__(self, proxy_address: str, server_name: str, port: int = 9042, init_index: int = 0) -> None:
        self._proxy_address = proxy_address
        self._server_name = server_name
        self._port = port
        self._index = init_index

    @property
    def address(self) -> str:
        return self._proxy_address

    @property
    def port(self) -> int:
        return self._port

    @property
    def ssl_options(self) -> Mapping[str, Any]:
        return {"server_hostname": self._server_name}

    def resolve(self) -> tuple[str, int | None]:
        """One of the proxy's addresses, the next at each call. UnresolvableContactPoints when it has none."""
        addresses = sorted({str(entry[4][0]) for entry in self._resolve_proxy_addresses()})
        if not addresses:
            raise UnresolvableContactPoints(f"the proxy {self._proxy_address} has no address")
        self._index += 1
        return addresses[(self._index - 1) % len(addresses)], self._port

    def _resolve_proxy_addresses(self) -> list[Any]:
        try:
            return list(socket.getaddrinfo(self._proxy_address, self._port, socket.AF_UNSPEC, socket.SOCK_STREAM))
        except socket.gaierror as error:
            raise UnresolvableContactPoints(f"cannot resolve the proxy {self._proxy_address}: {error}") from error

    def _identity(self) -> tuple[Any, ...]:
        return self._proxy_address, self._port, self._server_name


@total_ordering
@exported_by("cassandra.connection")
class UnixSocketEndPoint(Ordered):
    """A Unix socket on this machine."""

    def __init__(self, unix_socket_path: str) -> None:
        self._unix_socket_path = unix_socket_path

    @property
    def address(self) -> str:
        return self._unix_socket_path

    @property
    def port(self) -> None:
        return None

    @property
    def socket_family(self) -> int:
        return socket.AF_UNIX

    def resolve(self) -> tuple[str, int | None]:
        return self._unix_socket_path, None

    def _identity(self) -> tuple[Any, ...]:
        return (self._unix_socket_path,)
