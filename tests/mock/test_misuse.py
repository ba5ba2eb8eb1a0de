"""What the driver's user does wrong: an error that says what, and the session serves on (rows M1 and W9 of
docs/promises.md)."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import DriverException, InvalidRequest
from cassandra.cluster import Cluster, QueryExhausted, ResponseFuture, Session
from cassandra.query import BatchStatement, SimpleStatement

from tests.support.mock import MockCluster, binding, error, execute, keyspace, query, rows
from tests.support.statements import profiles

V = [("v", "int")]
TABLE = [("k", "int", "partition_key"), ("v", "int", "regular"), ("b", "blob", "regular"), ("t", "text", "regular")]
READ = "SELECT v FROM ks.t WHERE k = ?"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockCluster]:
    with MockCluster(2, keyspaces=[keyspace("ks", {"t": TABLE})], bindings=[binding(READ, [("k", "int")], [0])]) as it:
        yield it


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    mock.on(query("SELECT seven"), rows(V, [[7]]))
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        yield session
        if not session.is_shutdown:
            assert session.execute("SELECT seven").one().v == 7
    mock.remove_all()
    mock.clear_received()


def test_m1_after_the_end(session: Session) -> None:
    prepared = session.prepare(READ)
    session.cluster.shutdown()
    for call in (
        lambda: session.execute("SELECT seven"),
        lambda: session.execute_async("SELECT seven").result(),
        lambda: session.execute(prepared, [1]),
        lambda: session.prepare("SELECT other"),
        lambda: session.set_keyspace("ks"),
        lambda: session.cluster.connect(),
    ):
        with pytest.raises(DriverException, match="shut"):
            call()
    with pytest.raises(DriverException, match="not refreshed"):
        session.cluster.refresh_schema_metadata()


def test_m1_a_result_is_asked_for_again(mock: MockCluster, session: Session) -> None:
    future = session.execute_async("SELECT seven")
    assert [future.result().one().v for _ in range(3)] == [7] * 3
    mock.on(query("SELECT wrong"), error("invalid", "no"))
    failed = session.execute_async("SELECT wrong")
    for _ in range(3):
        with pytest.raises(InvalidRequest):
            failed.result()
    with pytest.raises(QueryExhausted):
        future.start_fetching_next_page()


@pytest.mark.parametrize("state", [b"", b"\x00", b"nonsense" * 100, bytes(70_000)])
def test_m1_a_paging_state_that_is_none(mock: MockCluster, session: Session, state: bytes) -> None:
    """It is the server's to judge; it gets the bytes as they are, and what it says is told."""
    if state != b"":
        mock.on(query("SELECT paged", first_page=False), error("protocol_error", "Invalid value for the paging state"))
        with pytest.raises(Exception, match="paging state"):
            session.execute("SELECT paged", paging_state=state)
        assert mock.received(query("SELECT paged"))[-1]["parameters"]["paging_state"] == state.hex()
    else:
        session.execute("SELECT paged", paging_state=state)
    for wrong in ("text", 5, object()):
        with pytest.raises(TypeError, match="paging_state"):
            session.execute("SELECT paged", paging_state=wrong)


def test_m1_a_statement_of_another_cluster_or_session(mock: MockCluster, session: Session) -> None:
    mock.on(execute("FROM ks.t"), rows(V, [[8]]))
    with MockCluster(1, keyspaces=[keyspace("ks", {"t": TABLE})]) as other_mock:
        other_mock.on(execute("FROM ks.t"), rows(V, [[9]]))
        with Cluster(other_mock.contact_points, port=other_mock.port) as other:
            foreign = other.connect()
            prepared = session.prepare(READ)
            # The other cluster does not know it, and is told.
            assert foreign.execute(prepared, [1], timeout=10).one().v == 9
            bound = foreign.prepare(READ + " AND v = 1").bind([1])
            assert session.execute(bound, timeout=10).one().v == 8
    with Session(session.cluster, session.hosts) as second:
        assert second.execute(prepared.bind([1])).one().v == 8


def test_m1_objects_are_dropped_in_any_order(mock: MockCluster) -> None:
    mock.on(query("SELECT late"), rows(V, [[number] for number in range(20)], delay=0.05))
    for order in range(6):
        cluster = Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles())
        session = cluster.connect()
        statement = SimpleStatement("SELECT late", fetch_size=5)
        future: ResponseFuture | None = session.execute_async(statement)
        result = session.execute(statement)
        held: dict[str, Any] = {"cluster": cluster, "session": session, "future": future, "result": result}
        del cluster, session, future, result
        names = list(held)
        for name in names[order % 4 :] + names[: order % 4] if order < 4 else reversed(names):
            del held[name]
            gc.collect()
    mock.remove_all()


def test_m1_one_future_by_many_threads(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT late"), rows(V, [[7]], delay=0.1))
    future = session.execute_async("SELECT late")
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(future.result().one().v)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [7] * 20


class TestTooMuch:
    """P3: what no message can hold is refused before anything is sent."""

    def test_p3_more_statements_than_a_batch_can_count(self, mock: MockCluster, session: Session) -> None:
        batch = BatchStatement()
        with pytest.raises(ValueError, match=r"65535|65,535"):
            for _ in range(70_000):
                batch.add("INSERT INTO ks.t (k) VALUES (1)")
            session.execute(batch)
        assert mock.count({"opcodes": ["BATCH"]}) == 0

    def test_p3_more_values_than_a_statement_can_count(self, mock: MockCluster, session: Session) -> None:
        text = "SELECT many WHERE k IN (" + ", ".join("?" * 65_536) + ")"
        with pytest.raises((ValueError, TypeError), match=r"65535|65,535|65536|values"):
            session.execute(text, [1] * 65_536)
        assert mock.count(execute("SELECT many")) == 0

    def test_p3_a_value_that_no_envelope_holds(self, mock: MockCluster, session: Session) -> None:
        prepared = session.prepare("INSERT INTO ks.t (k, b) VALUES (?, ?)")
        with pytest.raises(ValueError, match=r"268435456|268,435,456"):
            session.execute(prepared, (1, bytes(257 * 2**20)))
        assert mock.count(execute("INSERT")) == 0
        with pytest.raises(ValueError, match=r"268435456|268,435,456"):
            session.execute("SELECT '" + "x" * (257 * 2**20) + "'")

    @pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
    def test_p3_text_that_is_no_unicode(self, mock: MockCluster, session: Session, text: str) -> None:
        prepared = session.prepare("SELECT v FROM ks.t WHERE t = ? ALLOW FILTERING")
        session.execute(prepared, ("a",))  # it is a text that is wanted
        mock.clear_received()
        for call in (
            lambda: session.execute(prepared, (text,)),
            lambda: session.execute("SELECT %s", (text,)),
            lambda: session.execute(f"SELECT '{text}'"),
        ):
            with pytest.raises((ValueError, TypeError)):
                call()
        assert mock.count({"opcodes": ["EXECUTE"]}) == 0
