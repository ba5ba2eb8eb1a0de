"""`cassandra.cluster` on mock nodes: every page ends at its time, and answers that come later reach nobody."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
from cassandra import OperationTimedOut
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.query import SimpleStatement

from tests.support.mock import MockCluster, prepare, query, rows, silence

COLUMNS = [("v", "int")]
ALLOWANCE = 0.1
"""How late a deadline may be noticed, in seconds."""


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        yield mock


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        yield cluster.connect(wait_for_all_pools=True)


def lateness(session: Session, timeout: float) -> float:
    """By how much a request without an answer outlives its time."""
    began = time.monotonic()
    with pytest.raises(OperationTimedOut):
        session.execute("SELECT silent", timeout=timeout)
    return time.monotonic() - began - timeout


@pytest.mark.parametrize("timeout", [0.05, 0.5])
def test_a_request_ends_at_its_time(mock: MockCluster, session: Session, timeout: float) -> None:
    mock.on(query("SELECT silent"), silence())
    # Others may need the machine just now: the best of five is what the driver does.
    late = [lateness(session, timeout) for _ in range(5)]
    assert min(late) >= -0.001, late
    assert min(late) <= ALLOWANCE, late


def test_timeout_errors_name_the_host_and_the_way_out(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT silent"), silence())
    with pytest.raises(OperationTimedOut) as caught:
        session.execute("SELECT silent", timeout=0.5)
    assert caught.value.last_host.address == mock.contact_points[0]
    assert mock.contact_points[0] in str(caught.value)
    assert "timeout" in str(caught.value)
    assert "1 requests in flight on its connection; 0 attempts failed before" in str(caught.value)


def test_timeout_errors_say_how_busy_the_connection_was(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT silent"), silence())
    beside = [session.execute_async("SELECT silent", timeout=30) for _ in range(4)]
    with pytest.raises(OperationTimedOut, match="5 requests in flight on its connection"):
        session.execute("SELECT silent", timeout=0.5)
    # Whoever waits for a while only hears the same; that one has been given up.
    told = "the request goes on; 4 requests in flight on its connection"
    with pytest.raises(OperationTimedOut, match=told) as caught:
        beside[0].result(timeout=0.05)
    assert caught.value.last_host.address == mock.contact_points[0]
    del beside


def test_a_timed_out_write_was_sent_once(mock: MockCluster, session: Session) -> None:
    mock.on(query("UPDATE silent"), silence())
    with pytest.raises(OperationTimedOut):
        session.execute("UPDATE silent SET c = c + 1 WHERE k = 1", timeout=0.1)
    time.sleep(0.2)
    assert mock.count(query("UPDATE silent")) == 1


def test_patience_ends_and_the_request_goes_on(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT late"), rows(COLUMNS, [[7]], delay=1.0))
    future = session.execute_async("SELECT late", timeout=60)
    with pytest.raises(OperationTimedOut, match="goes on"):
        future.result(timeout=0.05)
    assert future.result().one().v == 7
    assert mock.count(query("SELECT late")) == 1


@pytest.mark.parametrize("page", [2, 3])
def test_later_pages_have_the_same_time(mock: MockCluster, session: Session, page: int) -> None:
    """E1 of docs/promises.md."""
    mock.on(query("SELECT paged"), rows(COLUMNS, [[number] for number in range(6)]))
    mock.on(query("SELECT paged", nth=page), silence())
    result = session.execute(SimpleStatement("SELECT paged", fetch_size=2), timeout=3)
    seen = []
    began = time.monotonic()
    with pytest.raises(OperationTimedOut):
        for row in result:
            seen.append(row.v)
    assert seen == list(range(2 * (page - 1)))
    assert 2.9 <= time.monotonic() - began < 60
    # A page has all of the time, not what the pages before left of it.
    mock.remove_all()
    mock.on(query("SELECT paged"), rows(COLUMNS, [[number] for number in range(6)], delay=1.2))
    assert len(list(session.execute(SimpleStatement("SELECT paged", fetch_size=2), timeout=3))) == 6


def test_a_page_that_failed_can_be_asked_for_again(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT paged"), rows(COLUMNS, [[number] for number in range(9)]))
    mock.on(query("SELECT paged", nth=2), silence())
    result = session.execute(SimpleStatement("SELECT paged", fetch_size=3), timeout=3)
    seen = []
    with pytest.raises(OperationTimedOut):
        seen.extend(row.v for row in result)
    assert result.has_more_pages
    assert result.paging_state
    # Iterating begins with the page that is there, as with cassandra-driver.
    assert [row.v for row in result] == list(range(9))
    assert not result.has_more_pages
    assert mock.count(query("SELECT paged")) == 4


def test_preparing_ends_in_time(mock: MockCluster, session: Session) -> None:
    mock.on(prepare("SELECT silent"), silence())
    session.default_timeout = 0.2
    began = time.monotonic()
    with pytest.raises(OperationTimedOut):
        session.prepare("SELECT silent")
    assert 0.19 <= time.monotonic() - began < 60


def test_late_answers_reach_nobody(mock: MockCluster, session: Session) -> None:
    """F10 of docs/promises.md."""
    mock.on(query("SELECT late"), rows(COLUMNS, [[-1]], delay=1.0))
    for number in range(20):
        mock.on(query(f"SELECT number {number};"), rows(COLUMNS, [[number]]))
    before = mock.nodes[0].accepted
    for _ in range(10):
        futures = [session.execute_async("SELECT late", timeout=0.02) for _ in range(10)]
        for future in futures:
            with pytest.raises(OperationTimedOut):
                future.result()
        for number in range(20):
            assert session.execute(f"SELECT number {number};").one().v == number
    time.sleep(1.1)  # until the last late answer has come
    for number in range(20):
        assert session.execute(f"SELECT number {number};").one().v == number
    assert mock.nodes[0].accepted == before  # and the connection has not been given up for it


def test_second_answers_reach_nobody(mock: MockCluster, session: Session) -> None:
    """E25 of docs/promises.md."""
    for number in range(10):
        mock.on(query(f"SELECT number {number};"), rows(COLUMNS, [[number]], copies=2))
    right = 0
    for _ in range(20):
        futures = [session.execute_async(f"SELECT number {number};", timeout=60) for number in range(10)]
        for number, future in enumerate(futures):
            # The connection is given up, and what waits on it has nowhere else to go: an error, but no wrong row.
            with contextlib.suppress(NoHostAvailable):
                assert future.result().one().v == number
                right += 1
    assert right
    mock.remove_all()
    mock.on(query("SELECT number"), rows(COLUMNS, [[7]]))
    end = time.monotonic() + 100
    while True:
        try:
            assert session.execute("SELECT number").one().v == 7
            return
        except NoHostAvailable:
            assert time.monotonic() < end, "no connection takes its place"
            time.sleep(0.02)


def test_a_request_without_a_time_waits(mock: MockCluster, session: Session) -> None:
    session.cluster.profile_manager.default.request_timeout = 0.1
    mock.on(query("SELECT late"), rows(COLUMNS, [[7]], delay=1.0))
    assert session.execute("SELECT late", timeout=None).one().v == 7
    with pytest.raises(OperationTimedOut):
        session.execute("SELECT late")
