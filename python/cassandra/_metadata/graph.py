"""Graphs of DataStax Enterprise in the metadata: names that programs import. Cassandra has none, and none are read."""

from __future__ import annotations

from collections.abc import Sequence

from cassandra._exported import exported_by
from cassandra._metadata.identifiers import protect_name, protect_names
from cassandra._metadata.table import TableMetadataV3


@exported_by("cassandra.metadata")
class VertexMetadata:
    """A table as the vertices of a graph."""

    keyspace_name: str = None  # type: ignore[assignment]
    table_name: str = None  # type: ignore[assignment]
    label_name: str = None  # type: ignore[assignment]

    def __init__(self, keyspace_name: str, table_name: str, label_name: str) -> None:
        self.keyspace_name = keyspace_name
        self.table_name = table_name
        self.label_name = label_name


@exported_by("cassandra.metadata")
class EdgeMetadata:
    """A table as the edges of a graph."""

    keyspace_name: str = None  # type: ignore[assignment]
    table_name: str = None  # type: ignore[assignment]
    label_name: str = None  # type: ignore[assignment]
    from_table: str = None  # type: ignore[assignment]
    from_label: str = None  # type: ignore[assignment]
    from_partition_key_columns: Sequence[str] = None  # type: ignore[assignment]
    from_clustering_columns: Sequence[str] = None  # type: ignore[assignment]
    to_table: str = None  # type: ignore[assignment]
    to_label: str = None  # type: ignore[assignment]
    to_partition_key_columns: Sequence[str] = None  # type: ignore[assignment]
    to_clustering_columns: Sequence[str] = None  # type: ignore[assignment]

    def __init__(
        self,
        keyspace_name: str,
        table_name: str,
        label_name: str,
        from_table: str,
        from_label: str,
        from_partition_key_columns: Sequence[str],
        from_clustering_columns: Sequence[str],
        to_table: str,
        to_label: str,
        to_partition_key_columns: Sequence[str],
        to_clustering_columns: Sequence[str],
    ) -> None:
        self.keyspace_name = keyspace_name
        self.table_name = table_name
        self.label_name = label_name
        self.from_table = from_table
        self.from_label = from_label
        self.from_partition_key_columns = from_partition_key_columns
        self.from_clustering_columns = from_clustering_columns
        self.to_table = to_table
        self.to_label = to_label
        self.to_partition_key_columns = to_partition_key_columns
        self.to_clustering_columns = to_clustering_columns

    def ends(self) -> str:
        """Where the edges come from and where they go, in CQL."""
        begin = end_of(self.from_label, self.from_partition_key_columns, self.from_clustering_columns)
        end = end_of(self.to_label, self.to_partition_key_columns, self.to_clustering_columns)
        return f"FROM {begin} TO {end}"


def end_of(label: str, partition_key: Sequence[str], clustering: Sequence[str]) -> str:
    """A label with the columns that are the other table's key."""
    partition = ", ".join(protect_names(partition_key))
    if len(partition_key) > 1:
        partition = f"({partition})"
    return f"{protect_name(label)}({', '.join([partition, *protect_names(clustering)])})"


@exported_by("cassandra.metadata")
class TableMetadataDSE68(TableMetadataV3):
    """A table that may be part of a graph."""

    vertex: VertexMetadata | None = None
    edge: EdgeMetadata | None = None

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        said = []
        if self.vertex is not None:
            said.append(f"VERTEX LABEL {protect_name(self.vertex.label_name)}")
        if self.edge is not None:
            said.append(f"EDGE LABEL {protect_name(self.edge.label_name)} {self.edge.ends()}")
        text = super().as_cql_query(formatted)
        has_properties = (
            self.clustering_key or self.is_compact_storage or any(value is not None for value in self.options.values())
        )
        for property_ in said:
            text += ("\n    AND " if formatted else " AND ") if has_properties else " WITH "
            text += property_
            has_properties = True
        return text
