"""`UserType`: a user-defined type of a keyspace."""

from __future__ import annotations

from collections.abc import Sequence

from cassandra._exported import exported_by
from cassandra._metadata.identifiers import protect_name


@exported_by("cassandra.metadata")
class UserType:
    """A user-defined type."""

    def __init__(self, keyspace: str, name: str, field_names: Sequence[str], field_types: Sequence[str]) -> None:
        self.keyspace = keyspace
        self.name = name
        self.field_names = list(field_names)
        self.field_types = list(field_types)

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        fields = [f"{protect_name(name)} {kind}" for name, kind in zip(self.field_names, self.field_types, strict=True)]
        body = ",\n    ".join(fields) if formatted else ", ".join(fields)
        begin, end = ("\n    ", "\n") if formatted else ("", "")
        return f"CREATE TYPE {protect_name(self.keyspace)}.{protect_name(self.name)} ({begin}{body}{end})"

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query(formatted=True) + ";"
