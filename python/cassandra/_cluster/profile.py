"""`ExecutionProfile`: how requests of one kind are run; and the profiles of a cluster, by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cassandra._cluster import duck_types
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT, NOT_SET
from cassandra._cluster.options import consistency, serial_consistency, timeout
from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._exported import exported_by
from cassandra._policies.dc_aware import DCAwareRoundRobinPolicy
from cassandra._policies.load_balancing import HostDistance, LoadBalancingPolicy
from cassandra._policies.retry import RetryPolicy
from cassandra._policies.speculative_execution import NoSpeculativeExecutionPolicy
from cassandra._policies.token_aware import TokenAwarePolicy
from cassandra._query.rows import named_tuple_factory

log = logging.getLogger("cassandra.cluster")

RowFactory = Callable[[Sequence[str], Iterable[Any]], Any]


@exported_by("cassandra.cluster")
def default_lbp_factory() -> LoadBalancingPolicy:
    """The load balancing policy of a profile that has none of its own: the replicas of the local datacenter first."""
    return TokenAwarePolicy(DCAwareRoundRobinPolicy())


@exported_by("cassandra.cluster")
class ExecutionProfile:
    """How requests are run: where they go, what is retried, at which consistency level, for how long.

    A profile may be changed while it is used; requests that begin later see the change. ValueError or TypeError for
    what cannot be meant.
    """

    load_balancing_policy: Any = None
    """Decides which hosts are asked, and in what order."""

    retry_policy: Any = None
    """Decides what happens to a request that failed."""

    consistency_level: int = ConsistencyLevel.LOCAL_ONE
    """For statements that do not say."""

    serial_consistency_level: int | None = None
    """For the conditions of lightweight transactions, in statements that do not say."""

    request_timeout: float | None = 10.0
    """Seconds that a request may take; None for any time."""

    speculative_execution_policy: Any = None
    """Decides when a second host is asked for an idempotent statement."""

    continuous_paging_options: Any = None
    """Of DataStax Enterprise; Apache Cassandra has no such thing."""

    row_factory: Any = staticmethod(named_tuple_factory)
    """Makes rows out of tuples of values."""

    _load_balancing_policy_explicit = False
    _consistency_level_explicit = False

    def __init__(
        self,
        load_balancing_policy: Any = NOT_SET,
        retry_policy: Any = None,
        consistency_level: int = NOT_SET,
        serial_consistency_level: int | None = None,
        request_timeout: float | None = 10.0,
        row_factory: RowFactory = named_tuple_factory,
        speculative_execution_policy: Any = None,
        continuous_paging_options: Any = None,
    ) -> None:
        if load_balancing_policy is NOT_SET:
            self.load_balancing_policy = default_lbp_factory()
        else:
            self._load_balancing_policy_explicit = True
            self.load_balancing_policy = duck_types.load_balancing("load_balancing_policy", load_balancing_policy)
        if consistency_level is NOT_SET:
            self.consistency_level = ConsistencyLevel.LOCAL_ONE
        else:
            self._consistency_level_explicit = True
            self.consistency_level = consistency("consistency_level", consistency_level)
        self.retry_policy = RetryPolicy() if retry_policy is None else duck_types.retry("retry_policy", retry_policy)
        self.serial_consistency_level = serial_consistency("serial_consistency_level", serial_consistency_level)
        self.request_timeout = timeout("request_timeout", request_timeout)
        if not callable(row_factory):
            raise TypeError(f"row_factory must be callable, not {type(row_factory).__name__}")
        self.row_factory = row_factory
        speculative = speculative_execution_policy
        if speculative is None:
            self.speculative_execution_policy = NoSpeculativeExecutionPolicy()
        else:
            self.speculative_execution_policy = duck_types.speculative_execution(
                "speculative_execution_policy", speculative
            )
        self.continuous_paging_options = continuous_paging_options


@exported_by("cassandra.cluster")
class ProfileManager:
    """The profiles of a cluster, by name; and their load balancing policies, told of hosts together."""

    def __init__(self) -> None:
        self.profiles: dict[Any, ExecutionProfile] = {}
        self._warned: set[tuple[type, type]] = set()

    @property
    def default(self) -> ExecutionProfile:
        """The profile of requests that name none."""
        return self.profiles[EXEC_PROFILE_DEFAULT]

    def policies(self) -> list[Any]:
        """The load balancing policies, each once."""
        found = {id(profile.load_balancing_policy): profile.load_balancing_policy for profile in self.profiles.values()}
        return list(found.values())

    def check_supported(self) -> None:
        """Have each policy look whether it can work with this cluster."""
        for policy in self.policies():
            policy.check_supported()

    def populate(self, cluster: Any, hosts: Iterable[Any]) -> None:
        """Give each policy the hosts that are known."""
        known = list(hosts)
        for policy in self.policies():
            policy.populate(cluster, known)

    def distance(self, host: Any) -> int:
        """How far a host is for the policy to which it is nearest."""
        distances = {self._distance(policy, host) for policy in self.policies()}
        for near in (HostDistance.LOCAL, HostDistance.REMOTE):
            if near in distances:
                return near
        return HostDistance.IGNORED

    def _distance(self, policy: Any, host: Any) -> Any:
        """What a policy says; what is no distance counts as IGNORED, and a warning says so once."""
        found = policy.distance(host)
        if found in (HostDistance.IGNORED, HostDistance.LOCAL, HostDistance.REMOTE):
            return found
        kinds = (type(policy), type(found))
        if kinds not in self._warned:
            self._warned.add(kinds)
            log.warning(
                "%s.distance must give a HostDistance, and gave %.100r for host %s, which counts as IGNORED: "
                "no request is sent there",
                type(policy).__name__,
                found,
                host,
            )
        return HostDistance.IGNORED

    def on_up(self, host: Any) -> None:
        """Tell the policies that a host is up."""
        for policy in self.policies():
            policy.on_up(host)

    def on_down(self, host: Any) -> None:
        """Tell the policies that a host is down."""
        for policy in self.policies():
            policy.on_down(host)

    def on_add(self, host: Any) -> None:
        """Tell the policies that a host has come."""
        for policy in self.policies():
            policy.on_add(host)

    def on_remove(self, host: Any) -> None:
        """Tell the policies that a host has gone."""
        for policy in self.policies():
            policy.on_remove(host)
