"""`VectorType`: so many elements of one type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from cassandra._types.base import _CassandraType
from cassandra._types.registry import PREFIX, unregistered


class VectorType(_CassandraType):
    """A vector: values are lists."""

    typename = "org.apache.cassandra.db.marshal.VectorType"
    _kind = "vector"
    vector_size: ClassVar[int] = 0
    subtype: ClassVar[Any] = None

    @classmethod
    def serial_size(cls) -> int | None:
        size = cls.subtype.serial_size()
        return None if size is None else size * cls.vector_size

    @classmethod
    def apply_parameters(cls, params: Sequence[Any], names: Sequence[str | None] | None = None) -> Any:
        """From an element type and a dimension, which may be an int or its digits."""
        if len(params) != 2:
            raise ValueError(f"vector types require an element type and a dimension ({len(params)} parameters given)")
        element, given = params
        dimension = int(getattr(given, "cassname", given))
        if not 0 < dimension < 2**31:
            raise ValueError(f"a vector has 1 to 2147483647 elements, not {dimension}")
        return unregistered(
            f"{cls.cassname}({dimension})",
            cls,
            vector_size=dimension,
            subtype=element,
            cassname=cls.cassname,
        )

    @classmethod
    def cql_parameterized_type(cls) -> str:
        return f"{cls.typename}<{cls.subtype.cql_parameterized_type()}, {cls.vector_size}>"

    @classmethod
    def cass_parameterized_type(cls, full: bool = False) -> str:
        name = PREFIX + cls.cassname if full else cls.cassname
        if cls.subtype is None:
            return name
        return f"{name}({cls.subtype.cass_parameterized_type(full=full)} , {cls.vector_size})"
