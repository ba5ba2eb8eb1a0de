"""Request ids that a program borrows from a pool."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import OperationTimedOut
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.connection import ConnectionException
from cassandra.policies import HostDistance
from cassandra.pool import HostConnectionPool, NoConnectionsAvailable

from tests.support.mock import MockCluster, query, silence
from tests.support.statements import wait_until


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        yield mock


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    with Cluster(mock.contact_points, port=mock.port, max_requests_per_connection=4) as cluster:
        yield cluster.connect(wait_for_all_pools=True)


@pytest.fixture
def pool(session: Session) -> HostConnectionPool:
    return HostConnectionPool(min(session.hosts), HostDistance.LOCAL, session)


def test_what_is_borrowed(pool: HostConnectionPool, session: Session) -> None:
    assert (pool.open_count, pool.in_flight, pool.is_shutdown) == (1, 0, False)
    borrowed = pool.borrow_connection(1.0)
    connection, request_id = borrowed
    assert connection is borrowed
    assert 0 <= request_id <= connection.max_request_id == 32_767
    assert (connection.host, connection.port, connection.is_closed) == (
        pool.host.address,
        pool.host.endpoint.port,
        False,
    )
    assert (connection.in_flight, connection.max_in_flight, pool.in_flight) == (1, 4, 1)
    second, second_id = pool.borrow_connection(1.0)
    assert second_id != request_id
    del second  # which gives its id back
    wait_until(lambda: connection.in_flight == 1)
    pool.return_connection(borrowed)
    pool.return_connection(borrowed)
    assert pool.in_flight == 0


def test_no_request_gets_a_borrowed_id(pool: HostConnectionPool, session: Session, mock: MockCluster) -> None:
    borrowed = [pool.borrow_connection(1.0) for _ in range(3)]
    ids = {request_id for _, request_id in borrowed}
    for _ in range(20):
        session.execute("SELECT 1")
    assert {received["stream"] for received in mock.received(query("SELECT 1"))}.isdisjoint(ids)
    # Three of four are borrowed: there is room for one request.
    mock.on(query("SILENT"), silence())
    session.execute_async("SILENT", timeout=60)
    with pytest.raises((NoHostAvailable, OperationTimedOut)):
        session.execute("SELECT 1", timeout=0.2)
    pool.return_connection(tuple(borrowed[0]))
    session.execute("SELECT 1")


def test_waiting_for_room(pool: HostConnectionPool) -> None:
    borrowed = [pool.borrow_connection(1.0) for _ in range(4)]
    began = time.monotonic()
    with pytest.raises(NoConnectionsAvailable, match=r"all request ids to .* were in use for 0.2 seconds"):
        pool.borrow_connection(0.2)
    assert 0.15 < time.monotonic() - began < 30
    threading.Timer(0.1, pool.return_connection, borrowed[:1]).start()
    assert pool.borrow_connection(10)


@pytest.mark.parametrize("bad", [-1, "1", float("nan")])
def test_times_that_are_none(pool: HostConnectionPool, bad: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="timeout"):
        pool.borrow_connection(bad)


def test_after_the_end(pool: HostConnectionPool, session: Session, mock: MockCluster) -> None:
    borrowed = pool.borrow_connection(1.0)
    mock.nodes[0].reset_connections()
    wait_until(lambda: borrowed.is_closed)
    again = pool.borrow_connection(10)
    session.shutdown()
    assert pool.is_shutdown
    with pytest.raises(ConnectionException, match="is shutdown"):
        pool.borrow_connection(1.0)
    pool.return_connection(borrowed)
    pool.return_connection(again)


def test_a_host_that_the_servers_have_not_named(session: Session) -> None:
    unnamed, _ = session.cluster.add_host("127.0.99.1", signal=False)
    pool = HostConnectionPool(unnamed, HostDistance.LOCAL, session)
    with pytest.raises(NoConnectionsAvailable, match=r"have not named 127.0.99.1:\d+ yet"):
        pool.borrow_connection(0.1)


@pytest.mark.parametrize("wrong", [None, 5, object(), (), (5, 1)], ids=repr)
def test_what_was_not_borrowed_cannot_be_returned(pool: HostConnectionPool, wrong: object) -> None:
    with pytest.raises(TypeError, match="connection must be what borrow_connection gave"):
        pool.return_connection(wrong)


def test_hosts_that_are_none(session: Session) -> None:
    wrong: Any = 5
    for place in ("datacenter", "rack"):
        with pytest.raises(TypeError, match=f"{place} must be text, not int"):
            session.cluster.add_host("127.0.99.2", **{place: wrong})
    with pytest.raises(TypeError, match="host must be a Host, not int"):
        session.cluster.remove_host(5)
    session.cluster.remove_host(None)
    session.cluster.remove_host("127.0.99.3")
