"""`UserType`: a user-defined type of a keyspace."""

from __future__ import annotations

from collections.abc import Sequence

from cassandra._exported import exported_by
from cassandra._native import describe_user_type


@exported_by("cassandra.metadata")
class UserType:
    """A user-defined type."""

    keyspace: str = None  # type: ignore[assignment]
    name: str = None  # type: ignore[assignment]
    field_names: list[str] = None  # type: ignore[assignment]
    field_types: list[str] = None  # type: ignore[assignment]

    def __init__(self, keyspace: str, name: str, field_names: Sequence[str], field_types: Sequence[str]) -> None:
        self.keyspace = keyspace
        self.name = name
        # A server says null for no fields at all.
        self.field_names = list(field_names or ())
        self.field_types = list(field_types or ())

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        return describe_user_type(self, formatted)

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query(formatted=True) + ";"

    def __repr__(self) -> str:
        return f"<UserType {self.keyspace}.{self.name}>"
