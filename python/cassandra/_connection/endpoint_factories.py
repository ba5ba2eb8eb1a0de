"""Factories of end points: from a row of `system.peers` or `system.local` to where the node is reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cassandra._connection.endpoints import DefaultEndPoint, EndPoint, SniEndPoint
from cassandra._exported import exported_by

DEFAULT_PORT: Final = 9042
EVERY_ADDRESS: Final = ("0.0.0.0", "::")
"""What a node that listens everywhere says of its address; nobody can connect to it."""


@exported_by("cassandra.connection")
class EndPointFactory:
    """Makes end points. Give an instance to the cluster as `endpoint_factory`."""

    cluster: Any = None

    def configure(self, cluster: Any) -> EndPointFactory:
        """Called once with the cluster; returns this factory."""
        self.cluster = cluster
        return self

    def create(self, row: Mapping[str, Any]) -> EndPoint:
        """The end point of the node that the row describes."""
        raise NotImplementedError


def broadcast_rpc_address(row: Mapping[str, Any]) -> str | None:
    """The address that a node gives to clients, under the name it has in this version of the server."""
    for column in ("native_address", "native_transport_address", "rpc_address"):
        if row.get(column):
            address: str = row[column]
            return row.get("peer") if address in EVERY_ADDRESS else address
    return row.get("peer")


def broadcast_rpc_port(row: Mapping[str, Any]) -> int | None:
    """The port that a node gives to clients: only `system.peers_v2` has it."""
    return row.get("native_port") or row.get("rpc_port") or None


@exported_by("cassandra.connection")
class DefaultEndPointFactory(EndPointFactory):
    """Addresses as the servers give them, through the cluster's address translator."""

    port: int | None = None
    """The port where the row has none."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port

    def create(self, row: Mapping[str, Any]) -> EndPoint:
        port = broadcast_rpc_port(row) or self.port or DEFAULT_PORT
        address = broadcast_rpc_address(row)
        if address is None:
            raise ValueError("the row has no address to connect to")
        return DefaultEndPoint(self.cluster.address_translator.translate(address), port)


@exported_by("cassandra.connection")
class SniEndPointFactory(EndPointFactory):
    """All nodes behind one proxy, each by its host id."""

    def __init__(self, proxy_address: str, port: int) -> None:
        self._proxy_address = proxy_address
        self._port = port
        # Each end point begins with another of the proxy's addresses.
        self._init_index = -1

    def create(self, row: Mapping[str, Any]) -> EndPoint:
        host_id = row.get("host_id")
        if host_id is None:
            raise ValueError("No host_id to create the SniEndPoint")
        return self.create_from_sni(str(host_id))

    def create_from_sni(self, sni: str) -> SniEndPoint:
        """The end point of a server name."""
        self._init_index += 1
        return SniEndPoint(self._proxy_address, sni, self._port, self._init_index)
