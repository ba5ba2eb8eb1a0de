"""What the metadata of the Python door is to show after a step of the corpus."""

from __future__ import annotations

from typing import Any

from cassandra.cluster import Cluster


def check(cluster: Cluster, keyspace: str, part: dict[str, Any]) -> None:
    """Holds the metadata against what a step says of it. The keyspace is `keyspace` where it names none."""
    keyspaces = cluster.metadata.keyspaces
    found = keyspaces.get(part["keyspace"]) if "keyspace" in part else within(keyspaces[keyspace], part)
    if part.get("gone"):
        assert found is None, f"the metadata still has {part}"
        return
    assert found is not None, f"the metadata has nothing of {part}"
    says(found.as_cql_query(), part.get("says", []))
    if "columns" in part:
        assert [f"{column.name}: {column.cql_type}" for column in in_order(found)] == part["columns"]
    if "partition_key" in part:
        assert [column.name for column in found.partition_key] == part["partition_key"]
    if "clustering_key" in part:
        assert [column.name for column in found.clustering_key] == part["clustering_key"]


def within(keyspace: Any, part: dict[str, Any]) -> Any:
    """The thing of a keyspace that is meant, or None."""
    if "index" in part:
        table = keyspace.tables.get(part["on"])
        return table and table.indexes.get(part["index"])
    places = {
        "table": keyspace.tables,
        "view": keyspace.views,
        "type": keyspace.user_types,
        "function": keyspace.functions,
        "aggregate": keyspace.aggregates,
    }
    (kind,) = places.keys() & part.keys()
    return places[kind].get(part[kind])


def in_order(table: Any) -> list[Any]:
    """A table's columns: the primary key, static ones, and the others, each of the latter two by name."""
    key = table.primary_key
    rest = sorted((column for column in table.columns.values() if column not in key), key=lambda column: column.name)
    return [*key, *(c for c in rest if c.is_static), *(c for c in rest if not c.is_static)]


def says(text: str, wanted: list[str]) -> None:
    """Whether the CQL that makes it has all that is wanted in it."""
    flat = " ".join(text.split())
    for word in wanted:
        assert word in flat, f"the description does not say {word!r}: {flat}"
