"""`RoundRobinPolicy`: each request begins with the next host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import randint
from typing import TYPE_CHECKING, Any

from cassandra._exported import exported_by
from cassandra._policies.load_balancing import HostDistance, LoadBalancingPolicy

if TYPE_CHECKING:
    from cassandra._pool.host import Host


def rotated(hosts: tuple[Host, ...], position: int) -> tuple[Host, ...]:
    """The hosts in their order, beginning with the one at this position of an endless round."""
    start = position % len(hosts) if hosts else 0
    return hosts[start:] + hosts[:start]


def first_position(cluster: Any, hosts: int) -> int:
    """Where a policy begins to go round so many hosts.

    At random, so that many clients do not all begin with the same one; but all policies of one cluster at the same.
    """
    chosen = getattr(cluster, "_first_position", None)
    return chosen % hosts if isinstance(chosen, int) else randint(0, hosts - 1)


@exported_by("cassandra.policies")
class RoundRobinPolicy(LoadBalancingPolicy):
    """All hosts are local, whatever their datacenter; requests go round."""

    _live_hosts: frozenset[Host] = frozenset()
    _position: int = 0

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        self._live_hosts = frozenset(hosts)
        if len(self._live_hosts) > 1:
            self._position = first_position(cluster, len(self._live_hosts))

    def distance(self, host: Host) -> int:
        return HostDistance.LOCAL

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterator[Host]:
        # Two threads may take the same position: no harm, and cheaper than a lock on each request.
        position = self._position
        self._position = position + 1
        return iter(rotated(tuple(self._live_hosts), position))

    def on_up(self, host: Host) -> None:
        with self._hosts_lock:
            self._live_hosts = self._live_hosts | {host}

    def on_down(self, host: Host) -> None:
        with self._hosts_lock:
            self._live_hosts = self._live_hosts - {host}

    def on_add(self, host: Host) -> None:
        with self._hosts_lock:
            self._live_hosts = self._live_hosts | {host}

    def on_remove(self, host: Host) -> None:
        with self._hosts_lock:
            self._live_hosts = self._live_hosts - {host}
