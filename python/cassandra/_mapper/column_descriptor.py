"""What a model has in the place of a column: on an instance the value, on the class what conditions are made of."""

from __future__ import annotations

from typing import Any

from cassandra._exported import exported_by
from cassandra._mapper.clauses import IsNotNullClause, WhereClause
from cassandra.cqlengine import UnicodeMixin
from cassandra.cqlengine import operators as op
from cassandra.cqlengine.functions import QueryValue


@exported_by("cassandra.cqlengine.query")
class AbstractQueryableColumn(UnicodeMixin):
    """A column that gives a condition when it is compared: `Person.age > 5`."""

    def _get_column(self) -> Any:
        raise NotImplementedError

    def __unicode__(self) -> str:
        raise NotImplementedError

    def _to_database(self, val: Any) -> Any:
        return val if isinstance(val, QueryValue) else self._get_column().to_database(val)

    def _condition(self, operator: Any, value: Any) -> WhereClause:
        return WhereClause(str(self), operator, value)

    def in_(self, item: Any) -> WhereClause:
        """Whether the column has one of these values."""
        return self._condition(op.InOperator(), item)

    def contains_(self, item: Any) -> WhereClause:
        """Whether the collection has this member."""
        return self._condition(op.ContainsOperator(), item)

    def is_not_null(self) -> IsNotNullClause:
        """Whether the column has a value, as views want it."""
        return IsNotNullClause(str(self))

    def __eq__(self, other: object) -> Any:
        return self._condition(op.EqualsOperator(), self._to_database(other))

    def __ne__(self, other: object) -> Any:
        return self._condition(op.NotEqualsOperator(), self._to_database(other))

    def __gt__(self, other: Any) -> WhereClause:
        return self._condition(op.GreaterThanOperator(), self._to_database(other))

    def __ge__(self, other: Any) -> WhereClause:
        return self._condition(op.GreaterThanOrEqualOperator(), self._to_database(other))

    def __lt__(self, other: Any) -> WhereClause:
        return self._condition(op.LessThanOperator(), self._to_database(other))

    def __le__(self, other: Any) -> WhereClause:
        return self._condition(op.LessThanOrEqualOperator(), self._to_database(other))

    __hash__ = None  # type: ignore[assignment]


@exported_by("cassandra.cqlengine.models")
class ColumnQueryEvaluator(AbstractQueryableColumn):
    """A model's column, for conditions."""

    def __init__(self, column: Any) -> None:
        self.column = column

    def __unicode__(self) -> str:
        name: str = self.column.db_field_name
        return name

    def _get_column(self) -> Any:
        return self.column


@exported_by("cassandra.cqlengine.models")
class ColumnDescriptor:
    """The attribute of a column."""

    def __init__(self, column: Any) -> None:
        self.column = column
        self.query_evaluator = ColumnQueryEvaluator(column)

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self.query_evaluator
        return instance._values[self.column.column_name].getval()

    def __set__(self, instance: Any, value: Any) -> None:
        instance._values[self.column.column_name].setval(value)

    def __delete__(self, instance: Any) -> None:
        if not self.column.can_delete:
            raise AttributeError(f"cannot delete {self.column.column_name} columns")
        instance._values[self.column.column_name].delval()
