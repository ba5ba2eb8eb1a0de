"""`cassandra.cluster` on mock nodes: what is sent a second time, counted where it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import ReadTimeout, Unavailable, WriteTimeout
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.connection import ConnectionShutdown
from cassandra.policies import ConstantSpeculativeExecutionPolicy, RetryPolicy
from cassandra.protocol import OverloadedErrorMessage, PreparedQueryNotFound, ServerError
from cassandra.query import BatchStatement, BatchType, SimpleStatement

from tests.support.mock import (
    MockCluster,
    binding,
    close,
    error,
    execute,
    keyspace,
    opcode,
    prepare,
    query,
    reset,
    rows,
    silence,
    statement,
    unprepared,
    usual,
)

TABLES = {
    "t": [("k", "int", "partition_key"), ("v", "text", "regular"), ("l", "list<int>", "regular")],
    "c": [("k", "int", "partition_key"), ("c", "counter", "regular")],
}
COUNTER = "UPDATE ks.c SET c = c + 1 WHERE k = 1"
APPEND = "UPDATE ks.t SET l = l + [1] WHERE k = 1"
CONDITION = "UPDATE ks.t SET v = 'x' WHERE k = 1 IF v = 'y'"
NOW = "INSERT INTO ks.t (k, v) VALUES (1, cast(now() as text))"
INSERT = "INSERT INTO ks.t (k, v) VALUES (1, 'x')"
SELECT = "SELECT k FROM ks.t"
SELECT_ONE = "SELECT v FROM ks.t WHERE k = ?"

MISHAPS: dict[str, tuple[Any, type[Exception]]] = {
    "closed": (close(), ConnectionShutdown),
    "reset": (reset(), ConnectionShutdown),
    "server error": (error("server_error", "oh"), ServerError),
}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockCluster]:
    with MockCluster(3, keyspaces=[keyspace("ks", TABLES)], bindings=[binding(SELECT_ONE, [("k", "int")], [0])]) as it:
        yield it


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    mock.remove_all()
    mock.clear_received()
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        yield cluster.connect(wait_for_all_pools=True)
    mock.remove_all()


@pytest.mark.parametrize("text", [COUNTER, APPEND, CONDITION, NOW])
@pytest.mark.parametrize("mishap", MISHAPS)
def test_what_may_not_be_repeated_is_sent_once(mock: MockCluster, session: Session, mishap: str, text: str) -> None:
    """E2 of docs/promises.md."""
    reaction, kind = MISHAPS[mishap]
    mock.on(query(text), reaction)
    with pytest.raises(kind):
        session.execute(text, timeout=10)
    assert mock.count(query(text)) == 1


@pytest.mark.parametrize("text", [SELECT, INSERT])
@pytest.mark.parametrize("mishap", MISHAPS)
def test_what_may_be_repeated_goes_to_the_next_node(
    mock: MockCluster, session: Session, mishap: str, text: str
) -> None:
    mock.on(query(text, nth=1), MISHAPS[mishap][0])
    session.execute(text, timeout=10)
    assert sorted(mock.count_by_node(query(text))) == [0, 1, 1]
    if text is INSERT:
        stamps = {request["parameters"]["timestamp"] for request in mock.received(query(text))}
        assert len(stamps) == 1 and None not in stamps  # the same write, not a newer one


def test_an_insert_that_the_server_stamps_is_sent_once(mock: MockCluster, session: Session) -> None:
    session.use_client_timestamp = False
    mock.on(query(INSERT), close())
    with pytest.raises(ConnectionShutdown):
        session.execute(INSERT, timeout=10)
    assert mock.count(query(INSERT)) == 1


def test_a_programs_no_wins_over_the_text(mock: MockCluster, session: Session) -> None:
    mock.on(query(SELECT), close())
    with pytest.raises(ConnectionShutdown):
        session.execute(SimpleStatement(SELECT, is_idempotent=False), timeout=10)
    assert mock.count(query(SELECT)) == 1
    prepared = session.prepare(SELECT_ONE)
    prepared.is_idempotent = False
    mock.on(execute(SELECT_ONE), close())
    with pytest.raises(ConnectionShutdown):
        session.execute(prepared, [1], timeout=10)
    assert mock.count(execute(SELECT_ONE)) == 1


def test_a_programs_yes_wins_over_the_text(mock: MockCluster, session: Session) -> None:
    mock.on(query(APPEND, nth=1), close())
    session.execute(SimpleStatement(APPEND, is_idempotent=True), timeout=10)
    assert mock.count(query(APPEND)) == 2


def test_a_batch_of_counters_is_sent_once(mock: MockCluster, session: Session) -> None:
    batch = BatchStatement(BatchType.COUNTER)
    batch.add(COUNTER)
    mock.on(opcode("BATCH"), reset())
    with pytest.raises(ConnectionShutdown):
        session.execute(batch, timeout=10)
    assert mock.count(opcode("BATCH")) == 1


def test_what_no_replica_saw_is_sent_again_whatever_it_is(mock: MockCluster, session: Session) -> None:
    mock.on(query(COUNTER, nth=1), error("unavailable", consistency="QUORUM", required=2, alive=1))
    session.execute(COUNTER, timeout=10)
    assert sorted(mock.count_by_node(query(COUNTER))) == [0, 1, 1]


def test_unavailable_twice_is_told(mock: MockCluster, session: Session) -> None:
    mock.on(query(SELECT), error("unavailable", consistency="QUORUM", required=2, alive=1))
    with pytest.raises(Unavailable):
        session.execute(SELECT, timeout=10)
    assert mock.count(query(SELECT)) == 2


def test_reads_that_only_lacked_the_data_are_sent_again_once(mock: MockCluster, session: Session) -> None:
    mock.on(query(SELECT), error("read_timeout", consistency="ONE", required=1, received=1, data_present=False))
    with pytest.raises(ReadTimeout):
        session.execute(SELECT, timeout=10)
    assert sorted(mock.count_by_node(query(SELECT))) == [0, 0, 2]  # the same node


@pytest.mark.parametrize("write_type", ["SIMPLE", "COUNTER", "CAS", "BATCH", "UNLOGGED_BATCH"])
def test_write_timeouts_are_told(mock: MockCluster, session: Session, write_type: str) -> None:
    mock.on(query(COUNTER), error("write_timeout", consistency="ONE", required=1, received=0, write_type=write_type))
    with pytest.raises(WriteTimeout):
        session.execute(COUNTER, timeout=10)
    assert mock.count(query(COUNTER)) == 1


def test_a_policy_of_the_program_is_obeyed(mock: MockCluster, session: Session) -> None:
    class Always(RetryPolicy):
        def on_request_error(self, query: Any, consistency: int, error: Exception, retry_num: int) -> Any:
            return (self.RETRY, consistency) if retry_num < 2 else (self.RETHROW, None)

    mock.on(query(COUNTER), error("overloaded", "busy"))
    with pytest.raises(OverloadedErrorMessage):
        session.execute(SimpleStatement(COUNTER, retry_policy=Always()), timeout=10)
    assert mock.count(query(COUNTER)) == 3


def test_speculation_needs_the_programs_word(mock: MockCluster) -> None:
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, ExecutionProfile

    profile = ExecutionProfile(speculative_execution_policy=ConstantSpeculativeExecutionPolicy(0.05, 2))
    mock.on(query(INSERT), rows([], [], delay=0.4))
    mock.clear_received()
    with Cluster(mock.contact_points, port=mock.port, execution_profiles={EXEC_PROFILE_DEFAULT: profile}) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        session.execute(INSERT)
        assert mock.count(query(INSERT)) == 1
        session.execute(SimpleStatement(INSERT, is_idempotent=True))
        assert sorted(mock.count_by_node(query(INSERT))) in ([1, 1, 2], [0, 1, 3], [0, 2, 2])
    mock.remove_all()


def test_a_forgotten_statement_is_prepared_again_once(mock: MockCluster, session: Session) -> None:
    prepared = session.prepare(SELECT_ONE)
    for node in mock.nodes:
        node.forget_statements()
    mock.clear_received()
    for key in range(30):
        session.execute(prepared, [key], timeout=10)
    again = mock.count(prepare(SELECT_ONE))
    assert again >= 1
    assert max(mock.count_by_node(prepare(SELECT_ONE))) == 1
    assert mock.count(opcode("EXECUTE")) == 30 + again


def test_all_who_find_it_forgotten_have_it_prepared_once(mock: MockCluster, session: Session) -> None:
    prepared = session.prepare(SELECT_ONE)
    for node in mock.nodes:
        node.forget_statements()
    mock.clear_received()
    mock.on(prepare(SELECT_ONE), usual(delay=0.1))  # long enough for all to find out
    futures = [session.execute_async(prepared, [key], timeout=10) for key in range(60)]
    for future in futures:
        future.result()
    assert max(mock.count_by_node(prepare(SELECT_ONE))) == 1


def test_a_statement_that_is_always_forgotten_fails(mock: MockCluster, session: Session) -> None:
    prepared = session.prepare(SELECT_ONE)
    mock.clear_received()
    mock.on(execute(SELECT_ONE), unprepared())
    with pytest.raises((PreparedQueryNotFound, NoHostAvailable)):
        session.execute(prepared, [1], timeout=10)
    assert max(mock.count_by_node(prepare(SELECT_ONE))) <= 1
    assert max(mock.count_by_node(execute(SELECT_ONE))) <= 2


def test_a_silent_write_is_not_sent_again(mock: MockCluster, session: Session) -> None:
    from cassandra import OperationTimedOut

    mock.on(statement(INSERT), silence())
    with pytest.raises(OperationTimedOut):
        session.execute(SimpleStatement(INSERT, is_idempotent=False), timeout=0.5)
    assert mock.count(statement(INSERT)) == 1
