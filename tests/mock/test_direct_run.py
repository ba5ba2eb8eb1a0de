"""`Session.execute` of a prepared statement by the engine is `execute_async(…).result()`, whatever is changed."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from cassandra import InvalidRequest, OperationTimedOut
from cassandra._cluster import direct_run
from cassandra.cluster import Cluster, ResponseFuture, ResultSet, Session
from cassandra.concurrent import execute_concurrent_with_args

from tests.support.direct_run import asked, count_direct, legacy_cluster
from tests.support.mock import MockCluster, error, execute, rows, silence
from tests.support.statements import AMONG, COLUMNS, INSERT, SELECT, wait_until


@pytest.fixture
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    with legacy_cluster(mock) as cluster:
        yield cluster


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    return count_direct(monkeypatch)


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
    began = time.monotonic()
    try:
        # It may come while the timer's thread starts, before there is anything to interrupt.
        threading.Timer(pause, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        session.execute(silent, (1,))
    except KeyboardInterrupt:
        assert time.monotonic() - began < 5
    # What was begun goes on: its answer is still due.
    assert pause < 0.1 or sum(waits for pools in session._core.connections().values() for waits, _ in pools) >= 1
    session.execute(quick, (1, "a"))
print("interrupted")
"""
        command = [sys.executable, "-X", "faulthandler", "-c", program, mock.contact_points[0], str(mock.port)]
        ran = subprocess.run([*command, SELECT, INSERT], capture_output=True, text=True, timeout=60, check=False)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "interrupted\n", "")
