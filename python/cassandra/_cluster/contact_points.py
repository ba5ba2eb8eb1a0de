"""Contact points: what a program may give, and the end points that they are."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cassandra._cluster.options import whole
from cassandra._connection.endpoints import DefaultEndPoint, EndPoint, UnixSocketEndPoint
from cassandra._errors.driver import UnresolvableContactPoints

Point = Any


def checked(points: Any, port: int) -> list[Point]:
    """The contact points: names and addresses, pairs with a port, and end points."""
    if isinstance(points, (str, bytes)):
        raise TypeError("contact_points should not be a string, it should be a sequence (e.g. list) of strings")
    if not isinstance(points, Iterable) or (isinstance(points, Mapping) and not points):
        raise TypeError(f"contact_points must be a list, not {type(points).__name__}")
    return [one(point) for point in points]


def one(point: Any) -> Point:
    """One contact point."""
    if point is None or (isinstance(point, tuple) and None in point):
        raise ValueError("contact_points should not contain None (it can resolve to localhost)")
    if isinstance(point, EndPoint):
        return point
    if isinstance(point, tuple):
        if len(point) != 2 or not isinstance(point[0], str):
            raise ValueError("a tuple in contact_points must be a name or address and a port")
        return point[0], whole("the port of a contact point", point[1], 1, 65_535)
    if not isinstance(point, str):
        raise TypeError(f"contact_points must hold text, tuples and end points, not {type(point).__name__}")
    if not point:
        raise ValueError("contact_points should not contain an empty name")
    return point


def resolved(points: list[Point], port: int) -> list[EndPoint]:
    """The end points, names looked up. UnresolvableContactPoints where there are points and not one has an address."""
    found: list[EndPoint] = []
    unresolved: dict[str, list[Any]] = {}
    for point in points:
        if isinstance(point, EndPoint):
            found.append(point)
            continue
        name, its_port = point if isinstance(point, tuple) else (point, port)
        if name.startswith("/"):
            found.append(UnixSocketEndPoint(name))
            continue
        try:
            entries = socket.getaddrinfo(name, its_port, socket.AF_UNSPEC, socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            unresolved[f"{name}:{its_port}"] = []
            continue
        found.extend(DefaultEndPoint(str(entry[4][0]), its_port) for entry in entries)
    if unresolved and not found:
        raise UnresolvableContactPoints(unresolved)
    return list(dict.fromkeys(found))


def for_engine(endpoints: list[EndPoint]) -> list[str | tuple[str, int]]:
    """The end points as the engine takes them."""
    points: list[str | tuple[str, int]] = []
    for endpoint in endpoints:
        address, port = endpoint.resolve()
        # A path from the root is what tells a socket from a name.
        points.append(str(Path(address).absolute()) if port is None else (address, port))
    return points
