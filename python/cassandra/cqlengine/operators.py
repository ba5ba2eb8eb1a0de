"""`cassandra.cqlengine.operators`: what may stand between a column and a value in a condition."""

from __future__ import annotations

from typing import Any, ClassVar

from cassandra.cqlengine import UnicodeMixin


class QueryOperatorException(Exception):
    """There is no such operator."""


class BaseQueryOperator(UnicodeMixin):
    """An operator, by the name it has in filters and the one it has in CQL."""

    symbol: ClassVar[str | None] = None
    """After the two underscores of a filter's keyword, in any case."""

    cql_symbol: ClassVar[str | None] = None
    """In CQL."""

    def __unicode__(self) -> str:
        if self.cql_symbol is None:
            raise QueryOperatorException(f"{type(self).__name__} has no cql symbol")
        return self.cql_symbol


class OpMapMeta(type):
    """The class of operator classes, which knows them by symbol."""

    opmap: ClassVar[dict[str, Any]] = {}
    symbol: str | None

    def __init__(cls, name: str, bases: tuple[type, ...], dct: dict[str, Any]) -> None:
        super().__init__(name, bases, dct)
        if cls.symbol is not None:
            OpMapMeta.opmap[cls.symbol.upper()] = cls


class BaseWhereOperator(BaseQueryOperator, metaclass=OpMapMeta):
    """An operator of conditions."""

    @classmethod
    def get_operator(cls, symbol: str) -> Any:
        """The class of a symbol. QueryOperatorException where there is none."""
        try:
            return cls.opmap[symbol.upper()]
        except KeyError:
            raise QueryOperatorException(f"{symbol} doesn't map to a QueryOperator") from None


class EqualsOperator(BaseWhereOperator):
    symbol = "EQ"
    cql_symbol = "="


class NotEqualsOperator(BaseWhereOperator):
    symbol = "NE"
    cql_symbol = "!="


class InOperator(EqualsOperator):
    symbol = "IN"
    cql_symbol = "IN"


class GreaterThanOperator(BaseWhereOperator):
    symbol = "GT"
    cql_symbol = ">"


class GreaterThanOrEqualOperator(BaseWhereOperator):
    symbol = "GTE"
    cql_symbol = ">="


class LessThanOperator(BaseWhereOperator):
    symbol = "LT"
    cql_symbol = "<"


class LessThanOrEqualOperator(BaseWhereOperator):
    symbol = "LTE"
    cql_symbol = "<="


class ContainsOperator(EqualsOperator):
    symbol = "CONTAINS"
    cql_symbol = "CONTAINS"


class LikeOperator(EqualsOperator):
    symbol = "LIKE"
    cql_symbol = "LIKE"


class IsNotNullOperator(EqualsOperator):
    symbol = "IS NOT NULL"
    cql_symbol = "IS NOT NULL"
