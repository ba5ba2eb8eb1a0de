"""Which policies the engine has itself, and how they are described to it.

A policy is the engine's only when it is exactly of a class of ours and nobody has put a method of their own on the
instance or the class. Any other is a program's own, and is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

MOST_TIMES: Final = 8
"""So often a plan may name one host."""

RETRY: Final[dict[type, tuple[Any, ...]]] = {
    RetryPolicy: ("default",),
    FallthroughRetryPolicy: ("fallthrough",),
    DowngradingConsistencyRetryPolicy: ("downgrading",),
}

METHODS: Final = frozenset(
    ("distance", "populate", "make_query_plan", "on_up", "on_down", "on_add", "on_remove", "_replicas", "_dc")
)
RETRY_METHODS: Final = ("on_read_timeout", "on_write_timeout", "on_unavailable", "on_request_error")


def as_made(kinds: Iterable[type], names: Iterable[str]) -> dict[type, tuple[tuple[str, Any], ...]]:
    """The methods that classes have when they are imported: a program may put others in their place at any time."""
    return {kind: tuple((name, getattr(kind, name)) for name in names if hasattr(kind, name)) for kind in kinds}


def is_untouched(policy: Any, made: dict[type, tuple[tuple[str, Any], ...]]) -> bool:
    """Whether nobody has put a method of their own on the instance or on its class."""
    kind, own = type(policy), policy.__dict__
    # A loop: requests ask this.
    for name, method in made[kind]:  # noqa: SIM110
        if name in own or getattr(kind, name, None) is not method:
            return False
    return True


def plans_as_made(policy: Any) -> bool:
    """Whether a policy that was described to the engine, and its child, still make plans with our methods."""
    while policy is not None:
        if not is_untouched(policy, PLANNING):
            return False
        policy = policy.__dict__.get("_child_policy")
    return True


def chain(policy: Any) -> Iterable[Any]:
    """A load balancing policy that was described to the engine, and its child."""
    while policy is not None:
        yield policy
        policy = policy.__dict__.get("_child_policy")


def methods_of(policy: Any) -> tuple[tuple[type, str, Any], ...]:
    """The methods of a policy's class that a request depends on, as they were made."""
    kind = type(policy)
    return tuple(
        (kind, name, method)
        for name, method in (PLANNING.get(kind) or RETRYING.get(kind) or SPECULATING.get(kind) or ())
    )


def load_balancing(policy: Any) -> tuple[Any, ...] | None:
    """The description of a policy that the engine has, or None."""
    kind = type(policy)
    if kind in (TokenAwarePolicy, DefaultLoadBalancingPolicy):
        child = load_balancing(policy._child_policy) if is_untouched(policy, BALANCING) else None
        if child is None or kind is DefaultLoadBalancingPolicy:
            # A statement that names its host is sent there by the plan that the session makes for it.
            return child
        return ("token_aware", child, bool(policy.shuffle_replicas), bool(policy.avoid_slow_replicas))
    if kind not in PLAIN or not is_untouched(policy, BALANCING):
        return None
    described: tuple[Any, ...] = PLAIN[kind](policy)
    return described


def needs_engine(policy: Any) -> bool:
    """Whether a policy, or one that it wraps, asks for something that only plans of the engine can do."""
    seen: list[Any] = []
    while policy is not None and not any(policy is other for other in seen):
        if isinstance(policy, TokenAwarePolicy) and policy.avoid_slow_replicas:
            return True
        seen.append(policy)
        policy = getattr(policy, "_child_policy", None)
    return False


def check_choice(policies: Iterable[Any], plans: Sequence[Any] = ()) -> None:
    """ValueError where a policy asks for what only the engine's plans can do, and the engine does not make them all."""
    given = list(policies)
    if not any(needs_engine(policy) for policy in given):
        return
    described = [load_balancing(policy) for policy in given]
    if None in described or any(other not in (described[0], *plans) for other in described):
        raise ValueError(
            "TokenAwarePolicy(avoid_slow_replicas=True) must be the policy of every execution profile, with the same "
            "child, which is a policy of this package: the engine chooses between replicas"
        )


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

BALANCING: Final = as_made((*PLAIN, TokenAwarePolicy, DefaultLoadBalancingPolicy), METHODS)
PLANNING: Final = as_made(BALANCING, ("make_query_plan", "distance"))
RETRYING: Final = as_made(RETRY, RETRY_METHODS)
WAITING: Final = as_made((ConstantReconnectionPolicy, ExponentialReconnectionPolicy), ("new_schedule",))
SPECULATING: Final = as_made((NoSpeculativeExecutionPolicy, ConstantSpeculativeExecutionPolicy), ("new_plan",))


def drawn(plan: Iterable[Any], known: int) -> list[Any]:
    """The ids of the hosts of a plan, up to where it has named each of the `known` hosts of the cluster.

    What a plan does after that is its own affair: it may go round for ever, or wait until a host is less busy. One
    that never names them all ends where it names a host for the ninth time.
    """
    ids: list[Any] = []
    times: dict[Any, int] = {}
    for host in plan:
        key = host.host_id
        times[key] = times.get(key, 0) + 1
        if times[key] > MOST_TIMES:
            break
        ids.append(key)
        if len(times) >= known:
            break
    return ids


def retry(policy: Any) -> Any:
    """The description of a policy that the engine has, or the program's own policy."""
    described = RETRY.get(type(policy))
    if described is None or policy.__dict__ or not is_untouched(policy, RETRYING):
        return policy
    return described


def reconnection(policy: Any) -> Any:
    """The description of a policy that the engine has, or the waits of the program's own."""
    kind = type(policy) if type(policy) in WAITING and is_untouched(policy, WAITING) else None
    if kind is ConstantReconnectionPolicy:
        return ("constant", float(policy.delay), policy.max_attempts or None)
    if kind is ExponentialReconnectionPolicy:
        return ("exponential", float(policy.base_delay), float(policy.max_delay), policy.max_attempts)
    return pauses(policy.new_schedule())


def pauses(schedule: Any) -> list[float]:
    """The seconds that a program's own reconnection policy waits, the last of which goes on."""
    if not isinstance(schedule, Iterable):
        raise TypeError(f"new_schedule of reconnection_policy must give seconds, not {type(schedule).__name__}")
    found: list[float] = []
    for pause in islice(schedule, MOST_PAUSES):
        try:
            found.append(max(float(pause), 0.0))
        except (TypeError, ValueError, OverflowError):
            kind = type(pause).__name__
            raise TypeError(f"new_schedule of reconnection_policy must give numbers of seconds, not {kind}") from None
    return found


def never_speculates(policy: Any) -> bool:
    """Whether a policy begins no second attempt, whatever the statement is."""
    if policy is None:
        return True
    return type(policy) is NoSpeculativeExecutionPolicy and is_untouched(policy, SPECULATING)


def speculation(policy: Any, keyspace: str | None, statement: Any, host: Any) -> list[float] | None:
    """The waits before each further execution; None where there is none."""
    if policy is None:
        return None
    kind = type(policy) if type(policy) in SPECULATING and is_untouched(policy, SPECULATING) else None
    if kind is NoSpeculativeExecutionPolicy:
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
