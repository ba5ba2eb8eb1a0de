"""`ColumnMetadata`: a column or bind marker as RESULT describes it (native protocol, section 4.2.5.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

from cassandra._exported import exported_by


@exported_by("cassandra.protocol")
class ColumnMetadata(NamedTuple):
    """One column of a result, or one marker of a prepared statement."""

    keyspace_name: str
    table_name: str
    name: str
    type: Any
    """A class of `cassandra.cqltypes`."""
