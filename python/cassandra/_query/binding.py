"""How the values of one prepared statement are bound: its binder, made once, and what is encrypted after it.

The engine's `Binder` knows which value goes to which marker, what may be left out, and the wire form of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cassandra._native import Binder, BoundValues
from cassandra._policies.column_encryption import ColDesc
from cassandra._query.unset import UNSET_VALUE, Unset

if TYPE_CHECKING:
    from cassandra._cql.column import ColumnMetadata
    from cassandra._query.prepared import PreparedStatement

Bindable: TypeAlias = "Sequence[Any] | Mapping[str, Any] | None"
Serialized: TypeAlias = "bytes | Unset | None"


def in_marker_order(columns: Sequence[ColumnMetadata], values: Bindable) -> Sequence[Any]:
    """The values by position; UNSET_VALUE for a name that is missing."""
    if isinstance(values, Mapping):
        return [named(values, column.name) for column in columns]
    return () if values is None else values


def named(values: Mapping[str, Any], name: str) -> Any:
    """The value of this name, by the mapping's own way of finding it; UNSET_VALUE where it has none."""
    try:
        return values[name]
    except KeyError:
        return UNSET_VALUE


class Binding:
    """What is worked out once for all values of one prepared statement."""

    def __init__(self, prepared: PreparedStatement) -> None:
        policy = prepared.column_encryption_policy
        columns = prepared.column_metadata
        self._columns = columns
        self._version = prepared.protocol_version
        self._policy = policy
        self._encrypted: dict[int, ColDesc] = {}
        if policy is not None:
            named = {index: ColDesc(*column[:3]) for index, column in enumerate(columns)}
            self._encrypted = {index: name for index, name in named.items() if policy.contains_column(name)}
        # The server calls an encrypted column a blob; the policy knows what its values are.
        plain = [
            column._replace(type=policy.column_type(self._encrypted[index])) if index in self._encrypted else column
            for index, column in enumerate(columns)
        ]
        self._binder = Binder(plain, prepared.routing_key_indexes, prepared.protocol_version)

    def fits(self, prepared: PreparedStatement) -> bool:
        """Whether the statement and the types it is about are as they were."""
        return (
            self._columns is prepared.column_metadata
            and self._version == prepared.protocol_version
            and self._policy is prepared.column_encryption_policy
            and not self._binder.is_stale
        )

    def bind(self, values: Bindable) -> tuple[BoundValues | None, list[Serialized] | None]:
        """The values as they stand in a request; or, where some are encrypted, each in its wire form."""
        bound = self._binder.bind(values)
        if not self._encrypted:
            return bound, None
        serialized: list[Serialized] = bound.values()
        for index, column in self._encrypted.items():
            value = serialized[index]
            if isinstance(value, bytes):
                serialized[index] = self._policy.encrypt(column, value)
        return None, serialized
