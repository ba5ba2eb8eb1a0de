"""Results of `execute_concurrent_with_args` and the cycle collector; those without rows are all that others are."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cassandra import ConsistencyLevel
from cassandra.cluster import Cluster, QueryExhausted, ResponseFuture, ResultSet, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import RetryPolicy
from cassandra.query import BoundStatement, PreparedStatement, named_tuple_factory

from tests.support.mock import MockCluster, binding, execute, rows
from tests.support.statements import COLUMNS, INSERT, SELECT, profiles, wait_until, with_profile


@pytest.fixture
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    """One for each test: it is let go."""
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        yield cluster


def written(session: Session, prepared: PreparedStatement | None = None, **options: Any) -> list[Any]:
    """The results of three writes."""
    prepared = session.prepare(INSERT) if prepared is None else prepared
    pairs = execute_concurrent_with_args(session, prepared, [(number, "a") for number in range(3)], **options)
    assert all(pair.success for pair in pairs)
    return [pair.result_or_exc for pair in pairs]


class Mark:
    """Something of a program, of which it is seen whether it has gone."""

    results: Any = None


HUNG_ON: dict[str, Callable[[Any, Any, list[Any]], Any]] = {
    "the session": lambda session, prepared, results: session,
    "the statement": lambda session, prepared, results: prepared,
    "a result": lambda session, prepared, results: results[1],
    "the attributes of a result": lambda session, prepared, results: vars(results[1]),
    "the rows of a result": lambda session, prepared, results: results[1].current_rows,
    "a future": lambda session, prepared, results: results[1].response_future,
    "the statement of a future": lambda session, prepared, results: results[1].response_future.query,
    "a page that was iterated": lambda session, prepared, results: list(results[1]) or results[1],
    "a copy": lambda session, prepared, results: copy.copy(results[1]),
}


def hang(mark: Mark, place: Any) -> None:
    if isinstance(place, list):
        place.append(mark)
    elif isinstance(place, dict):
        place["mark"] = mark
    else:
        place.mark = mark


def plain(session: Session, prepared: PreparedStatement) -> dict[str, Any]:
    return {}


def own_factory(session: Session, prepared: PreparedStatement) -> dict[str, Any]:
    class Factory:
        def __call__(self, names: Any, found: Any) -> Any:
            return named_tuple_factory(names, found)

    return {"execution_profile": with_profile(session, row_factory=Factory())}


def own_retries(session: Session, prepared: PreparedStatement) -> dict[str, Any]:
    prepared.retry_policy = RetryPolicy()
    return {}


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="about CPython's collector")
class TestCollector:
    def test_it_goes_on_after_them(self, cluster: Cluster) -> None:
        session = cluster.connect()
        prepared = session.prepare(INSERT)
        threshold = gc.get_threshold()
        written(session, prepared)
        assert (gc.isenabled(), gc.get_threshold()) == (True, threshold)
        gc.disable()
        try:
            written(session, prepared)
            assert not gc.isenabled()
        finally:
            gc.enable()
        with pytest.raises(TypeError):
            execute_concurrent_with_args(session, prepared, [("x", "a")])
        assert gc.isenabled()

    @pytest.mark.parametrize("statement", [INSERT, SELECT])
    def test_it_does_not_look_at_them_before_there_are_all(
        self, mock: MockCluster, cluster: Cluster, statement: str
    ) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        session = cluster.connect()
        prepared = session.prepare(statement)
        parameters = [(7, "a")[: len(prepared.column_metadata)]] * 5_000
        execute_concurrent_with_args(session, prepared, parameters[:10])
        seen: list[int] = []
        threshold = gc.get_threshold()

        def look(phase: str, info: dict[str, int]) -> None:
            if phase == "start":
                seen.append(len(gc.get_objects()))

        gc.freeze()
        gc.set_threshold(100, 2, 2)
        gc.callbacks.append(look)
        try:
            pairs = execute_concurrent_with_args(session, prepared, parameters)
        finally:
            gc.callbacks.remove(look)
            gc.set_threshold(*threshold)
            gc.unfreeze()
        # Two or three objects for each. From 3.12 on the collector waits for an instruction to end: it sees all, once.
        assert sum(count >= 5_000 for count in seen) <= (sys.version_info >= (3, 12))
        results = [pair.result_or_exc for pair in pairs]
        assert all(map(gc.is_tracked, pairs))
        assert all(map(gc.is_tracked, results))
        assert all(gc.is_tracked(result.current_rows) for result in results)

    def test_rows_that_a_program_keeps_itself(self, mock: MockCluster, cluster: Cluster) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        session = cluster.connect()
        kept: list[list[Any]] = []

        def keep(names: Any, found: Any) -> list[Any]:
            kept.append([*found])
            return kept[-1]

        pairs = execute_concurrent_with_args(
            session, session.prepare(SELECT), [(7,)] * 3, execution_profile=with_profile(session, row_factory=keep)
        )
        assert all(gc.is_tracked(found) for found in kept)
        # Answers come in any order.
        assert {id(pair.result_or_exc.current_rows) for pair in pairs} == set(map(id, kept))

    @pytest.mark.parametrize("where", HUNG_ON)
    @pytest.mark.parametrize("options", [plain, own_factory])
    def test_what_is_hung_on_what_they_lead_to_ends_with_it(
        self, cluster: Cluster, where: str, options: Callable[..., dict[str, Any]]
    ) -> None:
        session = cluster.connect()
        prepared = session.prepare(INSERT)
        mark: Any = Mark()
        mark.results = written(session, prepared, **options(session, prepared))
        hang(mark, HUNG_ON[where](session, prepared, mark.results))
        gone = weakref.ref(mark)
        gc.collect()
        assert gone() is mark
        del mark, session, prepared
        wait_until(lambda: gc.collect() >= 0 and gone() is None)

    def test_what_is_hung_on_a_factory_or_a_policy_ends_with_it(self, cluster: Cluster) -> None:
        for options in (own_factory, own_retries):
            session = cluster.connect()
            prepared = session.prepare(INSERT)
            given = options(session, prepared)
            mark: Any = Mark()
            mark.results = written(session, prepared, **given)
            place = prepared.retry_policy if options is own_retries else given["execution_profile"].row_factory
            place.mark = mark
            gone = weakref.ref(mark)
            del mark, session, prepared, given, place
            wait_until(lambda gone=gone: gc.collect() >= 0 and gone() is None)  # type: ignore[misc]

    def test_what_one_run_has_hung_on_a_statement_does_not_keep_all_before_it(self, cluster: Cluster) -> None:
        session = cluster.connect()
        prepared: Any = session.prepare(INSERT)
        gone = []
        for _ in range(3):
            prepared.mark = Mark()
            prepared.mark.results = written(session, prepared)
            gone.append(weakref.ref(prepared.mark))
        wait_until(lambda: gc.collect() >= 0 and [mark() is None for mark in gone] == [True, True, False])


class TestResults:
    def test_a_kept_result(self, cluster: Cluster) -> None:
        session = cluster.connect()
        prepared = session.prepare(INSERT)
        result, fresh, _ = written(session, prepared)
        assert isinstance(result, ResultSet)
        assert (type(result).__name__, type(result).__module__) == ("ResultSet", "cassandra.cluster")
        other = session.execute_async(prepared, (0, "a")).result()
        assert repr(result) == repr(other)
        for name in ("column_names", "column_types", "current_rows", "has_more_pages", "paging_state"):
            assert getattr(result, name) == getattr(other, name)
        assert (result.one(), result.all(), list(result), len(result), bool(result)) == (None, [], [], 0, False)
        assert result.get_query_trace() is other.get_query_trace() is None
        with pytest.raises(RuntimeError, match="exactly one row"):
            _ = result.was_applied
        result.fetch_next_page()
        with pytest.raises(StopIteration):
            next(result)
        with pytest.raises(TypeError):
            hash(result)
        assert fresh == []
        future = result.response_future
        assert isinstance(future, ResponseFuture)
        assert (future, future.session, future.prepared_statement) == (result.response_future, session, prepared)
        assert future.coordinator_host in session.hosts
        assert future.attempted_hosts == [future.coordinator_host]
        assert (future.warnings, future.custom_payload, future.has_more_pages) == (None, None, False)
        assert future.result().all() == []
        assert (future.timeout, future.row_factory) == (session.default_timeout, session.row_factory)
        assert future.message.consistency_level == ConsistencyLevel.LOCAL_ONE
        assert INSERT in str(future)
        told: list[Any] = []
        future.add_callbacks(told.append, told.append)
        assert told == [None]
        with pytest.raises(QueryExhausted):
            future.start_fetching_next_page()
        assert isinstance(future.query, BoundStatement)
        assert future.query.prepared_statement is prepared

    @pytest.mark.parametrize("statement", [INSERT, SELECT])
    def test_it_says_what_was_asked(self, mock: MockCluster, cluster: Cluster, statement: str) -> None:
        """As there: of tuples, which nobody can change meanwhile."""
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        session = cluster.connect()
        prepared = session.prepare(statement)
        values = [(number, "a")[: len(prepared.column_metadata)] for number in range(3)]
        pairs = execute_concurrent_with_args(session, prepared, iter(values))
        for given, (_, result) in zip(values, pairs, strict=True):
            asked, alike = result.response_future.query, prepared.bind(given)
            assert (asked.raw_values, asked.values, asked.routing_key) == (given, alike.values, alike.routing_key)
            assert str(asked) == str(alike)
            again = copy.copy(result)
            assert again.response_future.query.values == alike.values

    def test_what_can_be_changed_is_not_copied_for_those_who_ask(self, cluster: Cluster) -> None:
        session = cluster.connect()
        prepared = session.prepare(INSERT)
        [(_, result)] = execute_concurrent_with_args(session, prepared, [[1, "a"]])
        assert result.response_future.query.values == []

    def test_a_tuple_with_something_in_it_that_can_be_changed_is_not_kept(self) -> None:
        bound = [binding("INSERT INTO lists", [("k", "int"), ("v", "list<int>")], [0])]
        with MockCluster(1, bindings=bound) as mock, Cluster(mock.contact_points, port=mock.port) as cluster:
            session = cluster.connect()
            prepared = session.prepare("INSERT INTO lists (k, v) VALUES (?, ?)")
            changed = [1]
            [(_, result), (_, other)] = execute_concurrent_with_args(session, prepared, [(1, changed), (2, None)])
            changed.append(2)
            assert result.response_future.query.values == []
            assert other.response_future.query.raw_values == (2, None)

    def test_copies(self, cluster: Cluster) -> None:
        session = cluster.connect()
        first, second, _ = written(session)
        second.mine = [5]
        for result in (first, second):
            again = copy.copy(result)
            assert (type(again), again.all()) == (type(result), [])
            assert again.response_future.coordinator_host in session.hosts
        assert copy.copy(second).mine is second.mine

    def test_they_are_not_pickled(self, mock: MockCluster, cluster: Cluster) -> None:
        session = cluster.connect()
        mock.on(execute(INSERT), rows(COLUMNS, [[7, "seven"]]))
        [with_rows, *_] = written(session)
        mock.remove_all()
        for result in (written(session)[0], with_rows, session.execute(session.prepare(INSERT), (1, "a"))):
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                with pytest.raises((TypeError, pickle.PicklingError)):
                    pickle.dumps(result, protocol)

    def test_it_holds_what_it_came_from(self, mock: MockCluster, cluster: Cluster) -> None:
        session = cluster.connect()
        prepared = session.prepare(INSERT)
        prepared.consistency_level = ConsistencyLevel.TWO
        hosts, result = session.hosts, written(session, prepared)[0]
        gone = weakref.ref(session)
        del session, prepared
        gc.collect()
        future = result.response_future
        assert future.session is gone()
        assert future.coordinator_host in hosts
        assert (future.query.consistency_level, future.message.consistency_level) == (2, 2)
        assert future.session.execute(future.query.prepared_statement, (1, "a")).all() == []
        del result, future
        wait_until(lambda: gc.collect() >= 0 and gone() is None)
