"""What Rust programs have by default and Python programs ask for: the choice of a replica by load, and budgets."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cassandra.cluster import Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import (
    Budget,
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    HostFilterPolicy,
    RetryPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.protocol import OverloadedErrorMessage
from cassandra.query import SimpleStatement

from tests.support.mock import MockCluster, error, execute, keyspace, opcode, query, rows
from tests.support.statements import profiles

READ = "SELECT v FROM ks.t WHERE k = ?"
NONE = Budget(0, 0)


def replicated() -> MockCluster:
    """Three nodes with all rows on each."""
    columns = [("k", "int", "partition_key"), ("v", "int", "regular")]
    replication = {"class": "SimpleStrategy", "replication_factor": "3"}
    return MockCluster(3, keyspaces=[keyspace("ks", {"t": columns}, replication=replication)])


def aware(**settings: Any) -> TokenAwarePolicy:
    return TokenAwarePolicy(DCAwareRoundRobinPolicy(), **settings)


def shares(mock: MockCluster, policy: TokenAwarePolicy) -> list[float]:
    """What part of the reads each node gets, a few at a time, where the last one is slow."""
    mock.on(execute(READ), rows([("v", "int")], [[7]]))
    mock.on(execute(READ, node=2), rows([("v", "int")], [[7]], delay=0.02))
    setup = profiles(load_balancing_policy=policy)
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=setup) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        prepared = session.prepare(READ)
        mock.clear_received()

        def read(worker: int) -> None:
            for key in range(150):
                assert session.execute(prepared, (4 * key + worker,)).one().v == 7

        with ThreadPoolExecutor(4) as workers:
            list(workers.map(read, range(4)))
    counts = mock.count_by_node(execute(READ))
    assert sum(counts) == 600
    return [count / sum(counts) for count in counts]


def test_a_slow_replica_is_avoided() -> None:
    with replicated() as mock:
        without = shares(mock, aware(shuffle_replicas=True))
        assert without[2] > 0.2
    with replicated() as mock:
        # Replicas that are chosen are no more in the order of the ring.
        first, second, slow = shares(mock, aware(avoid_slow_replicas=True))
        assert slow < 0.1
        assert first > 0.15
        assert second > 0.15


def test_it_is_off_unless_asked_for() -> None:
    assert aware().avoid_slow_replicas is False
    assert Cluster().retry_budget is None
    assert Cluster().speculation_budget is None


@pytest.mark.parametrize(
    "others",
    [
        {"other": ExecutionProfile(RoundRobinPolicy())},
        {"other": ExecutionProfile(aware())},
        {"other": ExecutionProfile(HostFilterPolicy(aware(avoid_slow_replicas=True), lambda host: True))},
    ],
    ids=["round-robin", "as-before", "filtered"],
)
def test_a_choice_that_nobody_would_make_is_refused(mock: MockCluster, others: dict[str, ExecutionProfile]) -> None:
    setup = {**profiles(load_balancing_policy=aware(avoid_slow_replicas=True)), **others}
    with (
        Cluster(mock.contact_points, port=mock.port, execution_profiles=setup) as cluster,
        pytest.raises(ValueError, match="every execution profile"),
    ):
        cluster.connect()
    setup = profiles(load_balancing_policy=aware(avoid_slow_replicas=True))
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=setup) as cluster:
        session = cluster.connect()
        with pytest.raises(ValueError, match="every execution profile"):
            cluster.add_execution_profile("other", others["other"])
        assert "other" not in cluster.profile_manager.profiles
        cluster.add_execution_profile("same", ExecutionProfile(aware(avoid_slow_replicas=True)))
        for profile in ("same", None):
            options = {} if profile is None else {"execution_profile": profile}
            assert session.execute_async("SELECT 1", **options).message.plan is None


def overloaded(mock: MockCluster, session: Session, count: int) -> int:
    """How many requests so many statements come to, where each attempt fails."""
    mock.on(query("SELECT busy"), error("overloaded", "too much"))
    mock.clear_received()
    statement = SimpleStatement("SELECT busy", is_idempotent=True)
    for _ in range(count):
        with pytest.raises((OverloadedErrorMessage, NoHostAvailable), match="too much"):
            session.execute(statement)
    return mock.count(query("SELECT busy"))


class Stubborn(RetryPolicy):
    """A program's own: it never has enough."""

    def on_request_error(self, query: Any, consistency: Any, error: Any, retry_num: int) -> Any:
        return (self.RETRY if retry_num < 4 else self.RETHROW), consistency


@pytest.mark.parametrize("policy", [RetryPolicy(), Stubborn()], ids=["ours", "its own"])
def test_retries_have_a_budget(mock: MockCluster, policy: RetryPolicy) -> None:
    asked = {}
    for budget in (None, NONE, Budget(0, 0.35)):
        setup = profiles(retry_policy=policy)
        with Cluster(mock.contact_points, port=mock.port, execution_profiles=setup, retry_budget=budget) as cluster:
            asked[budget] = overloaded(mock, cluster.connect(wait_for_all_pools=True), 4)
    assert asked[NONE] == 4, "each once"
    # What is earned in ten seconds is there at once, three, and one more comes in some seconds. A retry for which no
    # host is left costs as much as another.
    assert asked[Budget(0, 0.35)] in ((6, 7) if type(policy) is RetryPolicy else (7, 8))
    # Each of three nodes; or as often as the program says.
    assert asked[None] == (12 if type(policy) is RetryPolicy else 20)


def test_an_error_says_that_the_budget_is_spent(mock: MockCluster) -> None:
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles(), retry_budget=NONE) as cluster:
        mock.on(query("SELECT busy"), error("overloaded", "too much"))
        with pytest.raises(OverloadedErrorMessage) as caught:
            cluster.connect().execute(SimpleStatement("SELECT busy", is_idempotent=True))
    if sys.version_info >= (3, 11):
        assert "retry budget is used up" in "".join(caught.value.__notes__)


def test_speculative_executions_have_a_budget(mock: MockCluster) -> None:
    mock.on(query("SELECT slow"), rows([("v", "int")], [[7]], delay=2.0))
    asked = []
    for budget in (None, NONE):
        setup = profiles(speculative_execution_policy=ConstantSpeculativeExecutionPolicy(0.02, 2))
        with Cluster(
            mock.contact_points, port=mock.port, execution_profiles=setup, speculation_budget=budget
        ) as cluster:
            session = cluster.connect(wait_for_all_pools=True)
            mock.clear_received()
            assert session.execute(SimpleStatement("SELECT slow", is_idempotent=True)).one().v == 7
            asked.append(mock.count(query("SELECT slow")))
    assert asked == [3, 1]


def test_signs_of_life_are_no_storm(mock: MockCluster) -> None:
    """However short the times are that a program gives."""
    with Cluster(
        mock.contact_points[:1],
        port=mock.port,
        execution_profiles=profiles(),
        idle_heartbeat_interval=1e-9,
        idle_heartbeat_timeout=5,
    ) as cluster:
        cluster.connect(wait_for_all_pools=True)
        mock.clear_received()
        began = time.monotonic()
        time.sleep(0.5)
        # Ten milliseconds are the shortest; three connections and the control connection.
        most = 4 * ((time.monotonic() - began) / 0.01 + 1)
        assert 1 <= mock.count(opcode("OPTIONS")) <= most
