"""The geometric types of DataStax Enterprise, in the well-known binary format of the Open Geospatial Consortium."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from cassandra import util
from cassandra._types.base import _CassandraType

LITTLE_ENDIAN: Final = 1


class WKBGeometryType:
    """The numbers of the shapes in the format."""

    POINT: ClassVar[int] = 1
    LINESTRING: ClassVar[int] = 2
    POLYGON: ClassVar[int] = 3


WKBGeometryType.__module__ = "cassandra.cqltypes"


class Reader:
    """Reads numbers in the order of bytes that the first of them says. struct.error where they end too early."""

    def __init__(self, byts: bytes, shape: int) -> None:
        self.bytes = byts
        self.position = 5
        self.order = "<" if byts[0] == LITTLE_ENDIAN else ">"
        (found,) = struct.unpack_from(f"{self.order}I", byts, 1)
        if found != shape:
            raise ValueError(f"a shape of kind {shape} is due, not {found}")

    def count(self, size: int) -> int:
        """A count of things of at least `size` bytes, which must be there."""
        (count,) = struct.unpack_from(f"{self.order}I", self.bytes, self.position)
        self.position += 4
        if count * size > len(self.bytes) - self.position:
            raise ValueError(f"a count of {count} with {len(self.bytes) - self.position} bytes left")
        return int(count)

    def point(self) -> tuple[float, float]:
        """Two coordinates."""
        x, y = struct.unpack_from(f"{self.order}dd", self.bytes, self.position)
        self.position += 16
        return x, y

    def points(self) -> tuple[tuple[float, float], ...]:
        """A count and so many points."""
        return tuple(self.point() for _ in range(self.count(16)))


def header(shape: int) -> bytes:
    """The order of bytes, and the shape."""
    return struct.pack("<BI", LITTLE_ENDIAN, shape)


def points(coords: Iterable[tuple[float, float]]) -> bytes:
    """A count and so many points."""
    packed = [struct.pack("<dd", *point) for point in coords]
    return struct.pack("<I", len(packed)) + b"".join(packed)


class PointType(_CassandraType):
    typename = "PointType"
    _kind = "python"

    @classmethod
    def deserialize(cls, byts: bytes, protocol_version: int) -> Any:
        return util.Point(*Reader(byts, WKBGeometryType.POINT).point())

    @classmethod
    def serialize(cls, val: Any, protocol_version: int) -> bytes:
        return header(WKBGeometryType.POINT) + struct.pack("<dd", val.x, val.y)


class LineStringType(_CassandraType):
    typename = "LineStringType"
    _kind = "python"

    @classmethod
    def deserialize(cls, byts: bytes, protocol_version: int) -> Any:
        return util.LineString(Reader(byts, WKBGeometryType.LINESTRING).points())

    @classmethod
    def serialize(cls, val: Any, protocol_version: int) -> bytes:
        return header(WKBGeometryType.LINESTRING) + points(val.coords)


class PolygonType(_CassandraType):
    typename = "PolygonType"
    _kind = "python"

    @classmethod
    def deserialize(cls, byts: bytes, protocol_version: int) -> Any:
        reader = Reader(byts, WKBGeometryType.POLYGON)
        rings = [reader.points() for _ in range(reader.count(4))]
        return util.Polygon(exterior=rings[0], interiors=rings[1:]) if rings else util.Polygon()

    @classmethod
    def serialize(cls, val: Any, protocol_version: int) -> bytes:
        rings = [val.exterior, *val.interiors] if val.exterior.coords else []
        counted = struct.pack("<I", len(rings))
        return header(WKBGeometryType.POLYGON) + counted + b"".join(points(ring.coords) for ring in rings)
