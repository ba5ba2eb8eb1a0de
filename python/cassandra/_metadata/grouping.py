"""`group_keys_by_replica`: which host to ask for which partitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from cassandra._exported import exported_by
from cassandra._metadata.identifiers import protect_name
from cassandra._policies.load_balancing import HostDistance

NO_VALID_REPLICA: Final = object()
"""The key of those keys of which no replica is known that is up."""


@exported_by("cassandra.metadata")
def group_keys_by_replica(session: Any, keyspace: str, table: str, keys: Iterable[Sequence[Any]]) -> dict[Any, Any]:
    """Partition keys by a host that holds them: one in the local datacenter where one there is up.

    Each key is a sequence with a value for each column of the partition key. KeyError where there is no such table.
    """
    cluster = session.cluster
    columns = cluster.metadata.keyspaces[keyspace].tables[table].partition_key
    names = [protect_name(column.name) for column in columns]
    condition = " AND ".join(f"{name} = ?" for name in names)
    statement = session.prepare(
        f"SELECT {names[0]} FROM {protect_name(keyspace)}.{protect_name(table)} WHERE {condition}"
    )
    grouped: dict[Any, list[Any]] = {}
    for key in keys:
        replicas = [
            host
            for host in cluster.metadata.get_replicas(keyspace, statement.bind(key).routing_key)
            # Of a host of which nothing is known yet, nothing bad is known.
            if host.is_up is not False
        ]
        distances = [cluster.profile_manager.distance(host) for host in replicas]
        near = [host for host, distance in zip(replicas, distances, strict=True) if distance == HostDistance.LOCAL]
        chosen = next(iter(near or replicas), NO_VALID_REPLICA)
        grouped.setdefault(chosen, []).append(key)
    return grouped
