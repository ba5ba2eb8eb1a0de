"""`PreparedStatement`: what a server said about a statement it prepared, and the defaults for binding it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._cql.column import ColumnMetadata
from cassandra._exported import exported_by
from cassandra._query.binding import Binding
from cassandra._query.bound import BoundStatement
from cassandra._query.statement import PreparedLike, level_name


def routing_key_indexes_from_schema(columns: Sequence[ColumnMetadata], cluster_metadata: Any) -> list[int] | None:
    """Which bind markers are the partition key, found in the schema. Protocol 3 does not say it with PREPARE.

    None where the schema does not know the table or some column of its key is not bound.
    """
    first = columns[0]
    keyspace = cluster_metadata.keyspaces.get(first.keyspace_name)
    table = keyspace and keyspace.tables.get(first.table_name)
    if not table:
        return None
    marker_of = {column.name: index for index, column in reversed(list(enumerate(columns)))}
    try:
        return [marker_of[column.name] for column in table.partition_key]
    except KeyError:
        return None


@exported_by("cassandra.query")
class PreparedStatement(PreparedLike):
    """A statement that the servers know by an id. `Session.prepare` makes it; `bind` gives it values.

    Options set here are the defaults of each statement bound from it.
    """

    column_metadata: Sequence[ColumnMetadata] = ()
    """The markers, in order."""

    query_id: bytes = b""
    """The id by which the servers know the statement."""

    query_string: str = ""
    """The CQL text."""

    protocol_version: int = 0
    """The version that values are written for."""

    routing_key_indexes: Sequence[int] | None = None
    """Which markers make the partition key, in its order; None where that is not known."""

    result_metadata: Any = None
    """The columns of its result."""

    result_metadata_id: bytes | None = None
    """Names those columns (native protocol 5): when they change, so does the id."""

    column_encryption_policy: Any = None
    """Says which markers are for encrypted columns."""

    _routing_key_index_set: frozenset[int] | None = None
    _binding_made: Binding | None = None
    _core: Any = None
    _core_of: Any = None

    def __init__(
        self,
        column_metadata: Sequence[ColumnMetadata],
        query_id: bytes,
        routing_key_indexes: Sequence[int] | None,
        query: str,
        keyspace: str | None,
        protocol_version: int,
        result_metadata: Any,
        result_metadata_id: bytes | None,
        column_encryption_policy: Any = None,
    ) -> None:
        self.column_metadata = column_metadata
        self.query_id = query_id
        self.routing_key_indexes = routing_key_indexes
        self.query_string = query
        self.keyspace = keyspace
        self.protocol_version = protocol_version
        self.result_metadata = result_metadata
        self.result_metadata_id = result_metadata_id
        self.column_encryption_policy = column_encryption_policy

    @classmethod
    def from_message(
        cls,
        query_id: bytes,
        column_metadata: Sequence[ColumnMetadata],
        pk_indexes: Sequence[int] | None,
        cluster_metadata: Any,
        query: str,
        prepared_keyspace: str | None,
        protocol_version: int,
        result_metadata: Any,
        result_metadata_id: bytes | None,
        column_encryption_policy: Any = None,
    ) -> PreparedStatement:
        """A prepared statement from the fields of a RESULT of kind Prepared."""
        indexes: Sequence[int] | None = pk_indexes or None
        if indexes is None and column_metadata:
            indexes = routing_key_indexes_from_schema(column_metadata, cluster_metadata)
        return cls(
            column_metadata,
            query_id,
            indexes,
            query,
            prepared_keyspace,
            protocol_version,
            result_metadata,
            result_metadata_id,
            column_encryption_policy,
        )

    def bind(self, values: Sequence[Any] | Mapping[str, Any] | None) -> BoundStatement:
        """This statement with values: in the order of its markers, or by the names of their columns."""
        return BoundStatement(self).bind(values)

    def _binding(self) -> Binding:
        made = self._binding_made
        if made is None or not made.fits(self):
            made = self._binding_made = Binding(self)
        return made

    def is_routing_key_index(self, i: int) -> bool:
        """Whether marker `i` is part of the partition key."""
        if self._routing_key_index_set is None:
            self._routing_key_index_set = frozenset(self.routing_key_indexes or ())
        return i in self._routing_key_index_set

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_binding_made": None, "_core": None, "_core_of": None}

    def __str__(self) -> str:
        return f'<PreparedStatement query="{self.query_string}", consistency={level_name(self)}>'

    __repr__ = __str__
