"""`HostFilterPolicy`: another policy, without the hosts that a predicate refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cassandra._exported import exported_by
from cassandra._policies.load_balancing import HostDistance, LoadBalancingPolicy

if TYPE_CHECKING:
    from cassandra._pool.host import Host


@exported_by("cassandra.policies")
class HostFilterPolicy(LoadBalancingPolicy):
    """Uses the hosts for which `predicate(host)` is true, in the order of the child policy.

    The predicate is asked each time, and may change its mind.
    """

    def __init__(self, child_policy: LoadBalancingPolicy, predicate: Callable[[Host], bool]) -> None:
        if not callable(predicate):
            raise TypeError(f"predicate must be callable, not {type(predicate).__name__}")
        super().__init__()
        self._child_policy = child_policy
        self._predicate = predicate

    @property
    def predicate(self) -> Callable[[Host], bool]:
        """Says which hosts are used."""
        return self._predicate

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        self._child_policy.populate(cluster=cluster, hosts=hosts)

    def distance(self, host: Host) -> int:
        """The child's distance for a host that the predicate lets pass, IGNORED for any other."""
        return self._child_policy.distance(host) if self.predicate(host) else HostDistance.IGNORED

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterator[Host]:
        plan = self._child_policy.make_query_plan(working_keyspace=working_keyspace, query=query)
        return (host for host in plan if self.predicate(host))

    def check_supported(self) -> None:
        return self._child_policy.check_supported()

    def on_up(self, host: Host, *args: Any, **kwargs: Any) -> None:
        return self._child_policy.on_up(host, *args, **kwargs)

    def on_down(self, host: Host, *args: Any, **kwargs: Any) -> None:
        return self._child_policy.on_down(host, *args, **kwargs)

    def on_add(self, host: Host, *args: Any, **kwargs: Any) -> None:
        return self._child_policy.on_add(host, *args, **kwargs)

    def on_remove(self, host: Host, *args: Any, **kwargs: Any) -> None:
        return self._child_policy.on_remove(host, *args, **kwargs)
