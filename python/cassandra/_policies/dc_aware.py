"""`DCAwareRoundRobinPolicy`: the local datacenter first, and as much of the others as is wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cassandra._exported import exported_by
from cassandra._policies.load_balancing import HostDistance, LoadBalancingPolicy
from cassandra._policies.round_robin import first_position, rotated

if TYPE_CHECKING:
    from cassandra._pool.host import Host

log = logging.getLogger("cassandra.policies")


@exported_by("cassandra.policies")
class DCAwareRoundRobinPolicy(LoadBalancingPolicy):
    """Requests go round the hosts of one datacenter, and to others only when all of those have failed.

    Without `local_dc` it is the datacenter of the first contact point whose datacenter becomes known.
    `used_hosts_per_remote_dc` hosts of each other datacenter are connected to as well; by default none.
    """

    local_dc: str | None = None
    """The datacenter to prefer; empty until it is known."""

    used_hosts_per_remote_dc: int = 0
    """How many hosts of each other datacenter may be used."""

    def __init__(self, local_dc: str | None = "", used_hosts_per_remote_dc: int = 0) -> None:
        super().__init__()
        self.local_dc = local_dc
        self.used_hosts_per_remote_dc = used_hosts_per_remote_dc
        self._dc_live_hosts: dict[str | None, tuple[Host, ...]] = {}
        self._position = 0
        self._endpoints: list[Any] = []

    def _dc(self, host: Host) -> str | None:
        # A host of which nothing is known yet counts as local: it may be the only one there is.
        return host.datacenter or self.local_dc

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        if not self.local_dc:
            self._endpoints = list(getattr(cluster, "endpoints_resolved", ()))
        found = list(dict.fromkeys(hosts))
        for host in found:
            self._learn_local_dc(host)
        groups: dict[str | None, list[Host]] = {}
        for host in found:
            groups.setdefault(self._dc(host), []).append(host)
        self._dc_live_hosts = {dc: tuple(group) for dc, group in groups.items()}
        self._position = first_position(cluster, len(found)) if found else 0

    def _learn_local_dc(self, host: Host) -> None:
        if self.local_dc or not host.datacenter or host.endpoint not in self._endpoints:
            return
        self.local_dc = host.datacenter
        log.info(
            "Using datacenter '%s' for DCAwareRoundRobinPolicy (via host '%s'); if incorrect, please specify a "
            "local_dc to the constructor, or limit contact points to local cluster nodes",
            self.local_dc,
            host.endpoint,
        )
        self._endpoints = []

    def distance(self, host: Host) -> int:
        dc = self._dc(host)
        if dc == self.local_dc:
            return HostDistance.LOCAL
        used = self._dc_live_hosts.get(dc, ())[: max(self.used_hosts_per_remote_dc, 0)]
        return HostDistance.REMOTE if host in used else HostDistance.IGNORED

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterator[Host]:
        position = self._position
        self._position = position + 1
        yield from self._local_plan(position)
        yield from self._remote_plan()

    def _local_plan(self, position: int) -> Iterable[Host]:
        return rotated(self._dc_live_hosts.get(self.local_dc, ()), position)

    def _remote_plan(self) -> Iterator[Host]:
        # A copy: hosts may come while a plan is drawn from.
        for dc, hosts in list(self._dc_live_hosts.items()):
            if dc != self.local_dc:
                yield from hosts[: max(self.used_hosts_per_remote_dc, 0)]

    def on_up(self, host: Host) -> None:
        self._learn_local_dc(host)
        with self._hosts_lock:
            groups = self._without(host)
            dc = self._dc(host)
            groups[dc] = (*groups.get(dc, ()), host)
            self._dc_live_hosts = groups

    def on_down(self, host: Host) -> None:
        with self._hosts_lock:
            self._dc_live_hosts = self._without(host)

    def _without(self, host: Host) -> dict[str | None, tuple[Host, ...]]:
        """The hosts but this one, which may have been in another datacenter than it is now."""
        groups = {dc: tuple(other for other in hosts if other != host) for dc, hosts in self._dc_live_hosts.items()}
        return {dc: hosts for dc, hosts in groups.items() if hosts}

    def on_add(self, host: Host) -> None:
        self.on_up(host)

    def on_remove(self, host: Host) -> None:
        self.on_down(host)
