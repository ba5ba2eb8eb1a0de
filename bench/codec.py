"""What turning cells into Python objects costs, and Python objects into bound values: nanoseconds a row and a value.

Run with the interpreter into which the extension was built with optimisation; no server is needed.
"""

from __future__ import annotations

import datetime
import decimal
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from cassandra._native import Binder, RowDecoder
from cassandra.cqltypes import lookup_casstype
from cassandra.query import dict_factory, named_tuple_factory, tuple_factory

ROWS = 5000
ROUNDS = 20

NOW = datetime.datetime(2024, 2, 29, 12, 34, 56, 789000)
VALUES: dict[str, Any] = {
    "Int32Type": 123_456,
    "LongType": 123_456_789_012,
    "DoubleType": 3.25,
    "BooleanType": True,
    "UTF8Type": "sixteen letters.",
    "BytesType": b"0123456789abcdef",
    "UUIDType": uuid.UUID(int=0x1234567890ABCDEF1234567890ABCDEF),
    "DateType": NOW,
    "SimpleDateType": datetime.date(2024, 2, 29),
    "TimeType": datetime.time(12, 34, 56),
    "InetAddressType": "192.168.100.200",
    "IntegerType": 2**70,
    "DecimalType": decimal.Decimal("12345.678"),
    "ListType(Int32Type)": list(range(10)),
    "SetType(Int32Type)": set(range(10)),
    "MapType(UTF8Type, Int32Type)": {str(number): number for number in range(10)},
    "VectorType(FloatType, 100)": [float(number) for number in range(100)],
}


class Column:
    """What a bind marker is to the codec."""

    def __init__(self, name: str, class_name: str) -> None:
        self.name = name
        self.type = lookup_casstype(class_name)


def nanoseconds(action: Callable[[], object], times: int) -> float:
    """CPU time of the best of several rounds, for one of `times` things that the action does."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        action()
        best = min(best, time.process_time_ns() - start)
    return best / times


def measure(name: str, class_names: list[str]) -> None:
    """One line: columns of these types, decoded by each factory, and bound."""
    columns = [(f"c{index}", class_name) for index, class_name in enumerate(class_names)]
    row = [VALUES[class_name] for class_name in class_names]
    binder = Binder([Column(*column) for column in columns], None, 4)
    wire = binder.bind(row).wire
    decoder = RowDecoder(columns)
    page = wire * ROWS
    line = f"{name:32}"
    for factory in (tuple_factory, named_tuple_factory, dict_factory):
        cost = nanoseconds(lambda: decoder.decode(page, ROWS, factory), ROWS)  # noqa: B023
        line += f" {cost:8.0f}"
    cost = nanoseconds(lambda: [binder.bind(row) for _ in range(ROWS)], ROWS)
    print(f"{line} {cost:8.0f}")


def main() -> None:
    """The table."""
    print(f"{'ns a row':32} {'tuple':>8} {'named':>8} {'dict':>8} {'bind':>8}   (Python {sys.version.split()[0]})")
    for class_name in VALUES:
        measure(class_name, [class_name])
    measure("10 x int", ["Int32Type"] * 10)
    measure("10 x text", ["UTF8Type"] * 10)
    measure("uuid, text, int, timestamp", ["UUIDType", "UTF8Type", "Int32Type", "DateType"])


if __name__ == "__main__":
    main()
