"""`Metrics`: how many requests there were, how long they took, and how their attempts failed.

The engine counts failures, retries and what was ignored; durations are kept here, when metrics are asked for.
"""

from __future__ import annotations

import weakref
from collections import deque
from itertools import count
from statistics import fmean, pstdev, quantiles
from typing import Any, Final

from cassandra._exported import exported_by
from cassandra._locks import lock

KEPT: Final = 10_000
"""So many of the last durations tell the percentiles."""

COUNTS: Final = (
    "connection_errors",
    "write_timeouts",
    "read_timeouts",
    "unavailables",
    "other_errors",
    "retries",
    "ignores",
)
GAUGES: Final = ("known_hosts", "connected_to", "open_connections")

clusters = count()

ALL: weakref.WeakSet[Metrics] = weakref.WeakSet()
"""Those of all clusters of this process."""

NAMED: Final = lock()
"""Held while one takes a name."""


class Gauge(int):
    """A number that some programs take as it is, and others call."""

    def __call__(self) -> int:
        return int(self)


@exported_by("cassandra.metrics")
class Metrics:
    """The counts of one cluster. `get_stats` gives all of them."""

    stats_name: str
    """What these counts are called among those of other clusters: `cassandra-0` and so on."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = weakref.ref(cluster)
        self._lock = lock()
        self._durations: deque[float] = deque(maxlen=KEPT)
        self._requests = 0
        self._noted = dict.fromkeys(COUNTS, 0)
        self.stats_name = f"cassandra-{next(clusters)}"
        ALL.add(self)

    def set_stats_name(self, stats_name: str) -> None:
        """Call these counts otherwise. ValueError where another cluster's are called so."""
        with NAMED:
            others = {other.stats_name for other in list(ALL) if other is not self}
            if stats_name in others:
                raise ValueError(f"the metrics of another cluster are called {stats_name!r}: set another name first")
            self.stats_name = stats_name

    @property
    def stats(self) -> Metrics:
        """The counts as attributes."""
        return self

    def on_request(self, seconds: float) -> None:
        """Count a request that has ended."""
        with self._lock:
            self._requests += 1
            self._durations.append(seconds)

    def _note(self, name: str) -> None:
        with self._lock:
            self._noted[name] += 1

    def on_connection_error(self) -> None:
        """Count one more than the engine does; so with the other methods."""
        self._note("connection_errors")

    def on_write_timeout(self) -> None:
        """One more write timeout."""
        self._note("write_timeouts")

    def on_read_timeout(self) -> None:
        """One more read timeout."""
        self._note("read_timeouts")

    def on_unavailable(self) -> None:
        """One more request for which too few replicas were alive."""
        self._note("unavailables")

    def on_other_error(self) -> None:
        """One more failure of another kind."""
        self._note("other_errors")

    def on_ignore(self) -> None:
        """One more failure that was ignored."""
        self._note("ignores")

    def on_retry(self) -> None:
        """One more retry."""
        self._note("retries")

    def _counts(self) -> dict[str, int]:
        cluster = self._cluster()
        core = None if cluster is None else cluster._core
        counted = {} if core is None else core.metrics()
        return {name: counted.get(name, 0) + noted for name, noted in self._noted.items()}

    @property
    def connection_errors(self) -> int:
        """Attempts whose connection was lost, or that found none."""
        return self._counts()["connection_errors"]

    @property
    def write_timeouts(self) -> int:
        """Attempts that a server answered with a write timeout."""
        return self._counts()["write_timeouts"]

    @property
    def read_timeouts(self) -> int:
        """Attempts that a server answered with a read timeout."""
        return self._counts()["read_timeouts"]

    @property
    def unavailables(self) -> int:
        """Attempts for which too few replicas were alive."""
        return self._counts()["unavailables"]

    @property
    def other_errors(self) -> int:
        """Attempts that failed in any other way."""
        return self._counts()["other_errors"]

    @property
    def retries(self) -> int:
        """How often a retry policy had a request tried again."""
        return self._counts()["retries"]

    @property
    def ignores(self) -> int:
        """How often a retry policy had a failure taken for a success."""
        return self._counts()["ignores"]

    @property
    def request_timer(self) -> dict[str, float]:
        """How many requests there were, and how long the last of them took, in seconds."""
        with self._lock:
            durations, requests = sorted(self._durations), self._requests
        if not durations:
            return {"count": 0}
        cuts = quantiles(durations, n=1000, method="inclusive") if len(durations) > 1 else durations * 999
        return {
            "count": requests,
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
    def known_hosts(self) -> Gauge:
        """How many hosts are known."""
        cluster = self._cluster()
        return Gauge(0 if cluster is None else len(cluster.metadata.all_hosts()))

    def _open(self) -> list[int]:
        cluster = self._cluster()
        sessions = [] if cluster is None else list(cluster.sessions)
        return [pool.open_count for session in sessions for pool in session.get_pools()]

    @property
    def connected_to(self) -> Gauge:
        """To how many hosts connections are open, counted for each session."""
        return Gauge(sum(count > 0 for count in self._open()))

    @property
    def open_connections(self) -> Gauge:
        """How many connections are open, the control connection included."""
        cluster = self._cluster()
        control = cluster is not None and cluster.get_control_connection_host() is not None
        return Gauge(sum(self._open()) + control)

    def get_stats(self) -> dict[str, Any]:
        """All of them, by name."""
        gauges = {name: getattr(self, name) for name in GAUGES}
        return {**self._counts(), **gauges, "request_timer": self.request_timer}
