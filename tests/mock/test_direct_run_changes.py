"""What changes between two executions counts for the second, also where the engine runs the statement directly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import ConsistencyLevel
from cassandra._cluster import direct_run
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, ResponseFuture, Session
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

from tests.support.direct_run import asked, count_direct, legacy_cluster
from tests.support.mock import MockCluster, execute, rows
from tests.support.statements import COLUMNS, INSERT, SELECT


@pytest.fixture
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    with legacy_cluster(mock) as cluster:
        yield cluster


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    return count_direct(monkeypatch)


class Turned(ColumnEncryptionPolicy):
    """A policy that a test can read: it turns the bytes of one column round."""

    def contains_column(self, coldesc: Any) -> bool:
        return bool(coldesc[2] == "v")

    def column_type(self, coldesc: Any) -> Any:
        return UTF8Type

    def encrypt(self, coldesc: Any, obj_bytes: bytes) -> bytes:
        return obj_bytes[::-1]

    decrypt = encrypt


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
