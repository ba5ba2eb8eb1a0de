"""`TokenMap`: who owns which part of the ring, and who holds the partitions of a token."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._exported import exported_by
from cassandra._locks import lock


@exported_by("cassandra.metadata")
class TokenMap:
    """The ring: its tokens in order, and the hosts that own them."""

    token_class: Any = None
    """The class of its tokens."""

    token_to_host_owner: Mapping[Any, Any] = None  # type: ignore[assignment]
    """The host that each token belongs to."""

    tokens_to_hosts_by_ks: dict[str, dict[Any, Any]] = None  # type: ignore[assignment]
    """The hosts of each token's partitions, in each keyspace that was asked for."""

    ring: Sequence[Any] = None  # type: ignore[assignment]
    """The tokens, in order."""

    def __init__(
        self, token_class: Any, token_to_host_owner: Mapping[Any, Any], all_tokens: Sequence[Any], metadata: Any
    ) -> None:
        self.token_class = token_class
        self.ring = all_tokens
        self.token_to_host_owner = token_to_host_owner
        self.tokens_to_hosts_by_ks = {}
        self._metadata = metadata
        self._rebuild_lock = lock()
        self._strategies: dict[str, Any] = {}

    def replica_map_for_keyspace(self, ks_metadata: Any) -> dict[Any, Any] | None:
        """The hosts of each token's partitions by the keyspace's strategy; None where it has none."""
        strategy = ks_metadata.replication_strategy
        if not strategy:
            return None
        made: dict[Any, Any] = strategy.make_token_replica_map(self.token_to_host_owner, self.ring)
        return made

    def rebuild_keyspace(self, keyspace: str, build_if_absent: bool = False) -> None:
        """Work out again who holds what in a keyspace, if that was done before or `build_if_absent`."""
        with self._rebuild_lock:
            if not build_if_absent and keyspace not in self.tokens_to_hosts_by_ks:
                return
            known = self._metadata.keyspaces.get(keyspace)
            placed = self.replica_map_for_keyspace(known) if known is not None else None
            self.tokens_to_hosts_by_ks[keyspace] = placed or {}
            self._strategies[keyspace] = None if known is None else known.replication_strategy

    def remove_keyspace(self, keyspace: str) -> None:
        """Forget who holds what in a keyspace."""
        self.tokens_to_hosts_by_ks.pop(keyspace, None)

    def get_replicas(self, keyspace: str, token: Any) -> Any:
        """The hosts that hold a token's partitions in a keyspace; an empty list where that is not known."""
        if not self.ring or not keyspace:
            return []
        known = self._metadata.keyspaces.get(keyspace)
        strategy = None if known is None else known.replication_strategy
        if keyspace not in self.tokens_to_hosts_by_ks or self._strategies.get(keyspace) is not strategy:
            self.rebuild_keyspace(keyspace, build_if_absent=True)
        placed = self.tokens_to_hosts_by_ks.get(keyspace)
        if not placed:
            return []
        place = bisect_left(self.ring, token)
        return placed.get(self.ring[place % len(self.ring)], [])
