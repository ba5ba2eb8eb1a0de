"""Objects of a program's own `connection_class`, one for each host that is connected to.

The engine makes the connections. A program that has derived a class from `Connection` wants to see them, though: to
count what is under way to a host, or to be told that one was opened. So the class is called once per host.
"""

from __future__ import annotations

import logging
import weakref
from typing import Any
from uuid import UUID

from cassandra._connection.event_loops import Connection
from cassandra._policies.load_balancing import HostDistance

log = logging.getLogger("cassandra.cluster")


class ConnectionViews:
    """Makes them for one cluster, as hosts come."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = weakref.ref(cluster)
        self._made: dict[UUID, Connection] = {}

    def follow(self) -> None:
        """Make those of hosts that are new, and forget those of hosts that are gone.

        What the class raises is logged: it must not keep the program from its servers.
        """
        cluster = self._cluster()
        kind = None if cluster is None else cluster.connection_class
        if cluster is None or kind is None or not is_own(kind):
            return
        hosts = cluster._registry.by_id
        for gone in self._made.keys() - hosts.keys():
            self._made.pop(gone)
        for host_id, host in list(hosts.items()):
            if host_id in self._made or cluster.profile_manager.distance(host) == HostDistance.IGNORED:
                continue
            try:
                made = kind(host.endpoint)
            except Exception:
                log.exception("connection_class %s raised for %s", kind.__name__, host)
                continue
            if isinstance(made, Connection):
                made._counts = Counts(self._cluster, host_id)
                self._made[host_id] = made


class Counts:
    """What is open and under way to one host, over all sessions of a cluster."""

    def __init__(self, cluster: weakref.ref[Any], host_id: UUID) -> None:
        self._cluster = cluster
        self._host_id = host_id

    def __call__(self) -> list[tuple[int, int]]:
        cluster = self._cluster()
        if cluster is None or cluster.is_shutdown:
            return []
        sessions = [session for session in list(cluster.sessions) if not session.is_shutdown]
        return [counts for session in sessions for counts in session._core.connections().get(self._host_id, ())]


def is_own(kind: Any) -> bool:
    """Whether a class is a program's own, derived from one of those here."""
    return isinstance(kind, type) and issubclass(kind, Connection) and not kind.__module__.startswith("cassandra.")
