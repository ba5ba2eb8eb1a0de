"""`metadata.keyspaces` follows the schema: which objects and dicts stay the same, and when anything is asked at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.metadata import Murmur3Token
from cassandra.policies import RoundRobinPolicy

from tests.support.mock import MockCluster, keyspace, query

KEY = [("k", "int", "partition_key"), ("v", "text", "regular")]
WORLD = [
    keyspace("shop", {"orders": KEY, "items": KEY}, types={"address": [("street", "text")]}),
    keyspace("other", {"t": KEY}),
]


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(2, keyspaces=WORLD) as cluster:
        yield cluster


def connected(mock: MockCluster, **more: Any) -> Cluster:
    profiles = {EXEC_PROFILE_DEFAULT: ExecutionProfile(RoundRobinPolicy())}
    cluster = Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles, **more)
    cluster.connect()
    return cluster


@pytest.fixture
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    with connected(mock, schema_event_refresh_window=0) as cluster:
        yield cluster


def with_column(name: str) -> list[tuple[str, str, str]]:
    return [*KEY, (name, "int", "regular")]


def change(mock: MockCluster, **tables: Any) -> None:
    """Give the keyspace `shop` other tables."""
    mock.change(keyspaces=[keyspace("shop", tables, types={"address": [("street", "text")]}), WORLD[1]])


def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds, but not for ever."""
    end = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_has_not_changed_stays_the_same_object(cluster: Cluster, mock: MockCluster) -> None:
    known = cluster.metadata.keyspaces
    shop, tables, types = known["shop"], known["shop"].tables, known["shop"].user_types
    orders, items, address = tables["orders"], tables["items"], types["address"]
    change(mock, orders=with_column("extra"), items=KEY)
    mock.push_schema_change("UPDATED", "TABLE", "shop", "orders")
    until(lambda: "extra" in cluster.metadata.keyspaces["shop"].tables["orders"].columns)
    assert cluster.metadata.keyspaces is known
    assert known["shop"] is shop
    assert shop.tables is tables
    assert tables["orders"] is not orders
    assert tables["items"] is items
    assert types["address"] is address


def test_dicts_that_a_program_holds_follow_its_own_changes(cluster: Cluster, mock: MockCluster) -> None:
    session = cluster.connect()
    tables = cluster.metadata.keyspaces["shop"].tables
    change(mock, orders=KEY, items=KEY, fresh=KEY)
    session.execute("CREATE TABLE shop.fresh (k int PRIMARY KEY, v text)")
    assert set(tables) == {"orders", "items", "fresh"}


def test_reading_again_makes_new_objects_in_the_same_dicts(cluster: Cluster) -> None:
    known = cluster.metadata.keyspaces
    shop = known["shop"]
    tables = shop.tables
    orders, items = tables["orders"], tables["items"]
    cluster.refresh_table_metadata("shop", "orders")
    assert (tables["orders"] is orders, tables["items"] is items, known["shop"] is shop) == (False, True, True)
    cluster.refresh_keyspace_metadata("shop")
    assert cluster.metadata.keyspaces is known
    assert known["shop"] is not shop
    assert known["shop"].tables is tables
    cluster.refresh_schema_metadata()
    assert cluster.metadata.keyspaces is not known
    assert cluster.metadata.keyspaces == known


def test_what_is_not_there_can_be_asked_for(cluster: Cluster) -> None:
    cluster.refresh_table_metadata("shop", "no_such")
    cluster.refresh_table_metadata("no_such", "no_such")
    cluster.refresh_keyspace_metadata("no_such")
    cluster.refresh_user_type_metadata("shop", "no_such")
    cluster.refresh_user_function_metadata("shop", "no_such()")
    assert set(cluster.metadata.keyspaces) >= {"shop", "other"}


def test_a_keyspace_that_was_dropped(cluster: Cluster, mock: MockCluster) -> None:
    tables = cluster.metadata.keyspaces["other"].tables
    assert set(tables) == {"t"}
    mock.change(keyspaces=WORLD[:1])
    for refresh in (lambda: cluster.refresh_keyspace_metadata("other"), cluster.refresh_schema_metadata):
        refresh()
        assert "other" not in cluster.metadata.keyspaces
    assert tables == {}


def test_with_a_negative_window_events_change_nothing(mock: MockCluster) -> None:
    with connected(mock, schema_event_refresh_window=-1) as cluster:
        tables = cluster.metadata.keyspaces["shop"].tables
        change(mock, orders=KEY, items=KEY, fresh=KEY)
        mock.push_schema_change("CREATED", "TABLE", "shop", "fresh")
        time.sleep(0.3)
        assert "fresh" not in cluster.metadata.keyspaces["shop"].tables
        cluster.refresh_table_metadata("shop", "fresh")
        assert "fresh" in tables


def test_looking_asks_no_server(cluster: Cluster, mock: MockCluster) -> None:
    mock.clear_received()
    for known in cluster.metadata.keyspaces.values():
        assert known.export_as_string()
    assert mock.received(query("SELECT")) == []


def test_without_metadata_there_is_none(mock: MockCluster) -> None:
    with connected(mock, schema_metadata_enabled=False) as cluster:
        assert cluster.metadata.keyspaces == {}
        assert cluster.metadata.export_schema_as_string() == ""
        assert mock.received(query("system_schema.tables")) == []


def test_the_ring(cluster: Cluster, mock: MockCluster) -> None:
    ring = cluster.metadata.token_map
    assert ring is not None
    assert ring.token_class is Murmur3Token
    assert list(ring.ring) == sorted(ring.token_to_host_owner)
    assert set(ring.token_to_host_owner.values()) == set(cluster.metadata.all_hosts())
    assert cluster.metadata.token_map is ring
    owner = ring.token_to_host_owner[ring.ring[0]]
    assert ring.get_replicas("shop", ring.ring[0]) == [owner]
    # Text stands for its bytes.
    for key in ("käy", "other"):
        [replica] = cluster.metadata.get_replicas("shop", key)
        assert cluster.metadata.get_replicas("shop", key.encode()) == [replica]
    with connected(mock, token_metadata_enabled=False) as other:
        assert other.metadata.token_map is not None
        assert len(other.metadata.token_map.token_to_host_owner) == 0
