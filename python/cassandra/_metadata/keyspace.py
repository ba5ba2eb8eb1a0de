"""`KeyspaceMetadata`: a keyspace with all that is in it."""

from __future__ import annotations

from collections.abc import Mapping

from cassandra._exported import exported_by
from cassandra._metadata.identifiers import protect_name
from cassandra._metadata.replication import ReplicationStrategy
from cassandra._metadata.table import IndexMetadata, MaterializedViewMetadata, TableMetadata
from cassandra._metadata.user_type import UserType


@exported_by("cassandra.metadata")
class KeyspaceMetadata:
    """A keyspace."""

    def __init__(
        self, name: str, durable_writes: bool, strategy_class: str, strategy_options: Mapping[str, str]
    ) -> None:
        self.name = name
        self.durable_writes = durable_writes
        self.replication_strategy = ReplicationStrategy.create(strategy_class, strategy_options)
        self.tables: dict[str, TableMetadata] = {}
        self.views: dict[str, MaterializedViewMetadata] = {}
        self.user_types: dict[str, UserType] = {}
        self.indexes: dict[str, IndexMetadata] = {}
        self.virtual = False

    def as_cql_query(self) -> str:
        """The statement that makes it, without what is in it, and without the semicolon."""
        durable = str(self.durable_writes).lower()
        replication = self.replication_strategy.export_for_schema()
        return (
            f"CREATE KEYSPACE {protect_name(self.name)} WITH replication = {replication} AND durable_writes = {durable}"
        )

    def export_as_string(self) -> str:
        """The statements that make it and what is in it: types in the order in which they need each other."""
        if self.virtual:
            name = self.name
            return f"/*\nWarning: Keyspace {name} is a virtual keyspace and cannot be recreated.\n*/"
        parts = [self.as_cql_query() + ";"]
        parts += [made.export_as_string() for made in in_order(self.user_types)]
        parts += [table.export_as_string() for table in self.tables.values()]
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return f"<KeyspaceMetadata {self.name}>"


def in_order(types: Mapping[str, UserType]) -> list[UserType]:
    """The types, each after those that its fields are made of."""
    ordered: dict[str, UserType] = {}

    def put(name: str) -> None:
        if name in ordered or name not in types:
            return
        for kind in types[name].field_types:
            for other in words(kind):
                if other != name:
                    put(other)
        ordered[name] = types[name]

    for name in types:
        put(name)
    return list(ordered.values())


def words(kind: str) -> list[str]:
    """The names in the text of a type."""
    for mark in "<>,":
        kind = kind.replace(mark, " ")
    return [word.strip('"') for word in kind.split()]
