"""Tables, their columns and indexes, and materialized views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cassandra._exported import exported_by
from cassandra._metadata.identifiers import protect_name, protect_value
from cassandra._metadata.replication import option_map

WRITTEN: Final = (
    "additional_write_policy",
    "bloom_filter_fp_chance",
    "caching",
    "cdc",
    "comment",
    "compaction",
    "compression",
    "crc_check_chance",
    "default_time_to_live",
    "gc_grace_seconds",
    "max_index_interval",
    "memtable_flush_period_in_ms",
    "min_index_interval",
    "speculative_retry",
)
"""Options that CREATE TABLE takes, of those in `system_schema.tables`."""


@exported_by("cassandra.metadata")
class ColumnMetadata:
    """A column of a table."""

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

    def __init__(
        self, keyspace_name: str, table_name: str, index_name: str, kind: str, index_options: Mapping[str, str]
    ) -> None:
        self.keyspace_name = keyspace_name
        self.table_name = table_name
        self.name = index_name
        self.kind = kind
        self.index_options = dict(index_options)

    def as_cql_query(self) -> str:
        """The statement that makes it, without the semicolon."""
        options = dict(self.index_options)
        target = options.pop("target", "")
        name, table = protect_name(self.name), f"{protect_name(self.keyspace_name)}.{protect_name(self.table_name)}"
        if self.kind != "CUSTOM":
            return f"CREATE INDEX {name} ON {table} ({target})"
        class_name = protect_value(options.pop("class_name", ""))
        given = f" WITH OPTIONS = {option_map(options)}" if options else ""
        return f"CREATE CUSTOM INDEX {name} ON {table} ({target}) USING {class_name}{given}"

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query() + ";"


class Relation:
    """What tables and views share."""

    def __init__(self, keyspace_name: str, name: str, options: Mapping[str, Any] | None = None) -> None:
        self.keyspace_name = keyspace_name
        self.name = name
        self.partition_key: list[ColumnMetadata] = []
        self.clustering_key: list[ColumnMetadata] = []
        self.columns: dict[str, ColumnMetadata] = {}
        self.options: dict[str, Any] = dict(options or {})
        self.extensions: Mapping[str, Any] = self.options.get("extensions") or {}

    @property
    def primary_key(self) -> list[ColumnMetadata]:
        """The columns of the partition key, then those of the clustering key."""
        return self.partition_key + self.clustering_key

    def _key(self) -> str:
        partition = ", ".join(protect_name(column.name) for column in self.partition_key)
        if len(self.partition_key) > 1:
            partition = f"({partition})"
        return ", ".join([partition, *(protect_name(column.name) for column in self.clustering_key)])

    def _options(self) -> list[str]:
        found = []
        if self.clustering_key:
            order = ", ".join(
                f"{protect_name(column.name)} {'DESC' if column.is_reversed else 'ASC'}"
                for column in self.clustering_key
            )
            found.append(f"CLUSTERING ORDER BY ({order})")
        for name in WRITTEN:
            value = self.options.get(name)
            if value is not None:
                found.append(f"{name} = {option_map(value) if isinstance(value, Mapping) else protect_value(value)}")
        return found


@exported_by("cassandra.metadata")
class TableMetadata(Relation):
    """A table."""

    def __init__(
        self,
        keyspace_name: str,
        name: str,
        partition_key: list[ColumnMetadata] | None = None,
        clustering_key: list[ColumnMetadata] | None = None,
        columns: dict[str, ColumnMetadata] | None = None,
        triggers: dict[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        virtual: bool = False,
    ) -> None:
        super().__init__(keyspace_name, name, options)
        self.partition_key = partition_key or []
        self.clustering_key = clustering_key or []
        self.columns = columns or {}
        self.triggers = triggers or {}
        self.indexes: dict[str, IndexMetadata] = {}
        self.views: dict[str, MaterializedViewMetadata] = {}
        self.virtual = virtual

    @property
    def is_cql_compatible(self) -> bool:
        """Whether CQL can make the table: always, in the servers that are supported."""
        return True

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        lines = []
        for column in self.columns.values():
            is_key = len(self.primary_key) == 1 and column is self.primary_key[0]
            marks = " static" * column.is_static + " PRIMARY KEY" * is_key
            lines.append(f"{protect_name(column.name)} {column.cql_type}{marks}")
        if len(self.primary_key) != 1:
            lines.append(f"PRIMARY KEY ({self._key()})")
        separator, indent, end = (",\n    ", "\n    ", "\n") if formatted else (", ", "", "")
        made = f"CREATE TABLE {protect_name(self.keyspace_name)}.{protect_name(self.name)} "
        made += f"({indent}{separator.join(lines)}{end})"
        options = self._options()
        return made + (" WITH " + ("\n    AND " if formatted else " AND ").join(options) if options else "")

    def export_as_string(self) -> str:
        """The statements that make it, its indexes and its views."""
        if self.virtual:
            return (
                f"/*\nWarning: Table {self.keyspace_name}.{self.name} is a virtual table and cannot be recreated.\n*/"
            )
        parts = [self.as_cql_query(formatted=True) + ";"]
        parts += [index.export_as_string() for index in self.indexes.values()]
        parts += [view.export_as_string() for view in self.views.values()]
        return "\n".join(parts)

    def __repr__(self) -> str:
        return f"<TableMetadata {self.keyspace_name}.{self.name}>"


@exported_by("cassandra.metadata")
class MaterializedViewMetadata(Relation):
    """A materialized view."""

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
        space = "\n    " if formatted else " "
        keyspace = protect_name(self.keyspace_name)
        selected = "*" if self.include_all_columns else ", ".join(map(protect_name, self.columns))
        made = f"CREATE MATERIALIZED VIEW {keyspace}.{protect_name(self.name)} AS{space}SELECT {selected}{space}"
        made += f"FROM {keyspace}.{protect_name(self.base_table_name)}{space}WHERE {self.where_clause}{space}"
        made += f"PRIMARY KEY ({self._key()})"
        options = self._options()
        return made + (f"{space}WITH " + f"{space}AND ".join(options) if options else "")

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query(formatted=True) + ";"
