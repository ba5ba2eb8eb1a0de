"""Which policies the engine has itself, and how they are described to it.

A policy is the engine's only when it is exactly of a class of ours and nobody has put anything on the instance. Any
other is a program's own, and is called.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from cassandra._policies.dc_aware import DCAwareRoundRobinPolicy
from cassandra._policies.default import DefaultLoadBalancingPolicy
from cassandra._policies.downgrading_retry import DowngradingConsistencyRetryPolicy
from cassandra._policies.rack_aware import RackAwareRoundRobinPolicy
from cassandra._policies.reconnection import ConstantReconnectionPolicy, ExponentialReconnectionPolicy
from cassandra._policies.retry import FallthroughRetryPolicy, RetryPolicy
from cassandra._policies.round_robin import RoundRobinPolicy
from cassandra._policies.speculative_execution import (
    ConstantSpeculativeExecutionPolicy,
    NoSpeculativeExecutionPolicy,
)
from cassandra._policies.token_aware import TokenAwarePolicy
from cassandra._policies.white_list import WhiteListRoundRobinPolicy

MOST_PAUSES: Final = 1000
"""So many waits of a reconnection schedule of a program's own are taken; the last one goes on."""

MOST_SPECULATIONS: Final = 64

RETRY: Final[dict[type, tuple[Any, ...]]] = {
    RetryPolicy: ("default",),
    FallthroughRetryPolicy: ("fallthrough",),
    DowngradingConsistencyRetryPolicy: ("downgrading",),
}

METHODS: Final = frozenset(
    ("distance", "populate", "make_query_plan", "on_up", "on_down", "on_add", "on_remove", "_replicas", "_dc")
)


def is_untouched(policy: Any) -> bool:
    """Whether nobody has put a method of their own on the instance."""
    return METHODS.isdisjoint(policy.__dict__)


def load_balancing(policy: Any) -> tuple[Any, ...] | None:
    """The description of a policy that the engine has, or None."""
    kind = type(policy)
    if kind in (TokenAwarePolicy, DefaultLoadBalancingPolicy):
        child = load_balancing(policy._child_policy) if is_untouched(policy) else None
        if child is None or kind is DefaultLoadBalancingPolicy:
            # A statement that names its host is sent there by the plan that the session makes for it.
            return child
        return ("token_aware", child, bool(policy.shuffle_replicas))
    if kind not in PLAIN or not is_untouched(policy):
        return None
    described: tuple[Any, ...] = PLAIN[kind](policy)
    return described


PLAIN: Final[dict[type, Any]] = {
    RoundRobinPolicy: lambda policy: ("round_robin",),
    DCAwareRoundRobinPolicy: lambda policy: (
        "dc_aware",
        policy.local_dc or None,
        max(policy.used_hosts_per_remote_dc, 0),
    ),
    RackAwareRoundRobinPolicy: lambda policy: (
        "rack_aware",
        policy.local_dc,
        policy.local_rack,
        max(policy.used_hosts_per_remote_dc, 0),
    ),
    WhiteListRoundRobinPolicy: lambda policy: ("allow_list", list(policy._allowed_hosts_resolved)),
}


def retry(policy: Any) -> Any:
    """The description of a policy that the engine has, or the program's own policy."""
    described = RETRY.get(type(policy))
    return policy if described is None or policy.__dict__ else described


def reconnection(policy: Any) -> Any:
    """The description of a policy that the engine has, or the waits of the program's own."""
    kind = type(policy)
    if kind is ConstantReconnectionPolicy:
        return ("constant", float(policy.delay), policy.max_attempts or None)
    if kind is ExponentialReconnectionPolicy:
        return ("exponential", float(policy.base_delay), float(policy.max_delay), policy.max_attempts)
    return [max(float(pause), 0.0) for pause in islice(policy.new_schedule(), MOST_PAUSES)]


def speculation(policy: Any, keyspace: str | None, statement: Any, host: Any) -> list[float] | None:
    """The waits before each further execution; None where there is none."""
    kind = type(policy)
    if kind is NoSpeculativeExecutionPolicy or policy is None:
        return None
    if kind is ConstantSpeculativeExecutionPolicy:
        if policy.delay < 0 or policy.max_attempts <= 0:
            return None
        return [float(policy.delay)] * min(policy.max_attempts, MOST_SPECULATIONS)
    plan = policy.new_plan(keyspace, statement)
    waits: list[float] = []
    while len(waits) < MOST_SPECULATIONS and (wait := plan.next_execution(host)) >= 0:
        waits.append(float(wait))
    return waits or None
