"""`Function` and `Aggregate`: what users have taught the server to compute."""

from __future__ import annotations

from collections.abc import Sequence

from cassandra._cql.schema_change import SignatureDescriptor
from cassandra._exported import exported_by
from cassandra._native import describe_aggregate, describe_function


@exported_by("cassandra.metadata")
class Function:
    """A user-defined function. Types are CQL text."""

    keyspace: str = None  # type: ignore[assignment]
    name: str = None  # type: ignore[assignment]
    argument_types: Sequence[str] = None  # type: ignore[assignment]
    argument_names: Sequence[str] = None  # type: ignore[assignment]
    return_type: str = None  # type: ignore[assignment]
    language: str = None  # type: ignore[assignment]
    body: str = None  # type: ignore[assignment]
    called_on_null_input: bool = None  # type: ignore[assignment]
    deterministic: bool = None  # type: ignore[assignment]
    monotonic: bool = None  # type: ignore[assignment]
    monotonic_on: Sequence[str] = None  # type: ignore[assignment]

    def __init__(
        self,
        keyspace: str,
        name: str,
        argument_types: Sequence[str],
        argument_names: Sequence[str],
        return_type: str,
        language: str,
        body: str,
        called_on_null_input: bool,
        deterministic: bool,
        monotonic: bool,
        monotonic_on: Sequence[str],
    ) -> None:
        self.keyspace = keyspace
        self.name = name
        self.argument_types = argument_types
        # A server says null for no arguments at all.
        self.argument_names = list(argument_names) if argument_names else []
        self.return_type = return_type
        self.language = language
        self.body = body
        self.called_on_null_input = called_on_null_input
        self.deterministic = deterministic
        self.monotonic = monotonic
        self.monotonic_on = monotonic_on

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        return describe_function(self, formatted)

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query(formatted=True) + ";"

    @property
    def signature(self) -> str:
        """What tells it from others of its name: `plus(int,int)`."""
        return SignatureDescriptor.format_signature(self.name, self.argument_types)

    def __repr__(self) -> str:
        return f"<Function {self.keyspace}.{self.signature}>"


@exported_by("cassandra.metadata")
class Aggregate:
    """A user-defined aggregate. Types are CQL text."""

    keyspace: str = None  # type: ignore[assignment]
    name: str = None  # type: ignore[assignment]
    argument_types: Sequence[str] = None  # type: ignore[assignment]
    state_func: str = None  # type: ignore[assignment]
    state_type: str = None  # type: ignore[assignment]
    final_func: str | None = None
    initial_condition: str | None = None
    return_type: str = None  # type: ignore[assignment]
    deterministic: bool = None  # type: ignore[assignment]

    def __init__(
        self,
        keyspace: str,
        name: str,
        argument_types: Sequence[str],
        state_func: str,
        state_type: str,
        final_func: str | None,
        initial_condition: str | None,
        return_type: str,
        deterministic: bool,
    ) -> None:
        self.keyspace = keyspace
        self.name = name
        self.argument_types = argument_types
        self.state_func = state_func
        self.state_type = state_type
        self.final_func = final_func
        self.initial_condition = initial_condition
        self.return_type = return_type
        self.deterministic = deterministic

    def as_cql_query(self, formatted: bool = False) -> str:
        """The statement that makes it, without the semicolon."""
        return describe_aggregate(self, formatted)

    def export_as_string(self) -> str:
        """The statement that makes it."""
        return self.as_cql_query(formatted=True) + ";"

    @property
    def signature(self) -> str:
        """What tells it from others of its name: `total(int)`."""
        return SignatureDescriptor.format_signature(self.name, self.argument_types)

    def __repr__(self) -> str:
        return f"<Aggregate {self.keyspace}.{self.signature}>"
