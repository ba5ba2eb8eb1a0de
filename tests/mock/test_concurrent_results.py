"""What `execute_concurrent_with_args` gives is what `execute` gives, though the engine has made it."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import ConsistencyLevel, DriverException
from cassandra._cluster.concurrent_run import is_as_made
from cassandra.cluster import ResponseFuture, ResultSet, Session
from cassandra.concurrent import ExecutionResult, execute_concurrent_with_args
from cassandra.query import dict_factory, tuple_factory
from cassandra.timestamps import MonotonicTimestampGenerator

from tests.support.mock import MockCluster, execute, rows, void
from tests.support.statements import AMONG, COLUMNS, INSERT, SELECT, with_profile


def run(session: Session, statement: str, parameters: list[Any], **options: Any) -> list[ExecutionResult]:
    found: list[ExecutionResult] = execute_concurrent_with_args(
        session, session.prepare(statement), parameters, **options
    )
    return found


class TestResults:
    def test_rows(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"], [8, "eight"]]))
        [pair] = run(session, SELECT, [(7,)])
        assert type(pair) is ExecutionResult
        success, result = pair
        one = session.execute(session.prepare(SELECT), (7,))
        assert success is True
        assert isinstance(result, ResultSet)
        assert type(result).__name__ == "ResultSet"
        assert repr(result) == repr(one)
        assert (result.column_names, result.column_types) == (one.column_names, one.column_types)
        assert (len(result), bool(result), result.has_more_pages, result.paging_state) == (2, True, False, None)
        assert result.one() == one.one() == (7, "seven")
        assert result.current_rows == one.current_rows
        assert result[1].v == "eight"
        assert result == one
        assert list(result) == [(7, "seven"), (8, "eight")]

    def test_no_rows(self, session: Session) -> None:
        [(success, result)] = run(session, INSERT, [(1, "a")])
        assert success is True
        assert (result.column_names, result.column_types, result.one()) == (None, None, None)
        assert (list(result), result.current_rows, bool(result), result.all()) == ([], [], False, [])
        assert result.response_future.query.prepared_statement.query_string == INSERT

    def test_the_future_is_that_of_an_ended_request(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        results = [pair.result_or_exc for pair in run(session, SELECT, [(5,), (6,)])]
        assert list(results[1]) == [(7, "seven")]
        for key, result in zip((5, 6), results, strict=True):
            future = result.response_future
            assert isinstance(future, ResponseFuture)
            assert result.response_future is future
            # Also after the page was iterated.
            assert future.result().all() == [(7, "seven")]
            assert future.query.values == [key.to_bytes(4, "big")]
            assert future.coordinator_host in session.hosts
            assert (future.warnings, future.custom_payload, future.session) == (None, None, session)
            told: list[Any] = []
            future.add_callbacks(told.append, told.append)
            assert told == [[(7, "seven")]]

    def test_further_pages_are_those_of_the_statement(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[number, "x"] for number in range(25)]))
        prepared = session.prepare(SELECT)
        prepared.fetch_size = 10
        first, second = (pair.result_or_exc for pair in execute_concurrent_with_args(session, prepared, [(1,), (2,)]))
        assert (len(first), first.has_more_pages) == (10, True)
        assert first.paging_state == second.paging_state is not None
        assert [row.k for row in first] == list(range(25))
        assert not first.has_more_pages
        second.fetch_next_page()
        assert [row.k for row in second.current_rows] == list(range(10, 20))

    @pytest.mark.parametrize("factory", [dict_factory, tuple_factory, lambda names, found: [names, found]])
    def test_row_factories(self, mock: MockCluster, session: Session, factory: Any) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        [pair] = run(session, SELECT, [(7,)], execution_profile=with_profile(session, row_factory=factory))
        assert pair.result_or_exc.current_rows == factory(["k", "v"], [(7, "seven")])

    def test_what_an_answer_says_beside(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(INSERT), void(warnings=["mind the gap"], payload={"who": b"me"}))
        [pair] = run(session, INSERT, [(1, "a")])
        future = pair.result_or_exc.response_future
        assert (future.warnings, future.custom_payload) == (["mind the gap"], {"who": b"me"})
        assert future.coordinator_host in session.hosts

    @pytest.mark.parametrize("kind", [list, lambda items: dict(zip(("keys", "name"), items, strict=True))])
    def test_what_was_sent_is_told_after_the_programs_values_have_changed(
        self, mock: MockCluster, session: Session, kind: Any
    ) -> None:
        mock.on(execute(AMONG), rows(COLUMNS, [[7, "seven"]]))
        keys = [1, 2]
        values = kind((keys, "a"))

        def reused() -> Iterator[Any]:
            for name in ("a", "b"):
                values["name" if isinstance(values, dict) else 1] = name
                yield values

        first, second = (
            pair.result_or_exc for pair in execute_concurrent_with_args(session, session.prepare(AMONG), reused())
        )
        keys.append(3)
        values["name" if isinstance(values, dict) else 1] = object()
        wire = bytes.fromhex("00000002 00000004 00000001 00000004 00000002")
        for result, name in ((first, "a"), (second, "b")):
            assert result.was_applied is True
            statement = result.response_future.query
            assert statement.values == [wire, name.encode()]
            assert list(statement.raw_values) == [keys, name]
            assert result.response_future.message.query_params.values() == statement.values

    def test_what_a_condition_was_asked_with(self, mock: MockCluster, session: Session) -> None:
        # Statements with conditions are prepared without the columns of their result.
        prepared = session.prepare(INSERT)
        assert not prepared.result_metadata
        mock.on(execute(INSERT), rows([("[applied]", "boolean")], [[False]]))
        values = [5, "a"]
        pairs = execute_concurrent_with_args(session, prepared, [(4, "b"), values])
        first, second = (pair.result_or_exc for pair in pairs)
        values[0] = "five"
        for result, sent in ((first, [b"\0\0\0\x04", b"b"]), (second, [b"\0\0\0\x05", b"a"])):
            assert result.was_applied is False
            assert result.response_future.query.values == sent
        assert list(first.response_future.query.raw_values) == [4, "b"]

    def test_options_are_told_as_they_were_when_it_was_sent(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        for statement, parameters in ((SELECT, (7,)), (INSERT, (7, "a"))):
            prepared = session.prepare(statement)
            prepared.consistency_level = ConsistencyLevel.TWO
            [pair] = execute_concurrent_with_args(session, prepared, [parameters])
            prepared.consistency_level = ConsistencyLevel.ALL
            query = pair.result_or_exc.response_future.query
            assert query.consistency_level == ConsistencyLevel.TWO
            assert query.prepared_statement is prepared

    def test_attributes_of_a_programs_own(self, session: Session) -> None:
        [pair] = run(session, INSERT, [(1, "a")])
        pair.result_or_exc.mine = 5
        assert pair.result_or_exc.mine == 5

    def test_rows_that_cannot_be_read_are_an_error_of_theirs(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(SELECT, nth=2), rows([("k", "int"), ("v", "text")], [[7, {"hex": "ff"}]]))
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))

        def refuses(names: Any, found: list[Any]) -> list[Any]:
            raise LookupError("the factory's")

        profile = with_profile(session, row_factory=refuses)
        results = run(session, SELECT, [(1,), (2,)], raise_on_first_error=False, execution_profile=profile)
        assert [(pair.success, type(pair.result_or_exc)) for pair in results] == [(False, LookupError)] * 2
        with pytest.raises(LookupError, match="the factory's"):
            run(session, SELECT, [(1,)], execution_profile=profile)
        assert run(session, SELECT, [(1,)])[0].result_or_exc.one() == (7, "seven")


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="about CPython's collector")
class TestCollector:
    def test_rows_of_plain_values_are_not_looked_at(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute(SELECT), rows([("k", "int"), ("v", "list<int>")], [[7, None], [8, [1]]]))
        for factory in (None, tuple_factory):
            profile = with_profile(session, **({} if factory is None else {"row_factory": factory}))
            plain, nested = session.execute(session.prepare(SELECT), (7,), execution_profile=profile).current_rows
            assert (plain[1], nested[1]) == (None, [1])
            assert not gc.is_tracked(plain)
            assert gc.is_tracked(nested)

    @pytest.mark.parametrize(("statement", "parameters", "most"), [(INSERT, (1, "a"), 2), (SELECT, (1,), 3)])
    def test_a_result_is_few_objects(
        self, mock: MockCluster, session: Session, statement: str, parameters: Any, most: int
    ) -> None:
        mock.on(execute(SELECT), rows(COLUMNS, [[7, "seven"]]))
        parameters = [parameters] * 1000
        run(session, statement, parameters)
        gc.collect()
        gc.disable()
        try:
            before = len(gc.get_objects())
            results = run(session, statement, parameters)
            # A pair and a result set, and the list of rows where there are some.
            assert len(gc.get_objects()) - before < most * 1000 + 500
        finally:
            gc.enable()
        assert len(results) == 1000


class TestTimestamps:
    def stamps(self, mock: MockCluster, session: Session, count: int) -> list[int]:
        mock.clear_received()
        run(session, INSERT, [(number, "x") for number in range(count)])
        sent = [request["parameters"] for request in mock.received(execute(INSERT))]
        return [parameters["timestamp"] for parameters in sorted(sent, key=lambda parameters: parameters["values"])]

    def test_they_go_on_where_the_generator_is(self, mock: MockCluster, session: Session) -> None:
        generator = session.timestamp_generator = MonotonicTimestampGenerator()
        first = generator()
        stamps = self.stamps(mock, session, 50)
        assert stamps == sorted(set(stamps))
        assert first < stamps[0]
        assert generator.last == stamps[-1] < generator()

    def test_the_clock_was_set_back(
        self, mock: MockCluster, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        generator = session.timestamp_generator = MonotonicTimestampGenerator()
        ahead = generator.last = generator() + 3_600_000_000
        with caplog.at_level(logging.WARNING, logger="cassandra.timestamps"):
            assert self.stamps(mock, session, 3) == [ahead + 1, ahead + 2, ahead + 3]
        assert "Clock skew" in caplog.text

    def test_many_within_a_microsecond(
        self, mock: MockCluster, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        generator = session.timestamp_generator = MonotonicTimestampGenerator(warning_threshold=60)
        ahead = generator.last = generator() + 30_000_000
        with caplog.at_level(logging.WARNING, logger="cassandra.timestamps"):
            assert self.stamps(mock, session, 3) == [ahead + 1, ahead + 2, ahead + 3]
            assert not caplog.records
            generator.warning_threshold = 1
            assert self.stamps(mock, session, 2) == [ahead + 4, ahead + 5]
        assert "Clock skew" in caplog.text

    def test_a_programs_own_generator_is_called(
        self, mock: MockCluster, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert is_as_made(session.timestamp_generator)

        class Mine(MonotonicTimestampGenerator):
            def _next_timestamp(self, now: int, last: int) -> int:
                self.last = max(last, 100) + 1
                return self.last

        session.timestamp_generator = Mine()
        assert self.stamps(mock, session, 2) == [101, 102]
        changed = session.timestamp_generator = MonotonicTimestampGenerator()
        changed.__dict__["_next_timestamp"] = lambda now, last: 5
        assert self.stamps(mock, session, 1) == [5]
        session.timestamp_generator = MonotonicTimestampGenerator()
        monkeypatch.setattr("cassandra.timestamps.time.time", lambda: 12.5)
        assert self.stamps(mock, session, 1) == [12_500_000]
        session.timestamp_generator = lambda: 7
        assert self.stamps(mock, session, 1) == [7]

    def test_a_generator_that_raises(self, session: Session) -> None:
        def refuses() -> int:
            raise DriverException("no time")

        session.timestamp_generator = refuses
        with pytest.raises(DriverException, match="no time"):
            run(session, INSERT, [(1, "x")])
        results = run(session, INSERT, [(1, "x")], raise_on_first_error=False)
        assert [type(pair.result_or_exc) for pair in results] == [DriverException]
