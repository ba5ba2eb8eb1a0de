"""A prepared statement with three columns, as a server would have it, and values of it in wire form."""

from typing import Any

from cassandra._cql.column import ColumnMetadata
from cassandra.cqltypes import Int32Type, UTF8Type
from cassandra.query import PreparedStatement

COLUMNS = [
    ColumnMetadata("ks", "t", "id", Int32Type),
    ColumnMetadata("ks", "t", "name", UTF8Type),
    ColumnMetadata("ks", "t", "v", Int32Type),
]
ONE, TWO, THREE = b"\x00\x00\x00\x01", b"\x00\x00\x00\x02", b"\x00\x00\x00\x03"


def prepared(**changes: Any) -> PreparedStatement:
    fields: dict[str, Any] = {
        "column_metadata": COLUMNS,
        "query_id": b"\x01\x02",
        "routing_key_indexes": [0],
        "query": "INSERT",
        "keyspace": "ks",
        "protocol_version": 4,
        "result_metadata": None,
        "result_metadata_id": None,
    }
    return PreparedStatement(**{**fields, **changes})
