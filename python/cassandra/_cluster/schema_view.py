"""The engine's schema as a program sees it: `metadata.keyspaces`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cassandra._locks import rlock
from cassandra._metadata.contents import RELATIONS, Contents
from cassandra._metadata.keyspace import KeyspaceMetadata

if TYPE_CHECKING:
    from cassandra._native import SchemaCore


class SchemaView:
    """Keyspaces as objects. They follow what the engine knows; nothing is asked of servers here."""

    def __init__(self) -> None:
        self._lock = rlock()
        self._keyspaces: dict[str, KeyspaceMetadata] = {}
        self._facts: dict[str, Any] = {}
        self._marks: dict[str, int] = {}
        self._schema: SchemaCore | None = None

    def keyspaces(self, core: Any) -> dict[str, KeyspaceMetadata]:
        """The keyspaces as the engine knows them now; those that were known last if there is no engine."""
        if core is not None:
            self._follow(core.schema())
        return self._keyspaces

    def replace(self, keyspaces: dict[str, KeyspaceMetadata]) -> None:
        """Have a program's keyspaces instead."""
        with self._lock:
            self._keyspaces = keyspaces
            self._marks = {}
            self._facts = {}

    def renew(self, core: Any, keyspace: str | None, kind: str | None, name: str | None) -> None:
        """Follow the engine, and make objects anew of what a program has had read again, whether it has changed or not.

        Of everything (`keyspace` is None), a keyspace (`kind` is None), or a thing in one, by kind and name.
        """
        with self._lock:
            if keyspace is not None and kind is not None:
                contents = self._contents(keyspace)
                for each in RELATIONS if kind == "tables" else (kind,):
                    contents.forget(each, name)
                self._marks.pop(keyspace, None)
            else:
                for known in list(self._facts) if keyspace is None else [keyspace]:
                    self._facts.pop(known, None)
                    self._marks.pop(known, None)
            before, self._schema = self._schema, None
            self._follow(core.schema())
            del before
            if keyspace is None:
                self._keyspaces = dict(self._keyspaces)

    def _contents(self, keyspace: str) -> Contents:
        known = self._keyspaces.get(keyspace)
        return Contents() if known is None else known._contents

    def _follow(self, schema: SchemaCore) -> None:
        if self._schema is not None and schema.is_same(self._schema):
            return
        with self._lock:
            # Marks mean something only while the schema that they are of is kept.
            before, self._schema = self._schema, schema
            marks = schema.keyspaces()
            for name in list(self._keyspaces):
                if name not in marks:
                    # Whoever holds on to it sees it become empty.
                    self._keyspaces.pop(name)._contents.follow(schema, name)
                    self._facts.pop(name, None)
            for name, mark in marks.items():
                if self._marks.get(name) != mark:
                    self._put(schema, name)
                else:
                    self._contents(name).stay(schema)
            self._marks = marks
            del before

    def _put(self, schema: SchemaCore, name: str) -> None:
        facts = schema.keyspace(name)
        contents = self._contents(name)
        contents.follow(schema, name)
        if name in self._keyspaces and self._facts.get(name) == facts:
            return
        durable_writes, virtual, strategy, options = facts
        if virtual:
            made = KeyspaceMetadata(name, None, None, None, _contents=contents)
            made.virtual = True
        else:
            made = KeyspaceMetadata(name, durable_writes, strategy, options, _contents=contents)
        self._keyspaces[name] = made
        self._facts[name] = facts
