"""Where cassandra-driver cuts those who use it: what happens here in its place. The rest of the table in
docs/promises.md is shown beside what it is about."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from cassandra import ConsistencyLevel, InvalidRequest
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DowngradingConsistencyRetryPolicy,
    FallthroughRetryPolicy,
    RetryPolicy,
)
from cassandra.query import SimpleStatement, named_tuple_factory

from tests.support.mock import MockCluster, binding, error, execute, keyspace, prepare, query, rows, silence, usual
from tests.support.statements import profiles, wait_until, with_profile

V = [("v", "int")]
NAMES = ['a"b', 'ks"; DROP KEYSPACE ks; --', '"', "Ünï"]
READ_ONE = "SELECT * FROM ks.t WHERE k = ?"
TABLE = [("k", "int", "partition_key"), ("v", "int", "regular")]


@pytest.fixture(scope="module")
def mock() -> Iterator[MockCluster]:
    keyspaces = [keyspace(name, {"t": TABLE}) for name in ("ks", "other", *NAMES)]
    with MockCluster(3, bindings=[binding(READ_ONE, [("k", "int")], [0])], keyspaces=keyspaces) as mock:
        yield mock


@pytest.fixture
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    mock.clear_received()
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        yield cluster


@pytest.fixture
def session(cluster: Cluster) -> Session:
    return cluster.connect(wait_for_all_pools=True)


def test_e3_one_value_that_cannot_be_read_fails_alone(mock: MockCluster, session: Session) -> None:
    """W9 of docs/promises.md."""
    wrong = {"hex": "00"}  # of a timestamp, which has eight bytes
    mock.on(query("SELECT wrong"), rows([("at", "timestamp")], [[wrong]]))
    mock.on(query("SELECT far"), rows([("at", "timestamp")], [[2**63 - 1]]))
    mock.on(query("SELECT late"), rows(V, [[7]], delay=0.3))
    before = [node.accepted for node in mock.nodes]
    under_way = [session.execute_async("SELECT late") for _ in range(12)]
    for _ in range(6):
        with pytest.raises(Exception, match="at"):
            list(session.execute("SELECT wrong"))
        assert session.execute("SELECT far").one().at == 2**63 - 1
    assert [future.result().one().v for future in under_way] == [7] * 12
    assert [node.accepted for node in mock.nodes] == before
    assert all(host.is_up for host in session.hosts)


def test_e5_empty_ssl_options_are_no_plain_text() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        first: list[bytes] = []

        def listen() -> None:
            client, _ = server.accept()
            with client:
                first.append(client.recv(3))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        with pytest.warns(DeprecationWarning, match="ssl_options"), pytest.warns(UserWarning, match="verify nothing"):
            cluster = Cluster(["127.0.0.1"], port=server.getsockname()[1], ssl_options={}, connect_timeout=2)
        with cluster, pytest.raises(NoHostAvailable):
            cluster.connect()
        thread.join(60)
    assert first[0][:2] == b"\x16\x03"  # a handshake of TLS, not OPTIONS


def test_e9_a_downgrade_lasts_for_one_page(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT paged"), rows(V, [[number] for number in range(6)]))
    timeout = error("read_timeout", consistency="QUORUM", required=2, received=1, data_present=False)
    mock.on(query("SELECT paged", nth=1), timeout)
    mock.clear_received()
    with pytest.warns(DeprecationWarning):
        policy = DowngradingConsistencyRetryPolicy()
    level = ConsistencyLevel.QUORUM
    statement = SimpleStatement("SELECT paged", fetch_size=2, consistency_level=level, retry_policy=policy)
    assert [row.v for row in session.execute(statement)] == list(range(6))
    levels = [request["parameters"]["consistency"] for request in mock.received(query("SELECT paged"))]
    assert levels == ["QUORUM", "ONE", "QUORUM", "QUORUM"]


@pytest.mark.parametrize("name", NAMES)
def test_e10_a_keyspace_is_a_name_whatever_is_in_it(mock: MockCluster, cluster: Cluster, name: str) -> None:
    """P5 of docs/promises.md."""
    with cluster.connect(name) as session:
        session.set_keyspace(name)
    texts = {text for request in mock.received(query("USE")) for text in request["statements"]}
    assert texts == {'USE "' + name.replace('"', '""') + '"'}


def test_e12_thousands_of_fast_failures(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT wrong"), error("invalid", "no"))
    statements = [(SimpleStatement("SELECT wrong", retry_policy=FallthroughRetryPolicy()), ())] * 5000
    results = execute_concurrent(session, statements, concurrency=200, raise_on_first_error=False)
    assert len(results) == 5000
    assert {(result.success, type(result.result_or_exc)) for result in results} == {(False, InvalidRequest)}


@pytest.mark.parametrize("version", [4, 5])
def test_e13_e14_columns_that_change_under_a_prepared_statement(mock: MockCluster, version: int) -> None:
    narrow, wide = [("k", "int"), ("v", "int")], [("k", "int"), ("fresh", "text"), ("v", "int")]
    with Cluster(mock.contact_points[:1], port=mock.port, protocol_version=version) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        rule = mock.on(execute("FROM ks.t"), rows(narrow, [[1, 2]]))
        prepared = session.prepare(READ_ONE)
        for change in range(100):
            columns, row = (wide, [1, "new", 2]) if change % 2 else (narrow, [1, 2])
            new = mock.on(execute("FROM ks.t"), rows(columns, [row]))
            mock.remove(rule)
            rule = new
            mock.clear_received()
            for _ in range(3):
                found = session.execute(prepared, [1]).one()
                assert found._asdict() == dict(zip([name for name, _ in columns], row, strict=True))
            # In v5 each says which columns it knows: from the second on the new ones, which are not described again.
            known = [request["result_metadata_id"] for request in mock.received(execute("FROM ks.t"))]
            assert known[1] == known[2] and (known[0] != known[1]) == (version == 5 and change > 0), known
        mock.remove(rule)


@pytest.mark.parametrize("version", [3, 4])
def test_e15_another_id_for_the_same_text_is_an_error(mock: MockCluster, version: int) -> None:
    contact = mock.contact_points[:1]
    with Cluster(contact, port=mock.port, protocol_version=version, execution_profiles=profiles()) as cluster:
        session = cluster.connect("ks", wait_for_all_pools=True)
        prepared = session.prepare("SELECT v FROM t WHERE k = ?")
        session.set_keyspace("other")
        for node in mock.nodes:
            node.forget_statements()
        mock.clear_received()
        with pytest.raises(Exception, match="another id"):
            session.execute(prepared, [1], timeout=10)
        for prepared_id in {request["prepared_id"] for request in mock.received({"opcodes": ["EXECUTE"]})}:
            assert prepared_id == prepared.query_id.hex()  # what else it is has not been run
        session.set_keyspace("ks")
        assert session.execute(prepared, [1], timeout=10) is not None


def test_e17_e18_rows_and_sets_of_many_are_made_at_once(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT one"), rows([(f"c{number}", "int") for number in range(10)], [list(range(10))]))
    classes = {type(session.execute("SELECT one").one()) for _ in range(5)}
    assert len(classes) == 1
    assert type(named_tuple_factory([f"c{number}" for number in range(10)], [range(10)])[0]) in classes

    def best(count: int) -> float:
        """The best of five times that it takes this thread to read a set of so many."""
        members = [number * 7919 % count for number in range(count)]
        rule = mock.on(query("SELECT many"), rows([("s", "set<int>")], [[members]]))
        times = []
        for _ in range(5):
            result = session.execute("SELECT many", timeout=30)
            began = time.thread_time()
            found = result.one().s
            times.append(time.thread_time() - began)
            assert len(found) == count
        mock.remove(rule)
        return min(times)

    assert best(10_000) < 0.02  # cassandra-driver takes 0.04 s and more


def test_e20_values_of_markers_are_typed_and_not_pasted(mock: MockCluster, session: Session) -> None:
    session.execute(READ_ONE, (1,))
    session.execute(READ_ONE, (2,))
    assert mock.count(query("SELECT * FROM ks.t")) == 0
    assert [request["parameters"]["values"] for request in mock.received(execute("FROM ks.t"))] == [
        ["00000001"],
        ["00000002"],
    ]
    with pytest.raises(TypeError, match="k"):
        session.execute(READ_ONE, ("1 OR 1=1",))


def test_e21_all_nodes_prepare_at_the_same_time(mock: MockCluster, session: Session) -> None:
    text = "SELECT v FROM ks.t WHERE k = ? AND v = 21"
    mock.on(prepare("v = 21"), usual(delay=0.5))
    session.prepare(text)
    wait_until(lambda: mock.count(prepare("v = 21")) == 3)
    first, *others = sorted(request["at"] for request in mock.received(prepare("v = 21")))
    assert others[1] - others[0] < 0.4 and others[1] - first < 0.9  # one after another it were a second


def test_e22_each_attempt_is_told_in_order(mock: MockCluster, session: Session) -> None:
    class Twice(RetryPolicy):
        """Each host is asked twice."""

        def on_request_error(self, query: Any, consistency: int, error: Exception, retry_num: int) -> Any:
            return (self.RETRY if retry_num % 2 == 0 else self.RETRY_NEXT_HOST), None

    for attempt in range(1, 7):
        mock.on(query("SELECT twice", nth=attempt), error("overloaded", f"number {attempt}"))
    with pytest.raises(NoHostAvailable) as caught:
        session.execute(SimpleStatement("SELECT twice", retry_policy=Twice()))
    told = []
    for last in (caught.value.errors or {}).values():
        told += [str(last.__context__), str(last)]
    assert ["number" in text and int(text.split("number ")[1][0]) for text in told] == [1, 2, 3, 4, 5, 6]

    mock.on(query("SELECT busy"), error("overloaded", "too much"))
    with pytest.raises(NoHostAvailable) as caught:
        session.execute("SELECT busy")
    assert set(caught.value.errors or ()) == set(session.hosts)
    asked = [mock.contact_points[request["node"]] for request in mock.received(query("SELECT busy"))]
    assert [host.address for host in caught.value.errors or ()] == asked


def test_e26_of_two_that_race_one_is_told_once(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT raced"), rows(V, [[number] for number in range(20)], delay=0.02))
    policy = ConstantSpeculativeExecutionPolicy(0.01, 2)
    profile = with_profile(session, speculative_execution_policy=policy)
    told: list[list[int]] = [[] for _ in range(50)]
    ended = threading.Semaphore(0)

    def fetch(number: int) -> None:
        statement = SimpleStatement("SELECT raced", fetch_size=5, is_idempotent=True)
        future = session.execute_async(statement, execution_profile=profile)

        def page(found: Any) -> None:
            told[number].extend(row.v for row in found)
            if future.has_more_pages:
                future.start_fetching_next_page()
            else:
                ended.release()

        future.add_callback(page)

    for number in range(len(told)):
        fetch(number)
    for _ in told:
        assert ended.acquire(timeout=20)
    time.sleep(0.1)  # for what must not come
    assert told == [list(range(20))] * len(told)
    assert mock.count(query("SELECT raced")) > 4 * len(told)  # there were races


ABSURD = """
import sys
from cassandra.cluster import Cluster, NoHostAvailable
def resident(what):
    return int(next(l for l in open('/proc/self/status') if l.startswith(what)).split()[1]) / 1024
