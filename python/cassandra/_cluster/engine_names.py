"""Policies that are described to the engine as the default profile's is, and are others: each goes round by itself."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from cassandra._cluster import engine_policies

if TYPE_CHECKING:
    from cassandra._cluster.profile import ProfileManager
    from cassandra._native import ClusterCore


class EngineNames:
    """The names by which one connected engine knows the policies of a cluster's profiles."""

    def __init__(self, core: ClusterCore, default: Any, profiles: ProfileManager) -> None:
        self._core, self._default, self._profiles = core, default, profiles
        self._numbers = count(1)
        # With each policy itself, so that no other one gets its id.
        self._known: dict[int, tuple[Any, str]] = {}

    def of(self, policy: Any) -> str | None:
        """The name of a policy by which the engine makes plans; None for the default profile's.

        None, too, for one that belongs to no profile of the cluster: such policies would come without end. They share
        the default's round.
        """
        if policy is self._default:
            return None
        known = self._known.get(id(policy))
        if known is None:
            if not any(policy is other for other in self._profiles.policies()):
                return None
            name = f"policy {next(self._numbers)}"
            self._core.add_policy(name, engine_policies.load_balancing(policy))
            # Two threads may have come at once: the first one's name is the policy's.
            known = self._known.setdefault(id(policy), (policy, name))
        return known[1]
