"""`BoundStatement`: a prepared statement with its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cassandra._exported import exported_by
from cassandra._native import BoundValues
from cassandra._query import binding
from cassandra._query.statement import Statement, checked_retry_policy, composite_routing_key, level_name
from cassandra._query.unset import FETCH_SIZE_UNSET, Unset

if TYPE_CHECKING:
    from cassandra._query.prepared import PreparedStatement


@exported_by("cassandra.query")
class BoundStatement(Statement):
    """A prepared statement with values. Options that are not given are those of the prepared statement."""

    prepared_statement: PreparedStatement = None  # type: ignore[assignment]
    """What the values are for."""

    _bound: BoundValues | None = None
    """The values as they stand in a request, unless some are encrypted."""

    _values: list[binding.Serialized] | None = None
    _given: binding.Bindable = None
    _bound_key: bytes | None = None

    def __init__(
        self,
        prepared_statement: PreparedStatement,
        retry_policy: Any = None,
        consistency_level: int | None = None,
        routing_key: bytes | Sequence[bytes] | None = None,
        serial_consistency_level: int | None = None,
        fetch_size: int | Unset | None = FETCH_SIZE_UNSET,
        keyspace: str | None = None,
        custom_payload: Mapping[str, bytes] | None = None,
    ) -> None:
        # One of these is made for each execution: what is as the class has it is not set again.
        prepared = prepared_statement
        self.prepared_statement = prepared
        policy = prepared.retry_policy if retry_policy is None else retry_policy
        if policy is not None:
            self.retry_policy = checked_retry_policy(policy)
        level = prepared.consistency_level if consistency_level is None else consistency_level
        if level is not None:
            self.consistency_level = level
        serial_level = (
            prepared.serial_consistency_level if serial_consistency_level is None else serial_consistency_level
        )
        if serial_level is not None:
            self.serial_consistency_level = serial_level
        size = prepared.fetch_size if fetch_size is FETCH_SIZE_UNSET else fetch_size
        if size is not FETCH_SIZE_UNSET:
            self.fetch_size = size
        if routing_key is not None:
            self._set_routing_key(routing_key)
        if keyspace is None and prepared.column_metadata:
            keyspace = prepared.column_metadata[0].keyspace_name
        self.keyspace = keyspace
        payload = prepared.custom_payload if custom_payload is None else custom_payload
        if payload is not None:
            self.custom_payload = payload
        said = prepared._said_idempotent()
        if said is not None:
            self.is_idempotent = said

    def bind(self, values: Sequence[Any] | Mapping[str, Any] | None) -> BoundStatement:
        """Take the values, in wire form from here on, and return this statement.

        Values come in the order of the markers or by the names of their columns. Those left out are unset (native
        protocol 4 and later). TypeError names the column whose value does not fit.
        """
        self._bound, self._values = self.prepared_statement._binding().bind(values)
        self._given = values
        self._bound_key = None
        return self

    @property
    def values(self) -> list[binding.Serialized]:
        """The values in wire form, in the order of the markers; UNSET_VALUE for those left out."""
        if self._values is None:
            self._values = [] if self._bound is None else self._bound.values()
        return self._values

    @property
    def raw_values(self) -> Sequence[Any]:
        """The values as they were given, in the order of the markers."""
        return binding.in_marker_order(self.prepared_statement.column_metadata, self._given)

    def _key_of_values(self) -> bytes | None:
        if self._bound_key is not None:
            return self._bound_key
        indexes = self.prepared_statement.routing_key_indexes
        if not indexes or max(indexes) >= len(self.values):
            return None
        components = [value for value in map(self.values.__getitem__, indexes) if isinstance(value, bytes)]
        if len(components) < len(indexes):
            return None
        self._bound_key = components[0] if len(components) == 1 else composite_routing_key(components)
        return self._bound_key

    def __getstate__(self) -> dict[str, Any]:
        # The engine's form of the values stays here: in a pickle they are a list of bytes.
        return {**self.__dict__, "_values": self.values, "_bound": None}

    def __str__(self) -> str:
        query = self.prepared_statement.query_string
        return f'<BoundStatement query="{query}", values={self.raw_values}, consistency={level_name(self)}>'

    __repr__ = __str__
