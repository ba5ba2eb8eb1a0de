"""Tables with their columns, indexes and triggers, and materialized views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cassandra._exported import exported_by
from cassandra._metadata import extensions
from cassandra._metadata.warnings import incomplete
from cassandra._native import describe_index, describe_table, describe_trigger, describe_view, virtual_table


@exported_by("cassandra.metadata")
class ColumnMetadata:
    """A column of a table."""

    table: Any = None
    name: str = None  # type: ignore[assignment]
    cql_type: str = None  # type: ignore[assignment]
    is_static: bool = False
    is_reversed: bool = False
    mask: str | None = None
    """The function, with its arguments, that those see it by who may not unmask it (Cassandra 5.0)."""

    def __init__(
        self,
        table_metadata: Any,
        column_name: str,
        cql_type: str,
        is_static: bool = False,
        is_reversed: bool = False,
    ) -> None:
        self.table = table_metadata
        self.name = column_name
        self.cql_type = cql_type
        self.is_static = is_static
        self.is_reversed = is_reversed

    def __str__(self) -> str:
        return f"{self.name} {self.cql_type}"

    def __repr__(self) -> str:
        return f"<ColumnMetadata {self}>"


@exported_by("cassandra.metadata")
class IndexMetadata:
    """A secondary index."""

    keyspace_name: str = None  # type: ignore[assignment]
    table_name: str = None  # type: ignore[assignment]
    name: str = None  # type: ignore[assignment]
    kind: str = None  # type: ignore[assignment]
    index_options: dict[str, str] = {}  # noqa: RUF012 - each index has its own

    def __init__(
        self, keyspace_name: str, table_name: str, index_name: str, kind: str, index_options: Mapping[str, str]
    ) -> None:
        self.keyspace_name = keyspace_name
        self.table_name = table_name
        self.name = index_name
        self.kind = kind
        self.index_options = dict(index_options)

    def as_cql_query(self) -> str:
        """The statement that makes it, without the semicolon. KeyError if it has no target."""
        if "target" not in self.index_options:
            raise KeyError("target")
        return describe_index(self)

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query() + ";"

    def __repr__(self) -> str:
        return f"<IndexMetadata {self.keyspace_name}.{self.name}>"


@exported_by("cassandra.metadata")
class TriggerMetadata:
    """A trigger of a table."""

    table: Any = None
    name: str = None  # type: ignore[assignment]
    options: Mapping[str, str] = None  # type: ignore[assignment]

    def __init__(self, table_metadata: Any, trigger_name: str, options: Mapping[str, str] | None = None) -> None:
        self.table = table_metadata
        self.name = trigger_name
        self.options = options or {}

    def as_cql_query(self) -> str:
        """The statement that makes it, without the semicolon."""
        return describe_trigger(self)

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query() + ";"


class Relation:
    """What tables and views share."""

    keyspace_name: str = None  # type: ignore[assignment]
    name: str = None  # type: ignore[assignment]
    partition_key: list[ColumnMetadata] = None  # type: ignore[assignment]
    clustering_key: list[ColumnMetadata] = None  # type: ignore[assignment]
    columns: dict[str, ColumnMetadata] = None  # type: ignore[assignment]
    options: Any = None
    extensions: Mapping[str, Any] = None  # type: ignore[assignment]

    def __init__(self, keyspace_name: str, name: str, options: Mapping[str, Any] | None = None) -> None:
        self.keyspace_name = keyspace_name
        self.name = name
        self.partition_key = []
        self.clustering_key = []
        self.columns = {}
        self.options = {} if options is None else options
        self.extensions = {}

    @property
    def primary_key(self) -> list[ColumnMetadata]:
        """The columns of the partition key, then those of the clustering key."""
        return self.partition_key + self.clustering_key


@exported_by("cassandra.metadata")
class TableMetadata(Relation):
    """A table."""

    indexes: dict[str, IndexMetadata] = None  # type: ignore[assignment]
    triggers: dict[str, TriggerMetadata] = None  # type: ignore[assignment]
    views: dict[str, MaterializedViewMetadata] = None  # type: ignore[assignment]
    is_compact_storage: bool = False
    virtual: bool = False
    comparator: str | None = None
    _exc_info: Any = None

    def __init__(
        self,
        keyspace_name: str,
        name: str,
        partition_key: list[ColumnMetadata] | None = None,
        clustering_key: list[ColumnMetadata] | None = None,
        columns: dict[str, ColumnMetadata] | None = None,
        triggers: dict[str, TriggerMetadata] | None = None,
        options: Mapping[str, Any] | None = None,
        virtual: bool = False,
    ) -> None:
        super().__init__(keyspace_name, name, options)
        self.partition_key = [] if partition_key is None else partition_key
        self.clustering_key = [] if clustering_key is None else clustering_key
        self.columns = {} if columns is None else columns
        self.triggers = {} if triggers is None else triggers
        self.indexes = {}
        self.views = {}
        self.comparator = None
        self.virtual = virtual

    @property
    def is_cql_compatible(self) -> bool:
        """Whether CQL can make the table: always, in the servers that are supported."""
        return True

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        return describe_table(self, formatted)

    def _all_as_cql(self) -> str:
        """The statements that make it and what is on it."""
        text = self.as_cql_query(formatted=True) + ";"
        for index in self.indexes.values():
            text += "\n" + index.export_as_string()
        for trigger in self.triggers.values():
            text += "\n" + trigger.export_as_string()
        for view in self.views.values():
            text += "\n\n" + view.export_as_string()
        for said in extensions.texts(self, self.extensions or {}):
            text += "\n\n" + said
        return text

    def export_as_string(self) -> str:
        """The statements that make it, its indexes, its triggers and its views; a comment where they would not."""
        if self._exc_info:
            return incomplete("Table", f"{self.keyspace_name}.{self.name}", self._exc_info, self._all_as_cql())
        if self.virtual:
            return virtual_table(self.keyspace_name, self.name, self._all_as_cql())
        return self._all_as_cql()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.keyspace_name}.{self.name}>"


@exported_by("cassandra.metadata")
class TableMetadataV3(TableMetadata):
    """A table of Cassandra 3.0 or later: all that are read are of this class."""

    option_maps = ["compaction", "compression", "caching", "nodesync"]  # noqa: RUF012 - the reference's


@exported_by("cassandra.metadata")
class MaterializedViewMetadata(Relation):
    """A materialized view."""

    base_table_name: str = None  # type: ignore[assignment]
    include_all_columns: bool = None  # type: ignore[assignment]
    where_clause: str = None  # type: ignore[assignment]

    def __init__(
        self,
        keyspace_name: str,
        view_name: str,
        base_table_name: str,
        include_all_columns: bool,
        where_clause: str,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(keyspace_name, view_name, options)
        self.base_table_name = base_table_name
        self.include_all_columns = include_all_columns
        self.where_clause = where_clause

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        text = describe_view(self, formatted)
        for said in extensions.texts(self, self.extensions or {}):
            text += "\n\n" + said
        return text

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query(formatted=True) + ";"

    def __repr__(self) -> str:
        return f"<MaterializedViewMetadata {self.keyspace_name}.{self.name}>"
