"""The engine's types to classes of the registry: what `ResultSet.column_types` and `column_metadata` show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cassandra._types.class_name import lookup_casstype, lookup_casstype_simple
from cassandra._types.registry import casstypes

CLASS_NAMES: Final = {
    "ascii": "AsciiType",
    "bigint": "LongType",
    "blob": "BytesType",
    "boolean": "BooleanType",
    "counter": "CounterColumnType",
    "custom": "BytesType",
    "date": "SimpleDateType",
    "decimal": "DecimalType",
    "double": "DoubleType",
    "duration": "DurationType",
    "float": "FloatType",
    "inet": "InetAddressType",
    "int": "Int32Type",
    "list": "ListType",
    "map": "MapType",
    "set": "SetType",
    "smallint": "ShortType",
    "text": "VarcharType",
    "time": "TimeType",
    "timestamp": "DateType",
    "timeuuid": "TimeUUIDType",
    "tinyint": "ByteType",
    "tuple": "TupleType",
    "udt": "UserType",
    "uuid": "UUIDType",
    "varint": "IntegerType",
    "vector": "VectorType",
}
"""The registered class of each kind, looked up anew each time: a program may have put its own in the place."""


IN_VECTORS: Final = {**CLASS_NAMES, "text": "UTF8Type"}
"""The same inside of a vector, which servers describe by its Java class."""


def class_of(
    description: tuple[Any, ...],
    user_types: Mapping[str, Mapping[str, Any]] | None = None,
    names: Mapping[str, str] = CLASS_NAMES,
) -> Any:
    """The class of a type that the engine describes as `(kind, …)`, nested.

    `user_types` are the classes that a program registered, by keyspace and name of the user-defined type.
    """
    kind, *rest = description
    if not rest:
        return casstypes[names[kind]]
    if kind == "custom":
        try:
            return lookup_casstype(rest[0])
        except ValueError:
            # A class of the server's owner may be called anything; its values are bytes all the same.
            return lookup_casstype_simple(rest[0])
    found = casstypes[names[kind]]
    if kind == "udt":
        keyspace, name, field_names, fields = rest
        made = found.make_udt_class(
            keyspace, name, field_names, [class_of(field, user_types, names) for field in fields]
        )
        registered = (user_types or {}).get(keyspace, {}).get(name)
        return made if registered is None else made.mapped_to(registered)
    if kind == "vector":
        element, dimension = rest
        return found.apply_parameters([class_of(element, user_types, IN_VECTORS), dimension], None)
    inner = rest[0] if kind == "tuple" else rest
    subtypes = tuple(class_of(each, user_types, names) for each in inner)
    return found.apply_parameters(subtypes, (None,) * len(subtypes))
