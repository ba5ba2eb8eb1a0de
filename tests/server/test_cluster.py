"""`cassandra.cluster` on real nodes: what programs do, on every protocol version and compression."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cassandra import AlreadyExists, AuthenticationFailed, ConsistencyLevel, InvalidRequest, Unavailable
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    Session,
)
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.cqltypes import VarcharType
from cassandra.policies import DCAwareRoundRobinPolicy
from cassandra.protocol import SyntaxException
from cassandra.query import BatchStatement, SimpleStatement, dict_factory

from tests.support.nodes import Nodes

KEYSPACE = "cluster_tests"
REPLICATION = "{'class': 'SimpleStrategy', 'replication_factor': 1}"


def connected(nodes: Nodes, **settings: Any) -> Cluster:
    user, password = nodes.credentials
    profile = ExecutionProfile(DCAwareRoundRobinPolicy(local_dc="datacenter1"), request_timeout=60.0)
    settings.setdefault("auth_provider", PlainTextAuthProvider(user, password))
    settings.setdefault("control_connection_timeout", 30.0)
    return Cluster(
        nodes.contact_points, port=nodes.port, execution_profiles={EXEC_PROFILE_DEFAULT: profile}, **settings
    )


@pytest.fixture(scope="module")
def cluster(guarded_node: Nodes) -> Iterator[Cluster]:
    with connected(guarded_node) as cluster:
        session = cluster.connect()
        session.execute(f"DROP KEYSPACE IF EXISTS {KEYSPACE}")
        session.execute(f"CREATE KEYSPACE {KEYSPACE} WITH replication = {REPLICATION}")
        session.execute(
            f"CREATE TABLE {KEYSPACE}.users (id uuid PRIMARY KEY, name text, email text, created_at timestamp)"
        )
        session.execute(f"CREATE TABLE {KEYSPACE}.numbers (part int, n int, t text, PRIMARY KEY (part, n))")
        yield cluster


@pytest.fixture
def session(cluster: Cluster) -> Iterator[Session]:
    with cluster.connect(KEYSPACE) as session:
        session.execute("TRUNCATE users")
        session.execute("TRUNCATE numbers")
        yield session


def test_the_worked_program(session: Session) -> None:
    session.set_keyspace(KEYSPACE)
    insert = session.prepare("INSERT INTO users (id, name, email, created_at) VALUES (?, ?, ?, ?)")
    alice, now = uuid.uuid4(), dt.datetime(2026, 1, 2, 3, 4, 5, 678000)
    session.execute(insert, [alice, "Alice Smith", "alice@example.com", now])
    session.execute(insert, [uuid.uuid4(), "Bob Jones", "bob@example.com", now])
    row = session.execute("SELECT * FROM users WHERE id = %s", [alice]).one()
    assert (row.id, row.name, row.email, row.created_at) == (alice, "Alice Smith", "alice@example.com", now)
    told: list[int] = []
    done = threading.Event()

    def success(rows: Any) -> None:
        told.append(len(rows))
        done.set()

    future = session.execute_async("SELECT * FROM users")
    future.add_callback(success)
    future.add_errback(told.append)
    assert len(future.result(timeout=30.0)) == 2
    assert done.wait(10)
    assert told == [2]


@pytest.mark.parametrize("version", [3, 4, 5])
@pytest.mark.parametrize("compression", [False, "lz4", "snappy"])
def test_versions_and_compressions(cluster: Cluster, guarded_node: Nodes, version: int, compression: Any) -> None:
    if (version, compression) == (5, "snappy"):
        pytest.skip("protocol 5 has no Snappy")
    name = f"compressed {version} {compression}"
    settings = {"protocol_version": version, "compression": compression, "application_name": name}
    with connected(guarded_node, **settings) as other:
        session = other.connect(KEYSPACE)
        assert other.protocol_version == version
        # What the server itself says of our connections: a driver that forgets to ask for it works as well.
        agreed = [
            (client.protocol_version, client.client_options.get("COMPRESSION"))
            for client in session.execute("SELECT protocol_version, client_options FROM system_views.clients")
            if (client.client_options or {}).get("APPLICATION_NAME") == name
        ]
        assert len(agreed) >= 2
        assert set(agreed) == {(version, compression or None)}
        text = "a long text " * 1000
        insert = session.prepare("INSERT INTO numbers (part, n, t) VALUES (?, ?, ?)")
        session.execute(insert, (100 + version, 1, text))
        found = session.execute("SELECT t FROM numbers WHERE part = ? AND n = ?", (100 + version, 1)).one()
        assert found.t == text


def test_many_rows_page_by_page(session: Session) -> None:
    insert = session.prepare("INSERT INTO numbers (part, n, t) VALUES (?, ?, ?)")
    wanted = [(7, number, str(number)) for number in range(3000)]
    results = execute_concurrent_with_args(session, insert, wanted, concurrency=200)
    assert all(result.success for result in results)
    session.default_fetch_size = 700
    found = session.execute("SELECT part, n, t FROM numbers WHERE part = 7")
    assert len(found.current_rows) == 700
    assert list(found) == wanted
    prepared = session.prepare("SELECT n FROM numbers WHERE part = ?")
    (result,) = execute_concurrent_with_args(session, prepared, [(7,)])
    assert [row.n for row in result.result_or_exc] == list(range(3000))


def test_batches_and_light_weight_transactions(session: Session) -> None:
    insert = session.prepare("INSERT INTO numbers (part, n, t) VALUES (?, ?, ?)")
    batch = BatchStatement()
    batch.add(insert, (1, 1, "one"))
    batch.add("INSERT INTO numbers (part, n, t) VALUES (1, 2, 'two')")
    batch.add(SimpleStatement("INSERT INTO numbers (part, n, t) VALUES (%s, %s, %s)"), (1, 3, "it's three"))
    session.execute(batch)
    assert [row.t for row in session.execute("SELECT t FROM numbers WHERE part = 1")] == ["one", "two", "it's three"]
    again = "INSERT INTO numbers (part, n, t) VALUES (1, 1, 'x') IF NOT EXISTS"
    result = session.execute(again)
    assert result.was_applied is False
    assert result.one().t == "one"
    assert session.execute(again.replace("1, 1", "1, 9")).was_applied is True


def test_what_is_known_of_a_result_follows_the_table(session: Session) -> None:
    session.execute(f"CREATE TABLE {KEYSPACE}.growing (a int PRIMARY KEY, b int)")
    session.execute(f"INSERT INTO {KEYSPACE}.growing (a, b) VALUES (1, 2)")
    prepared = session.prepare(f"SELECT * FROM {KEYSPACE}.growing")
    before = prepared.result_metadata_id
    assert [column.name for column in prepared.result_metadata] == ["a", "b"]
    session.execute(f"ALTER TABLE {KEYSPACE}.growing ADD c text")
    assert session.execute(prepared).one() == (1, 2, None)
    assert [(column.name, column.type) for column in prepared.result_metadata][2:] == [("c", VarcharType)]
    assert prepared.result_metadata_id != before


def test_traces(session: Session) -> None:
    future = session.execute_async("SELECT * FROM numbers WHERE part = 1", trace=True)
    future.result()
    trace = future.get_query_trace(max_wait=20.0)
    assert trace is not None
    assert trace.events
    assert trace.coordinator


def test_awaiting(session: Session) -> None:
    async def main() -> list[Any]:
        return await asyncio.gather(*(one(number) for number in range(50)))

    async def one(number: int) -> Any:
        await session.execute_async("INSERT INTO numbers (part, n, t) VALUES (2, %s, 'x')", [number])
        return (await session.execute_async("SELECT n FROM numbers WHERE part = 2 AND n = %s", [number])).one().n

    assert asyncio.run(main()) == list(range(50))


def test_errors_of_the_server(session: Session, cluster: Cluster) -> None:
    with pytest.raises(SyntaxException):
        session.execute("SELEKT 1")
    with pytest.raises(InvalidRequest, match="no_such"):
        session.execute("SELECT * FROM no_such")
    with pytest.raises(AlreadyExists):
        session.execute(f"CREATE KEYSPACE {KEYSPACE} WITH replication = {REPLICATION}")
    # The default policy asks another host once, and there is none.
    with pytest.raises(NoHostAvailable) as exhausted:
        session.execute(SimpleStatement("SELECT * FROM users", consistency_level=ConsistencyLevel.THREE))
    (cause,) = (exhausted.value.errors or {}).values()
    assert (type(cause), cause.required_replicas, cause.alive_replicas) == (Unavailable, 3, 1)
    with pytest.raises(InvalidRequest, match="no_such_keyspace"):
        session.set_keyspace("no_such_keyspace")
    assert session.keyspace == KEYSPACE
    assert session.execute("SELECT * FROM users").all() == []


def test_a_keyspace_that_does_not_exist(cluster: Cluster) -> None:
    with pytest.raises((InvalidRequest, NoHostAvailable), match="no_such_keyspace"):
        cluster.connect("no_such_keyspace")


def test_a_wrong_password(guarded_node: Nodes) -> None:
    provider = PlainTextAuthProvider(guarded_node.credentials[0], "canary-word")
    with pytest.raises(NoHostAvailable) as caught:
        connected(guarded_node, auth_provider=provider).connect()
    assert [type(cause) for cause in (caught.value.errors or {}).values()] == [AuthenticationFailed]
    assert "canary-word" not in str(caught.value)
    with pytest.raises(NoHostAvailable):
        connected(guarded_node, auth_provider=None).connect()


def test_the_schema_right_after_a_change(session: Session, cluster: Cluster) -> None:
    session.execute("CREATE TABLE fresh (a int, b text, c list<frozen<map<text, int>>>, PRIMARY KEY ((a, b)))")
    fresh = cluster.metadata.keyspaces[KEYSPACE].tables["fresh"]
    assert [column.name for column in fresh.partition_key] == ["a", "b"]
    assert fresh.columns["c"].cql_type == "list<frozen<map<text, int>>>"
    session.execute("CREATE INDEX fresh_b ON fresh (b)")
    described = cluster.metadata.keyspaces[KEYSPACE].tables["fresh"].export_as_string()
    session.execute("DROP TABLE fresh")
    assert "fresh" not in cluster.metadata.keyspaces[KEYSPACE].tables
    for statement in filter(str.strip, described.replace("\n", " ").split(";")):
        session.execute(statement)
    assert cluster.metadata.keyspaces[KEYSPACE].tables["fresh"].export_as_string() == described
    session.execute("DROP TABLE fresh")


@dataclass
class Address:
    street: str
    number: int | None


def test_classes_for_user_defined_types(session: Session, cluster: Cluster) -> None:
    session.execute("CREATE TYPE IF NOT EXISTS address (street text, number int)")
    session.execute("CREATE TABLE IF NOT EXISTS homes (id int PRIMARY KEY, home frozen<address>)")
    cluster.register_user_type(KEYSPACE, "address", Address)
    home = Address("it's here", 5)
    session.execute("INSERT INTO homes (id, home) VALUES (%s, %s)", (1, home))
    session.execute(session.prepare("INSERT INTO homes (id, home) VALUES (?, ?)"), (2, home))
    assert [row.home for row in session.execute("SELECT home FROM homes")] == [home, home]


def test_replicas(session: Session, cluster: Cluster) -> None:
    insert = session.prepare("INSERT INTO users (id, name) VALUES (?, ?)")
    key = insert.bind((uuid.uuid4(), "x")).routing_key
    assert key is not None
    assert cluster.metadata.get_replicas(KEYSPACE, key) == cluster.metadata.all_hosts()


def test_rows_as_dicts(session: Session) -> None:
    profile = session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, row_factory=dict_factory)
    found = session.execute("SELECT cluster_name, key FROM system.local", execution_profile=profile).one()
    assert found["key"] == "local"
