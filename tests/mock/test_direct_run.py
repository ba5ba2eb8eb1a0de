"""`Session.execute` of a prepared statement by the engine is `execute_async(…).result()`, whatever is changed."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import weakref
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest
from cassandra import ConsistencyLevel, InvalidRequest, OperationTimedOut
from cassandra._cluster import direct_run
from cassandra._cluster.direct_run import DirectPlan
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    ResponseFuture,
    ResultSet,
    Session,
)
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.cqltypes import UTF8Type
from cassandra.policies import (
    ColumnEncryptionPolicy,
    ConstantSpeculativeExecutionPolicy,
    FallthroughRetryPolicy,
    RoundRobinPolicy,
)
from cassandra.query import BoundStatement, PreparedStatement, dict_factory, tuple_factory
from cassandra.timestamps import MonotonicTimestampGenerator

from tests.support.mock import MockCluster, error, execute, rows, silence
from tests.support.statements import AMONG, COLUMNS, INSERT, SELECT, wait_until


@pytest.fixture
def cluster(mock: MockCluster) -> Any:
    mock.clear_received()
    with pytest.warns(DeprecationWarning):
        cluster = Cluster(mock.contact_points, port=mock.port, load_balancing_policy=RoundRobinPolicy())
    with cluster:
        yield cluster


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The results that were made directly."""
    made: list[Any] = []
    whole = DirectPlan.execute

    def counting(self: DirectPlan, session: Session, parameters: Any) -> Any:
        result = whole(self, session, parameters)
        if result is not None:
            made.append(result)
        return result

    monkeypatch.setattr(DirectPlan, "execute", counting)
    return made


def asked(mock: MockCluster, text: str) -> list[dict[str, Any]]:
    """The parameters of each EXECUTE of this text, but for its timestamp."""
    received = [dict(request["parameters"]) for request in mock.received(execute(text))]
    for parameters in received:
        parameters.pop("timestamp", None)
    return received


class Turned(ColumnEncryptionPolicy):
    """A policy that a test can read: it turns the bytes of one column round."""

    def contains_column(self, coldesc: Any) -> bool:
        return bool(coldesc[2] == "v")

    def column_type(self, coldesc: Any) -> Any:
        return UTF8Type

    def encrypt(self, coldesc: Any, obj_bytes: bytes) -> bytes:
        return obj_bytes[::-1]

    decrypt = encrypt


