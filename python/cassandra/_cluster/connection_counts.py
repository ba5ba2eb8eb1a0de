"""The cluster's settings of how many connections and requests a host gets.

Those of protocols 1 and 2 are refused as in the reference, which refuses them from protocol 3 on.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cassandra._cluster import defaults
from cassandra._errors.driver import UnsupportedOperation
from cassandra._policies.load_balancing import HostDistance


def refused(name: str) -> UnsupportedOperation:
    """For a setting that only means something in protocols that nobody speaks any more."""
    return UnsupportedOperation(f"Cluster.{name}() only has an effect when using protocol_version 1 or 2.")


class ConnectionCounts:
    """Requests per connection and connections per host, by distance."""

    protocol_version: int
    _least_requests: Mapping[int, int] = MappingProxyType({})
    _most_requests: Mapping[int, int] = MappingProxyType({})

    def get_min_requests_per_connection(self, host_distance: int) -> int:
        """The number of protocols 1 and 2."""
        return self._least_requests.get(host_distance, defaults.DEFAULT_MIN_REQUESTS)

    def set_min_requests_per_connection(self, host_distance: int, min_requests: Any) -> None:
        """It had an effect with protocols 1 and 2; with others it is UnsupportedOperation."""
        self._refuse_later("set_min_requests_per_connection")
        most = self.get_max_requests_per_connection(host_distance)
        if not 0 <= min_requests < min(most, 127):
            raise ValueError(f"min_requests must be 0-126 and less than the max_requests of this distance ({most})")
        self._least_requests = {**self._least_requests, host_distance: min_requests}

    def get_max_requests_per_connection(self, host_distance: int) -> int:
        """The number of protocols 1 and 2. The parameter `max_requests_per_connection` is the one that acts."""
        return self._most_requests.get(host_distance, defaults.DEFAULT_MAX_REQUESTS)

    def set_max_requests_per_connection(self, host_distance: int, max_requests: Any) -> None:
        """It had an effect with protocols 1 and 2; with others it is UnsupportedOperation."""
        self._refuse_later("set_max_requests_per_connection")
        least = self.get_min_requests_per_connection(host_distance)
        if not least < max_requests <= 127:
            raise ValueError(f"max_requests must be 1-127 and greater than the min_requests of this distance ({least})")
        self._most_requests = {**self._most_requests, host_distance: max_requests}

    def _refuse_later(self, name: str) -> None:
        if self.protocol_version >= 3:
            raise refused(name)

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
