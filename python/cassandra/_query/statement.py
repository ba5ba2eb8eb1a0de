"""`Statement`: the options that every kind of statement carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._cql.consistency_level import ConsistencyLevel, consistency_value_to_name
from cassandra._exported import exported_by
from cassandra._query.unset import FETCH_SIZE_UNSET, Unset


def composite_routing_key(components: Sequence[bytes]) -> bytes:
    """A partition key of several columns as the server hashes it: each with its length before and a zero behind it."""
    parts: list[bytes] = []
    for component in components:
        if len(component) > 0xFFFF:
            raise ValueError(f"a component of a partition key may have 65535 bytes, not {len(component)}")
        parts += (len(component).to_bytes(2, "big"), component, b"\x00")
    return b"".join(parts)


def routing_key_of(given: Any) -> bytes | None:
    """A routing key as the server hashes it: of bytes, of text, or of a sequence with a part for each column."""
    parts = given if isinstance(given, (list, tuple)) else (given,)
    for part in parts:
        if not isinstance(part, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"routing_key must be bytes, or a sequence of bytes, not {type(part).__name__}")
    key = [part.encode() if isinstance(part, str) else bytes(part) for part in parts]
    if isinstance(given, (list, tuple)):
        return composite_routing_key(key) if key else None
    return key[0]


def level_name(statement: PreparedLike) -> str:
    """A statement's consistency level for its `repr`."""
    return consistency_value_to_name(statement.consistency_level)


def checked_retry_policy(policy: Any) -> Any:
    """The policy; ValueError for what is none."""
    if not hasattr(policy, "on_read_timeout"):
        raise ValueError("retry_policy should implement cassandra.policies.RetryPolicy")
    return policy


class SerialConsistency:
    """The `serial_consistency_level` of statements and prepared statements, checked when it is set."""

    _serial_consistency_level: int | None = None

    @property
    def serial_consistency_level(self) -> int | None:
        """For the condition of a lightweight transaction: `SERIAL`, `LOCAL_SERIAL`, or None for the session's."""
        return self._serial_consistency_level

    @serial_consistency_level.setter
    def serial_consistency_level(self, level: int | None) -> None:
        if level is not None and not ConsistencyLevel.is_serial(level):
            raise ValueError(
                "serial_consistency_level must be either ConsistencyLevel.SERIAL or ConsistencyLevel.LOCAL_SERIAL"
            )
        self._serial_consistency_level = level

    @serial_consistency_level.deleter
    def serial_consistency_level(self) -> None:
        self._serial_consistency_level = None


class PreparedLike(SerialConsistency):
    """The options that a prepared statement shares with the statements bound from it."""

    retry_policy: Any = None
    """Decides on retries in the place of the execution profile's policy."""

    consistency_level: int | None = None
    """A `ConsistencyLevel`, or None for the execution profile's."""

    fetch_size: int | Unset | None = FETCH_SIZE_UNSET
    """Rows in one page; None for no paging."""

    custom_payload: Mapping[str, bytes] | None = None
    """Key and value pairs for a query handler of the server."""

    keyspace: str | None = None
    """The keyspace that the statement works in, where it is known."""

    is_idempotent: bool = False
    """Whether it does no harm to run the statement twice. Where nobody has set it, the text decides."""

    def _said_idempotent(self) -> bool | None:
        """What the program said of running it twice; None where it said nothing."""
        return True if self.is_idempotent else (False if "is_idempotent" in self.__dict__ else None)


@exported_by("cassandra.query")
class Statement(PreparedLike):
    """One request to be, with its options. What is left unset comes from the execution profile or the session."""

    _routing_key: Any = None

    def __init__(
        self,
        retry_policy: Any = None,
        consistency_level: int | None = None,
        routing_key: bytes | Sequence[bytes] | None = None,
        serial_consistency_level: int | None = None,
        fetch_size: int | Unset | None = FETCH_SIZE_UNSET,
        keyspace: str | None = None,
        custom_payload: Mapping[str, bytes] | None = None,
        is_idempotent: bool | None = None,
    ) -> None:
        if retry_policy is not None:
            self.retry_policy = checked_retry_policy(retry_policy)
        if consistency_level is not None:
            self.consistency_level = consistency_level
        if serial_consistency_level is not None:
            self.serial_consistency_level = serial_consistency_level
        if fetch_size is not FETCH_SIZE_UNSET:
            self.fetch_size = fetch_size
        if keyspace is not None:
            if not isinstance(keyspace, str):
                raise TypeError(f"keyspace must be text, not {type(keyspace).__name__}")
            self.keyspace = keyspace
        if custom_payload is not None:
            if not isinstance(custom_payload, Mapping):
                raise TypeError(f"custom_payload must be a dict, not {type(custom_payload).__name__}")
            self.custom_payload = custom_payload
        if routing_key is not None:
            self._set_routing_key(routing_key)
        if is_idempotent is not None:
            if is_idempotent not in (True, False):
                raise TypeError(f"is_idempotent must be True or False, not {type(is_idempotent).__name__}")
            self.is_idempotent = bool(is_idempotent)

    def _set_routing_key(self, key: bytes | Sequence[bytes] | None) -> None:
        # Text is shown as it was given, and is hashed as its bytes.
        self._routing_key = key if key is None or type(key) in (bytes, str) else routing_key_of(key)

    def _key_of_values(self) -> bytes | None:
        """The routing key where nobody set one: a statement that has its values in wire form can tell."""
        return None

    @property
    def routing_key(self) -> bytes | None:
        """The partition key in wire form, by which a token-aware policy finds the replicas.

        Set it to bytes, or to a sequence of bytes for a partition key of several columns.
        """
        key: bytes | None = self._routing_key
        return key if key is not None else self._key_of_values()

    @routing_key.setter
    def routing_key(self, key: bytes | Sequence[bytes] | None) -> None:
        self._set_routing_key(key)

    @routing_key.deleter
    def routing_key(self) -> None:
        self._routing_key = None