class TestResults:
    def test_rows(self, mock: MockCluster, session: Session, counted: list[Any]) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"], [8, "eight"]]))
        prepared = session.prepare(SELECT)
        one, other = session.execute(prepared, (7,)), session.execute_async(prepared, (7,)).result()
        assert counted == [one]
        assert isinstance(one, ResultSet)
        assert (type(one).__name__, repr(one)) == ("ResultSet", repr(other))
        assert (one.column_names, one.column_types) == (other.column_names, other.column_types)
        assert (len(one), bool(one), one.has_more_pages, one.paging_state) == (2, True, False, None)
        assert (one.one(), one[1].v, one == other) == ((7, "seven"), "eight", True)
        assert list(one) == [(7, "seven"), (8, "eight")]
        future = one.response_future
        assert isinstance(future, ResponseFuture)
        assert future.query.values == [b"\0\0\0\x07"]
        assert future.session is session
        assert future.coordinator_host in session.hosts
        assert future.result().current_rows == [(7, "seven"), (8, "eight")]
        sent = asked(mock, SELECT)
        assert len(sent) == 2
        assert sent[0] == sent[1]

    def test_no_rows(self, mock: MockCluster, session: Session, counted: list[Any]) -> None:
        prepared = session.prepare(INSERT)
        result = session.execute(prepared, [1, "a"])
        assert counted == [result]
        assert (result.column_names, result.one(), list(result), bool(result)) == (None, None, [], False)
        assert list(result.response_future.query.raw_values) == [1, "a"]
        session.execute_async(prepared, [1, "a"]).result()
        assert asked(mock, INSERT)[0] == asked(mock, INSERT)[1]

    def test_further_pages_are_asked_for_with_the_values_of_the_first(
        self, mock: MockCluster, session: Session
    ) -> None:
        session.default_fetch_size = 2
        mock.on(execute(SELECT), rows(COLUMNS, [[number, "x"] for number in range(5)]))
        values = [7]
        result = session.execute(session.prepare(SELECT), values)
        assert result.has_more_pages
        values[0] = 8
        session.default_fetch_size = 5000
        assert [row.k for row in result] == [0, 1, 2, 3, 4]
        sent = asked(mock, SELECT)
        assert len(sent) == 3
        assert sent[0]["values"] == sent[1]["values"] == sent[2]["values"]
        assert result.response_future.query.values == [b"\0\0\0\x07"]

    @pytest.mark.parametrize("kind", [tuple, list, lambda items: dict(zip(("keys", "name"), items, strict=True))])
    def test_what_was_sent_is_told_after_the_programs_values_have_changed(
        self, mock: MockCluster, session: Session, counted: list[Any], kind: Any
    ) -> None:
        mock.on(execute(AMONG), rows([("[applied]", "boolean")], [[True]]))
        keys: list[Any] = [1, 2]
        values = kind((keys, "a"))
        result = session.execute(session.prepare(AMONG), values)
        assert counted == [result]
        keys[0] = "one"
        if kind is not tuple:
            values["name" if isinstance(values, dict) else 1] = object()
        assert result.was_applied is True
        # It is not asked what was run.
        assert "query" not in vars(result.response_future)
        statement = result.response_future.query
        assert statement.values == [bytes.fromhex("00000002 00000004 00000001 00000004 00000002"), b"a"]
        assert list(statement.raw_values) == [keys, "a"]

    def test_what_else_an_answer_says(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(INSERT), rows(COLUMNS, [[1, "a"]], warnings=["beware"], payload={"who": b"node"}))
        future = session.execute(session.prepare(INSERT), (1, "a")).response_future
        assert (future.warnings, future.custom_payload) == (["beware"], {"who": b"node"})

    @pytest.mark.parametrize(
        "values",
        [{"k": 1, "v": "a"}, MappingProxyType({"k": 1, "v": "a"}), OrderedDict(v="a", k=1), (1, "a"), [1, "a"]],
    )
    def test_all_kinds_of_values(self, mock: MockCluster, session: Session, counted: list[Any], values: Any) -> None:
        prepared = session.prepare(INSERT)
        session.execute(prepared, values)
        assert len(counted) == 1
        session.execute_async(prepared, (1, "a")).result()
        assert asked(mock, INSERT)[0] == asked(mock, INSERT)[1]

    @pytest.mark.parametrize("values", [("x", "a"), (1, "a", 2), {"v": "a"}, "ab", 5, [1]])
    def test_wrong_values(self, mock: MockCluster, session: Session, values: Any) -> None:
        prepared = session.prepare(INSERT)

        def outcome(run: Any) -> Any:
            try:
                run(prepared, values)
            except Exception as refused:
                return type(refused), str(refused)
            return None

        assert outcome(session.execute) == outcome(lambda *given: session.execute_async(*given).result())
        assert session.execute(prepared, (1, "a")).one() is None

    def test_errors(self, mock: MockCluster, session: Session) -> None:
        prepared = session.prepare(SELECT)
        mock.on(execute(SELECT), error("invalid", "no such thing"))
        with pytest.raises(InvalidRequest, match="no such thing"):
            session.execute(prepared, (1,))
        mock.remove_all()
        mock.on(execute(SELECT), silence())
        session.default_timeout = 0.2
        with pytest.raises(OperationTimedOut) as caught:
            session.execute(prepared, (1,))
        assert caught.value.last_host in session.hosts

    def test_a_row_factory_that_raises(self, mock: MockCluster, session: Session) -> None:
        def refuses(names: Any, found: list[Any]) -> list[Any]:
            raise LookupError("the factory's")

        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        session.row_factory = refuses
        with pytest.raises(LookupError, match="the factory's"):
            session.execute(session.prepare(SELECT), (1,))


