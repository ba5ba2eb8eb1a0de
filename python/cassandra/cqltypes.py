"""CQL types as classes, by the names of the reference: a live registry.

Programs look types up, compare them, read and write cells by `from_binary` and `to_binary`, set `support_empty_values`,
subclass them, and replace `deserialize`: all of that counts in results too.
"""

import logging

from cassandra._types.base import EMPTY, EmptyValue, _CassandraType, _UnrecognizedType, mkUnrecognizedType
from cassandra._types.class_name import (
    cassandra_empty_type,
    cql_empty_type,
    cql_typename,
    lookup_casstype,
    lookup_casstype_simple,
    parse_casstype_args,
    trim_if_startswith,
)
from cassandra._types.class_of import class_of as _class_of
from cassandra._types.collection_types import (
    ColumnToCollectionType,
    CompositeType,
    DynamicCompositeType,
    FrozenType,
    ListType,
    MapType,
    ReversedType,
    SetType,
    TupleType,
    _ParameterizedType,
    _SimpleParameterizedType,
    is_counter_type,
    is_reversed_casstype,
)
from cassandra._types.cql_text import cql_types_from_string, cqltype_to_python, python_to_cqltype, strip_frozen
from cassandra._types.date_range import BoundKind, DateRangeType
from cassandra._types.geometry import LineStringType, PointType, PolygonType, WKBGeometryType
from cassandra._types.registry import PREFIX as apache_cassandra_type_prefix
from cassandra._types.registry import CassandraTypeType
from cassandra._types.registry import casstypes as _casstypes
from cassandra._types.registry import cqltypes as _cqltypes
from cassandra._types.scalars import (
    AsciiType,
    BooleanType,
    BytesType,
    ByteType,
    CounterColumnType,
    DateType,
    DecimalType,
    DoubleType,
    DurationType,
    FloatType,
    InetAddressType,
    Int32Type,
    IntegerType,
    LongType,
    ShortType,
    SimpleDateType,
    TimestampType,
    TimeType,
    TimeUUIDType,
    UTF8Type,
    UUIDType,
    VarcharType,
    cql_timestamp_formats,
)
from cassandra._types.user_type import UserType
from cassandra._types.vector import VectorType

log = logging.getLogger(__name__)

CassandraType = _CassandraType

__all__ = [
    "EMPTY",
    "AsciiType",
    "BooleanType",
    "BoundKind",
    "ByteType",
    "BytesType",
    "CassandraType",
    "CassandraTypeType",
    "ColumnToCollectionType",
    "CompositeType",
    "CounterColumnType",
    "DateRangeType",
    "DateType",
    "DecimalType",
    "DoubleType",
    "DurationType",
    "DynamicCompositeType",
    "EmptyValue",
    "FloatType",
    "FrozenType",
    "InetAddressType",
    "Int32Type",
    "IntegerType",
    "LineStringType",
    "ListType",
    "LongType",
    "MapType",
    "PointType",
    "PolygonType",
    "ReversedType",
    "SetType",
    "ShortType",
    "SimpleDateType",
    "TimeType",
    "TimeUUIDType",
    "TimestampType",
    "TupleType",
    "UTF8Type",
    "UUIDType",
    "UserType",
    "VarcharType",
    "VectorType",
    "WKBGeometryType",
    "_CassandraType",
    "_ParameterizedType",
    "_SimpleParameterizedType",
    "_UnrecognizedType",
    "_casstypes",
    "_class_of",
    "_cqltypes",
    "apache_cassandra_type_prefix",
    "cassandra_empty_type",
    "cql_empty_type",
    "cql_timestamp_formats",
    "cql_typename",
    "cql_types_from_string",
    "cqltype_to_python",
    "is_counter_type",
    "is_reversed_casstype",
    "lookup_casstype",
    "lookup_casstype_simple",
    "mkUnrecognizedType",
    "parse_casstype_args",
    "python_to_cqltype",
    "strip_frozen",
    "trim_if_startswith",
]
