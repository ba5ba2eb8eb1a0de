"""`_CassandraType`, the class of all type classes, and `EMPTY`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from cassandra._native import TypeCodec
from cassandra._types.registry import PREFIX, CassandraTypeType, casstypes, unregistered


class EmptyValue:
    """Zero bytes where a value was due, shown only by types whose `support_empty_values` is true.

    Tables of Thrift's days have such values in columns of numbers.
    """

    def __str__(self) -> str:
        return "EMPTY"

    __repr__ = __str__

    def __reduce__(self) -> str:
        return "EMPTY"


EmptyValue.__module__ = "cassandra.cqltypes"
EMPTY: Final = EmptyValue()


class _CassandraType(metaclass=CassandraTypeType):
    """One CQL type. Classes are values here: they are never instantiated.

    A program may subclass one, or replace `deserialize` and `serialize` on it; the codec then calls them.
    """

    typename: ClassVar[str]
    _kind: ClassVar[str] = "custom"
    _codec: ClassVar[TypeCodec]

    subtypes: ClassVar[Sequence[Any]] = ()
    num_subtypes: ClassVar[int | str] = 0

    empty_binary_ok: ClassVar[bool] = False
    """Whether zero bytes are a value, as in text and blobs."""

    support_empty_values: ClassVar[bool] = False
    """Whether zero bytes that are no value are shown as `EMPTY` rather than None."""

    @classmethod
    def from_binary(cls, byts: bytes | None, protocol_version: int) -> Any:
        """The object of a cell: None for null, and for zero bytes unless they are a value or `EMPTY` is asked for."""
        if byts is None:
            return None
        if len(byts) == 0 and not cls.empty_binary_ok:
            return EMPTY if cls.support_empty_values else None
        return cls.deserialize(byts, protocol_version)

    @classmethod
    def to_binary(cls, val: Any, protocol_version: int) -> bytes:
        """The bytes of a cell; None has none."""
        return b"" if val is None else cls.serialize(val, protocol_version)

    @classmethod
    def deserialize(cls, byts: bytes, protocol_version: int) -> Any:
        """The object of a value that is there."""
        return cls._own_codec().decode(byts, protocol_version)

    @classmethod
    def serialize(cls, val: Any, protocol_version: int) -> bytes:
        """The bytes of an object that is not None."""
        return cls._own_codec().encode(val, protocol_version)

    @classmethod
    def _own_codec(cls) -> TypeCodec:
        codec: TypeCodec | None = cls.__dict__.get("_codec")
        if codec is None or codec.is_stale:
            codec = TypeCodec(cls)
            cls._codec = codec
        return codec

    @classmethod
    def _is_changed(cls) -> bool:
        return cls.changed()

    @classmethod
    def cass_parameterized_type_with(cls, subtypes: Sequence[Any], full: bool = False) -> str:
        """The Java class's name with other parameters than the class has."""
        name = PREFIX + cls.cassname if full else cls.cassname
        if not subtypes:
            return name
        inner = ", ".join(subtype.cass_parameterized_type(full=full) for subtype in subtypes)
        return f"{name}({inner})"

    @classmethod
    def apply_parameters(cls, subtypes: Sequence[Any], names: Sequence[str | None] | None = None) -> Any:
        """This type of these types: `ListType.apply_parameters([Int32Type])`. Names are those of fields, if any."""
        if cls.num_subtypes not in ("UNKNOWN", len(subtypes)):
            raise ValueError(f"{cls.typename} types require {cls.num_subtypes} subtypes ({len(subtypes)} given)")
        return unregistered(
            cls.cass_parameterized_type_with(subtypes),
            cls,
            subtypes=subtypes,
            cassname=cls.cassname,
            fieldnames=names,
        )

    @classmethod
    def cql_parameterized_type(cls) -> str:
        """The type in CQL, such as `map<text, int>`."""
        if not cls.subtypes:
            return cls.typename
        inner = ", ".join(subtype.cql_parameterized_type() for subtype in cls.subtypes)
        return f"{cls.typename}<{inner}>"

    @classmethod
    def cass_parameterized_type(cls, full: bool = False) -> str:
        """The name of the Java class, such as `MapType(UTF8Type, Int32Type)`; `full` with its package."""
        return cls.cass_parameterized_type_with(cls.subtypes, full=full)

    @classmethod
    def serial_size(cls) -> int | None:
        """The bytes of every value, where all have as many."""
        return None


class _UnrecognizedType(_CassandraType):
    """A type of which only the Java class's name is known: its values are bytes."""

    num_subtypes = "UNKNOWN"


def mkUnrecognizedType(casstypename: str) -> Any:
    """A class for a type that is not known here, registered under its name."""
    cls = CassandraTypeType(
        casstypename,
        (_UnrecognizedType,),
        {"typename": f"'{casstypename}'", "__module__": "cassandra.cqltypes"},
    )
    casstypes[casstypename] = cls
    return cls
