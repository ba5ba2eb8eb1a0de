"""`Budget`: how many extra attempts a session may make. Ours: cassandra-driver has none."""

from __future__ import annotations

from typing import Any

from cassandra._cluster import options
from cassandra._exported import exported_by


@exported_by("cassandra.policies")
class Budget:
    """Extra attempts of up to this `share` of a session's requests (0.1: one for ten), and `per_second` on top of it.

    For `Cluster(retry_budget=…)` and `Cluster(speculation_budget=…)`. What was earned fades within about ten seconds,
    so that a cluster that has too much to do is not given a multiple of it. `Budget(0, 0)` allows none.
    """

    __slots__ = ("_per_second", "_share")

    def __init__(self, share: float = 0.1, per_second: float = 10.0) -> None:
        self._share = float(options.number("share", share))
        self._per_second = float(options.number("per_second", per_second))

    @property
    def share(self) -> float:
        """Of the requests that succeed (retries), or that may be run twice (speculative executions)."""
        return self._share

    @property
    def per_second(self) -> float:
        """So many a second in any case."""
        return self._per_second

    def __repr__(self) -> str:
        return f"Budget(share={self._share}, per_second={self._per_second})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Budget):
            return NotImplemented
        return (self._share, self._per_second) == (other._share, other._per_second)

    def __hash__(self) -> int:
        return hash((self._share, self._per_second))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Budget, (self._share, self._per_second))
