"""The cluster's settings of how many connections and requests a host gets.

Those of protocols 1 and 2 are refused as in the reference, which refuses them from protocol 3 on.
"""

from __future__ import annotations

from typing import Any

from cassandra._cluster import defaults
from cassandra._errors.driver import UnsupportedOperation
from cassandra._policies.load_balancing import HostDistance


def refused(name: str) -> UnsupportedOperation:
    """For a setting that only means something in protocols that nobody speaks any more."""
    return UnsupportedOperation(f"Cluster.{name}() only has an effect when using protocol_version 1 or 2.")


class ConnectionCounts:
    """Requests per connection and connections per host, by distance."""

    def get_min_requests_per_connection(self, host_distance: int) -> int:
        """The number of protocols 1 and 2."""
        return defaults.DEFAULT_MIN_REQUESTS

    def set_min_requests_per_connection(self, host_distance: int, min_requests: Any) -> None:
        """UnsupportedOperation: it had an effect with protocols 1 and 2."""
        raise refused("set_min_requests_per_connection")

    def get_max_requests_per_connection(self, host_distance: int) -> int:
        """The number of protocols 1 and 2. The parameter `max_requests_per_connection` is the one that acts."""
        return defaults.DEFAULT_MAX_REQUESTS

    def set_max_requests_per_connection(self, host_distance: int, max_requests: Any) -> None:
        """UnsupportedOperation: it had an effect with protocols 1 and 2."""
        raise refused("set_max_requests_per_connection")

    def get_core_connections_per_host(self, host_distance: int) -> int:
        """The number of protocols 1 and 2."""
        if host_distance == HostDistance.LOCAL:
            return defaults.DEFAULT_MIN_CONNECTIONS_PER_LOCAL_HOST
        return defaults.DEFAULT_MIN_CONNECTIONS_PER_REMOTE_HOST

    def set_core_connections_per_host(self, host_distance: int, core_connections: Any) -> None:
        """UnsupportedOperation: it had an effect with protocols 1 and 2."""
        raise refused("set_core_connections_per_host")

    def get_max_connections_per_host(self, host_distance: int) -> int:
        """The number of protocols 1 and 2."""
        if host_distance == HostDistance.LOCAL:
            return defaults.DEFAULT_MAX_CONNECTIONS_PER_LOCAL_HOST
        return defaults.DEFAULT_MAX_CONNECTIONS_PER_REMOTE_HOST

    def set_max_connections_per_host(self, host_distance: int, max_connections: Any) -> None:
        """UnsupportedOperation: it had an effect with protocols 1 and 2."""
        raise refused("set_max_connections_per_host")
