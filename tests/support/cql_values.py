"""Values of the corpus as Python values: JSON and a CQL type in, what a program binds out; and what a program has
read, in a form that can be compared, with the class of each value checked.

How JSON writes each type is told in ``tests/server/cql/README.md``.
"""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cassandra.query import UNSET_VALUE
from cassandra.util import Date, Duration, OrderedMap, OrderedMapSerializedKey, SortedSet, Time

EPOCH = dt.datetime(1970, 1, 1)
MILLISECOND = dt.timedelta(milliseconds=1)


@dataclass(frozen=True)
class Kind:
    """A CQL type: its name, its parameters, and the names of its fields if it is a user type."""

    name: str
    parts: tuple[Kind, ...] = ()
    fields: tuple[str, ...] | None = None


UserTypes = Callable[[str], tuple[tuple[str, ...], tuple[str, ...]] | None]
"""A user type's names of fields and types of fields, by its name; None for a name that is none."""


def split(text: str) -> list[str]:
    """The parameters of a type: cut at the commas that are inside of no bracket."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "<") - (letter == ">")
        if letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]]]


def kind_of(text: str, user_types: UserTypes) -> Kind:
    """The type that the text names, without ``frozen``."""
    name, bracket, rest = text.strip().partition("<")
    if not bracket:
        if (made := user_types(name)) is None:
            return Kind(name)
        names, types = made
        return Kind(name, tuple(kind_of(part, user_types) for part in types), names)
    inner = split(rest[:-1])
    if name == "frozen":
        return kind_of(inner[0], user_types)
    if name == "vector":
        return Kind(name, (kind_of(inner[0], user_types),))
    return Kind(name, tuple(kind_of(part, user_types) for part in inner))


def without_frozen(text: str) -> str:
    """The text of a type, or of a column with its type, without ``frozen<…>``, which the wire does not tell."""
    while (start := text.find("frozen<")) >= 0:
        depth, place = 1, start + len("frozen<")
        while depth:
            depth += (text[place] == "<") - (text[place] == ">")
            place += 1
        text = text[:start] + text[start + len("frozen<") : place - 1] + text[place:]
    return text


# --- what a program binds ---------------------------------------------------------------------------------------------


def moment(milliseconds: int) -> dt.datetime | int:
    """A timestamp, which is a number where Python's calendar has no such year."""
    try:
        return EPOCH + milliseconds * MILLISECOND
    except OverflowError:
        return milliseconds


BOUND: dict[str, Callable[[Any], Any]] = {
    "blob": lambda text: bytes.fromhex(text.removeprefix("0x")),
    "date": Date,
    "decimal": Decimal,
    "double": float,
    "duration": lambda parts: Duration(*parts),
    "float": float,
    "time": Time,
    "timestamp": moment,
    "timeuuid": uuid.UUID,
    "uuid": uuid.UUID,
    "varint": int,
}


def bound(kind: Kind, value: Any, make_udt: Callable[[Kind, dict[str, Any]], Any]) -> Any:
    """The value as a program binds it."""
    if value is None:
        return None
    if isinstance(value, dict) and "special" in value:
        return {"unset": UNSET_VALUE}[value["special"]]
    if kind.fields is not None:
        fields = zip(kind.fields, kind.parts, strict=True)
        return make_udt(kind, {name: bound(part, value.get(name), make_udt) for name, part in fields})
    if kind.name == "map":
        key, mapped = kind.parts
        return mapping([(bound(key, k, make_udt), bound(mapped, v, make_udt)) for k, v in value])
    if kind.name == "tuple":
        assert len(value) <= len(kind.parts), f"{kind} has no {len(value)} parts"
        return tuple(bound(part, given, make_udt) for part, given in zip(kind.parts, value, strict=False))
    if kind.name in ("list", "set", "vector"):
        made = [bound(kind.parts[0], part, make_udt) for part in value]
        return SortedSet(made) if kind.name == "set" else made
    if kind.name.startswith("'"):  # a custom type, by its class
        return BOUND["blob"](value)
    return BOUND.get(kind.name, lambda same: same)(value)


def mapping(pairs: list[tuple[Any, Any]]) -> Any:
    """A dict, or the driver's own map where the keys cannot be those of a dict."""
    try:
        return dict(pairs)
    except TypeError:
        return OrderedMap(pairs)


