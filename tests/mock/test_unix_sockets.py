"""Nodes that are reached by a Unix-domain socket: in front of a mock node, all that goes through it is counted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.connection import UnixSocketEndPoint
from cassandra.policies import ConstantReconnectionPolicy, RoundRobinPolicy, WhiteListRoundRobinPolicy

from tests.support.mock import MockCluster
from tests.support.statements import profiles, wait_until


class Door:
    """A Unix-domain socket that leads to a node."""

    def __init__(self, path: Path, address: tuple[str, int]) -> None:
        self.path, self.address = path, address
        self.taken: list[socket.socket] = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.take, daemon=True).start()

    def take(self) -> None:
        while True:
            try:
                came, _ = self.listener.accept()
            except OSError:
                return
            try:
                onward = socket.create_connection(self.address)
            except OSError:  # the node has ended before the driver has
                came.close()
                continue
            self.taken += [came, onward]
            for one, other in ((came, onward), (onward, came)):
                threading.Thread(target=carry, args=(one, other), daemon=True).start()

    def cut(self) -> None:
        for one in self.taken:
            with suppress(OSError):  # the other end was quicker
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.close()
        for one in self.taken:
            one.close()


def carry(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        yield mock


@pytest.fixture
def door(mock: MockCluster, tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path / "node.sock", (mock.contact_points[0], mock.port))
    yield door
    door.close()


class Allowed(WhiteListRoundRobinPolicy):
    """As in the documentation: an end point that has no address to look up."""

    def __init__(self, hosts: list[str]) -> None:
        self._allowed_hosts = self._allowed_hosts_resolved = tuple(hosts)
        RoundRobinPolicy.__init__(self)


@pytest.mark.parametrize("form", ["end point", "path", "relative path"])
def test_all_connections_go_through_the_socket(
    mock: MockCluster, door: Door, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(door.path.parent)
    forms: dict[str, Any] = {
        "end point": UnixSocketEndPoint(str(door.path)),
        "path": str(door.path),
        "relative path": UnixSocketEndPoint(door.path.name),
    }
    with Cluster([forms[form]], port=mock.port, execution_profiles=profiles()) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert session.execute("SELECT 1") is not None
        (host,) = cluster.metadata.all_hosts()
        assert host.endpoint == UnixSocketEndPoint(str(door.path))
        assert (host.address, host.broadcast_rpc_address) == (str(door.path), mock.contact_points[0])
        assert session.execute("SELECT 1").response_future.coordinator_host is host
        assert mock.nodes[0].connections == len(door.taken) / 2 == 2


def test_a_policy_knows_the_host_by_its_path(mock: MockCluster, door: Door) -> None:
    policy = Allowed([str(door.path)])
    given = profiles(load_balancing_policy=policy)
    with Cluster([UnixSocketEndPoint(str(door.path))], port=mock.port, execution_profiles=given) as cluster:
        assert cluster.connect().execute("SELECT 1") is not None


def test_it_is_dialled_again(mock: MockCluster, door: Door) -> None:
    pause = ConstantReconnectionPolicy(0.05)
    with Cluster([str(door.path)], execution_profiles=profiles(), reconnection_policy=pause) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        before = len(door.taken)
        door.cut()
        wait_until(lambda: len(door.taken) >= before + 4)
        wait_until(lambda: all(session._core.connections().values()))
        assert session.execute("SELECT 1") is not None


def test_nobody_behind_the_path(tmp_path: Path) -> None:
    path = str(tmp_path / "nothing.sock")
    with Cluster([UnixSocketEndPoint(path)], execution_profiles=profiles()) as cluster:
        with pytest.raises(NoHostAvailable) as caught:
            cluster.connect()
        (error,) = caught.value.errors.values()
        assert f"{path}: No such file" in str(error)
