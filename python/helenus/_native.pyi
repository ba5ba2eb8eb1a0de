"""The extension module. Each package imports it in exactly one file: ``cassandra/_native.py`` and here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

__version__: str

def types_changed(patched: bool) -> None:
    """A class of ``cassandra.cqltypes`` was changed: codecs built before are stale.

    ``patched`` where its hooks were replaced, or a program's class took the place of one of ours.
    """

@final
class TypeCodec:
    """The codec of a class of ``cassandra.cqltypes``, as its own ``serialize`` and ``deserialize`` use it."""

    def __new__(cls, type: Any, /) -> TypeCodec: ...
    @property
    def is_stale(self) -> bool: ...
    def decode(self, byts: Any, protocol_version: int) -> Any: ...
    def encode(self, value: Any, protocol_version: int) -> bytes: ...

@final
class Binder:
    """Encodes values by a prepared statement's ``column_metadata``; made once per statement."""

    def __new__(
        cls,
        column_metadata: Sequence[Any],
        routing_key_indexes: Sequence[int] | None,
        protocol_version: int,
    ) -> Binder: ...
    @property
    def is_stale(self) -> bool: ...
    def bind(self, values: Any) -> BoundValues: ...

@final
class BoundValues:
    """Bound values as they stand in a request."""

    def __len__(self) -> int: ...
    @property
    def wire(self) -> bytes: ...
    def values(self) -> list[Any]: ...

@final
class RowDecoder:
    """The decoders of one result's columns, given as names and Java class names."""

    def __new__(
        cls,
        columns: Sequence[tuple[str, str]],
        user_types: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> RowDecoder: ...
    @property
    def column_names(self) -> list[str]: ...
    @property
    def column_types(self) -> list[Any]: ...
    @property
    def is_stale(self) -> bool: ...
    def decode(self, cells: bytes, rows: int, factory: Callable[[list[str], Any], Any]) -> Any: ...
