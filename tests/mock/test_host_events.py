"""Policies and listeners are told of hosts one event at a time, in the order in which things happened."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra._cluster import host_events
from cassandra.cluster import Cluster
from cassandra.policies import ConstantReconnectionPolicy, HostStateListener

from tests.support.mock import MockCluster
from tests.support.statements import profiles, wait_until


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(2) as mock:
        yield mock


@pytest.fixture
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    quickly = ConstantReconnectionPolicy(0.02, None)
    with Cluster(
        mock.contact_points, port=mock.port, execution_profiles=profiles(), reconnection_policy=quickly
    ) as cluster:
        # Its connections tell that a node has gone.
        session = cluster.connect(wait_for_all_pools=True)
        yield cluster
        assert not session.is_shutdown


class Listener(HostStateListener):
    """Notes what it is told; each time it returns when it may."""

    def __init__(self, gate: threading.Event) -> None:
        self.gate = gate
        self.begun: list[str] = []
        self.ended: list[str] = []

    def _told(self, what: str) -> None:
        self.begun.append(what)
        self.gate.wait(30)
        self.ended.append(what)

    def on_up(self, host: Any) -> None:
        self._told("up")

    def on_down(self, host: Any) -> None:
        self._told("down")

    def on_add(self, host: Any) -> None:
        self._told("add")

    def on_remove(self, host: Any) -> None:
        self._told("remove")


def engine_has_it_up(cluster: Cluster, address: str) -> Any:
    """What the engine knows of a host, whomever it has told."""
    core: Any = cluster._core
    return next(facts["up"] for facts in core.hosts() if facts["address"] == address)


def test_a_listener_that_blocks_is_not_told_beside_itself(mock: MockCluster, cluster: Cluster) -> None:
    listener = Listener(threading.Event())
    cluster.register_listener(listener)
    address = mock.contact_points[1]
    [session] = cluster.sessions
    try:
        for _ in range(3):
            mock.nodes[1].stop()
            wait_until(lambda: engine_has_it_up(cluster, address) is False)
            mock.nodes[1].listen()
            wait_until(lambda: engine_has_it_up(cluster, address))
        wait_until(lambda: listener.begun)
        # The threads for callbacks are free, and have had the time to tell of what came later.
        for _ in range(3):
            told = threading.Event()
            session.execute_async("SELECT release_version FROM system.local").add_callback(lambda rows, t=told: t.set())
            assert told.wait(100)
        assert (len(listener.begun), listener.ended) == (1, [])
    finally:
        listener.gate.set()
    # Three times at least: the node may be found twice while it stops.
    wait_until(lambda: listener.ended.count("down") >= 3 and listener.ended[-1] == "up")
    assert listener.begun == listener.ended
    # That hosts came up at the connect may be told late, when the listener is there already.
    since = listener.ended[listener.ended.index("down") :]
    assert since == ["down", "up"] * (len(since) // 2)


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt])
def test_what_a_listener_raises_is_logged_and_stops_nobody(
    mock: MockCluster, cluster: Cluster, caplog: pytest.LogCaptureFixture, raised: type[BaseException]
) -> None:
    class Raising(Listener):
        def _told(self, what: str) -> None:
            raise raised("whatever it is")

    gate = threading.Event()
    gate.set()
    others = [Listener(gate), Listener(gate)]
    for listener in (others[0], Raising(gate), others[1]):
        cluster.register_listener(listener)
    with caplog.at_level(logging.ERROR, "cassandra.cluster"):
        mock.nodes[1].stop()
        wait_until(lambda: all("down" in listener.ended for listener in others))
        wait_until(lambda: [r for r in caplog.records if "Raising.on_down raised" in r.getMessage()])
    # And what comes later is told as well.
    mock.nodes[1].listen()
    wait_until(lambda: all(listener.ended[-1] == "up" for listener in others))


def test_what_a_listener_that_blocks_is_not_told_is_warned_of_once(
    mock: MockCluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(host_events, "MOST", 1)
    caplog.set_level(logging.WARNING, "cassandra.cluster")
    gate = threading.Event()
    with Cluster(
        mock.contact_points,
        port=mock.port,
        execution_profiles=profiles(),
        reconnection_policy=ConstantReconnectionPolicy(0.02, None),
    ) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        listener = Listener(gate)
        cluster.register_listener(listener)
        address = mock.contact_points[1]
        try:
            # One is told, one waits, and four are too many.
            for _ in range(3):
                mock.nodes[1].stop()
                wait_until(lambda: engine_has_it_up(cluster, address) is False)
                mock.nodes[1].listen()
                wait_until(lambda: engine_has_it_up(cluster, address))

            def warnings() -> list[str]:
                return [r.getMessage() for r in caplog.records if "were not told" in r.getMessage()]

            wait_until(lambda: warnings() != [])
            assert not session.is_shutdown
            assert len(warnings()) == 1
            assert warnings()[0].startswith(
                "1 host events were not told: a policy or a listener has not returned, and 1 "
            )
            assert address in warnings()[0]
        finally:
            gate.set()
