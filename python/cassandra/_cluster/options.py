"""What a parameter may be. Each check returns the value, or raises TypeError or ValueError that names the parameter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, Final

from cassandra._cql.consistency_level import ConsistencyLevel

LONGEST: Final = 10 * 365 * 86_400.0
"""Seconds: a longer wait than ten years is a mistake."""


def number(name: str, value: Any) -> float:
    """A finite number, not below zero."""
    # The usual ones first: when the interpreter ends, whoever else is a number cannot be asked any more.
    if isinstance(value, bool) or not isinstance(value, (int, float, Real)):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    try:
        found = float(value)
    except OverflowError:
        raise ValueError(f"{name} must be a number that a float can hold; got one of hundreds of digits") from None
    if not math.isfinite(found) or found < 0:
        raise ValueError(f"{name} must be a finite number that is not negative; got {value}")
    return value if isinstance(value, (int, float)) else found


def seconds(name: str, value: Any) -> float:
    """A length of time."""
    found = number(name, value)
    if found > LONGEST:
        raise ValueError(f"{name} must be a number of seconds, at most ten years; got {value}")
    return found


def patience(name: str, value: Any) -> float:
    """A length of time; with less than nothing nobody waits, as with nothing."""
    if isinstance(value, Real) and value < 0:
        return 0.0
    return seconds(name, value)


def timeout(name: str, value: Any) -> float | None:
    """A length of time, or None for any."""
    return None if value is None else seconds(name, value)


def whole(name: str, value: Any, least: int, greatest: int) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if not least <= value <= greatest:
        # Python writes down no number of thousands of digits.
        got = value if -(2**128) < value < 2**128 else "one far beyond"
        raise ValueError(f"{name} must be from {least} to {greatest}; got {got}")
    return value


def flag(name: str, value: Any) -> bool:
    """Yes or no."""
    if value not in (True, False):
        raise TypeError(f"{name} must be True or False, not {type(value).__name__}")
    return bool(value)


def text(name: str, value: Any) -> str | None:
    """Text, or None."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be text, not {type(value).__name__}")
    return value


def consistency(name: str, level: Any) -> int:
    """One of `ConsistencyLevel`."""
    if isinstance(level, bool) or not isinstance(level, int):
        raise TypeError(f"{name} must be a ConsistencyLevel, not {type(level).__name__}")
    if level not in ConsistencyLevel.value_to_name:
        raise ValueError(f"{name} must be a ConsistencyLevel; there is none with the number {level}")
    return level


def serial_consistency(name: str, level: Any) -> int | None:
    """SERIAL, LOCAL_SERIAL, or None."""
    if level is not None and not ConsistencyLevel.is_serial(level):
        raise ValueError(f"{name} must be either ConsistencyLevel.SERIAL or ConsistencyLevel.LOCAL_SERIAL.")
    found: int | None = level
    return found


def fetch_size(name: str, value: Any) -> int | None:
    """Rows in a page, or None for no paging."""
    return None if value is None else whole(name, value, 1, 2**31 - 1)


def octets(name: str, value: Any) -> bytes:
    """Bytes."""
    if not isinstance(value, (bytes, bytearray)):
        raise TypeError(f"{name} must be bytes, not {type(value).__name__}")
    return bytes(value)


def payload(name: str, value: Any) -> dict[str, bytes | None]:
    """Bytes, or None, by name."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dict, not {type(value).__name__}")
    for key, part in value.items():
        if not isinstance(key, str) or not isinstance(part, (bytes, bytearray, type(None))):
            raise TypeError(f"{name} must hold bytes by names, not {type(part).__name__} by {type(key).__name__}")
    return {key: None if part is None else bytes(part) for key, part in value.items()}


def socket_options(value: Any) -> list[tuple[Any, ...]]:
    """What is given to `setsockopt` on each socket: level, name, and a number or bytes."""
    if value is None:
        return []
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"sockopts must be a list of tuples, not {type(value).__name__}")
    found = []
    for option in value:
        level_and_name = isinstance(option, (tuple, list)) and len(option) == 3
        if not level_and_name or not all(isinstance(part, int) for part in option[:2]):
            raise TypeError("sockopts must be tuples of a level, a name, and a number or bytes")
        if not isinstance(option[2], (int, bytes)):
            raise TypeError(f"sockopts must hold values that are numbers or bytes, not {type(option[2]).__name__}")
        if any(isinstance(part, int) and not -(2**31) <= part < 2**31 for part in option):
            raise ValueError("sockopts must hold numbers of 32 bits, as setsockopt takes them")
        found.append(tuple(option))
    return found
