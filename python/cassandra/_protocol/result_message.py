"""`ResultMessage`: RESULT read in Python, for programs that put their own reading in its place.

Specification: section 4.2.5. A handler's subclass overrides `recv_results_rows`, `recv_row` or `type_codes`. Without
such a handler the engine reads results, and none of this is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, ClassVar, Final

from cassandra import cqltypes
from cassandra._cql.column import ColumnMetadata
from cassandra._exported import exported_by
from cassandra._protocol.decryption import Decryption
from cassandra._protocol.notation import read_binary_string, read_int, read_short, read_string, read_value

RESULT_KIND_VOID: Final = 1
RESULT_KIND_ROWS: Final = 2
RESULT_KIND_SET_KEYSPACE: Final = 3
RESULT_KIND_PREPARED: Final = 4
RESULT_KIND_SCHEMA_CHANGE: Final = 5

GLOBAL_TABLES_SPEC: Final = 0x0001
HAS_MORE_PAGES: Final = 0x0002
NO_METADATA: Final = 0x0004
METADATA_CHANGED: Final = 0x0008

DEEPEST: Final = 64
"""No type is nested deeper than this."""


@exported_by("cassandra.protocol")
class _MessageType:
    """What all messages have."""

    tracing = False
    custom_payload: Any = None
    warnings: Any = None
    stream_id: Any = None
    trace_id: Any = None
    opcode: ClassVar[int]
    name: ClassVar[str]

    def update_custom_payload(self, other: Mapping[str, bytes | None] | None) -> None:
        """Add to the custom payload."""
        if other:
            self.custom_payload = {**(self.custom_payload or {}), **other}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@exported_by("cassandra.protocol")
class ResultMessage(_MessageType):
    """One answer. Rows are read here; the other kinds carry nothing that a handler could change."""

    opcode = 0x08
    name = "RESULT"

    type_codes: ClassVar[dict[int, Any]] = {
        0x0000: cqltypes.CassandraType,
        0x0001: cqltypes.AsciiType,
        0x0002: cqltypes.LongType,
        0x0003: cqltypes.BytesType,
        0x0004: cqltypes.BooleanType,
        0x0005: cqltypes.CounterColumnType,
        0x0006: cqltypes.DecimalType,
        0x0007: cqltypes.DoubleType,
        0x0008: cqltypes.FloatType,
        0x0009: cqltypes.Int32Type,
        0x000A: cqltypes.UTF8Type,
        0x000B: cqltypes.DateType,
        0x000C: cqltypes.UUIDType,
        0x000D: cqltypes.VarcharType,
        0x000E: cqltypes.IntegerType,
        0x000F: cqltypes.TimeUUIDType,
        0x0010: cqltypes.InetAddressType,
        0x0011: cqltypes.SimpleDateType,
        0x0012: cqltypes.TimeType,
        0x0013: cqltypes.ShortType,
        0x0014: cqltypes.ByteType,
        0x0015: cqltypes.DurationType,
        0x0020: cqltypes.ListType,
        0x0021: cqltypes.MapType,
        0x0022: cqltypes.SetType,
        0x0030: cqltypes.UserType,
        0x0031: cqltypes.TupleType,
    }
    """The class of each type's code. A subclass may have its own."""

    kind: int | None = None
    results: Any = None
    paging_state: bytes | None = None
    column_names: Any = None
    column_types: Any = None
    parsed_rows: Any = None
    column_metadata: Any = None
    result_metadata_id: bytes | None = None

    def __init__(self, kind: int) -> None:
        self.kind = kind

    @classmethod
    def recv_body(
        cls,
        f: IO[bytes],
        protocol_version: int,
        user_type_map: Mapping[str, Mapping[str, Any]],
        result_metadata: Sequence[Any] | None,
        column_encryption_policy: Any,
    ) -> ResultMessage:
        """The message whose body is in `f`."""
        message = cls(read_int(f))
        message.recv(f, protocol_version, user_type_map, result_metadata, column_encryption_policy)
        return message

    def recv(
        self,
        f: IO[bytes],
        protocol_version: int,
        user_type_map: Mapping[str, Mapping[str, Any]],
        result_metadata: Sequence[Any] | None,
        column_encryption_policy: Any,
    ) -> None:
        """Read what follows the kind."""
        if self.kind == RESULT_KIND_ROWS:
            self.recv_results_rows(f, protocol_version, user_type_map, result_metadata, column_encryption_policy)

    def recv_results_rows(
        self,
        f: IO[bytes],
        protocol_version: int,
        user_type_map: Mapping[str, Mapping[str, Any]],
        result_metadata: Sequence[Any] | None,
        column_encryption_policy: Any,
    ) -> None:
        """Read rows: `column_names`, `column_types`, and `parsed_rows`, a tuple of values each."""
        self.recv_results_metadata(f, user_type_map)
        columns = self.described(result_metadata)
        rows = [self.recv_row(f, len(columns)) for _ in range(read_int(f))]
        types = self.column_types
        self.parsed_rows = [
            tuple(kind.from_binary(cell, protocol_version) for kind, cell in zip(types, row, strict=True))
            for row in rows
        ]
        if column_encryption_policy is not None:
            hidden = Decryption(column_encryption_policy, columns)
            self.column_types = hidden.types(types)
            self.parsed_rows = hidden.rows(self.parsed_rows, protocol_version)

    def described(self, result_metadata: Sequence[Any] | None) -> Sequence[Any]:
        """The columns, from the answer or else from the prepared statement; their names and types are taken too."""
        columns: Sequence[Any] = self.column_metadata or result_metadata or ()
        self.column_names = [column[2] for column in columns]
        self.column_types = [column[3] for column in columns]
        return columns

    def recv_results_metadata(self, f: IO[bytes], user_type_map: Mapping[str, Mapping[str, Any]]) -> None:
        """Read the description of the columns into `column_metadata`, and where the next page begins."""
        flags = read_int(f)
        count = read_int(f)
        if flags & HAS_MORE_PAGES:
            self.paging_state = read_value(f)
        if flags & METADATA_CHANGED:
            self.result_metadata_id = read_binary_string(f)
        if flags & NO_METADATA:
            return
        table = (read_string(f), read_string(f)) if flags & GLOBAL_TABLES_SPEC else None
        columns = []
        for _ in range(count):
            keyspace, name = table or (read_string(f), read_string(f))
            columns.append(ColumnMetadata(keyspace, name, read_string(f), self.read_type(f, user_type_map)))
        self.column_metadata = columns

    @classmethod
    def read_type(cls, f: IO[bytes], user_type_map: Mapping[str, Mapping[str, Any]], _depth: int = 0) -> Any:
        """The class of a type ([option], section 4.2.5.2)."""
        if _depth > DEEPEST:
            raise ValueError(f"a type is nested deeper than {DEEPEST}")
        code = read_short(f)
        try:
            kind = cls.type_codes[code]
        except KeyError:
            raise ValueError(f"there is no type of code {code:#06x}") from None

        def inner() -> Any:
            return cls.read_type(f, user_type_map, _depth + 1)

        if code == 0x0000:
            return cqltypes.lookup_casstype(read_string(f))
        if code in (0x0020, 0x0022):
            return kind.apply_parameters((inner(),))
        if code == 0x0021:
            return kind.apply_parameters((inner(), inner()))
        if code == 0x0031:
            return kind.apply_parameters(tuple(inner() for _ in range(read_short(f))))
        if code == 0x0030:
            keyspace, name = read_string(f), read_string(f)
            fields = [(read_string(f), inner()) for _ in range(read_short(f))]
            made = kind.make_udt_class(keyspace, name, [field for field, _ in fields], [of for _, of in fields])
            registered = (user_type_map or {}).get(keyspace, {}).get(name)
            return made if registered is None else made.mapped_to(registered)
        return kind

    @staticmethod
    def recv_row(f: IO[bytes], colcount: int) -> list[bytes | None]:
        """The cells of a row: bytes, or None for null."""
        return [read_value(f) for _ in range(colcount)]
