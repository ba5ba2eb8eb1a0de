"""What policies of a program decide, and statements run many at once, on mock nodes."""

from __future__ import annotations

import time
from itertools import cycle
from typing import Any

import pytest
from cassandra import ConsistencyLevel, InvalidRequest, Unavailable, UnsupportedOperation, WriteTimeout, WriteType
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, ResponseFuture, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    FallthroughRetryPolicy,
    RetryPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.protocol import OverloadedErrorMessage
from cassandra.query import SimpleStatement

from tests.support.mock import MockCluster, error, execute, query, rows, silence
from tests.support.statements import COLUMNS, INSERT, SELECT, profiles, with_profile


class TestPolicies:
    def test_a_plan_of_the_programs_own(self, mock: MockCluster) -> None:
        asked: list[Any] = []

        class Mine(RoundRobinPolicy):
            def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Any:
                asked.append((working_keyspace, query))
                return sorted(self._live_hosts)[:1]

        with Cluster(
            mock.contact_points, port=mock.port, execution_profiles=profiles(load_balancing_policy=Mine())
        ) as c:
            session = c.connect("ks", wait_for_all_pools=True)
            hosts = {session.execute("SELECT 1").response_future.coordinator_host for _ in range(4)}
            assert hosts == {min(c.metadata.all_hosts())}
        assert len(asked) == 4
        assert asked[0][0] == "ks"
        assert asked[0][1].query_string == "SELECT 1"

    @pytest.mark.parametrize(
        "policy",
        [RoundRobinPolicy, DCAwareRoundRobinPolicy, lambda: TokenAwarePolicy(DCAwareRoundRobinPolicy())],
        ids=["round robin", "dc aware", "token aware"],
    )
    def test_each_profiles_policy_goes_round_by_itself(self, policy: Any) -> None:
        """Two policies that are alike are two, as in cassandra-driver (its `test_profile_lb_swap`)."""
        with MockCluster(2) as mock:
            every = "SELECT v FROM ks.t"
            names = (EXEC_PROFILE_DEFAULT, "other", "late")
            given = {name: ExecutionProfile(load_balancing_policy=policy()) for name in names}
            late = given.pop("late")
            with Cluster(mock.contact_points, port=mock.port, execution_profiles=given) as cluster:
                session = cluster.connect(wait_for_all_pools=True)
                cluster.add_execution_profile("late", late)
                prepared = session.prepare(every)
                for ask in (
                    lambda name: session.execute("SELECT 1", execution_profile=name),
                    lambda name: session.execute(prepared, execution_profile=name),
                    lambda name: execute_concurrent_with_args(session, prepared, [()], execution_profile=name)[0][1],
                ):
                    hosts: dict[Any, list[Any]] = {name: [] for name in names}
                    for _ in range(4):
                        for name in names[:2]:
                            hosts[name].append(ask(name).response_future.coordinator_host)
                    hosts["late"] = [ask("late").response_future.coordinator_host for _ in range(4)]
                    for name, asked in hosts.items():
                        assert asked[0::2] == [asked[0]] * 2, (name, hosts)
                        assert asked[1::2] == [asked[1]] * 2, (name, hosts)
                        assert asked[0] != asked[1], (name, hosts)

    def test_policies_of_one_cluster_begin_with_the_same_host(self) -> None:
        with MockCluster(3) as mock:
            first = set()
            for _ in range(8):
                given = {name: ExecutionProfile(load_balancing_policy=RoundRobinPolicy()) for name in ("one", "two")}
                with Cluster(mock.contact_points[:1], port=mock.port, execution_profiles=given) as cluster:
                    session = cluster.connect(wait_for_all_pools=True)
                    hosts = {
                        session.execute("SELECT 1", execution_profile=name).response_future.coordinator_host.address
                        for name in given
                    }
                    assert len(hosts) == 1
                    first |= hosts
            assert len(first) > 1, "and each cluster with another one"

    def test_a_plan_without_end(self, mock: MockCluster) -> None:
        class Mine(RoundRobinPolicy):
            def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Any:
                return cycle(sorted(self._live_hosts))

        with Cluster(
            mock.contact_points, port=mock.port, execution_profiles=profiles(load_balancing_policy=Mine())
        ) as c:
            future = c.connect().execute_async("SELECT 1")
            assert len(future.message.plan) == len(mock.contact_points)
            future.result()

    def test_a_plan_is_not_asked_further_once_it_has_named_every_host(self, mock: MockCluster) -> None:
        went_on: list[bool] = []

        class Waits(RoundRobinPolicy):
            def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Any:
                yield from super().make_query_plan(working_keyspace, query)
                went_on.append(True)
                yield from super().make_query_plan(working_keyspace, query)

        class NamesOne(RoundRobinPolicy):
            def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Any:
                return cycle(sorted(self._live_hosts)[:1])

        for policy, length in ((Waits(), len(mock.contact_points)), (NamesOne(), 8)):
            with Cluster(
                mock.contact_points, port=mock.port, execution_profiles=profiles(load_balancing_policy=policy)
            ) as c:
                future = c.connect(wait_for_all_pools=True).execute_async("SELECT 1")
                assert len(future.message.plan) == length
                future.result()
        assert went_on == []

    @pytest.mark.parametrize("place", ["class", "instance"])
    def test_methods_put_in_later_are_called(
        self, mock: MockCluster, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        child, asked = RoundRobinPolicy(), []
        policy = TokenAwarePolicy(child)
        ours, retried = RoundRobinPolicy.make_query_plan, RetryPolicy.on_request_error

        def plan(*args: Any, **kwargs: Any) -> Any:
            asked.append("plan")
            return ours(child, *args[-2:], **kwargs)

        def on_request_error(self: Any, *args: Any, **kwargs: Any) -> Any:
            asked.append("retry")
            return RetryPolicy.RETHROW, None

        mock.on(query("SELECT busy"), error("overloaded", "too much"))
        with Cluster(
            mock.contact_points, port=mock.port, execution_profiles=profiles(load_balancing_policy=policy)
        ) as c:
            session = c.connect()
            session.execute("SELECT 1")
            assert session.execute_async("SELECT 1").message.plan is None
            monkeypatch.setattr(RoundRobinPolicy if place == "class" else child, "make_query_plan", plan)
            session.execute("SELECT 1")
            assert asked == ["plan"]
            monkeypatch.undo()
            monkeypatch.setattr(RetryPolicy, "on_request_error", on_request_error)
            with pytest.raises(OverloadedErrorMessage):
                session.execute(SimpleStatement("SELECT busy", is_idempotent=True))
            assert asked == ["plan", "retry"]
            monkeypatch.undo()
            assert RetryPolicy.on_request_error is retried
            assert session.execute_async("SELECT 1").message.plan is None

    def test_a_plan_that_raises(self, mock: MockCluster) -> None:
        class Mine(RoundRobinPolicy):
            def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Any:
                raise LookupError("mine")

        with (
            Cluster(
                mock.contact_points, port=mock.port, execution_profiles=profiles(load_balancing_policy=Mine())
            ) as c,
            pytest.raises(LookupError, match="mine"),
        ):
            c.connect().execute("SELECT 1")

    def test_an_empty_plan(self, mock: MockCluster) -> None:
        class Mine(RoundRobinPolicy):
            def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Any:
                return iter(())

        with (
            Cluster(
                mock.contact_points, port=mock.port, execution_profiles=profiles(load_balancing_policy=Mine())
            ) as c,
            pytest.raises(NoHostAvailable) as caught,
        ):
            c.connect().execute("SELECT 1")
        assert caught.value.errors == {}

    def test_a_retry_policy_of_the_programs_own(self, mock: MockCluster, session: Session) -> None:
        asked: list[Any] = []

        class Mine(RetryPolicy):
            def on_unavailable(self, query: Any, *args: Any, **kwargs: Any) -> Any:
                asked.append(query)
                return self.RETHROW, None

        mock.on(query("SELECT"), error("unavailable", consistency="QUORUM", required=2, alive=1))
        statement = SimpleStatement("SELECT 1", retry_policy=Mine())
        with pytest.raises(Unavailable) as caught:
            session.execute(statement)
        assert asked == [statement]
        assert caught.value.alive_replicas == 1

    def test_what_a_retry_policy_is_told_of_a_write(self, mock: MockCluster, session: Session) -> None:
        asked: list[Any] = []

        class Mine(RetryPolicy):
            def on_write_timeout(self, query: Any, *args: Any, **kwargs: Any) -> Any:
                asked.append(args)
                return self.RETHROW, None

        fields = {"consistency": "LOCAL_ONE", "required": 2, "received": 1, "write_type": "BATCH_LOG"}
        mock.on(query("INSERT"), error("write_timeout", **fields))
        with pytest.raises(WriteTimeout):
            session.execute(SimpleStatement("INSERT", retry_policy=Mine()))
        assert asked == [(ConsistencyLevel.LOCAL_ONE, WriteType.BATCH_LOG, 2, 1, 0)]

    def test_a_retry_policy_is_told_the_level_of_the_attempt(self, mock: MockCluster, session: Session) -> None:
        asked: list[Any] = []

        class Mine(RetryPolicy):
            def on_unavailable(
                self, query: Any, consistency: int, required_replicas: int, alive_replicas: int, retry_num: int
            ) -> Any:
                asked.append((consistency, retry_num))
                return (self.RETRY, ConsistencyLevel.TWO) if retry_num < 2 else (self.RETHROW, None)

        mock.on(query("SELECT"), error("unavailable", consistency="THREE", required=3, alive=1))
        with pytest.raises(Unavailable):
            session.execute(SimpleStatement("SELECT 1", retry_policy=Mine(), consistency_level=ConsistencyLevel.THREE))
        # Not the level of the statement once it has been lowered.
        assert asked == [(ConsistencyLevel.THREE, 0), (ConsistencyLevel.TWO, 1), (ConsistencyLevel.TWO, 2)]

    @pytest.mark.parametrize("answer", ["raise", "nonsense"])
    def test_an_exception_of_a_retry_policy_is_the_cause(
        self, mock: MockCluster, session: Session, answer: str
    ) -> None:
        class Mine(RetryPolicy):
            def on_unavailable(self, *args: Any, **kwargs: Any) -> Any:
                if answer == "raise":
                    raise LookupError("no idea")
                return answer

        mock.on(query("SELECT 1"), error("unavailable", consistency="QUORUM", required=2, alive=1))
        with pytest.raises(Unavailable) as caught:
            session.execute(SimpleStatement("SELECT 1", retry_policy=Mine()))
        cause = caught.value.__cause__
        if answer == "raise":
            assert isinstance(cause, LookupError)
            assert cause.args == ("no idea",)
            assert cause.__traceback__ is not None
        else:
            assert isinstance(cause, Exception)
        session.execute("SELECT 2")

    def test_a_pause_of_a_retry_policy(self, mock: MockCluster, session: Session) -> None:
        times: list[float] = []

        class Mine(RetryPolicy):
            def on_request_error(self, *args: Any, **kwargs: Any) -> Any:
                times.append(time.monotonic())
                return (self.RETRY, None, 0.3) if len(times) == 1 else (self.RETHROW, None, 0.0)

        mock.on(query("SELECT"), error("overloaded", "too much"))
        with pytest.raises(OverloadedErrorMessage):
            session.execute(SimpleStatement("SELECT 1", retry_policy=Mine()))
        first, second = times
        assert 0.29 <= second - first < 30

    def test_errors_are_by_host(self, mock: MockCluster, session: Session) -> None:
        """E22 of docs/promises.md."""
        mock.on(query("SELECT"), error("overloaded", "too much"))
        statement = SimpleStatement("SELECT 1", is_idempotent=True)
        with pytest.raises(NoHostAvailable) as caught:
            session.execute(statement)
        assert set(caught.value.errors or ()) == session.hosts
        with pytest.raises(OverloadedErrorMessage, match="too much"):
            session.execute(SimpleStatement("SELECT 1", retry_policy=FallthroughRetryPolicy()))

    def test_speculation(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT", nth=1), silence())
        mock.on(query("SELECT", **{"from": 2}), rows(COLUMNS, [[1, "a"]]))
        profile = with_profile(session, speculative_execution_policy=ConstantSpeculativeExecutionPolicy(0.05, 2))
        found = session.execute(SimpleStatement("SELECT 1", is_idempotent=True), execution_profile=profile, timeout=5)
        assert found.one() == (1, "a")

    def test_an_unknown_profile(self, session: Session) -> None:
        with pytest.raises(ValueError, match="Invalid execution_profile"):
            session.execute("SELECT 1", execution_profile="no such")
        with pytest.raises(UnsupportedOperation):
            session.execute("SELECT 1", execute_as="somebody")


class TestConcurrent:
    def test_results_are_in_order(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute("SELECT k, v"), rows(COLUMNS, [[7, "seven"]]))
        prepared = session.prepare(SELECT)
        results = execute_concurrent_with_args(session, prepared, [(number,) for number in range(300)], concurrency=50)
        assert len(results) == 300
        assert all(result.success and result.result_or_exc.one() == (7, "seven") for result in results)
        future = results[5].result_or_exc.response_future
        assert future.query.values == [(5).to_bytes(4, "big")]
        assert future.coordinator_host in session.hosts

    def test_each_write_has_its_own_timestamp(self, mock: MockCluster, session: Session) -> None:
        prepared = session.prepare(INSERT)
        before = mock.count(execute(INSERT))
        execute_concurrent_with_args(session, prepared, [(number, "x") for number in range(100)])
        seen = [request["parameters"]["timestamp"] for request in mock.received(execute(INSERT))[before:]]
        assert len(set(seen)) == len(seen) == 100

    def test_errors(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(INSERT), error("invalid", "no way"))
        prepared = session.prepare(INSERT)
        with pytest.raises(InvalidRequest, match="no way"):
            execute_concurrent_with_args(session, prepared, [(1, "x")] * 10)
        results = execute_concurrent_with_args(session, prepared, [(1, "x")] * 10, raise_on_first_error=False)
        assert [(result.success, type(result.result_or_exc)) for result in results] == [(False, InvalidRequest)] * 10
        results = execute_concurrent_with_args(session, prepared, [(1, "x"), ("no", 5)], raise_on_first_error=False)
        assert isinstance(results[1].result_or_exc, TypeError)
        for concurrency in (0, -1):
            with pytest.raises(ValueError, match="concurrency"):
                execute_concurrent_with_args(session, prepared, [], concurrency=concurrency)
        assert execute_concurrent_with_args(session, prepared, []) == []

    def test_a_patched_session_takes_the_general_way(
        self, mock: MockCluster, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepared = session.prepare(INSERT)
        asked: list[Any] = []
        ours = session.execute_async

        def mine(query: Any, parameters: Any = None, *args: Any, **kwargs: Any) -> ResponseFuture:
            asked.append(parameters)
            return ours(query, parameters, *args, **kwargs)

        monkeypatch.setattr(session, "execute_async", mine)
        execute_concurrent_with_args(session, prepared, [(1, "x"), (2, "y")])
        assert asked == [(1, "x"), (2, "y")]