class TestChanges:
    """What is changed after the first execution counts for the next."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("consistency_level", ConsistencyLevel.TWO),
            ("serial_consistency_level", ConsistencyLevel.LOCAL_SERIAL),
            ("fetch_size", 7),
            ("fetch_size", None),
            ("custom_payload", {"who": b"me"}),
            ("retry_policy", FallthroughRetryPolicy()),
            ("is_idempotent", True),
        ],
    )
    def test_of_a_statement(self, mock: MockCluster, session: Session, name: str, value: Any) -> None:
        prepared = session.prepare(SELECT)
        session.execute(prepared, (1,))
        setattr(prepared, name, value)
        session.execute(prepared, (1,))
        session.execute_async(prepared, (1,)).result()
        first, second, third = asked(mock, SELECT)
        assert second == third
        assert (first != second) == (name not in ("custom_payload", "retry_policy", "is_idempotent"))

    def test_of_a_profile_and_of_a_session(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        prepared = session.prepare(SELECT)
        assert session.execute(prepared, (1,)).one() == (7, "seven")
        session.row_factory = dict_factory
        assert session.execute(prepared, (1,)).one() == {"k": 7, "v": "seven"}
        session.row_factory = tuple_factory
        assert type(session.execute(prepared, (1,)).one()) is tuple
        session.cluster.profile_manager.default.consistency_level = ConsistencyLevel.QUORUM
        session.default_fetch_size = 11
        session.execute(prepared, (1,))
        session.execute_async(prepared, (1,)).result()
        assert asked(mock, SELECT)[-1] == asked(mock, SELECT)[-2] != asked(mock, SELECT)[-3]

    def test_of_timestamps(self, mock: MockCluster, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        prepared = session.prepare(INSERT)

        def stamp() -> Any:
            mock.clear_received()
            session.execute(prepared, (1, "a"))
            return mock.received(execute(INSERT))[0]["parameters"].get("timestamp")

        session.timestamp_generator = MonotonicTimestampGenerator()
        assert 0 < stamp() < stamp() == session.timestamp_generator.last
        session.timestamp_generator = lambda: 7
        assert stamp() == 7
        session.timestamp_generator = MonotonicTimestampGenerator()
        stamp()
        with monkeypatch.context() as patched:
            patched.setattr(MonotonicTimestampGenerator, "_next_timestamp", lambda self, now, last: 5)
            assert stamp() == 5
            patched.undo()
        with monkeypatch.context() as patched:
            session.timestamp_generator = MonotonicTimestampGenerator()
            patched.setattr("cassandra.timestamps.time.time", lambda: 12.5)
            assert stamp() == 12_500_000
        session.timestamp_generator = lambda: None  # type: ignore[assignment, return-value]
        assert stamp() is None
        session.use_client_timestamp = False
        assert stamp() is None

    def test_of_a_policy(self, mock: MockCluster, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        prepared = session.prepare(SELECT)
        session.execute(prepared, (1,))
        plans: list[Any] = []
        whole = RoundRobinPolicy.make_query_plan

        def watched(self: Any, *arguments: Any) -> Any:
            plans.append(arguments)
            return whole(self, *arguments)

        monkeypatch.setattr(RoundRobinPolicy, "make_query_plan", watched)
        session.execute(prepared, (1,))
        assert len(plans) == 1
        monkeypatch.undo()
        retry: Any = session.cluster.profile_manager.default.retry_policy
        session._direct.clear()
        session.execute(prepared, (1,))
        plan = session._direct[prepared]
        retry.on_unavailable = lambda *_, **__: (2, None)
        assert not plan.holds(session, session.cluster.profile_manager.default)
        del retry.on_unavailable
        policy: Any = session.cluster.profile_manager.default.load_balancing_policy
        policy.make_query_plan = lambda *arguments: watched(policy, *arguments)
        session.execute(prepared, (1,))
        assert len(plans) == 2

    def test_what_was_in_between_and_is_gone(
        self, session: Session, counted: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepared = session.prepare(SELECT)
        whole = RoundRobinPolicy.make_query_plan
        with monkeypatch.context() as patched:
            patched.setattr(RoundRobinPolicy, "make_query_plan", lambda self, *arguments: whole(self, *arguments))
            session.execute(prepared, (1,))
            assert not counted
        for _ in range(2 * direct_run.LOOK_AGAIN):
            session.execute(prepared, (1,))
        assert len(counted) >= direct_run.LOOK_AGAIN

    def test_of_a_clusters_encryption(
        self, mock: MockCluster, session: Session, counted: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        policy = Turned()
        select, insert = session.prepare(SELECT), session.prepare(INSERT)
        session.execute(insert, (1, "a"))
        mock.on(execute(SELECT), rows([("k", "int"), ("v", "blob")], [[7, {"hex": b"neves".hex()}]]))
        # The first of the two learns the columns, the second finds all as it was.
        for _ in range(2):
            assert session.execute(select, (7,)).one() == (7, b"neves")
        assert len(counted) == 3
        # Statements that were prepared before know nothing of it, and what they give is read all the same.
        monkeypatch.setattr(session.cluster, "column_encryption_policy", policy)
        assert session.execute(select, (7,)).one() == (7, "seven")
        [pair] = execute_concurrent_with_args(session, select, [(7,)])
        assert pair.result_or_exc.one() == (7, "seven")
        session.execute(session.prepare(INSERT), (1, "ab"))
        assert bytes.fromhex(asked(mock, INSERT)[-1]["values"][1]) == b"ba"
        monkeypatch.undo()
        assert session.execute(select, (7,)).one() == (7, b"neves")

    def test_a_speculative_policy_is_asked_each_time(self, session: Session) -> None:
        asked: list[Any] = []

        class Mine(ConstantSpeculativeExecutionPolicy):
            def new_plan(self, keyspace: Any, statement: Any) -> Any:
                asked.append((keyspace, type(statement)))
                return super().new_plan(keyspace, statement)

        prepared = session.prepare(SELECT)
        prepared.is_idempotent = True
        session.execute(prepared, (1,))
        session.cluster.profile_manager.default.speculative_execution_policy = Mine(10, 0)
        for _ in range(2):
            session.execute(prepared, (1,))
        execute_concurrent_with_args(session, prepared, [(1,), (2,)])
        assert [kind for _, kind in asked] == 4 * [BoundStatement]

    def test_a_profile_that_says_something_else_each_time(self, mock: MockCluster, session: Session) -> None:
        levels = iter((ConsistencyLevel.ONE, ConsistencyLevel.TWO))

        class Mine(ExecutionProfile):
            @property  # type: ignore[override]
            def consistency_level(self) -> int:
                return next(levels)

            @consistency_level.setter
            def consistency_level(self, level: int) -> None:
                pass

        session.cluster.profile_manager.profiles[EXEC_PROFILE_DEFAULT] = Mine(
            session.cluster.profile_manager.default.load_balancing_policy
        )
        prepared = session.prepare(SELECT)
        for _ in range(2):
            session.execute(prepared, (1,))
        first, second = asked(mock, SELECT)
        assert first != second

    def test_a_payload_that_is_filled_later(self, mock: MockCluster, session: Session) -> None:
        prepared = session.prepare(SELECT)
        payload: dict[str, bytes] = {}
        prepared.custom_payload = payload
        session.execute(prepared, (1,))
        payload["who"] = b"me"
        session.execute(prepared, (1,))
        sent = [request["payload"] for request in mock.received(execute(SELECT))]
        assert sent[0] != sent[1]

    def test_of_what_stands_in_between(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        prepared = session.prepare(INSERT)
        seen: list[str] = []

        def seeing(owner: Any, name: str) -> None:
            whole = getattr(owner, name)

            def seen_by(self: Any, *arguments: Any, **named: Any) -> Any:
                seen.append(name)
                return whole(self, *arguments, **named)

            monkeypatch.setattr(owner, name, seen_by)

        session.execute(prepared, (1, "a"))
        for owner, name in (
            (PreparedStatement, "bind"),
            (BoundStatement, "bind"),
            (ResponseFuture, "result"),
            (ResponseFuture, "send_request"),
            (Session, "execute_async"),
        ):
            seen.clear()
            seeing(owner, name)
            session.execute(prepared, (1, "a"))
            assert seen == [name]
            monkeypatch.undo()
        futures: list[Any] = []
        session.add_request_init_listener(futures.append)
        session.execute(prepared, (1, "a"))
        assert len(futures) == 1

    def test_a_subclass_with_its_own_way(self, cluster: Cluster) -> None:
        class Mine(Session):
            asked = 0

            def execute_async(self, *arguments: Any, **named: Any) -> Any:
                self.asked += 1
                return super().execute_async(*arguments, **named)

        cluster.connect()
        session = Mine(cluster)
        session.execute(session.prepare(INSERT), (1, "a"))
        assert session.asked == 1


class TestLife:
    def test_a_session_ends_when_it_is_let_go(self, cluster: Cluster) -> None:
        session = cluster.connect()
        result = session.execute(session.prepare(INSERT), (1, "a"))
        gone = weakref.ref(session)
        gc.collect()
        gc.disable()
        try:
            del result, session
            wait_until(lambda: gone() is None)
        finally:
            gc.enable()

    def test_results_hung_on_their_session_end_with_it(self, cluster: Cluster) -> None:
        session: Any = cluster.connect()
        prepared = session.prepare(INSERT)
        session.many = execute_concurrent_with_args(session, prepared, [(1, "a"), (2, "b")])
        session.one = session.execute(prepared, (1, "a"))
        gone = weakref.ref(session)
        del session, prepared
        wait_until(lambda: gc.collect() >= 0 and gone() is None)

    def test_few_statements_are_kept(
        self, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(direct_run, "MOST", 3)
        with caplog.at_level(logging.WARNING):
            for number in range(10):
                prepared = session.prepare(f"{INSERT} /* {number} */")
                session.execute(prepared, (1, "a"))
                assert len(session._direct) <= 3
        assert session.execute(prepared, (1, "a")).one() is None

    def test_ctrl_c(self, mock: MockCluster) -> None:
        mock.on(execute(SELECT), silence())
        program = """
import os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from cassandra.cluster import Cluster
cluster = Cluster(sys.argv[1].split(","), port=int(sys.argv[2]))
session = cluster.connect(wait_for_all_pools=True)
silent, quick = session.prepare(sys.argv[3]), session.prepare(sys.argv[4])
session.execute(quick, (1, "a"))
for pause in (0.002, 0.2):
    threading.Timer(pause, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    try:
        session.execute(silent, (1,))
    except KeyboardInterrupt:
        assert time.monotonic() - began < 5
    # What was begun goes on: its answer is still due.
    assert sum(waits for pools in session._core.connections().values() for waits, _ in pools) >= 1
    session.execute(quick, (1, "a"))
print("interrupted")
"""
        command = [sys.executable, "-X", "faulthandler", "-c", program, mock.contact_points[0], str(mock.port)]
        ran = subprocess.run([*command, SELECT, INSERT], capture_output=True, text=True, timeout=60, check=False)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "interrupted\n", "")