def attempt():
    try:
        Cluster([sys.argv[1]], port=int(sys.argv[2]), connect_timeout=1).connect()
    except NoHostAvailable:
        return
    sys.exit("connected")
attempt()  # what a first connect takes is taken
before = resident('VmRSS')
for _ in range(5):
    attempt()
print(resident('VmRSS') - before, resident('VmHWM') - before)
"""


@pytest.mark.parametrize(("length", "sent"), [(2**31 - 1, 16 * 2**20), (255 * 2**20, 2**16)], ids=["2 GiB", "255 MiB"])
def test_e28_a_length_is_not_believed(length: int, sent: int) -> None:
    """W1: And the memory is not taken before the bytes are there (F14)."""
    header = b"\x84\x00\x00\x00\x06" + length.to_bytes(4, "big") + bytes(sent)
    with MockCluster(1) as mock:
        mock.on({}, {"answer": {"raw": header.hex()}})
        command = [sys.executable, "-c", ABSURD, mock.contact_points[0], str(mock.port)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ})
    assert ran.returncode == 0, ran.stderr
    assert max(map(float, ran.stdout.split())) <= 5.0, ran.stdout


class Mode(str, Enum):
    EVIL = "x' OR '1'='1"


class Markup(str):
    def __str__(self) -> str:
        return "not quoted"


class Unknown:
    def __str__(self) -> str:
        return "1; DROP TABLE t"


def test_e29_subclasses_of_text_are_quoted_as_text(mock: MockCluster, session: Session) -> None:
    """P4 of docs/promises.md."""
    session.execute("SELECT pasted WHERE a = %s AND b = %s", (Mode.EVIL, Markup("it's")))
    (request,) = mock.received(query("SELECT pasted"))
    assert request["statements"] == ["SELECT pasted WHERE a = 'x'' OR ''1''=''1' AND b = 'it''s'"]
    with pytest.raises(TypeError, match="Unknown"):
        session.execute("SELECT pasted WHERE a = %s", (Unknown(),))
    assert mock.count(query("SELECT pasted")) == 1


def test_e24_a_silent_server_does_not_hold_up_the_end(mock: MockCluster, cluster: Cluster) -> None:
    mock.on(query("SELECT silent"), silence())
    session = cluster.connect(wait_for_all_pools=True)
    futures = [session.execute_async("SELECT silent", timeout=60) for _ in range(50)]
    for node in mock.nodes:
        node.pause()
    try:
        began = time.monotonic()
        cluster.shutdown()
        for future in futures:
            with pytest.raises(Exception, match="shut"):
                future.result()
        assert time.monotonic() - began < 30
    finally:
        for node in mock.nodes:
            node.resume()
