"""The types that are made of other types."""

from __future__ import annotations

from typing import Any, ClassVar

from cassandra._types.base import _CassandraType
from cassandra.util import sortedset


class _ParameterizedType(_CassandraType):
    """A type that is nothing until it is given its parameters."""

    num_subtypes: ClassVar[int | str] = "UNKNOWN"

    @classmethod
    def deserialize(cls, byts: bytes, protocol_version: int) -> Any:
        if not cls.subtypes:
            raise NotImplementedError(f"can't deserialize unparameterized {cls.typename}")
        return cls.deserialize_safe(byts, protocol_version)

    @classmethod
    def serialize(cls, val: Any, protocol_version: int) -> bytes:
        if not cls.subtypes:
            raise NotImplementedError(f"can't serialize unparameterized {cls.typename}")
        return cls.serialize_safe(val, protocol_version)

    @classmethod
    def deserialize_safe(cls, byts: bytes, protocol_version: int) -> Any:
        """`deserialize`, once it is sure that there are parameters."""
        return cls._own_codec().decode(byts, protocol_version)

    @classmethod
    def serialize_safe(cls, val: Any, protocol_version: int) -> bytes:
        """`serialize`, once it is sure that there are parameters."""
        return cls._own_codec().encode(val, protocol_version)


class _SimpleParameterizedType(_ParameterizedType):
    """A collection of one type of elements."""

    adapter: ClassVar[Any]


class ListType(_SimpleParameterizedType):
    typename = "list"
    _kind = "list"
    num_subtypes = 1
    adapter = list


class SetType(_SimpleParameterizedType):
    """`set`: a `cassandra.util.SortedSet`."""

    typename = "set"
    _kind = "set"
    num_subtypes = 1
    adapter = sortedset


class MapType(_ParameterizedType):
    """`map`: a `cassandra.util.OrderedMapSerializedKey`."""

    typename = "map"
    _kind = "map"
    num_subtypes = 2


class TupleType(_ParameterizedType):
    typename = "tuple"
    _kind = "tuple"

    @classmethod
    def cql_parameterized_type(cls) -> str:
        inner = ", ".join(subtype.cql_parameterized_type() for subtype in cls.subtypes)
        return f"frozen<tuple<{inner}>>"


class CompositeType(_ParameterizedType):
    """Several values in one cell: a table's compound key, in the storage of old."""

    typename = "org.apache.cassandra.db.marshal.CompositeType"
    _kind = "composite"

    @classmethod
    def cql_parameterized_type(cls) -> str:
        """The Java class's name in quotes: CQL has no other for it."""
        return f"'{cls.cass_parameterized_type(full=True)}'"


class DynamicCompositeType(_ParameterizedType):
    typename = "org.apache.cassandra.db.marshal.DynamicCompositeType"
    fieldnames: ClassVar[Any] = ()

    @classmethod
    def cql_parameterized_type(cls) -> str:
        named = zip(cls.fieldnames, cls.subtypes, strict=True)
        inner = ", ".join(f"{alias}=>{subtype.cass_parameterized_type(full=True)}" for alias, subtype in named)
        return f"'{cls.typename}({inner})'"


class ColumnToCollectionType(_ParameterizedType):
    """Which column of an old table is which collection; its cells are not ours to read."""

    typename = "org.apache.cassandra.db.marshal.ColumnToCollectionType"


class ReversedType(_ParameterizedType):
    """A clustering column in descending order; its values are those of the type within."""

    typename = "org.apache.cassandra.db.marshal.ReversedType"
    _kind = "reversed"
    num_subtypes = 1


class FrozenType(_ParameterizedType):
    """`frozen<…>`; its values are those of the type within."""

    typename = "frozen"
    _kind = "frozen"
    num_subtypes = 1


def is_counter_type(t: Any) -> bool:
    """Whether a type, given as a class or by its Java class's name, is `counter`."""
    from cassandra._types.class_name import lookup_casstype
    from cassandra._types.scalars import CounterColumnType

    return issubclass(lookup_casstype(t) if isinstance(t, str) else t, CounterColumnType)


def is_reversed_casstype(data_type: Any) -> bool:
    """Whether a class is a `ReversedType`."""
    return issubclass(data_type, ReversedType)
