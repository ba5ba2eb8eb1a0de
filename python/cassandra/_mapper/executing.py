"""How a statement of a model is sent: with the routing key of its partition, over the model's connection."""

from __future__ import annotations

from typing import Any

from cassandra.query import SimpleStatement


def run(model: Any, statement: Any, consistency_level: Any, timeout: Any, connection: Any = None) -> Any:
    """Send a statement of a model, and return its result."""
    from cassandra.cqlengine import connection as conn

    parameters = statement.get_context()
    simple = SimpleStatement(str(statement), consistency_level=consistency_level, fetch_size=statement.fetch_size)
    name = connection or model._get_connection()
    places = getattr(model, "_partition_key_index", None)
    if places and model.__compute_routing_key__:
        values = statement.partition_key_values(places)
        if not any(value is None for value in values):
            version = conn.get_cluster(name).protocol_version
            simple.routing_key = model._routing_key_from_values(values, version)
            simple.keyspace = model._get_keyspace()
    return conn.execute(simple, parameters, timeout=timeout, connection=name)
