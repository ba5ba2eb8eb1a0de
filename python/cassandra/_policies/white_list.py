"""`WhiteListRoundRobinPolicy`: round robin over hosts that are named."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cassandra._exported import exported_by
from cassandra._policies.load_balancing import HostDistance
from cassandra._policies.round_robin import RoundRobinPolicy

if TYPE_CHECKING:
    from cassandra._pool.host import Host


@exported_by("cassandra.policies")
class WhiteListRoundRobinPolicy(RoundRobinPolicy):
    """Requests go round the hosts of the list; all others are ignored.

    `hosts` are addresses or names, which are looked up once, here.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        if isinstance(hosts, (str, bytes)):
            raise TypeError("hosts must be a list of addresses, not one string")
        self._allowed_hosts = tuple(hosts)
        self._allowed_hosts_resolved = [
            entry[4][0]
            for host in self._allowed_hosts
            for entry in socket.getaddrinfo(host, None, socket.AF_UNSPEC, socket.SOCK_STREAM)
        ]
        super().__init__()

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        super().populate(cluster, [host for host in hosts if self._allows(host)])

    def _allows(self, host: Host) -> bool:
        return host.address in self._allowed_hosts_resolved

    def distance(self, host: Host) -> int:
        return HostDistance.LOCAL if self._allows(host) else HostDistance.IGNORED

    def on_up(self, host: Host) -> None:
        if self._allows(host):
            super().on_up(host)

    def on_add(self, host: Host) -> None:
        if self._allows(host):
            super().on_add(host)
