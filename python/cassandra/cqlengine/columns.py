"""`cassandra.cqlengine.columns`: the columns of models, a class for each CQL type. This file only names them."""

import logging

from cassandra._mapper.collection_columns import (
    BaseCollectionColumn,
    BaseContainerColumn,
    List,
    Map,
    Set,
    Tuple,
    UserDefinedType,
    resolve_udts,
)
from cassandra._mapper.column import Column
from cassandra._mapper.number_columns import (
    BaseFloat,
    BigInt,
    Counter,
    Decimal,
    Double,
    Float,
    Integer,
    SmallInt,
    TinyInt,
    VarInt,
)
from cassandra._mapper.scalar_columns import UUID, Ascii, Blob, Boolean, Bytes, Inet, Text, TimeUUID
from cassandra._mapper.time_columns import Date, DateTime, Duration, Time
from cassandra._mapper.value_managers import BaseValueManager, CounterValueManager, UDTValueManager
from cassandra.cqlengine import ValidationError
from cassandra.cqlengine.functions import get_total_seconds
from cassandra.cqltypes import SimpleDateType, UserType

log = logging.getLogger(__name__)

__all__ = [
    "get_total_seconds",
    "SimpleDateType",
    "UserType",
    "Ascii",
    "BaseCollectionColumn",
    "BaseContainerColumn",
    "BaseFloat",
    "BaseValueManager",
    "BigInt",
    "Blob",
    "Boolean",
    "Bytes",
    "Column",
    "Counter",
    "CounterValueManager",
    "Date",
    "DateTime",
    "Decimal",
    "Double",
    "Duration",
    "Float",
    "Inet",
    "Integer",
    "List",
    "Map",
    "Set",
    "SmallInt",
    "Text",
    "Time",
    "TimeUUID",
    "TinyInt",
    "Tuple",
    "UDTValueManager",
    "UUID",
    "UserDefinedType",
    "ValidationError",
    "VarInt",
    "resolve_udts",
]
