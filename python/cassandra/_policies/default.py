"""`DefaultLoadBalancingPolicy`: another policy, after the host that a statement asks for."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cassandra._exported import exported_by
from cassandra._policies.load_balancing import WrapperPolicy, working_keyspace_of

if TYPE_CHECKING:
    from cassandra._pool.host import Host


@exported_by("cassandra.policies")
class DefaultLoadBalancingPolicy(WrapperPolicy):
    """Begins with the host that a `HostTargetingStatement` names, if it is up; then the child's plan."""

    _cluster_metadata: Any = None

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        self._cluster_metadata = cluster.metadata
        self._child_policy.populate(cluster, hosts)

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterator[Host]:
        keyspace = working_keyspace_of(query, working_keyspace)
        address = getattr(query, "target_host", None)
        target = self._cluster_metadata.get_host(address) if address else None
        if target is None or not target.is_up:
            yield from self._child_policy.make_query_plan(keyspace, query)
            return
        yield target
        for host in self._child_policy.make_query_plan(keyspace, query):
            if host != target:
                yield host


@exported_by("cassandra.policies")
class DSELoadBalancingPolicy(DefaultLoadBalancingPolicy):
    """The former name of `DefaultLoadBalancingPolicy`; deprecated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        warnings.warn(
            "DSELoadBalancingPolicy will be removed in 4.0. Consider using DefaultLoadBalancingPolicy.",
            DeprecationWarning,
            stacklevel=2,
        )
