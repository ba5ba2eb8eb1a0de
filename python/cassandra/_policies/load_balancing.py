"""Load balancing: what a policy is, how far a host is, and a policy that wraps another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from cassandra._exported import exported_by
from cassandra._locks import lock

if TYPE_CHECKING:
    from cassandra._pool.host import Host


@exported_by("cassandra.policies")
class HostDistance:
    """How far a host is in the eyes of a policy."""

    IGNORED: ClassVar[int] = -1
    """Nobody connects to it."""

    LOCAL: ClassVar[int] = 0
    """It is connected to and used first."""

    REMOTE: ClassVar[int] = 1
    """It is connected to, with fewer connections, and used when no local host can serve."""


@exported_by("cassandra.policies")
class HostStateListener:
    """Is told when hosts come, go, and change. Subclass it and give it to `Cluster.register_listener`."""

    def on_up(self, host: Host) -> None:
        """The host is up."""
        raise NotImplementedError

    def on_down(self, host: Host) -> None:
        """The host is down."""
        raise NotImplementedError

    def on_add(self, host: Host) -> None:
        """The host has joined the cluster."""
        raise NotImplementedError

    def on_remove(self, host: Host) -> None:
        """The host has left the cluster."""
        raise NotImplementedError


@exported_by("cassandra.policies")
class LoadBalancingPolicy(HostStateListener):
    """Decides which hosts are connected to and in what order they are asked. Subclass it."""

    def __init__(self) -> None:
        # For the hosts that a policy keeps; programs' own policies take it too.
        self._hosts_lock = lock()

    def distance(self, host: Host) -> int:
        """How far the host is: one of `HostDistance`."""
        raise NotImplementedError

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        """Called once with the cluster and the hosts known at its start."""
        raise NotImplementedError

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterable[Host]:
        """The hosts to ask for one request, in order. They are drawn one by one, as they are needed."""
        raise NotImplementedError

    def check_supported(self) -> None:
        """Called once the cluster's metadata is known; raise where the policy cannot work with it."""


@exported_by("cassandra.policies")
class WrapperPolicy(LoadBalancingPolicy):
    """Passes everything but the query plan on to another policy."""

    _child_policy: LoadBalancingPolicy

    def __init__(self, child_policy: LoadBalancingPolicy) -> None:
        self._child_policy = child_policy

    def distance(self, *args: Any, **kwargs: Any) -> int:
        return self._child_policy.distance(*args, **kwargs)

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        self._child_policy.populate(cluster, hosts)

    def on_up(self, *args: Any, **kwargs: Any) -> None:
        self._child_policy.on_up(*args, **kwargs)

    def on_down(self, *args: Any, **kwargs: Any) -> None:
        self._child_policy.on_down(*args, **kwargs)

    def on_add(self, *args: Any, **kwargs: Any) -> None:
        self._child_policy.on_add(*args, **kwargs)

    def on_remove(self, *args: Any, **kwargs: Any) -> None:
        self._child_policy.on_remove(*args, **kwargs)


def working_keyspace_of(query: Any, working_keyspace: str | None) -> str | None:
    """The keyspace that a query works in: its own, else the session's."""
    keyspace: str | None = getattr(query, "keyspace", None)
    return keyspace if keyspace else working_keyspace
