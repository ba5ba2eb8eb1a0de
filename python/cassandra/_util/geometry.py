"""Geometric values of DataStax Enterprise, and their well-known text (WKT). Cassandra itself has no such types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import nan
from typing import Final, TypeAlias

from cassandra._exported import exported_by

Coordinate: TypeAlias = "tuple[float, float]"

DISTANCE: Final = re.compile(r"\s*DISTANCE\s*\(\s*\(([^()]*)\)\s*([^()]*)\)\s*", re.IGNORECASE)


def shape(kind: str, text: str) -> str:
    """What stands in the outer parentheses of WKT of this kind; nothing for EMPTY. ValueError for any other text."""
    matched = re.fullmatch(rf"\s*{kind}\s*(?:(EMPTY)|\((.*)\))\s*", text, re.IGNORECASE | re.DOTALL)
    if matched is None:
        raise ValueError(f"Invalid WKT geometry: {text!r}; expected {kind}")
    return matched[2] or ""


def numbers(text: str, whole: str) -> Coordinate:
    """The first two numbers of a coordinate."""
    try:
        x, y, *_ = (float(part) for part in text.split())
    except ValueError:
        raise ValueError(f"Invalid WKT geometry: {whole!r}") from None
    return x, y


def coordinates(text: str, whole: str) -> tuple[Coordinate, ...]:
    """Coordinates with commas between them."""
    return tuple(numbers(part, whole) for part in text.split(",")) if text.strip() else ()


def coords_text(coords: Iterable[Coordinate]) -> str:
    """Coordinates as WKT."""
    return ", ".join(f"{x} {y}" for x, y in coords)


@exported_by("cassandra.util")
class Point:
    """A point of the plane."""

    x: float = nan
    y: float = nan

    def __init__(self, x: float = nan, y: float = nan) -> None:
        self.x = x
        self.y = y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and self.x == other.x and self.y == other.y

    def __hash__(self) -> int:
        return hash((self.x, self.y))

    def __str__(self) -> str:
        return f"POINT ({self.x} {self.y})"

    def __repr__(self) -> str:
        return f"Point({self.x!r}, {self.y!r})"

    @staticmethod
    def from_wkt(s: str) -> Point:
        """A point from `POINT (x y)`."""
        inside = shape("POINT", s)
        return Point(*numbers(inside, s)) if inside.strip() else Point()


@exported_by("cassandra.util")
class LineString:
    """Points joined by lines."""

    coords: tuple[Coordinate, ...] = ()

    def __init__(self, coords: Iterable[Coordinate] = ()) -> None:
        self.coords = tuple(coords)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineString) and self.coords == other.coords

    def __hash__(self) -> int:
        return hash(self.coords)

    def __str__(self) -> str:
        return f"LINESTRING ({coords_text(self.coords)})" if self.coords else "LINESTRING EMPTY"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.coords!r})"

    @staticmethod
    def from_wkt(s: str) -> LineString:
        """A line from `LINESTRING (x y, x y)`."""
        return LineString(coordinates(shape("LINESTRING", s), s))


@exported_by("cassandra.util")
class _LinearRing(LineString):
    """One closed edge of a polygon."""

    def __str__(self) -> str:
        return f"LINEARRING ({coords_text(self.coords)})" if self.coords else "LINEARRING EMPTY"


@exported_by("cassandra.util")
class Polygon:
    """An area with an outer edge and holes."""

    exterior: _LinearRing = _LinearRing()
    interiors: tuple[_LinearRing, ...] = ()

    def __init__(self, exterior: Iterable[Coordinate] = (), interiors: Iterable[Iterable[Coordinate]] | None = None):
        self.exterior = _LinearRing(exterior)
        self.interiors = tuple(_LinearRing(edge) for edge in interiors or ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polygon) and (self.exterior, self.interiors) == (other.exterior, other.interiors)

    def __hash__(self) -> int:
        return hash((self.exterior, self.interiors))

    def __str__(self) -> str:
        if not self.exterior.coords:
            return "POLYGON EMPTY"
        return f"POLYGON ({', '.join(f'({coords_text(edge.coords)})' for edge in (self.exterior, *self.interiors))})"

    def __repr__(self) -> str:
        return f"Polygon({self.exterior.coords!r}, {[edge.coords for edge in self.interiors]!r})"

    @staticmethod
    def from_wkt(s: str) -> Polygon:
        """A polygon from `POLYGON ((x y, …), (x y, …))`."""
        inside = shape("POLYGON", s)
        if re.sub(r"\([^()]*\)", "", inside).strip(" ,\t\n"):
            raise ValueError(f"Invalid WKT geometry: {s!r}")
        edges = [coordinates(edge, s) for edge in re.findall(r"\(([^()]*)\)", inside)]
        return Polygon(edges[0], edges[1:]) if edges else Polygon()


@exported_by("cassandra.util")
class Distance:
    """A circle, for searches by distance."""

    x: float = nan
    y: float = nan
    radius: float = nan

    def __init__(self, x: float = nan, y: float = nan, radius: float = nan) -> None:
        self.x = x
        self.y = y
        self.radius = radius

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distance):
            return False
        return (self.x, self.y, self.radius) == (other.x, other.y, other.radius)

    def __hash__(self) -> int:
        return hash((self.x, self.y, self.radius))

    def __str__(self) -> str:
        return f"DISTANCE (({self.x} {self.y}) {self.radius})"

    def __repr__(self) -> str:
        return f"Distance({self.x!r}, {self.y!r}, {self.radius!r})"

    @staticmethod
    def from_wkt(s: str) -> Distance:
        """A circle from `DISTANCE ((x y) radius)`."""
        matched = DISTANCE.fullmatch(s)
        if matched is None:
            raise ValueError(f"Invalid WKT geometry: {s!r}; expected DISTANCE")
        try:
            return Distance(*numbers(matched[1], s), float(matched[2]))
        except ValueError:
            raise ValueError(f"Invalid WKT geometry: {s!r}") from None
