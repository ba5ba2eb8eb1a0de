"""What a SCHEMA_CHANGE names (native protocol, section 4.2.5.5), and how functions and aggregates are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cassandra._exported import exported_by


@exported_by("cassandra")
class SchemaChangeType:
    """What happened to a piece of the schema."""

    CREATED: Final = "CREATED"
    UPDATED: Final = "UPDATED"
    DROPPED: Final = "DROPPED"


@exported_by("cassandra")
class SchemaTargetType:
    """Which kind of piece of the schema changed."""

    KEYSPACE: Final = "KEYSPACE"
    TABLE: Final = "TABLE"
    TYPE: Final = "TYPE"
    FUNCTION: Final = "FUNCTION"
    AGGREGATE: Final = "AGGREGATE"


@exported_by("cassandra")
class SignatureDescriptor:
    """A function or aggregate by name and argument types, since CQL lets several share a name."""

    name: str = ""
    """The name."""

    argument_types: Sequence[str] = ()
    """The CQL types of the arguments."""

    def __init__(self, name: str, argument_types: Sequence[str]) -> None:
        self.name = name
        self.argument_types = argument_types

    @property
    def signature(self) -> str:
        """`name(type,type)`, which is the key in the keyspace's metadata."""
        return self.format_signature(self.name, self.argument_types)

    @staticmethod
    def format_signature(name: str, argument_types: Iterable[str]) -> str:
        """`name(type,type)` for any name and types."""
        return f"{name}({','.join(argument_types)})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, {self.argument_types})"


@exported_by("cassandra")
class UserFunctionDescriptor(SignatureDescriptor):
    """Names a user-defined function."""


@exported_by("cassandra")
class UserAggregateDescriptor(SignatureDescriptor):
    """Names a user-defined aggregate."""
