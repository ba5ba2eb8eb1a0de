"""What a program gives that cannot be meant: the error names the parameter, and is raised where it was given."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from typing import Any

import pytest
from cassandra import DriverException
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import ReconnectionPolicy
from cassandra.query import SimpleStatement

from tests.support.mock import MockCluster, body, execute, prepare, query, rows, silence
from tests.support.statements import COLUMNS, INSERT, profiles, wait_until

V = [("v", "int")]
HUGE = 10**400


def test_times_that_no_float_holds(mock: MockCluster, session: Session) -> None:
    """C2 of docs/promises.md."""
    with pytest.raises(ValueError, match="timeout must be"):
        session.execute("SELECT 1", timeout=HUGE)
    mock.on(query("SELECT silent"), silence())
    with pytest.raises(ValueError, match="timeout must be"):
        session.execute_async("SELECT silent", timeout=0.2).result(HUGE)
    with pytest.raises(ValueError, match="default_timeout must be"):
        session.default_timeout = HUGE


@pytest.mark.parametrize("name", ["keyspace", "custom_payload"])
def test_attributes_of_a_statement_that_were_set_later(session: Session, name: str) -> None:
    statement = SimpleStatement("SELECT 1")
    setattr(statement, name, 5)
    with pytest.raises(TypeError, match=f"{name} must be .*not int"):
        session.execute(statement)


def test_a_payload_that_is_text(session: Session) -> None:
    statement = SimpleStatement("SELECT 1", custom_payload={"a": "text"})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="custom_payload must hold bytes"):
        session.execute(statement)


def test_a_flag_by_number_and_a_key_by_text_run_as_there(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT seven"), rows(V, [[7]]))
    statement = SimpleStatement("SELECT seven", routing_key="key")  # type: ignore[arg-type]
    statement.is_idempotent = 1  # type: ignore[assignment]
    assert session.execute(statement).one().v == 7


@pytest.mark.parametrize("gives", ["x", 2**70, 1.5], ids=["text", "too much", "float"])
def test_a_generator_that_gives_no_timestamps(session: Session, gives: Any) -> None:
    prepared = session.prepare(INSERT)
    session.timestamp_generator = lambda: gives
    for run in (
        lambda: session.execute("SELECT 1"),
        lambda: session.execute(prepared, (1, "a")),
        lambda: session.execute_async(prepared, (1, "a")).result(),
        lambda: session.execute_concurrent_with_args(prepared, [(1, "a")]),
    ):
        with pytest.raises(TypeError, match="timestamp_generator must give microseconds"):
            run()


def test_a_wait_for_a_trace_that_is_no_number(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT traced"), rows(V, [[7]], tracing_id="00000000-0000-1000-8000-000000000001"))
    future = session.execute_async("SELECT traced", trace=True)
    with pytest.raises(TypeError, match="max_wait must be a number of seconds, or None, not str"):
        future.get_query_trace("x")  # type: ignore[arg-type]


@pytest.mark.parametrize("gives", [5, ["x"], [None], [HUGE]], ids=["5", "text", "None", "huge"])
def test_a_schedule_that_is_none(mock: MockCluster, gives: Any) -> None:
    class Mine(ReconnectionPolicy):
        def new_schedule(self) -> Any:
            return gives

    with (
        Cluster(mock.contact_points, port=mock.port, reconnection_policy=Mine()) as cluster,
        pytest.raises(TypeError, match="new_schedule of reconnection_policy must give"),
    ):
        cluster.connect()


def test_callbacks_that_cannot_be_called(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT late"), rows(V, [[7]], delay=0.1))
    future = session.execute_async("SELECT late")
    for add in (future.add_callback, future.add_errback):
        for wrong in (5, None, "x"):
            with pytest.raises(TypeError, match=f"fn must be callable, not {type(wrong).__name__}"):
                add(wrong)  # type: ignore[arg-type]
    # With cassandra-driver nobody minds a missing one, as long as it is not needed.
    heard: list[Any] = []
    future.add_callbacks(heard.append, None)
    future.add_callbacks(None, heard.append)
    assert future.result().one().v == 7
    wait_until(lambda: heard == [[(7,)]])


def test_what_is_malformed_is_told_with_its_host(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT broken"), body("RESULT", b"\x00\x00\x00\x09"))
    with pytest.raises(Exception, match=r"127\.[0-9.]+:\d+: the server sent a malformed") as caught:
        session.execute("SELECT broken")
    assert isinstance(caught.value, (DriverException, NoHostAvailable))


def test_a_value_that_cannot_be_read_is_told_with_its_host(mock: MockCluster, session: Session) -> None:
    """Rows are read late: when the host that has sent them is not waited for any more."""
    content = b"".join(
        [
            b"\x00\x00\x00\x02",  # rows
            b"\x00\x00\x00\x01\x00\x00\x00\x01",  # of one keyspace and table, one column
            b"\x00\x02ks\x00\x01t\x00\x01v\x00\x09",  # v int
            b"\x00\x00\x00\x01\x00\x00\x00\x03abc",  # one row, with three bytes
        ]
    )
    mock.on(query("SELECT broken"), body("RESULT", content))
    mock.on(execute("INSERT"), body("RESULT", content))
    prepared = session.prepare(INSERT)
    by = r"of type int: .* \(sent by the server 127\.[0-9.]+:\d+\)$"
    with pytest.raises(DriverException, match=by):
        session.execute("SELECT broken")
    with pytest.raises(DriverException, match=by):
        session.execute(prepared, (1, "a"))
    [(is_good, raised)] = execute_concurrent_with_args(session, prepared, [(1, "a")], raise_on_first_error=False)
    assert not is_good
    assert re.search(by, str(raised))


def test_preparing_while_the_session_ends(mock: MockCluster) -> None:
    mock.on(prepare("INSERT"), silence())
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        raised: list[BaseException] = []

        def run() -> None:
            try:
                session.prepare(INSERT)
            except BaseException as error:
                raised.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert mock.wait_for(prepare("INSERT"))
        cluster.shutdown()
        thread.join(20)
    (error,) = raised
    assert type(error) is DriverException
    assert "Session is already shut down" in str(error)


def test_an_empty_mapping_that_has_values(mock: MockCluster, session: Session) -> None:
    """A `defaultdict` may be empty, and have every name."""

    class Found(dict[str, Any]):
        def __missing__(self, name: str) -> Any:
            return {"k": 9, "v": "missed"}[name]

    mock.on(execute("INSERT"), rows(COLUMNS, []))
    prepared = session.prepare(INSERT)
    for run in (session.execute, lambda *given: session.execute_async(*given).result()):
        mock.clear_received()
        run(prepared, Found())
        run(prepared, defaultdict(lambda: 9, v="missed"))
        sent = [str(request["parameters"]["values"]) for request in mock.received(execute("INSERT"))]
        assert len(sent) == 2
        assert all("00000009" in values and b"missed".hex() in values for values in sent)
