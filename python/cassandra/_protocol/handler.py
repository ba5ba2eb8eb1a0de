"""Protocol handlers: who reads rows. A session's is `ProtocolHandler` unless it is given another, and the engine reads.

Another one is given the body of each answer with rows, as the server sent it, and reads it in Python: an order of
magnitude slower. What a handler would do to requests is refused, since the engine writes those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from types import MappingProxyType
from typing import IO, Any, ClassVar, Final
from uuid import UUID

from cassandra._errors.driver import DriverException, UnsupportedOperation
from cassandra._exported import exported_by
from cassandra._protocol.notation import read_bytesmap, read_int, read_stringlist, read_uuid_bytes
from cassandra._protocol.result_message import ResultMessage

COMPRESSED_FLAG: Final = 0x01
TRACING_FLAG: Final = 0x02
CUSTOM_PAYLOAD_FLAG: Final = 0x04
WARNING_FLAG: Final = 0x08


@exported_by("cassandra.protocol")
class _ProtocolHandler:
    """Reads answers. A subclass has its own `message_types_by_opcode`, or overrides `decode_message`."""

    message_types_by_opcode: ClassVar[Mapping[int, Any]] = MappingProxyType({ResultMessage.opcode: ResultMessage})
    """The class that reads each kind of message. Copy it and put your own `ResultMessage` in at its opcode."""

    column_encryption_policy: ClassVar[Any] = None

    @classmethod
    def encode_message(
        cls, msg: Any, stream_id: int, protocol_version: int, compressor: Any, allow_beta_protocol_version: bool
    ) -> bytes:
        """UnsupportedOperation: the engine writes requests."""
        raise UnsupportedOperation("requests are written by the engine; a protocol handler reads answers only")

    @classmethod
    def decode_message(
        cls,
        protocol_version: int,
        user_type_map: Mapping[str, Mapping[str, Any]],
        stream_id: int,
        flags: int,
        opcode: int,
        body: bytes,
        decompressor: Any,
        result_metadata: Sequence[Any] | None,
    ) -> Any:
        """The message of an answer, by the class that is registered for its opcode."""
        if flags & COMPRESSED_FLAG:
            if decompressor is None:
                raise ValueError("the body is compressed, and nothing to decompress it was agreed on")
            body = decompressor(body)
        f = BytesIO(body)
        trace_id = UUID(bytes=read_uuid_bytes(f)) if flags & TRACING_FLAG else None
        warnings = read_stringlist(f) if flags & WARNING_FLAG else None
        payload = read_bytesmap(f) if flags & CUSTOM_PAYLOAD_FLAG else None
        kind = cls.message_types_by_opcode.get(opcode)
        if kind is None:
            raise ValueError(f"{cls.__name__} does not read messages of opcode {opcode:#04x}")
        message = kind.recv_body(f, protocol_version, user_type_map, result_metadata, cls.column_encryption_policy)
        message.stream_id = stream_id
        message.trace_id = trace_id
        message.custom_payload = payload
        message.warnings = warnings
        return message


@exported_by("cassandra.protocol")
class ProtocolHandler(_ProtocolHandler):
    """The one of sessions that were given no other. While it is unchanged, the engine reads rows in its place."""


class LazyResultMessage(ResultMessage):
    """Reads a row when it is asked for."""

    def recv_results_rows(
        self,
        f: IO[bytes],
        protocol_version: int,
        user_type_map: Mapping[str, Mapping[str, Any]],
        result_metadata: Sequence[Any] | None,
        column_encryption_policy: Any,
    ) -> None:
        self.recv_results_metadata(f, user_type_map)
        count = len(self.described(result_metadata))
        rows = range(read_int(f))
        types = self.column_types
        self.parsed_rows = (
            tuple(
                kind.from_binary(cell, protocol_version)
                for kind, cell in zip(types, self.recv_row(f, count), strict=True)
            )
            for _ in rows
        )


@exported_by("cassandra.protocol")
class LazyProtocolHandler(_ProtocolHandler):
    """Gives rows as an iterator, which reads each when it is taken."""

    message_types_by_opcode = MappingProxyType({ResultMessage.opcode: LazyResultMessage})


NUMPY_TYPES: Final = {
    "smallint": ">i2",
    "int": ">i4",
    "bigint": ">i8",
    "counter": ">i8",
    "float": ">f4",
    "double": ">f8",
}


class NumpyResultMessage(ResultMessage):
    """Reads a page into one dict of arrays; columns of numbers have an array of numbers, others one of objects."""

    def recv_results_rows(
        self,
        f: IO[bytes],
        protocol_version: int,
        user_type_map: Mapping[str, Mapping[str, Any]],
        result_metadata: Sequence[Any] | None,
        column_encryption_policy: Any,
    ) -> None:
        import numpy

        self.recv_results_metadata(f, user_type_map)
        count = len(self.described(result_metadata))
        rows = [self.recv_row(f, count) for _ in range(read_int(f))]
        page = {}
        for index, (name, kind) in enumerate(zip(self.column_names, self.column_types, strict=True)):
            cells = [row[index] for row in rows]
            of = NUMPY_TYPES.get(kind.typename)
            if of is None:
                array: Any = numpy.empty(len(cells), dtype=object)
                array[:] = [kind.from_binary(cell, protocol_version) for cell in cells]
            else:
                array = numbers(numpy, name, cells, numpy.dtype(of))
            page[name] = array
        self.parsed_rows = [page]


def numbers(numpy: Any, name: str, cells: Sequence[bytes | None], of: Any) -> Any:
    """An array of numbers; where some are null, one with a mask."""
    missing = [not cell for cell in cells]
    whole = b"".join(cell or bytes(of.itemsize) for cell in cells)
    if len(whole) != len(cells) * of.itemsize or any(cell and len(cell) != of.itemsize for cell in cells):
        raise DriverException(f"a cell of column {name} does not have the {of.itemsize} bytes of its type")
    array = numpy.frombuffer(whole, dtype=of).copy()
    return numpy.ma.masked_array(array, mask=missing) if any(missing) else array


HAVE_NUMPY: Final = find_spec("numpy") is not None


@exported_by("cassandra.protocol")
class _NumpyProtocolHandler(_ProtocolHandler):
    """Gives each page as one dict of NumPy arrays. It wants `tuple_factory`."""

    message_types_by_opcode = MappingProxyType({ResultMessage.opcode: NumpyResultMessage})


NumpyProtocolHandler: Any = _NumpyProtocolHandler if HAVE_NUMPY else None
"""None where there is no NumPy."""


def checked(handler: Any) -> Any:
    """A handler that a session can use. UnsupportedOperation for one that writes requests."""
    encode = getattr(handler, "encode_message", None)
    if not callable(getattr(handler, "decode_message", None)):
        raise TypeError(f"client_protocol_handler must be a subclass of ProtocolHandler, not {handler!r}")
    if getattr(encode, "__func__", encode) is not _ProtocolHandler.encode_message.__func__:  # type: ignore[attr-defined]
        raise UnsupportedOperation(
            f"{getattr(handler, '__name__', handler)} overrides encode_message; requests are written by the engine"
        )
    return handler
