"""Values to wire bytes for a prepared statement: which value goes to which marker, and which may be left out.

The bytes of one value are made by the type of its column, hence by the one codec of the package.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._policies.column_encryption import ColDesc
from cassandra._query.unset import UNSET_VALUE, Unset

if TYPE_CHECKING:
    from cassandra._cql.column import ColumnMetadata
    from cassandra._query.prepared import PreparedStatement

Bindable: TypeAlias = "Sequence[Any] | Mapping[str, Any] | None"
Serialized: TypeAlias = "bytes | Unset | None"

# What the codecs of types raise for a value that does not fit.
INVALID_VALUE = (TypeError, struct.error, AttributeError, OverflowError)


def in_marker_order(prepared: PreparedStatement, values: Bindable) -> Sequence[Any]:
    """The values by position. A name that is missing stands for an unset value where the protocol has those."""
    if values is None:
        return ()
    if not isinstance(values, Mapping):
        if isinstance(values, (str, bytes, bytearray)) or not hasattr(values, "__len__"):
            raise TypeError(f"bind() takes a sequence or a dict of values, not {type(values).__name__}")
        return values
    ordered: list[Any] = []
    for column in prepared.column_metadata:
        value = values.get(column.name, UNSET_VALUE)
        if value is UNSET_VALUE and column.name not in values and prepared.protocol_version < ProtocolVersion.V4:
            raise KeyError(f"Column name `{column.name}` not found in bound dict.")
        ordered.append(value)
    return ordered


def serialize(prepared: PreparedStatement, values: Sequence[Any]) -> list[Serialized]:
    """The wire form of each value, and UNSET_VALUE for those left out where the protocol has unset values."""
    columns = prepared.column_metadata
    version = prepared.protocol_version
    if len(values) > len(columns):
        raise ValueError(f"Too many arguments provided to bind() (got {len(values)}, expected {len(columns)})")
    serialized: list[Serialized] = []
    for column, value in zip(columns, values, strict=False):
        if value is None:
            serialized.append(None)
        elif value is UNSET_VALUE:
            if version < ProtocolVersion.V4:
                raise ValueError(
                    "Attempt to bind UNSET_VALUE while using unsuitable protocol version "
                    f"({version} < {ProtocolVersion.V4})"
                )
            serialized.append(UNSET_VALUE)
        else:
            serialized.append(serialize_one(prepared, column, value))
    if version >= ProtocolVersion.V4:
        serialized.extend([UNSET_VALUE] * (len(columns) - len(values)))
    refuse_incomplete_key(prepared, serialized)
    return serialized


def serialize_one(prepared: PreparedStatement, column: ColumnMetadata, value: Any) -> bytes:
    """The wire form of one value, encrypted where the column is; an error names the column and never the value."""
    policy = prepared.column_encryption_policy
    column_type = column.type
    encrypted_as = None
    if policy is not None:
        described = ColDesc(column.keyspace_name, column.table_name, column.name)
        if policy.contains_column(described):
            encrypted_as = described
            column_type = policy.column_type(described)
    try:
        plain: bytes = column_type.serialize(value, prepared.protocol_version)
    except INVALID_VALUE as error:
        raise TypeError(
            f'Received an argument of invalid type for column "{column.name}". '
            f"Expected: {column_type}, Got: {type(value)}; ({error})"
        ) from error
    return plain if encrypted_as is None else policy.encrypt(encrypted_as, plain)


def refuse_incomplete_key(prepared: PreparedStatement, serialized: Sequence[Serialized]) -> None:
    """Without its partition key a statement cannot run: say so here, by name, not with the server's error."""
    for index in prepared.routing_key_indexes or ():
        if index < len(serialized) and serialized[index] is UNSET_VALUE:
            name = prepared.column_metadata[index].name
            raise ValueError(f"Cannot bind UNSET_VALUE as a part of the routing key '{name}'")
