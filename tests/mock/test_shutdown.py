"""F16: a cluster is shut down in six situations: everyone is told within a second, and neither sockets nor threads
stay. (That the process ends, too: `test_exits.py`.)"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cassandra import DriverException
from cassandra._cluster.exit import CONNECTED
from cassandra.cluster import Cluster, ResponseFuture, Session
from cassandra.policies import ConstantReconnectionPolicy, RoundRobinPolicy

from tests.support.mock import MockCluster, query, rows, silence
from tests.support.statements import profiles, wait_until

WITHIN = 1.0
"""How long it may take until everyone is told, in seconds."""


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(3) as mock:
        mock.on(query("SELECT v"), rows([("v", "int")], [[7]]))
        mock.on(query("SELECT silent"), silence())
        yield mock


def sockets() -> int:
    """How many sockets this process has open."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            count += str(entry.readlink()).startswith("socket:")
        except OSError:  # closed meanwhile
            continue
    return count


def threads() -> int:
    """How many threads it has, without those that run callbacks: they end when they have been idle for long."""
    names = [(task / "comm").read_text() for task in Path("/proc/self/task").iterdir()]
    return sum(not name.startswith("helenus-callba") for name in names)


def connect(mock: MockCluster) -> Session:
    cluster = Cluster(mock.contact_points, port=mock.port, reconnection_policy=ConstantReconnectionPolicy(0.1))
    return cluster.connect(wait_for_all_pools=True)


def plainly(session: Session) -> None:
    session.cluster.shutdown()


def from_a_callback(session: Session) -> None:
    ended = threading.Event()

    def callback(found: Any) -> None:
        session.cluster.shutdown()
        ended.set()

    session.execute_async("SELECT v").add_callback(callback)
    assert ended.wait(100)


def twice(session: Session) -> None:
    others = [threading.Thread(target=session.cluster.shutdown) for _ in range(4)]
    for other in others:
        other.start()
    session.cluster.shutdown()
    for other in others:
        other.join(100)
        assert not other.is_alive()
    session.cluster.shutdown()
    session.shutdown()


def session_first(session: Session) -> None:
    session.shutdown()
    session.cluster.shutdown()


SITUATIONS: dict[str, tuple[str, Callable[[Session], None]]] = {
    "under load": ("answer", plainly),
    "silent nodes": ("silent", plainly),
    "while it reconnects": ("gone", plainly),
    "twice, by five threads": ("answer", twice),
    "from a callback": ("answer", from_a_callback),
    "the session before the cluster": ("answer", session_first),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_f16_everyone_is_told_and_nothing_stays(mock: MockCluster, situation: str) -> None:
    nodes, shut_down = SITUATIONS[situation]
    # What the engine keeps for the process, however many clusters there are: its threads for I/O.
    connect(mock).cluster.shutdown()
    wait_until(lambda: all(node.connections == 0 for node in mock.nodes))
    before = (sockets(), threads())
    session = connect(mock)
    told: list[Any] = []
    futures: list[ResponseFuture] = [session.execute_async("SELECT silent", timeout=None) for _ in range(200)]
    for future in futures[:100]:
        future.add_callbacks(told.append, told.append)
    if nodes == "silent":
        for node in mock.nodes:
            node.pause()
    elif nodes == "gone":
        for node in mock.nodes:
            node.stop()
        wait_until(lambda: not any(session.get_pool_state().values()) or len(told) == 100)
    began = time.monotonic()
    shut_down(session)
    for future in futures:
        with pytest.raises(Exception, match=r"shut|closed|lost|[Uu]nable|reset"):
            future.result(timeout=10)
    assert time.monotonic() - began < WITHIN
    for call in (session.execute, session.prepare):
        began = time.monotonic()
        with pytest.raises(DriverException, match="already shut down"):
            call("SELECT v")
        assert time.monotonic() - began < 5  # and not as long as a request may take
    wait_until(lambda: len(told) == 100)
    wait_until(lambda: sockets() <= before[0], WITHIN)
    wait_until(lambda: threads() <= before[1], WITHIN)
    time.sleep(0.05)  # for what must not come
    assert len(told) == 100 and all(isinstance(outcome, Exception) for outcome in told)


def test_f16_clusters_that_come_and_go_leave_nothing(mock: MockCluster) -> None:
    connect(mock).cluster.shutdown()
    before = (sockets(), threads())
    for _ in range(20):
        session = connect(mock)
        assert session.execute("SELECT v").one().v == 7
        session.cluster.shutdown()
    wait_until(lambda: sockets() <= before[0], WITHIN)
    assert threads() <= before[1]


def test_a_cluster_that_a_policy_has_refused_is_not_counted_as_connected(mock: MockCluster) -> None:
    class Refusing(RoundRobinPolicy):
        def populate(self, cluster: Any, hosts: Any) -> None:
            raise ValueError("not these")

    cluster = Cluster(
        mock.contact_points, port=mock.port, execution_profiles=profiles(load_balancing_policy=Refusing())
    )
    for _ in range(2):
        with pytest.raises(ValueError, match="not these"):
            cluster.connect()
        assert cluster not in CONNECTED
    cluster.shutdown()