# --- what a program reads ---------------------------------------------------------------------------------------------


CLASSES: dict[str, type] = {
    "ascii": str,
    "bigint": int,
    "blob": bytes,
    "boolean": bool,
    "counter": int,
    "date": Date,
    "decimal": Decimal,
    "double": float,
    "duration": Duration,
    "float": float,
    "inet": str,
    "int": int,
    "smallint": int,
    "text": str,
    "time": Time,
    "timeuuid": uuid.UUID,
    "tinyint": int,
    "uuid": uuid.UUID,
    "varint": int,
}


def single(value: float) -> float:
    """The nearest number that a ``float`` of CQL can hold."""
    rounded: float = struct.unpack(">f", struct.pack(">f", value))[0]
    return rounded


def read(kind: Kind, value: Any) -> Any:
    """What a program has read, in plain values that can be compared.

    AssertionError where its class is not that of the type.
    """
    if value is None:
        return None
    if kind.fields is not None:
        assert isinstance(value, tuple) and hasattr(value, "_fields"), f"{kind} is read as {type(value)}"
        names = zip(kind.fields, kind.parts, strict=True)
        return {name: read(part, value[place]) for place, (name, part) in enumerate(names)}
    if kind.name == "map":
        assert isinstance(value, OrderedMapSerializedKey), f"{kind} is read as {type(value)}"
        key, mapped = kind.parts
        return [[read(key, k), read(mapped, v)] for k, v in value.items()]
    if kind.name == "tuple":
        assert type(value) is tuple and len(value) == len(kind.parts), f"{kind} is read as {value!r}"
        return [read(part, given) for part, given in zip(kind.parts, value, strict=True)]
    if kind.name in ("list", "set", "vector"):
        wanted = SortedSet if kind.name == "set" else list
        assert type(value) is wanted, f"{kind} is read as {type(value)}"
        return [read(kind.parts[0], part) for part in value]
    if kind.name == "timestamp":
        assert type(value) in (dt.datetime, int), f"{kind} is read as {type(value)}"
    else:
        assert type(value) is CLASSES.get(kind.name, bytes), f"{kind} is read as {type(value)}"
    return plain(kind, value)


def plain(kind: Kind, value: Any) -> Any:
    """A scalar in a form that can be compared and shown."""
    if isinstance(value, float):
        # As text: what is no number is equal to itself then, and zeros keep their sign.
        return repr(single(value) if kind.name == "float" else value)
    if isinstance(value, Decimal):
        return ("decimal", *value.as_tuple())
    if isinstance(value, Date):
        return ("date", value.days_from_epoch)
    if isinstance(value, Time):
        return ("time", value.nanosecond_time)
    if isinstance(value, Duration):
        return ("duration", value.months, value.days, value.nanoseconds)
    if isinstance(value, dt.datetime):
        assert value.tzinfo is None
        assert (value - EPOCH) % MILLISECOND == dt.timedelta(0), f"{value!r} has parts of a millisecond"
        return (value - EPOCH) // MILLISECOND
    return (type(value).__name__, value) if isinstance(value, (bool, bytes, uuid.UUID)) else value


def expected(kind: Kind, value: Any) -> Any:
    """What ``read`` must give for the value that JSON writes."""
    if value is None or (isinstance(value, dict) and value.get("special") == "empty"):
        return None
    if kind.fields is not None:
        assert isinstance(value, Mapping) and set(value) <= set(kind.fields), f"{value} has other fields than {kind}"
        fields = zip(kind.fields, kind.parts, strict=True)
        return {name: expected(part, value.get(name)) for name, part in fields}
    if kind.name == "map":
        key, mapped = kind.parts
        return [[expected(key, k), expected(mapped, v)] for k, v in value]
    if kind.name == "tuple":
        assert len(value) <= len(kind.parts)
        parts = [expected(part, given) for part, given in zip(kind.parts, value, strict=False)]
        return parts + [None] * (len(kind.parts) - len(parts))
    if kind.name in ("list", "set", "vector"):
        return [expected(kind.parts[0], part) for part in value]
    return plain(kind, bound(kind, value, lambda _, fields: fields))
