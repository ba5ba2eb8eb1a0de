"""`Metrics`: how many requests there were, how long they took, and how they failed; kept when they are asked for.

Retries that a policy ordered, and errors that it had ignored, happen in the engine and are not counted yet.
"""

from __future__ import annotations

import weakref
from collections import deque
from statistics import fmean, pstdev, quantiles
from threading import Lock
from typing import Any, Final

from cassandra._errors.request import ReadTimeout, Unavailable, WriteTimeout
from cassandra._errors.session import NoHostAvailable
from cassandra._exported import exported_by

KEPT: Final = 10_000
"""So many of the last durations tell the percentiles."""

COUNTED: Final = ((WriteTimeout, "write_timeouts"), (ReadTimeout, "read_timeouts"), (Unavailable, "unavailables"))

NAMES: Final = (
    "connection_errors",
    "write_timeouts",
    "read_timeouts",
    "unavailables",
    "other_errors",
    "retries",
    "ignores",
    "known_hosts",
    "connected_to",
    "open_connections",
    "request_timer",
)


@exported_by("cassandra.metrics")
class Metrics:
    """The counts of one cluster. `get_stats` gives all of them."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = weakref.ref(cluster)
        self._lock = Lock()
        self._durations: deque[float] = deque(maxlen=KEPT)
        self._requests = 0
        self.connection_errors = 0
        self.write_timeouts = 0
        self.read_timeouts = 0
        self.unavailables = 0
        self.other_errors = 0
        self.retries = 0
        self.ignores = 0

    def on_request(self, seconds: float, error: BaseException | None) -> None:
        """Count a request that has ended."""
        with self._lock:
            self._requests += 1
            self._durations.append(seconds)
            if error is None:
                return
            name = next((name for kind, name in COUNTED if isinstance(error, kind)), "other_errors")
            if isinstance(error, NoHostAvailable):
                name = "connection_errors"
            setattr(self, name, getattr(self, name) + 1)

    @property
    def request_timer(self) -> dict[str, float]:
        """How many requests there were, and how long the last of them took, in seconds."""
        with self._lock:
            durations, count = sorted(self._durations), self._requests
        if not durations:
            return dict.fromkeys(("count", "min", "max", "mean", "stddev", "median", "75percentile", "99percentile"), 0)
        cuts = quantiles(durations, n=1000, method="inclusive") if len(durations) > 1 else durations * 999
        return {
            "count": count,
            "min": durations[0],
            "max": durations[-1],
            "mean": fmean(durations),
            "stddev": pstdev(durations),
            "median": cuts[499],
            "75percentile": cuts[749],
            "95percentile": cuts[949],
            "98percentile": cuts[979],
            "99percentile": cuts[989],
            "999percentile": cuts[998],
        }

    @property
    def known_hosts(self) -> int:
        """How many hosts are known."""
        cluster = self._cluster()
        return 0 if cluster is None else len(cluster.metadata.all_hosts())

    def _open(self) -> list[int]:
        cluster = self._cluster()
        sessions = [] if cluster is None else list(cluster.sessions)
        return [pool.open_count for session in sessions for pool in session.get_pools()]

    @property
    def connected_to(self) -> int:
        """To how many hosts connections are open, counted for each session."""
        return sum(count > 0 for count in self._open())

    @property
    def open_connections(self) -> int:
        """How many connections are open, the control connection included."""
        cluster = self._cluster()
        control = cluster is not None and cluster.get_control_connection_host() is not None
        return sum(self._open()) + control

    def get_stats(self) -> dict[str, Any]:
        """All of them, by name."""
        return {name: getattr(self, name) for name in NAMES}
