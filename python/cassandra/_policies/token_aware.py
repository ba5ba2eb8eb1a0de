"""`TokenAwarePolicy`: the replicas of the partition first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cassandra._cluster import options
from cassandra._exported import exported_by
from cassandra._policies.load_balancing import HostDistance, LoadBalancingPolicy, WrapperPolicy, working_keyspace_of

if TYPE_CHECKING:
    from cassandra._pool.host import Host


@exported_by("cassandra.policies")
class TokenAwarePolicy(WrapperPolicy):
    """Asks the replicas that the child policy calls local first, then all others in the child's order.

    It needs a statement with a routing key and a keyspace; any other gets the child's plan. `shuffle_replicas` takes
    the replicas in random order, which spreads the load and gives up a warm cache.

    `avoid_slow_replicas` is ours: of two replicas drawn by lot the one is asked that has fewer requests in flight and
    has lately been quicker, most of the time; those of a lightweight transaction keep their order. The engine chooses,
    so every profile must have this policy, with the same child, which is one of this package: `Cluster.connect` says
    so otherwise. A plan that is made here takes such replicas in random order.
    """

    shuffle_replicas: bool = False
    avoid_slow_replicas: bool = False

    _cluster_metadata: Any = None

    def __init__(
        self, child_policy: LoadBalancingPolicy, shuffle_replicas: bool = False, avoid_slow_replicas: bool = False
    ) -> None:
        super().__init__(child_policy)
        self.shuffle_replicas = shuffle_replicas
        self.avoid_slow_replicas = options.flag("avoid_slow_replicas", avoid_slow_replicas)

    def populate(self, cluster: Any, hosts: Iterable[Host]) -> None:
        self._cluster_metadata = cluster.metadata
        self._child_policy.populate(cluster, hosts)

    def check_supported(self) -> None:
        """RuntimeError for a partitioner whose tokens cannot be computed here."""
        if not self._cluster_metadata.can_support_partitioner():
            raise RuntimeError(
                "TokenAwarePolicy cannot be used with the cluster partitioner "
                f"({self._cluster_metadata.partitioner}): how it computes tokens is not known"
            )

    def _replicas(self, keyspace: str | None, query: Any) -> list[Host]:
        routing_key = getattr(query, "routing_key", None)
        if routing_key is None or not keyspace or self._cluster_metadata is None:
            return []
        replicas = list(self._cluster_metadata.get_replicas(keyspace, routing_key))
        if self.shuffle_replicas or self.avoid_slow_replicas:
            # By way of the public module, where programs and their tests replace it.
            from cassandra import policies

            policies.shuffle(replicas)
        return replicas

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterator[Host]:
        child = self._child_policy
        keyspace = working_keyspace_of(query, working_keyspace)
        replicas = self._replicas(keyspace, query)
        for replica in replicas:
            if replica.is_up and child.distance(replica) == HostDistance.LOCAL:
                yield replica
        for host in child.make_query_plan(keyspace, query):
            if host not in replicas or child.distance(host) == HostDistance.REMOTE:
                yield host
