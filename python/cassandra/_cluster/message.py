"""What a session hands to the engine: one request with all that the statement, the profile and the session say of it.

`ResponseFuture.message` holds it until the request is sent, so that listeners for new requests can look at it, and
change it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._native import PreparedCore, RequestCore, SessionCore


class Message:
    """The options that all kinds of request share."""

    def __init__(
        self,
        consistency_level: int,
        serial_consistency_level: int | None,
        fetch_size: int | None,
        timestamp: int | None,
        keyspace: str | None,
        custom_payload: Mapping[str, bytes | None] | None,
        tracing: bool,
        is_idempotent: bool | None,
    ) -> None:
        self.consistency_level = consistency_level
        self.serial_consistency_level = serial_consistency_level
        self.fetch_size = fetch_size
        self.paging_state: bytes | None = None
        self.timestamp = timestamp
        self.keyspace = keyspace
        self.custom_payload = custom_payload
        self.tracing = tracing
        self.timeout: float | None = None
        self.waits = False
        self.is_idempotent = is_idempotent
        self.plan: Sequence[Any] | None = None
        self.retry_policy: Any = None
        self.statement: Any = None
        self.routing_key: bytes | None = None
        self.speculation: Sequence[float] | None = None
        self.policy: str | None = None

    def options(self) -> tuple[Any, ...]:
        """The options in the engine's order."""
        payload = self.custom_payload
        key: Any = self.routing_key
        return (
            self.consistency_level,
            self.serial_consistency_level,
            self.fetch_size,
            self.paging_state,
            self.timestamp,
            self.timeout,
            self.is_idempotent,
            self.tracing,
            self.keyspace,
            None if payload is None else dict(payload),
            self.plan,
            self.retry_policy,
            self.statement,
            key.encode() if isinstance(key, str) else key,
            self.speculation,
            self.policy,
        )

    def send(self, core: SessionCore) -> RequestCore:
        """Begin the request. Where `waits` is true, the request is waited for next, on this thread."""
        raise NotImplementedError


class QueryMessage(Message):
    """CQL text (QUERY)."""

    query: str

    def send(self, core: SessionCore) -> RequestCore:
        return core.query(self.query, self.options(), self.waits)


class ExecuteMessage(Message):
    """A prepared statement with its values (EXECUTE)."""

    prepared: PreparedCore
    query_params: Any

    def send(self, core: SessionCore) -> RequestCore:
        return core.execute(self.prepared, self.query_params, self.options(), self.waits)


class BatchMessage(Message):
    """Several statements (BATCH)."""

    batch_type: Any
    queries: Sequence[tuple[str | PreparedCore, Any]]

    def send(self, core: SessionCore) -> RequestCore:
        return core.batch(self.batch_type.value, self.queries, self.options(), self.waits)
