"""`cassandra.cluster` on mock nodes: running statements, waiting for them, being told of them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import (
    ConsistencyLevel,
    DriverException,
    InvalidRequest,
    OperationTimedOut,
    Unavailable,
    UnsupportedOperation,
)
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    PagedResult,
    QueryExhausted,
    ResponseFuture,
    ResultSet,
    Session,
)
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    FallthroughRetryPolicy,
    HostDistance,
    RetryPolicy,
    RoundRobinPolicy,
)
from cassandra.pool import HostConnectionPool
from cassandra.protocol import OverloadedErrorMessage
from cassandra.query import (
    BatchStatement,
    SimpleStatement,
    dict_factory,
    named_tuple_factory,
    ordered_dict_factory,
    tuple_factory,
)

from tests.support.mock import MockCluster, binding, error, execute, prepare, query, rows, silence, statement

COLUMNS = [("k", "int"), ("v", "text")]
INSERT = "INSERT INTO ks.t (k, v) VALUES (?, ?)"
SELECT = "SELECT k, v FROM ks.t WHERE k = ?"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockCluster]:
    bindings = [binding(INSERT, COLUMNS, [0]), binding(SELECT, COLUMNS[:1], [0])]
    with MockCluster(3, bindings=bindings) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def no_rules(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "mock" in request.fixturenames:
        request.getfixturevalue("mock").remove_all()


def profiles(**settings: Any) -> dict[Any, ExecutionProfile]:
    settings.setdefault("load_balancing_policy", RoundRobinPolicy())
    return {EXEC_PROFILE_DEFAULT: ExecutionProfile(**settings)}


@pytest.fixture(scope="module")
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        yield cluster


@pytest.fixture
def session(cluster: Cluster) -> Iterator[Session]:
    with cluster.connect(wait_for_all_pools=True) as session:
        yield session


def with_profile(session: Session, **settings: Any) -> Any:
    return session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, **settings)


def wait_until(condition: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


class TestStatements:
    def test_rows_by_attribute(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"], [2, "b"]]))
        result = session.execute("SELECT k, v FROM ks.t")
        assert [(row.k, row.v) for row in result] == [(1, "a"), (2, "b")]
        assert result.column_names == ["k", "v"]
        assert [kind.typename for kind in result.column_types or ()] == ["int", "text"]

    def test_parameters_are_quoted(self, mock: MockCluster, session: Session) -> None:
        class Hostile(str):
            def __str__(self) -> str:
                return "x' OR '1'='1"

        session.execute("SELECT a FROM t WHERE b = %s AND c = %(c)s".replace("%(c)s", "%s"), ["it's", Hostile("y")])
        session.execute("SELECT a FROM t WHERE b = %(b)s", {"b": 5})
        texts = [request["statements"][0] for request in mock.received(query("SELECT a FROM t"))]
        assert texts[-2:] == ["SELECT a FROM t WHERE b = 'it''s' AND c = 'y'", "SELECT a FROM t WHERE b = 5"]

    def test_prepared(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute("SELECT k, v"), rows(COLUMNS, [[7, "seven"]]))
        prepared = session.prepare(SELECT)
        assert prepared.query_string == SELECT
        assert [column.name for column in prepared.column_metadata] == ["k"]
        assert prepared.routing_key_indexes == [0]
        assert session.execute(prepared, [7]).one() == (7, "seven")
        assert session.execute(prepared.bind({"k": 7})).one().v == "seven"

    def test_markers_in_plain_text_are_prepared_once(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute("SELECT k, v"), rows(COLUMNS, [[7, "seven"]]))
        before = mock.count(prepare(SELECT))
        for _ in range(3):
            assert session.execute(SELECT, [7]).one().v == "seven"
        assert mock.count(prepare(SELECT)) - before <= 3  # at most once per node
        assert not mock.received(query(SELECT))

    def test_batch(self, mock: MockCluster, session: Session) -> None:
        prepared = session.prepare(INSERT)
        batch = BatchStatement(consistency_level=ConsistencyLevel.QUORUM)
        batch.add(prepared, (1, "one")).add("INSERT INTO ks.t (k, v) VALUES (2, 'two')")
        session.execute(batch)
        seen = mock.received(statement("INSERT INTO ks.t"))[-1]
        assert seen["opcode"] == "BATCH"
        assert len(seen["statements"]) == 2

    def test_a_pickled_prepared_statement(self, mock: MockCluster, session: Session) -> None:
        import pickle

        mock.on(execute("SELECT k, v"), rows(COLUMNS, [[7, "seven"]]))
        prepared = pickle.loads(pickle.dumps(session.prepare(SELECT)))
        assert session.execute(prepared, [7]).one().v == "seven"

    @pytest.mark.parametrize("wrong", [5, None, object(), b"SELECT"])
    def test_what_is_no_statement(self, session: Session, wrong: Any) -> None:
        with pytest.raises(TypeError, match="statements"):
            session.execute(wrong)
        assert session.execute("SELECT 1") is not None

    @pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "5", 1e300])
    def test_bad_timeouts(self, session: Session, wrong: Any) -> None:
        with pytest.raises((TypeError, ValueError), match="timeout"):
            session.execute("SELECT 1", timeout=wrong)

    @pytest.mark.parametrize("size", [0, -1, 2**31, "5", 1.5])
    def test_bad_fetch_sizes(self, session: Session, size: Any) -> None:
        with pytest.raises((TypeError, ValueError), match="fetch_size"):
            session.execute(SimpleStatement("SELECT 1", fetch_size=size))

    def test_keyspaces(self, mock: MockCluster, session: Session) -> None:
        session.set_keyspace('we"ird')
        assert session.keyspace == 'we"ird'
        session.execute("USE other")
        assert session.keyspace == "other"
        with pytest.raises(TypeError, match="keyspace"):
            session.set_keyspace(5)  # type: ignore[arg-type]

    def test_a_keyspace_at_connect_is_quoted(self, cluster: Cluster) -> None:
        with cluster.connect('a"; DROP') as session:
            assert session.keyspace == 'a"; DROP'

    def test_one_host(self, session: Session) -> None:
        for host in session.hosts:
            assert session.execute("SELECT 1", host=host).response_future.coordinator_host == host
        with pytest.raises(ValueError, match="no host"):
            session.execute("SELECT 1", host="127.9.9.9")

    def test_trace(self, session: Session) -> None:
        future = session.execute_async("SELECT 1", trace=True)
        future.result()
        assert len(future.get_query_trace_ids()) == 1
        assert session.execute("SELECT 1").get_query_trace() is None

    def test_custom_payload(self, mock: MockCluster, session: Session) -> None:
        session.execute("SELECT payload", custom_payload={"a": b"1"})
        assert mock.received(query("SELECT payload"))[-1]["payload"] == [["a", "31"]]

    def test_timestamps(self, mock: MockCluster, session: Session) -> None:
        session.execute("INSERT INTO ks.stamped (k) VALUES (1)")
        session.use_client_timestamp = False
        session.execute("INSERT INTO ks.stamped (k) VALUES (1)")
        seen = [request["parameters"]["timestamp"] for request in mock.received(query("ks.stamped"))]
        assert isinstance(seen[-2], int)
        assert seen[-1] is None

    def test_execute_goes_by_execute_async(self, cluster: Cluster, mock: MockCluster) -> None:
        asked: list[str] = []

        class Mine(Session):
            def execute_async(self, query: Any, *args: Any, **kwargs: Any) -> ResponseFuture:
                asked.append(query)
                return super().execute_async(query, *args, **kwargs)

        with Mine(cluster) as session:
            session.execute("SELECT 1")
        assert asked == ["SELECT 1"]


class TestFuture:
    def test_callback_is_told_the_rows(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        told: list[Any] = []
        future = session.execute_async("SELECT 1")
        assert future.add_callback(lambda *args, **kwargs: told.append((args, kwargs)), 5, key=6) is future
        wait_until(lambda: told)
        (told_rows, five), keywords = told[0]
        assert (told_rows, five, keywords) == ([(1, "a")], 5, {"key": 6})
        future.result()
        time.sleep(0.05)
        assert len(told) == 1

    def test_late_callback_is_told_at_once(self, session: Session) -> None:
        future = session.execute_async("SELECT 1")
        future.result()
        threads: list[Any] = []
        future.add_callback(lambda rows: threads.append(threading.current_thread()))
        assert threads == [threading.current_thread()]

    def test_errback(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("FAIL"), error("invalid", "no way", way={"delay": 0.05}))
        told: list[Any] = []
        future = session.execute_async("FAIL")
        future.add_callbacks(told.append, told.append)
        with pytest.raises(InvalidRequest, match="no way"):
            future.result()
        wait_until(lambda: told)
        time.sleep(0.05)
        assert [type(outcome) for outcome in told] == [InvalidRequest]

    def test_exception_in_a_callback_is_logged_once(
        self, mock: MockCluster, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        failed: list[Any] = []

        def raises(rows: Any) -> None:
            raise ValueError("boom")

        future = session.execute_async("SELECT 1")
        with caplog.at_level(logging.ERROR, "cassandra.cluster"):
            future.add_callbacks(raises, failed.append)
            assert future.result().one() == (1, "a")
            wait_until(lambda: caplog.records)
            time.sleep(0.05)
        assert len(caplog.records) == 1
        assert failed == []

    def test_a_callback_may_run_statements(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("FIRST"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        mock.on(query("SECOND"), rows(COLUMNS, [[2, "b"]]))
        told: list[Any] = []
        session.execute_async("FIRST").add_callback(lambda rows: told.append(session.execute("SECOND").one()))
        wait_until(lambda: told)
        assert told == [(2, "b")]

    def test_patience_runs_out_and_the_request_goes_on(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.3))
        future = session.execute_async("SLOW")
        with pytest.raises(OperationTimedOut) as caught:
            future.result(timeout=0.02)
        assert caught.value.errors
        assert caught.value.last_host in session.hosts
        assert future.result().one() == (1, "a")

    def test_time_of_the_request_runs_out(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SILENT"), silence())
        began = time.monotonic()
        with pytest.raises(OperationTimedOut) as caught:
            session.execute("SILENT", timeout=0.1)
        assert 0.09 <= time.monotonic() - began < 5
        assert caught.value.last_host in session.hosts
        assert session.execute("SELECT 1") is not None

    def test_facts_are_not_there_before_the_answer(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.2, warnings=["careful"]))
        future = session.execute_async("SLOW")
        for name in ("warnings", "custom_payload"):
            with pytest.raises(DriverException, match=f"{name} cannot be retrieved before"):
                getattr(future, name)
        future.result()
        assert future.warnings == ["careful"]
        assert future.coordinator_host in session.hosts
        assert future.attempted_hosts == [future.coordinator_host]

    def test_awaiting(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.05))
        mock.on(query("FAIL"), error("invalid", "no way"))

        async def main() -> list[Any]:
            results = await asyncio.gather(*(gather(f"SLOW {number}") for number in range(20)))
            with pytest.raises(InvalidRequest):
                await session.execute_async("FAIL")
            return [result.one() for result in results]

        async def gather(text: str) -> ResultSet:
            return await session.execute_async(text)

        assert asyncio.run(main()) == [(1, "a")] * 20

    def test_a_dropped_future_is_still_run(self, mock: MockCluster, session: Session) -> None:
        for number in range(50):
            session.execute_async(f"INSERT dropped {number}")
        wait_until(lambda: mock.count(query("INSERT dropped")) == 50)

    def test_listeners_see_requests_before_they_are_sent(self, mock: MockCluster, session: Session) -> None:
        def listener(future: ResponseFuture, level: int) -> None:
            future.message.consistency_level = level

        session.add_request_init_listener(listener, ConsistencyLevel.ALL)
        session.execute("SELECT listened")
        session.remove_request_init_listener(listener, ConsistencyLevel.ALL)
        session.execute("SELECT listened")
        levels = [request["parameters"]["consistency"] for request in mock.received(query("SELECT listened"))]
        assert levels == ["ALL", "LOCAL_ONE"]
        with pytest.raises(ValueError):
            session.remove_request_init_listener(listener)

    def test_every_thread_gets_the_result(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SLOW"), rows(COLUMNS, [[1, "a"]], delay=0.1))
        future = session.execute_async("SLOW")
        got: list[Any] = []
        threads = [threading.Thread(target=lambda: got.append(future.result().one())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [(1, "a")] * 8


class TestPages:
    @pytest.fixture
    def paged(self, mock: MockCluster, session: Session) -> MockCluster:
        session.default_fetch_size = 10
        mock.on(query("PAGED"), rows(COLUMNS, [[number, "x"] for number in range(25)]))
        return mock

    def keys(self, found: Any) -> list[int]:
        return [row.k for row in found]

    def test_iteration_goes_over_all_pages(self, paged: MockCluster, session: Session) -> None:
        result = session.execute("PAGED")
        assert (len(result), result.has_more_pages, bool(result)) == (10, True, True)
        assert self.keys(result) == list(range(25))
        assert not result
        assert self.keys(PagedResult(session.execute_async("PAGED"), session)) == list(range(25))
        assert self.keys(session.execute("PAGED").all()) == list(range(25))

    def test_page_by_page(self, paged: MockCluster, session: Session) -> None:
        result = session.execute("PAGED")
        assert self.keys(result.current_rows) == list(range(10))
        result.fetch_next_page()
        result.fetch_next_page()
        assert self.keys(result.current_rows) == list(range(20, 25))
        assert not result.has_more_pages
        with pytest.raises(QueryExhausted):
            result.response_future.start_fetching_next_page()

    def test_going_on_at_a_paging_state(self, paged: MockCluster, session: Session) -> None:
        state = session.execute("PAGED").paging_state
        assert self.keys(session.execute("PAGED", paging_state=state)) == list(range(10, 25))

    def test_callbacks_are_told_of_each_page(self, paged: MockCluster, session: Session) -> None:
        pages: list[int] = []
        done = threading.Event()
        future = session.execute_async("PAGED")

        def page(rows: Any) -> None:
            pages.append(len(rows))
            if future.has_more_pages:
                future.start_fetching_next_page()
            else:
                done.set()

        future.add_callback(page)
        assert done.wait(10)
        assert pages == [10, 10, 5]

    def test_indexing_holds_all_pages(self, paged: MockCluster, session: Session) -> None:
        result = session.execute("PAGED")
        with pytest.warns(DeprecationWarning, match=r"ResultSet\.one"):
            assert result[0].k == 0
        assert result[24].k == 24
        assert result == [(number, "x") for number in range(25)]
        iterated = session.execute("PAGED")
        next(iter(iterated))
        with pytest.raises(RuntimeError, match="Cannot use equality operator when results have been iterated"):
            assert iterated == []

    def test_no_paging(self, paged: MockCluster, session: Session) -> None:
        session.default_fetch_size = None
        session.execute("PAGED")
        assert not paged.received(query("PAGED"))[-1]["parameters"]["page_size"]


class TestRowFactories:
    def test_stock_ones(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]]))
        wanted = {
            tuple_factory: (1, "a"),
            named_tuple_factory: (1, "a"),
            dict_factory: {"k": 1, "v": "a"},
            ordered_dict_factory: {"k": 1, "v": "a"},
        }
        for factory, row in wanted.items():
            found = session.execute("SELECT 1", execution_profile=with_profile(session, row_factory=factory))
            assert found.one() == row

    def test_one_that_gives_a_generator(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"], [2, "b"]]))
        profile = with_profile(session, row_factory=lambda names, found: ([*names, *row] for row in found))
        assert list(session.execute("SELECT 1", execution_profile=profile)) == [["k", "v", 1, "a"], ["k", "v", 2, "b"]]
        assert len(session.execute("SELECT 1", execution_profile=profile)) == 2

    def test_one_that_raises(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]]))

        def raises(names: Any, found: Any) -> Any:
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            session.execute("SELECT 1", execution_profile=with_profile(session, row_factory=raises))
        assert session.execute("SELECT 1").one() == (1, "a")

    @pytest.mark.parametrize("factory", [tuple_factory, named_tuple_factory, dict_factory, ordered_dict_factory])
    @pytest.mark.parametrize("applied", [True, False])
    def test_was_applied(self, mock: MockCluster, session: Session, factory: Any, applied: bool) -> None:
        mock.on(query("LWT"), rows([("[applied]", "boolean"), ("k", "int")], [[applied, 1]]))
        profile = with_profile(session, row_factory=factory)
        assert session.execute("LWT", execution_profile=profile).was_applied is applied

    def test_was_applied_of_batches_and_others(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("LWT"), rows([("[applied]", "boolean"), ("k", "int")], [[False, 1], [False, 2]]))
        assert session.execute("BEGIN BATCH LWT APPLY BATCH").was_applied is False
        with pytest.raises(RuntimeError, match="exactly one row"):
            assert session.execute("LWT").was_applied
        with pytest.raises(RuntimeError, match="No LWT"):
            assert session.execute(BatchStatement().add("INSERT")).was_applied
        profile = with_profile(session, row_factory=lambda names, found: list(found))
        with pytest.raises(RuntimeError, match="row factory"):
            assert session.execute("LWT", execution_profile=profile).was_applied


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
            session = c.connect("ks")
            hosts = {session.execute("SELECT 1").response_future.coordinator_host for _ in range(4)}
            assert hosts == {min(c.metadata.all_hosts())}
        assert len(asked) == 4
        assert asked[0][0] == "ks"
        assert asked[0][1].query_string == "SELECT 1"

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

    def test_errors_are_by_host(self, mock: MockCluster, session: Session) -> None:
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


class TestViews:
    def test_pools(self, cluster: Cluster, session: Session) -> None:
        session.execute("SELECT 1")
        pools = session.get_pools()
        assert {pool.host for pool in pools} == session.hosts
        assert all(pool.open_count == 1 and not pool.is_shutdown for pool in pools)
        assert set(session.get_pool_state()) == session.hosts
        assert cluster.control_connection in cluster.get_connection_holders()

    def test_borrowing(self, session: Session) -> None:
        host = min(session.hosts)
        pool = HostConnectionPool(host, HostDistance.LOCAL, session)
        wait_until(lambda: pool.open_count)
        borrowed = pool.borrow_connection(1.0)
        assert (borrowed.host, borrowed.is_closed) == (host.address, False)
        connection, request_id = borrowed
        assert connection is borrowed
        assert isinstance(request_id, int)
        assert pool.in_flight == 1
        pool.return_connection(borrowed)
        pool.return_connection(borrowed)
        assert pool.in_flight == 0

    def test_hosts(self, cluster: Cluster, session: Session, mock: MockCluster) -> None:
        hosts = cluster.metadata.all_hosts()
        assert sorted(host.address for host in hosts) == sorted(mock.contact_points)
        assert all(host.is_up and host.datacenter and host.rack and host.release_version for host in hosts)
        first = hosts[0]
        assert cluster.metadata.get_host(first.address) is first
        assert cluster.metadata.get_host(first.endpoint) is first
        assert cluster.metadata.get_host("127.9.9.9") is None
        assert cluster.metadata.get_host_by_host_id(first.host_id) is first

    def test_control_connection(self, cluster: Cluster, session: Session) -> None:
        host = cluster.get_control_connection_host()
        assert host in cluster.metadata.all_hosts()
        assert cluster.control_connection._connection.host == host.address

    @pytest.mark.parametrize("form", ["page", "reference"])
    def test_adding_and_removing_a_host(self, cluster: Cluster, session: Session, form: str) -> None:
        told: list[tuple[str, Any]] = []

        class Listener:
            def on_add(self, host: Any) -> None:
                told.append(("add", host))

            def on_remove(self, host: Any) -> None:
                told.append(("remove", host))

            def on_up(self, host: Any) -> None: ...

            def on_down(self, host: Any) -> None: ...

        listener = Listener()
        cluster.register_listener(listener)
        if form == "page":
            host, is_new = cluster.add_host(address="127.9.9.9", datacenter="dc9", rack="r9", signal=True)
        else:
            host, is_new = cluster.add_host("127.9.9.9", "dc9", "r9")
        assert (is_new, host.datacenter, host.rack) == (True, "dc9", "r9")
        assert cluster.add_host("127.9.9.9")[1] is False
        cluster.remove_host(host)
        cluster.unregister_listener(listener)
        assert told == [("add", host), ("remove", host)]
        assert host not in cluster.metadata.all_hosts()
        with pytest.raises(TypeError):
            cluster.add_host(5)

    def test_legacy_settings(self, mock: MockCluster) -> None:
        with Cluster(mock.contact_points, port=mock.port) as cluster:
            session = cluster.connect()
            session.row_factory = dict_factory
            session.default_timeout = 3.0
            session.default_serial_consistency_level = ConsistencyLevel.LOCAL_SERIAL
            with pytest.warns(DeprecationWarning, match="Setting the consistency level at the session level"):
                session.default_consistency_level = ConsistencyLevel.QUORUM
            mock.on(query("SELECT legacy"), rows(COLUMNS, [[1, "a"]]))
            assert session.execute("SELECT legacy").one() == {"k": 1, "v": "a"}
            assert mock.received(query("SELECT legacy"))[-1]["parameters"]["consistency"] == "QUORUM"
            for name, value in (("default_timeout", -1), ("row_factory", 5), ("default_serial_consistency_level", 4)):
                with pytest.raises((TypeError, ValueError), match=name):
                    setattr(session, name, value)

    def test_legacy_settings_and_profiles_do_not_mix(self, session: Session) -> None:
        for name, value in (("row_factory", dict_factory), ("default_timeout", 3.0)):
            with pytest.raises(ValueError, match=f"Cannot set Session.{name} while using"):
                setattr(session, name, value)


class TestEnd:
    def test_shutdown(self, mock: MockCluster) -> None:
        cluster = Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles())
        with cluster.connect() as session:
            pass
        assert session.is_shutdown
        assert not cluster.is_shutdown
        other = cluster.connect()
        cluster.shutdown()
        cluster.shutdown()
        for closed in (session, other):
            assert closed.is_shutdown
            closed.shutdown()
            for call in (closed.execute, closed.prepare):
                with pytest.raises(DriverException, match="already shut down"):
                    call("SELECT 1")
        with pytest.raises(DriverException, match="already shut down"):
            cluster.connect()

    def test_nobody_there(self, mock: MockCluster) -> None:
        with pytest.raises(NoHostAvailable, match="Unable to connect to any servers") as caught:
            Cluster([mock.contact_points[0]], port=1, execution_profiles=profiles()).connect()
        assert isinstance(caught.value.errors, dict)
        assert list(caught.value.errors) == [f"{mock.contact_points[0]}:1"]
        assert isinstance(next(iter(caught.value.errors.values())), ConnectionRefusedError)

    def test_a_version_that_nobody_speaks(self) -> None:
        for version in (1, 2, 66):
            with pytest.raises(UnsupportedOperation, match="protocol version"):
                Cluster(protocol_version=version).connect()

    def test_stepping_down_from_a_default_version(self) -> None:
        with MockCluster(1, newest=3) as mock:
            settings = {"port": mock.port, "execution_profiles": profiles(), "protocol_version": 5}
            with Cluster(mock.contact_points, is_default_protocol_version=True, **settings) as cluster:
                cluster.connect()
                assert cluster.protocol_version == 3
            with pytest.raises(NoHostAvailable):
                Cluster(mock.contact_points, **settings).connect()
