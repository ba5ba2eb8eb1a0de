"""P1: every kind of Python object bound to every CQL type. What the table does not name is refused, with the column
and the object's class in the message and nothing of its content, by no exception but those that a program expects."""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import uuid
from typing import Any

import pytest
from cassandra import util
from cassandra._cql.column import ColumnMetadata
from cassandra._native import Binder
from cassandra.cqltypes import lookup_casstype

SECRET = "canary-7f3a"


class Opaque:
    def __repr__(self) -> str:
        return SECRET


OBJECTS: dict[str, Any] = {
    "int": 7,
    "negative": -7,
    "huge": 2**70,
    "bool": True,
    "float": 1.5,
    "nan": float("nan"),
    "infinity": float("inf"),
    "Decimal": decimal.Decimal("1.5"),
    "str": SECRET,
    "number in text": "7",
    "bytes": SECRET.encode(),
    "bytearray": bytearray(b"1234"),
    "memoryview": memoryview(b"1234"),
    "uuid1": uuid.uuid1(),
    "uuid4": uuid.uuid4(),
    "datetime": datetime.datetime(2020, 1, 2, 3, 4, 5),
    "aware datetime": datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    "date": datetime.date(2020, 1, 2),
    "time": datetime.time(1, 2, 3),
    "timedelta": datetime.timedelta(seconds=5),
    "Duration": util.Duration(1, 2, 3),
    "Date": util.Date(5),
    "Time": util.Time(5),
    "IPv4Address": ipaddress.IPv4Address("127.0.0.1"),
    "address in text": "127.0.0.1",
    "list": [1, 2],
    "tuple": (1, 2),
    "set": {1, 2},
    "dict": {1: 2},
    "complex": 1j,
    "class": Opaque,
    "function": len,
    "object": Opaque(),
}

TAKES = {
    "AsciiType": "str, number in text, address in text",
    "LongType": "int, negative, bool",
    "BytesType": "bytes, bytearray, memoryview, list, tuple",
    "BooleanType": "int, negative, bool",
    "CounterColumnType": "int, negative, bool",
    "DateType": "int, negative, float, datetime, aware datetime, date",
    "DecimalType": "int, negative, huge, bool, float, Decimal, number in text",
    "DoubleType": "int, negative, huge, bool, float, nan, infinity, Decimal",
    "FloatType": "int, negative, huge, bool, float, nan, infinity, Decimal",
    "InetAddressType": "IPv4Address, address in text",
    "Int32Type": "int, negative, bool",
    "UTF8Type": "str, number in text, address in text",
    "TimestampType": "int, negative, float, datetime, aware datetime, date",
    "UUIDType": "uuid1, uuid4",
    "TimeUUIDType": "uuid1",
    "IntegerType": "int, negative, huge, bool",
    "SimpleDateType": "int, bool, datetime, aware datetime, date, Date",
    "TimeType": "int, bool, time, Time",
    "ShortType": "int, negative, bool",
    "ByteType": "int, negative, bool",
    "DurationType": "Duration",
    "ListType(Int32Type)": "bytes, bytearray, memoryview, list, tuple, set, dict",
    "SetType(Int32Type)": "bytes, bytearray, memoryview, list, tuple, set, dict",
    "MapType(Int32Type, Int32Type)": "dict",
    "TupleType(Int32Type, Int32Type)": "list, tuple",
    "VectorType(FloatType, 2)": "list, tuple, set",
}


@pytest.mark.parametrize("class_name", TAKES)
def test_p1_every_object_bound_to_every_type(class_name: str) -> None:
    taken = set(TAKES[class_name].split(", "))
    assert taken <= set(OBJECTS)
    binder = Binder([ColumnMetadata("ks", "t", "the_column", lookup_casstype(class_name))], None, 5)
    for name, value in OBJECTS.items():
        if name in taken:
            assert len(binder.bind((value,))) == 1, name
            continue
        with pytest.raises((TypeError, ValueError, OverflowError)) as caught:
            binder.bind((value,))
        message = str(caught.value)
        assert '"the_column"' in message, name
        assert str(type(value)) in message, name
        assert SECRET not in message, name
