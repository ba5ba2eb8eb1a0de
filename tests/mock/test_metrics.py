"""`cluster.metrics`: what the engine counts, by the reference's names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cassandra.cluster import Cluster, ExecutionProfile, Session
from cassandra.policies import RetryPolicy, RoundRobinPolicy

from tests.support.mock import MockCluster, error, query, reset
from tests.support.statements import profiles

COUNTS = {"connection_errors", "write_timeouts", "read_timeouts", "unavailables", "other_errors", "retries", "ignores"}
READ_TIMEOUT = error("read_timeout", consistency="ONE", received=1, required=1, data_present=False)
WRITE_TIMEOUT = error("write_timeout", consistency="ONE", received=0, required=1, write_type="SIMPLE")
UNAVAILABLE = error("unavailable", consistency="ONE", required=1, alive=0)


class Ignoring(RetryPolicy):
    def on_read_timeout(self, *args: Any, **kwargs: Any) -> Any:
        return self.IGNORE, None


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(2) as mock:
        yield mock


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    of = profiles() | {"ignoring": ExecutionProfile(RoundRobinPolicy(), retry_policy=Ignoring())}
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=of, metrics_enabled=True) as cluster:
        yield cluster.connect(wait_for_all_pools=True)


# Seen on cassandra-driver 3.30.1 with the same two nodes.
@pytest.mark.parametrize(
    ("reaction", "is_once", "settings", "counted"),
    [
        (READ_TIMEOUT, False, {}, {"read_timeouts": 2, "retries": 1}),
        (READ_TIMEOUT, True, {}, {"read_timeouts": 1, "retries": 1}),
        (READ_TIMEOUT, False, {"execution_profile": "ignoring"}, {"read_timeouts": 1, "ignores": 1}),
        (WRITE_TIMEOUT, False, {}, {"write_timeouts": 1}),
        (UNAVAILABLE, False, {}, {"unavailables": 2, "retries": 1}),
        (error("overloaded", "no"), False, {}, {"other_errors": 2, "retries": 2}),
        (error("overloaded", "no"), True, {}, {"other_errors": 1, "retries": 1}),
        (error("server_error", "no"), False, {}, {"other_errors": 2, "retries": 2}),
        (error("invalid", "no"), False, {}, {"other_errors": 1}),
        (reset(), False, {}, {"connection_errors": 2, "retries": 2}),
    ],
)
def test_failures(
    mock: MockCluster, session: Session, reaction: Any, is_once: bool, settings: Any, counted: dict[str, int]
) -> None:
    """E23 of docs/promises.md."""
    mock.on(query("SELECT v", **({"nth": 1} if is_once else {})), reaction)
    failed = False
    try:
        session.execute("SELECT v", timeout=5, **settings)
    except Exception:
        failed = True
    assert failed != (is_once or bool(settings))
    stats = session.cluster.metrics.get_stats()
    names = (
        "connection_errors",
        "write_timeouts",
        "read_timeouts",
        "unavailables",
        "other_errors",
        "retries",
        "ignores",
    )
    assert {name: stats[name] for name in names if stats[name]} == counted
    assert stats["request_timer"]["count"] == 1
    assert all(getattr(session.cluster.metrics, name) == stats[name] for name in names)


def test_durations_and_connections(session: Session) -> None:
    metrics = session.cluster.metrics
    assert metrics.request_timer == {"count": 0}
    for _ in range(5):
        session.execute("SELECT 1")
    stats = metrics.get_stats()
    assert stats["request_timer"]["count"] == 5
    assert 0 < stats["request_timer"]["min"] <= stats["request_timer"]["99percentile"] <= stats["request_timer"]["max"]
    assert (stats["known_hosts"], stats["connected_to"], stats["open_connections"]) == (2, 2, 3)
    # Some programs call them.
    assert (metrics.known_hosts(), metrics.stats.open_connections()) == (2, 3)


def test_names_and_counts_of_the_program(session: Session) -> None:
    metrics = session.cluster.metrics
    assert metrics.stats_name.startswith("cassandra-")
    metrics.set_stats_name("mine")
    metrics.set_stats_name("mine")
    assert metrics.stats_name == "mine"
    with Cluster(metrics_enabled=True) as other:
        with pytest.raises(ValueError, match="mine"):
            other.metrics.set_stats_name("mine")
        other.metrics.set_stats_name("theirs")
    metrics.on_retry()
    metrics.on_read_timeout()
    assert (metrics.retries, metrics.read_timeouts, metrics.ignores) == (1, 1, 0)


def test_none_unless_they_are_asked_for(mock: MockCluster) -> None:
    assert Cluster(mock.contact_points, port=mock.port).metrics is None
