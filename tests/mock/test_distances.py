"""Whom a session connects to where the program's own load-balancing policies say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import OperationTimedOut
from cassandra.cluster import Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import HostDistance, RoundRobinPolicy, TokenAwarePolicy, WhiteListRoundRobinPolicy

from tests.support.mock import MockCluster, opcode, silence
from tests.support.statements import profiles, wait_until


class Chosen(RoundRobinPolicy):
    """Hosts by their place in the list of nodes; the others are ignored."""

    def __init__(self, mock: MockCluster, **distances: int) -> None:
        super().__init__()
        self.distances = {mock.contact_points[int(name[1:])]: distance for name, distance in distances.items()}

    def distance(self, host: Any) -> int:
        return self.distances.get(host.address, HostDistance.IGNORED)

    def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Iterator[Any]:
        return (host for host in super().make_query_plan(working_keyspace, query) if host.address in self.distances)


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(3) as mock:
        yield mock


def connected(mock: MockCluster, policy: Any) -> Cluster:
    """The control connection is always to the first node."""
    return Cluster(mock.contact_points[:1], port=mock.port, execution_profiles=profiles(load_balancing_policy=policy))


def used(mock: MockCluster) -> list[int]:
    """How many connections each node has, without the control connection."""
    return [node.connections - (node.index == 0) for node in mock.nodes]


def test_who_is_ignored_is_not_connected_to(mock: MockCluster) -> None:
    policy = Chosen(mock, n0=HostDistance.LOCAL, n1=HostDistance.REMOTE)
    with connected(mock, policy) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert used(mock) == [1, 1, 0]
        for _ in range(6):
            session.execute("SELECT 1")
        assert mock.nodes[2].accepted == 0
        assert {pool.host.address for pool in session.get_pools()} == set(mock.contact_points[:2])
        assert {pool.host.address: pool.host_distance for pool in session.get_pools()} == policy.distances
        with pytest.raises(NoHostAvailable):
            session.execute("SELECT 1", host=cluster.metadata.get_host(mock.contact_points[2]))


def test_a_child_of_a_built_in_policy_is_asked_too(mock: MockCluster) -> None:
    with connected(mock, TokenAwarePolicy(Chosen(mock, n1=HostDistance.LOCAL))) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        session.execute("SELECT 1")
        assert used(mock) == [0, 1, 0]


def test_a_policy_may_change_its_mind(mock: MockCluster) -> None:
    policy = Chosen(mock, n0=HostDistance.LOCAL)
    with connected(mock, policy) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert used(mock) == [1, 0, 0]
        policy.distances = {mock.contact_points[2]: HostDistance.LOCAL}
        session.update_created_pools()
        wait_until(lambda: used(mock) == [0, 0, 1])
        # The node counts a connection before it may be used.
        wait_until(lambda: [pool.open_count for pool in session.get_pools()] == [1])
        session.execute("SELECT 1")


def test_it_is_asked_when_a_host_goes_down(mock: MockCluster) -> None:
    class Spare(Chosen):
        def on_down(self, host: Any) -> None:
            super().on_down(host)
            self.distances[mock.contact_points[2]] = HostDistance.LOCAL

    with connected(mock, Spare(mock, n0=HostDistance.LOCAL, n1=HostDistance.LOCAL)) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert used(mock) == [1, 1, 0]
        mock.nodes[1].stop()
        wait_until(lambda: used(mock)[2] == 1)
        wait_until(
            lambda: session.execute("SELECT 1").response_future.coordinator_host.address == mock.contact_points[2]
        )


def test_what_it_said_before_is_not_told_after_what_it_says_now(mock: MockCluster) -> None:
    asked = threading.Event()

    class Slow(Chosen):
        def distance(self, host: Any) -> int:
            found = super().distance(host)
            if threading.current_thread().name == "slow" and host.address == mock.contact_points[2]:
                asked.set()
                time.sleep(0.5)
            return found

    policy = Slow(mock, n0=HostDistance.LOCAL)
    with connected(mock, policy) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        slow = threading.Thread(target=session.update_created_pools, name="slow")
        slow.start()
        assert asked.wait(100)
        policy.distances[mock.contact_points[2]] = HostDistance.LOCAL
        session.update_created_pools()
        slow.join()
        wait_until(lambda: used(mock) == [1, 0, 1])
        time.sleep(0.2)
        assert used(mock) == [1, 0, 1]


def test_it_is_asked_when_a_host_comes(mock: MockCluster) -> None:
    topology = [{"node": 2, "is_member": False}]
    mock.change(topology=topology)
    policy = Chosen(mock, n0=HostDistance.LOCAL, n2=HostDistance.LOCAL)
    with Cluster(
        mock.contact_points[:1],
        port=mock.port,
        execution_profiles=profiles(load_balancing_policy=policy),
        topology_event_refresh_window=0,
    ) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert used(mock) == [1, 0, 0]
        mock.change(topology=[{"node": 2, "is_member": True}])
        mock.push_topology_change("NEW_NODE", mock.contact_points[2])
        wait_until(lambda: used(mock) == [1, 0, 1])
        wait_until(lambda: len(session.get_pools()) == 2)


@pytest.mark.parametrize("first", ["own", "ours"])
def test_a_further_profile_brings_its_hosts(mock: MockCluster, first: str) -> None:
    own = Chosen(mock, n0=HostDistance.LOCAL)
    policy = own if first == "own" else WhiteListRoundRobinPolicy(mock.contact_points[:1])
    with connected(mock, policy) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        assert used(mock) == [1, 0, 0]
        cluster.add_execution_profile("far", ExecutionProfile(Chosen(mock, n1=HostDistance.LOCAL)))
        assert used(mock) == [1, 1, 0]
        asked = session.execute("SELECT 1", execution_profile="far").response_future.coordinator_host
        assert asked.address == mock.contact_points[1]
        asked = session.execute("SELECT 1").response_future.coordinator_host
        assert asked.address == mock.contact_points[0]


def test_a_further_profile_whose_hosts_take_too_long(mock: MockCluster) -> None:
    with connected(mock, Chosen(mock, n0=HostDistance.LOCAL)) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        mock.on(opcode("STARTUP", node=1), silence())
        far = ExecutionProfile(Chosen(mock, n1=HostDistance.LOCAL))
        with pytest.raises(OperationTimedOut):
            cluster.add_execution_profile("far", far, pool_wait_timeout=0.05)
        session.execute("SELECT 1")


def test_one_that_raises_fails_the_connect_and_not_the_next(mock: MockCluster) -> None:
    class Undecided(Chosen):
        def distance(self, host: Any) -> int:
            raise LookupError("far, far away")

    cluster = connected(mock, Undecided(mock))
    with pytest.raises(LookupError, match="far away"):
        cluster.connect()
    cluster.profile_manager.default.load_balancing_policy = Chosen(mock, n0=HostDistance.LOCAL)
    with cluster:
        session: Session = cluster.connect()
        session.execute("SELECT 1")
    wait_until(lambda: [node.connections for node in mock.nodes] == [0, 0, 0])
