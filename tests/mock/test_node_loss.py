"""`cassandra.cluster` on mock nodes: a program outlives its nodes, and is told when there are none."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.policies import ConstantReconnectionPolicy
from cassandra.pool import Host

from tests.support.mock import MockCluster, body, query, raw, rows

COLUMNS = [("v", "int")]


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(3) as mock:
        mock.on(query("SELECT v"), rows(COLUMNS, [[7]]))
        yield mock


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    with Cluster(mock.contact_points, port=mock.port, reconnection_policy=ConstantReconnectionPolicy(0.2)) as cluster:
        yield cluster.connect(wait_for_all_pools=True)


def seven(session: Session) -> bool:
    return bool(session.execute("SELECT v", timeout=10).one().v == 7)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_one_of_three_dies(mock: MockCluster, session: Session, index: int) -> None:
    """F1 of docs/promises.md."""
    assert all(seven(session) for _ in range(9))
    under_way = [session.execute_async("SELECT v", timeout=10) for _ in range(50)]
    mock.nodes[index].stop()
    assert all(future.result().one().v == 7 for future in under_way)
    assert all(seven(session) for _ in range(50))


def test_a_node_that_returns_is_used_again(mock: MockCluster, session: Session) -> None:
    """F2 of docs/promises.md."""
    mock.nodes[1].stop()
    assert all(seven(session) for _ in range(9))
    mock.nodes[1].listen()
    mock.clear_received()
    end = time.monotonic() + 100
    while not mock.count_by_node(query("SELECT v"))[1]:
        assert time.monotonic() < end, "the node is not used again"
        assert seven(session)
        time.sleep(0.02)


def test_nobody_is_left(mock: MockCluster, session: Session) -> None:
    """F15 of docs/promises.md."""
    assert seven(session)
    hosts = {host.address for host in session.hosts}
    for node in mock.nodes:
        node.stop()
    end = time.monotonic() + 100
    causes: set[str] = set()
    while causes != hosts:
        assert time.monotonic() < end, causes
        with pytest.raises(NoHostAvailable) as caught:
            session.execute("SELECT v", timeout=10)
        assert caught.value.errors
        for host, cause in caught.value.errors.items():
            assert isinstance(host, Host)
            assert isinstance(cause, Exception)
        causes = {host.address for host in caught.value.errors}
    began = time.monotonic()
    with pytest.raises(NoHostAvailable):
        session.execute("SELECT v", timeout=60)
    assert time.monotonic() - began < 30  # it does not wait for anybody
    for node in mock.nodes:
        node.listen()
    end = time.monotonic() + 100
    while True:
        try:
            assert seven(session)
            return
        except NoHostAvailable:
            assert time.monotonic() < end, "the session does not recover"
            time.sleep(0.05)


def test_all_refuse_at_connect(mock: MockCluster) -> None:
    for node in mock.nodes:
        node.stop()
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        with pytest.raises(NoHostAvailable) as caught:
            cluster.connect()
        errors = caught.value.errors or {}
        assert sorted(errors) == sorted(f"{address}:{mock.port}" for address in mock.contact_points)
        assert all(isinstance(cause, ConnectionRefusedError) for cause in errors.values())
        for address in mock.contact_points:
            assert address in str(caught.value)


@pytest.mark.parametrize(
    "nonsense",
    [
        raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        raw(bytes(4096)),
        raw(b"\x84\x00\x00\x00\x06\x7f\xff\xff\xff"),
        body("EVENT", b"\xff" * 64),
        body("SUPPORTED", b"\xff\xff"),
    ],
    ids=["http", "zeros", "2 GiB", "event", "short"],
)
def test_a_server_that_is_none(mock: MockCluster, nonsense: dict[str, object]) -> None:
    """F14 of docs/promises.md."""
    rule = mock.on({}, nonsense)
    with Cluster(mock.contact_points, port=mock.port, connect_timeout=30) as cluster:
        began = time.monotonic()
        with pytest.raises(NoHostAvailable) as caught:
            cluster.connect()
        assert time.monotonic() - began < 60  # each refuses by itself, or by the end of its time
        assert len(caught.value.errors or ()) == 3
    mock.remove(rule)
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        assert seven(cluster.connect())


def test_one_that_speaks_nonsense_among_three(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    """F14 of docs/promises.md."""
    mock.on({"node": 2}, raw(b"SSH-2.0-OpenSSH_9.2\r\n"))
    with (
        caplog.at_level(logging.WARNING),
        Cluster(mock.contact_points[:2], port=mock.port, connect_timeout=30) as cluster,
    ):
        session = cluster.connect()
        assert all(seven(session) for _ in range(20))
    assert not mock.count_by_node(query("SELECT v"))[2]


def test_nodes_that_are_silent_at_connect(mock: MockCluster) -> None:
    for node in mock.nodes:
        node.pause()
    began = time.monotonic()
    with Cluster(mock.contact_points, port=mock.port, connect_timeout=0.5) as cluster:
        with pytest.raises(NoHostAvailable):
            cluster.connect()
        assert time.monotonic() - began < 3 * 5  # which is the default
