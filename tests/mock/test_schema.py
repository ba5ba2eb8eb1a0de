"""`Cluster.metadata`: the schema on mock nodes, and classes for user-defined types."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cassandra import DriverException, OperationTimedOut
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, UserTypeDoesNotExist
from cassandra.policies import RoundRobinPolicy

from tests.support.mock import MockCluster, error, keyspace, query
from tests.support.statements import wait_until

TABLE = [
    ("placed", "timestamp", "clustering"),
    ("b", "int", "partition_key"),
    ("Name", "text", "regular"),
    ("total", "bigint", "static"),
]


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    world = [keyspace("shop", {"orders": TABLE}, types={"address": [("street", "text"), ("number", "int")]})]
    with MockCluster(1, keyspaces=world) as cluster:
        yield cluster


@pytest.fixture
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    profiles = {EXEC_PROFILE_DEFAULT: ExecutionProfile(RoundRobinPolicy())}
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles) as cluster:
        yield cluster


def test_keyspaces_tables_columns(cluster: Cluster) -> None:
    assert cluster.metadata.keyspaces == {}
    cluster.connect()
    shop = cluster.metadata.keyspaces["shop"]
    orders = shop.tables["orders"]
    assert [column.name for column in orders.partition_key] == ["b"]
    assert [column.name for column in orders.clustering_key] == ["placed"]
    assert {name: column.cql_type for name, column in orders.columns.items()} == {
        "b": "int",
        "placed": "timestamp",
        "Name": "text",
        "total": "bigint",
    }
    assert orders.columns["total"].is_static
    assert shop.user_types["address"].field_names == ["street", "number"]


def test_described_as_cql(cluster: Cluster) -> None:
    cluster.connect()
    shop = cluster.metadata.keyspaces["shop"]
    text = shop.export_as_string()
    assert text.startswith("CREATE KEYSPACE shop WITH replication = {'class': ")
    assert "CREATE TYPE shop.address (\n    street text,\n    number int\n);" in text
    assert "CREATE TABLE shop.orders (" in text
    assert '"Name" text' in text
    assert "total bigint static" in text
    assert "PRIMARY KEY (b, placed)" in text
    assert text in cluster.metadata.export_schema_as_string()


def test_a_failed_read_leaves_what_was_known(cluster: Cluster, mock: MockCluster) -> None:
    cluster.connect()
    known = cluster.metadata.keyspaces
    assert cluster.metadata.keyspaces is known
    shop = known["shop"]
    rule = mock.on(query("system_schema.tables"), error("invalid", "broken"))
    for refresh in (
        cluster.refresh_schema_metadata,
        lambda: cluster.refresh_keyspace_metadata("shop"),
        lambda: cluster.refresh_table_metadata("shop", "orders"),
    ):
        with pytest.raises(DriverException, match="metadata was not refreshed"):
            refresh()
        assert cluster.metadata.keyspaces is known
        assert known["shop"] is shop
    mock.remove(rule)
    cluster.refresh_schema_metadata()
    assert set(cluster.metadata.keyspaces) == set(known)


def test_nothing_is_read_without_a_control_connection(cluster: Cluster, mock: MockCluster) -> None:
    cluster.connect()
    known = cluster.metadata.keyspaces
    mock.nodes[0].stop()
    wait_until(lambda: cluster.control_connection.host is None)
    with pytest.raises(NoHostAvailable) as caught:
        cluster.refresh_schema_metadata(max_schema_agreement_wait=0)
    text = "no control connection is open at the moment, and another is being looked for: nothing was read"
    assert caught.value.args == (text, {})
    assert cluster.metadata.keyspaces is known
    # The nodes are looked for again at once, and what each attempt has met is told.
    with pytest.raises(NoHostAvailable, match="Unable to connect to any servers") as caught:
        cluster.refresh_nodes()
    assert caught.value.errors
    assert all("refused" in str(error) for error in caught.value.errors.values())


def test_a_change_of_the_schema_that_nobody_agrees_on_in_time() -> None:
    """The error says that the change was made: to make it again would fail."""
    with MockCluster(2) as split, Cluster(split.contact_points, port=split.port) as cluster:
        split.change(topology=[{"node": 1, "schema_version": str(uuid.uuid4())}])
        session = cluster.connect(wait_for_all_pools=True)
        future = session.execute_async("CREATE TABLE t (k int PRIMARY KEY)", timeout=3)
        with pytest.raises(OperationTimedOut) as caught:
            future.result()
        [(host, told)] = (caught.value.errors or {}).items()
        assert host in [f"{address}:{split.port}" for address in split.contact_points]
        assert "The schema was changed, and the nodes have not been seen to agree on it yet" in told
        assert caught.value.last_host in cluster.metadata.all_hosts()
        assert f"{caught.value.last_host.address}:{split.port}" == host


def test_how_long_agreement_is_waited_for(cluster: Cluster, mock: MockCluster) -> None:
    cluster.connect()
    control = cluster.control_connection
    for wrong in (1e19, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="max_schema_agreement_wait must be"):
            cluster.refresh_schema_metadata(max_schema_agreement_wait=wrong)
        with pytest.raises(ValueError, match="wait_time must be"):
            control.wait_for_schema_agreement(wait_time=wrong)
    with pytest.raises(TypeError, match="max_schema_agreement_wait must be a number, not str"):
        cluster.refresh_keyspace_metadata("shop", max_schema_agreement_wait="x")  # type: ignore[arg-type]
    asked = len(mock.received(query("schema_version")))
    for none in (0, -1):
        cluster.refresh_schema_metadata(max_schema_agreement_wait=none)
        assert control.wait_for_schema_agreement(wait_time=none)
    assert len(mock.received(query("schema_version"))) == asked, "nobody was asked"


@dataclass
class Address:
    street: str
    number: int


@pytest.mark.parametrize("before", [True, False])
def test_classes_for_user_defined_types(cluster: Cluster, mock: MockCluster, before: bool) -> None:
    if before:
        cluster.register_user_type("shop", "address", Address)
    session = cluster.connect()
    if not before:
        cluster.register_user_type("shop", "address", Address)
    session.execute("INSERT INTO shop.t (a) VALUES (%s)", [Address("it's here", 5)])
    sent = mock.received(query("INSERT INTO shop.t"))[-1]["statements"][0]
    assert sent == "INSERT INTO shop.t (a) VALUES ({street : 'it''s here', number : 5})"
    assert session.user_type_deserializers == {"shop": {"address": Address}}


@pytest.mark.parametrize(("where", "name"), [("no_such", "address"), ("shop", "no_such")])
def test_types_that_do_not_exist(cluster: Cluster, where: str, name: str) -> None:
    cluster.connect()
    with pytest.raises(UserTypeDoesNotExist, match="does not exist"):
        cluster.register_user_type(where, name, Address)
    with Cluster(cluster.contact_points, port=cluster.port) as other:
        other.register_user_type(where, name, Address)
        with pytest.raises(UserTypeDoesNotExist, match="does not exist"):
            other.connect()
        assert len(other.sessions) == 0


@pytest.mark.parametrize("wrong", [5, "Address", None])
def test_a_class_that_is_none(cluster: Cluster, wrong: Any) -> None:
    with pytest.raises(TypeError, match="klass"):
        cluster.register_user_type("shop", "address", wrong)
