"""`SimpleStatement`: CQL text with `%s` or `%(name)s` for parameters, which the client writes into the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._exported import exported_by
from cassandra._query.statement import Statement, level_name
from cassandra._query.unset import FETCH_SIZE_UNSET, Unset


@exported_by("cassandra.query")
class SimpleStatement(Statement):
    """CQL text with its options."""

    def __init__(
        self,
        query_string: str,
        retry_policy: Any = None,
        consistency_level: int | None = None,
        routing_key: bytes | Sequence[bytes] | None = None,
        serial_consistency_level: int | None = None,
        fetch_size: int | Unset | None = FETCH_SIZE_UNSET,
        keyspace: str | None = None,
        custom_payload: Mapping[str, bytes] | None = None,
        is_idempotent: bool | None = None,
    ) -> None:
        super().__init__(
            retry_policy,
            consistency_level,
            routing_key,
            serial_consistency_level,
            fetch_size,
            keyspace,
            custom_payload,
            is_idempotent,
        )
        self._query_string = query_string

    @property
    def query_string(self) -> str:
        """The CQL text as it was given, placeholders included."""
        return self._query_string

    def __str__(self) -> str:
        return f'<SimpleStatement query="{self.query_string}", consistency={level_name(self)}>'

    __repr__ = __str__
