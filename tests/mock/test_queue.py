"""`cassandra.cluster` on a mock node whose request ids are all taken: who waits, for how long, and what is raised."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.pool import NoConnectionsAvailable

from tests.support.mock import MockCluster, query, rows, silence

COLUMNS = [("v", "int")]


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        mock.on(query("SELECT never"), silence())
        mock.on(query("SELECT slow"), rows(COLUMNS, [[1]], delay=0.4))
        mock.on(query("SELECT v"), rows(COLUMNS, [[7]]))
        yield mock


def connected(mock: MockCluster, **options: Any) -> Cluster:
    return Cluster(mock.contact_points, port=mock.port, max_requests_per_connection=2, **options)


def test_a_request_waits_for_room(mock: MockCluster) -> None:
    with connected(mock) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        slow = [session.execute_async("SELECT slow") for _ in range(2)]
        waiting = [session.execute_async("SELECT v") for _ in range(50)]
        assert [future.result().one().v for future in waiting] == [7] * 50
        assert [future.result().one().v for future in slow] == [1, 1]


def timed(session: Session, timeout: float) -> tuple[float, NoHostAvailable]:
    began = time.monotonic()
    with pytest.raises(NoHostAvailable) as caught:
        session.execute("SELECT v", timeout=timeout)
    return time.monotonic() - began, caught.value


def test_the_wait_ends_with_the_time_of_the_request(mock: MockCluster) -> None:
    """E8 of docs/promises.md."""
    with connected(mock) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        taken = [session.execute_async("SELECT never", timeout=60) for _ in range(2)]
        # The reference takes two seconds here, whatever the time that was given.
        waits = [timed(session, 0.1) for _ in range(5)]
        assert 0.09 <= min(waited for waited, _ in waits) < 1.5
        (error,) = waits[0][1].errors.values()
        assert isinstance(error, NoConnectionsAvailable)
        assert "2 requests in flight" in str(error)
        assert "none had room within 0.1" in str(waits[0][1])
        assert mock.count(query("SELECT v")) == 0
        del taken


@pytest.mark.parametrize("options", [{"max_queued_requests": 0}, {"max_queued_requests": 1}])
def test_a_queue_that_is_full_is_told_at_once(mock: MockCluster, options: dict[str, Any]) -> None:
    """F18 of docs/promises.md."""
    with connected(mock, **options) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        taken = [session.execute_async("SELECT never", timeout=60) for _ in range(2)]
        taken += [session.execute_async("SELECT v", timeout=60) for _ in range(options["max_queued_requests"])]
        waited, error = timed(session, 10)
        assert waited < 9
        assert f"{options['max_queued_requests']} requests wait already" in str(error)
        del taken


def test_connections_for_each_distance(mock: MockCluster) -> None:
    with Cluster(mock.contact_points, port=mock.port, connections_per_host=3) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        deadline = time.monotonic() + 100
        while [pool["open_count"] for pool in session.get_pool_state().values()] != [3]:
            assert time.monotonic() < deadline, session.get_pool_state()
            time.sleep(0.01)
