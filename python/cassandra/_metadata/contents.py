"""What is in a keyspace: objects made of the engine's schema when somebody looks, and kept current from then on.

The dicts stay the same ones for as long as the keyspace is there: a program may hold on to them. An object in them
stays the same one for as long as the thing that it stands for does not change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cassandra._locks import rlock
from cassandra._metadata.function import Aggregate, Function
from cassandra._metadata.table import (
    ColumnMetadata,
    IndexMetadata,
    MaterializedViewMetadata,
    Relation,
    TableMetadataV3,
    TriggerMetadata,
)
from cassandra._metadata.user_type import UserType

if TYPE_CHECKING:
    from cassandra._native import SchemaCore

# Views and indexes are known to their tables, so they are looked at together.
RELATIONS: Final = ("tables", "views")


class Contents:
    """The dicts of a keyspace."""

    def __init__(self) -> None:
        self.tables: dict[str, Any] = {}
        self.views: dict[str, Any] = {}
        self.indexes: dict[str, Any] = {}
        self.user_types: dict[str, Any] = {}
        self.functions: dict[str, Any] = {}
        self.aggregates: dict[str, Any] = {}
        self._schema: SchemaCore | None = None
        self._keyspace = ""
        # The marks of what is in the dicts, by kind; a kind that nobody has looked at is not here. They mean something
        # only while the schema that they are of is kept.
        self._marks: dict[str, dict[str, int]] = {}
        self._lock = rlock()

    def follow(self, schema: SchemaCore, keyspace: str) -> None:
        """Take everything from `schema` from now on."""
        with self._lock:
            before, self._schema, self._keyspace = self._schema, schema, keyspace
            for kind in list(self._marks):
                self._put(kind)
            del before

    def stay(self, schema: SchemaCore) -> None:
        """As `follow`, of a schema in which nothing of the keyspace has changed."""
        self._schema = schema

    def look(self, *kinds: str) -> None:
        """Have what is of these kinds in the dicts."""
        for kind in kinds:
            if kind not in self._marks and self._schema is not None:
                with self._lock:
                    if kind not in self._marks:
                        self._put(kind)

    def forget(self, kind: str, name: str | None) -> None:
        """Have an object made anew by the next `follow`, or all of the kind."""
        with self._lock:
            marks = self._marks.get(kind)
            if marks is None:
                return
            for known in list(marks) if name is None else [name]:
                if known in marks:
                    # No mark is negative.
                    marks[known] = -1

    def _put(self, kind: str) -> None:
        schema, keyspace = self._schema, self._keyspace
        assert schema is not None
        before = self._marks.get(kind, {})
        now = schema.marks(keyspace, kind)
        put = getattr(self, f"_put_{kind}")
        remove = getattr(self, f"_remove_{kind}", getattr(self, kind).pop)
        for name in before:
            if name not in now:
                remove(name)
        for name, mark in now.items():
            if before.get(name) != mark:
                put(schema, keyspace, name)
        self._marks[kind] = now

    def _put_tables(self, schema: SchemaCore, keyspace: str, name: str) -> None:
        facts = schema.table(keyspace, name)
        _, _, _, is_compact, is_virtual, indexes, triggers = facts
        table = TableMetadataV3(keyspace, name, virtual=is_virtual)
        fill(table, facts)
        table.is_compact_storage = is_compact
        for index_name, kind, options in indexes:
            table.indexes[index_name] = IndexMetadata(keyspace, name, index_name, kind, options)
        for trigger_name, options in triggers:
            table.triggers[trigger_name] = TriggerMetadata(table, trigger_name, options)
        known = self.tables.get(name)
        if known is not None:
            table.views = known.views
            for index_name in known.indexes.keys() - table.indexes.keys():
                self.indexes.pop(index_name, None)
        self.indexes.update(table.indexes)
        self.tables[name] = table

    def _remove_tables(self, name: str) -> None:
        for index_name in self.tables.pop(name).indexes:
            self.indexes.pop(index_name, None)

    def _put_views(self, schema: SchemaCore, keyspace: str, name: str) -> None:
        base, has_all, where, facts = schema.view(keyspace, name)
        view = MaterializedViewMetadata(keyspace, name, base, has_all, where)
        fill(view, facts)
        self.views[name] = view
        table = self.tables.get(base)
        if table is not None:
            table.views[name] = view

    def _remove_views(self, name: str) -> None:
        table = self.tables.get(self.views.pop(name).base_table_name)
        if table is not None:
            table.views.pop(name, None)

    def _put_user_types(self, schema: SchemaCore, keyspace: str, name: str) -> None:
        self.user_types[name] = UserType(keyspace, name, *schema.user_type(keyspace, name))

    def _put_functions(self, schema: SchemaCore, keyspace: str, signature: str) -> None:
        self.functions[signature] = Function(keyspace, *schema.function(keyspace, signature))

    def _put_aggregates(self, schema: SchemaCore, keyspace: str, signature: str) -> None:
        self.aggregates[signature] = Aggregate(keyspace, *schema.aggregate(keyspace, signature))


def fill(relation: Relation, facts: Any) -> None:
    """Give a table or view its columns, its options and its extensions."""
    columns, options, extensions, *_ = facts
    relation.options = options
    relation.extensions = extensions
    keys = (relation.partition_key, relation.clustering_key)
    for name, cql_type, part, is_static, is_reversed, mask in columns:
        column = ColumnMetadata(relation, name, cql_type, is_static, is_reversed)
        if mask is not None:
            column.mask = mask
        relation.columns[name] = column
        if part < len(keys):
            keys[part].append(column)
