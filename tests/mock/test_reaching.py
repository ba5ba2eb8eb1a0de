"""Address translators, end point factories and conviction policies of a program's own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from cassandra import UnsupportedOperation
from cassandra.cluster import Cluster
from cassandra.connection import DefaultEndPoint, EndPoint, EndPointFactory, SniEndPointFactory
from cassandra.policies import (
    AddressTranslator,
    ConstantReconnectionPolicy,
    ConvictionPolicy,
    HostStateListener,
    SimpleConvictionPolicy,
)

from tests.support.mock import MockCluster
from tests.support.statements import profiles, wait_until


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(3) as mock:
        yield mock


BUSY = 100.0
"""So many seconds a busy machine may take for what it does in no time otherwise."""


def made(mock: MockCluster, **settings: Any) -> Cluster:
    settings.setdefault("reconnection_policy", ConstantReconnectionPolicy(0.1))
    return Cluster(mock.contact_points[:1], port=mock.port, execution_profiles=profiles(), **settings)


def used(mock: MockCluster) -> list[int]:
    return [node.connections - (node.index == 0) for node in mock.nodes]


class Swapping(AddressTranslator):
    """Sends what is meant for the third node to nowhere in particular."""

    def __init__(self, mock: MockCluster) -> None:
        self.third, self.nowhere = mock.contact_points[2], "127.0.50.77"
        self.seen: set[str] = set()
        self.threads: set[str] = set()

    def translate(self, addr: str) -> str:
        self.seen.add(addr)
        self.threads.add(threading.current_thread().name)
        return self.nowhere if addr == self.third else addr


def test_a_translator_is_asked_for_each_host(mock: MockCluster) -> None:
    translator = Swapping(mock)
    with made(mock, address_translator=translator) as cluster:
        session = cluster.connect()
        wait_until(lambda: used(mock) == [1, 1, 0])
        assert translator.seen >= set(mock.contact_points)
        assert {host.address for host in cluster.metadata.all_hosts()} == {*mock.contact_points[:2], "127.0.50.77"}
        host = cluster.metadata.get_host("127.0.50.77")
        assert (host.endpoint, host.broadcast_rpc_address) == (
            DefaultEndPoint("127.0.50.77", mock.port),
            translator.third,
        )
        wait_until(lambda: host.is_up is False)
        assert mock.nodes[2].accepted == 0
        for _ in range(6):
            session.execute("SELECT 1")


def test_one_that_raises_leaves_addresses_as_they_are(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    class Lost(AddressTranslator):
        def translate(self, addr: str) -> str:
            raise LookupError("off the map")

    with caplog.at_level(logging.ERROR, "cassandra.cluster"), made(mock, address_translator=Lost()) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert used(mock) == [1, 1, 1]
        assert session.execute("SELECT 1") is not None
    assert "could not be made" in caplog.text
    assert "off the map" in caplog.text


def test_a_factory_of_its_own(mock: MockCluster) -> None:
    class Named(EndPoint):
        """Known by a name that only it can resolve."""

        def __init__(self, name: str, address: str, port: int) -> None:
            self._name, self._address, self._port = name, address, port

        @property
        def address(self) -> str:
            return self._name

        @property
        def port(self) -> int:
            return self._port

        def resolve(self) -> tuple[str, int]:
            return self._address, self._port

    class Factory(EndPointFactory):
        rows: list[Mapping[str, Any]] = []  # noqa: RUF012

        def create(self, row: Mapping[str, Any]) -> EndPoint:
            self.rows.append(row)
            return Named(f"node-{row['rpc_address']}", row["rpc_address"], row["native_port"])

    with made(mock, endpoint_factory=Factory()) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert used(mock) == [1, 1, 1]
        hosts = cluster.metadata.all_hosts()
        assert {host.address for host in hosts} == {f"node-{address}" for address in mock.contact_points}
        assert all(type(host.endpoint) is Named for host in hosts)
        found = session.execute("SELECT 1").response_future.coordinator_host
        assert found in hosts
        row = Factory.rows[0]
        assert row["host_id"] in {host.host_id for host in hosts}
        assert row["data_center"]
        assert row["rack"]
        assert row["tokens"]


def test_hosts_behind_a_proxy_are_refused(mock: MockCluster) -> None:
    with pytest.raises(UnsupportedOperation, match="endpoint_factory"):
        made(mock, endpoint_factory=SniEndPointFactory("proxy", 9042)).connect()


class Patient(ConvictionPolicy):
    failures: list[tuple[str, BaseException]] = []  # noqa: RUF012
    resets: list[str] = []  # noqa: RUF012
    patience = 10**6

    def add_failure(self, connection_exc: BaseException) -> bool:
        Patient.failures.append((self.host.address, connection_exc))
        return len(Patient.failures) >= Patient.patience

    def reset(self) -> None:
        Patient.resets.append(self.host.address)


@pytest.mark.parametrize("patience", [10**6, 3])
def test_a_conviction_policy_says_when_a_host_is_down(mock: MockCluster, patience: int) -> None:
    Patient.failures, Patient.resets, Patient.patience = [], [], patience
    with made(mock, conviction_policy_factory=Patient) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        second = cluster.metadata.get_host(mock.contact_points[1])
        mock.nodes[1].stop()
        wait_until(lambda: len(Patient.failures) >= 3)
        assert {address for address, _ in Patient.failures} == {second.address}
        assert all(isinstance(error, Exception) for _, error in Patient.failures)
        if patience == 3:
            wait_until(lambda: second.is_up is False)
        else:
            assert second.is_up
        mock.nodes[1].listen()
        wait_until(lambda: second.address in Patient.resets)
        wait_until(lambda: second.is_up)
        assert len(session.get_pools()) == 3


def test_one_that_raises_convicts(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    class Confused(ConvictionPolicy):
        def add_failure(self, connection_exc: BaseException) -> bool:
            raise LookupError("cannot tell")

        def reset(self) -> None: ...

    with made(mock, conviction_policy_factory=Confused) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        second = cluster.metadata.get_host(mock.contact_points[1])
        mock.nodes[1].stop()
        wait_until(lambda: second.is_up is False)
        session.execute("SELECT 1")
    assert "cannot tell" in caplog.text


def test_a_policy_that_is_none_is_refused_at_the_connect(mock: MockCluster) -> None:
    cluster = made(mock)
    cluster.profile_manager.default.load_balancing_policy = object()
    with pytest.raises(TypeError, match="load_balancing_policy must be a policy, not object"):
        cluster.connect()


@pytest.mark.parametrize("is_wanted", [True, False])
def test_statements_are_prepared_again_when_a_host_returns(mock: MockCluster, is_wanted: bool) -> None:
    """E21 of docs/promises.md."""
    from tests.support.mock import prepare

    with made(mock, reprepare_on_up=is_wanted) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        prepared = session.prepare("SELECT again FROM t")
        wait_until(lambda: mock.count_by_node(prepare("again")) == [1, 1, 1], BUSY)
        mock.nodes[1].stop()
        host = cluster.metadata.get_host(mock.contact_points[1])
        wait_until(lambda: host.is_up is False, BUSY)
        mock.nodes[1].listen()
        wait_until(lambda: host.is_up, BUSY)
        if is_wanted:
            wait_until(lambda: mock.count_by_node(prepare("again")) == [1, 2, 1], BUSY)
        else:
            assert mock.count_by_node(prepare("again")) == [1, 1, 1]
        assert prepared.query_id


class Elsewhere(AddressTranslator):
    def __init__(self, told: Any) -> None:
        self.told = told

    def translate(self, addr: str) -> str:
        told: str = self.told
        return told


@pytest.mark.parametrize("told", [None, 5, b"127.0.0.1"], ids=repr)
def test_a_translator_that_gives_no_address_is_named(
    mock: MockCluster, caplog: pytest.LogCaptureFixture, told: Any
) -> None:
    with caplog.at_level(logging.ERROR, "cassandra.cluster"), made(mock, address_translator=Elsewhere(told)) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert {host.address for host in cluster.metadata.all_hosts()} == set(mock.contact_points)
        wait_until(lambda: used(mock) == [1, 1, 1])
        assert not session.is_shutdown
    assert "address_translator and endpoint_factory must give an address as text" in caplog.text


def test_a_name_that_a_translator_gives_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with MockCluster(1) as mock:
        (address,) = mock.contact_points
        found = [(2, 1, 6, "", (address, mock.port))]
        monkeypatch.setattr("socket.getaddrinfo", lambda name, *_: found if name == "node.example" else [])
        with Cluster(
            [DefaultEndPoint(address, mock.port)],
            port=mock.port,
            execution_profiles=profiles(),
            address_translator=Elsewhere("node.example"),
        ) as cluster:
            assert cluster.connect(wait_for_all_pools=True).execute("SELECT 1") is not None
            assert [host.address for host in cluster.metadata.all_hosts()] == ["node.example"]


class Raising(ConvictionPolicy):
    def add_failure(self, connection_exc: BaseException) -> bool:
        return True

    def reset(self) -> None:
        raise LookupError("the program's own")


class Listening(HostStateListener):
    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def on_up(self, host: Any) -> None:
        self.heard.append(("up", host.address))

    def on_down(self, host: Any) -> None:
        self.heard.append(("down", host.address))

    def on_add(self, host: Any) -> None:
        self.heard.append(("add", host.address))

    def on_remove(self, host: Any) -> None:
        self.heard.append(("remove", host.address))


def test_a_conviction_policy_that_raises_silences_nobody(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    listener, address = Listening(), mock.contact_points[1]
    with made(mock, conviction_policy_factory=Raising) as cluster:
        cluster.register_listener(listener)
        session = cluster.connect(wait_for_all_pools=True)
        mock.nodes[1].stop()
        wait_until(lambda: ("down", address) in listener.heard)
        listener.heard.clear()
        mock.nodes[1].listen()
        wait_until(lambda: ("up", address) in listener.heard)
        assert cluster.metadata.get_host(address).is_up
        assert not session.is_shutdown
    assert "The conviction policy of" in caplog.text
    assert "the program's own" in caplog.text


@pytest.mark.parametrize("factory", [lambda host: None, lambda host: 5], ids=["None", "5"])
def test_a_factory_that_gives_no_conviction_policy_is_refused(mock: MockCluster, factory: Any) -> None:
    with (
        made(mock, conviction_policy=factory) as cluster,
        pytest.raises(TypeError, match="conviction_policy_factory must give a ConvictionPolicy"),
    ):
        cluster.connect()


def test_a_factory_that_fails_for_a_later_host(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    listener, broken = Listening(), threading.Event()

    def factory(host: Any) -> Any:
        return None if broken.is_set() else SimpleConvictionPolicy(host)

    mock.change(topology=[{"node": node, "is_member": node != 2} for node in range(3)])
    with made(mock, conviction_policy_factory=factory, topology_event_refresh_window=0) as cluster:
        cluster.register_listener(listener)
        session = cluster.connect(wait_for_all_pools=True)
        broken.set()
        mock.change(topology=[{"node": node, "is_member": True} for node in range(3)])
        mock.push_topology_change("NEW_NODE", mock.contact_points[2])
        wait_until(lambda: ("add", mock.contact_points[2]) in listener.heard)
        assert not session.is_shutdown
    assert "conviction_policy_factory failed for" in caplog.text
