"""Statements put together of clauses: their text has numbered placeholders, and `get_context` gives the values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from cassandra._exported import exported_by
from cassandra._mapper.clauses import (
    AssignmentClause,
    BaseDeleteClause,
    FieldDeleteClause,
    StatementException,
    WhereClause,
)
from cassandra._mapper.collection_columns import BaseContainerColumn
from cassandra._mapper.number_columns import Counter
from cassandra._mapper.update_clauses import ContainerUpdateClause, CounterUpdateClause
from cassandra._util.datetimes import microseconds_since_epoch
from cassandra.cqlengine import UnicodeMixin
from cassandra.cqlengine.operators import EqualsOperator
from cassandra.query import FETCH_SIZE_UNSET

exported = exported_by("cassandra.cqlengine.statements")


def microseconds(timestamp: Any) -> int | None:
    """A timestamp for `USING TIMESTAMP`: a number as it is, a duration from now, or a time."""
    if not timestamp:
        return None
    if isinstance(timestamp, int):
        return timestamp
    if isinstance(timestamp, dt.timedelta):
        timestamp = dt.datetime.now(dt.timezone.utc) + timestamp
    return int(microseconds_since_epoch(timestamp))


@exported
class BaseCQLStatement(UnicodeMixin):
    """What all statements have: a table, conditions, numbers for the values."""

    def __init__(
        self,
        table: str,
        timestamp: Any = None,
        where: Iterable[Any] | None = None,
        fetch_size: Any = None,
        conditionals: Iterable[Any] | None = None,
    ) -> None:
        self.table = table
        self.context_id = 0
        self.context_counter = self.context_id
        self.timestamp = timestamp
        self.fetch_size = FETCH_SIZE_UNSET if fetch_size is None else fetch_size
        self.where_clauses: list[Any] = []
        for clause in where or ():
            self._add_where_clause(clause)
        self.conditionals: list[Any] = []
        for conditional in conditionals or ():
            self.add_conditional_clause(conditional)

    def _number(self, clause: Any) -> None:
        clause.set_context_id(self.context_counter)
        self.context_counter += clause.get_context_size()

    def _add_where_clause(self, clause: Any) -> None:
        self._number(clause)
        self.where_clauses.append(clause)

    def add_where(self, column: Any, operator: Any, value: Any, quote_field: bool = True) -> None:
        """Add a condition on a column."""
        value = column.to_database(value)
        self._add_where_clause(WhereClause(column.db_field_name, operator, value, quote_field))

    def partition_key_values(self, field_index_map: Mapping[str, int]) -> list[Any]:
        """The values of the partition key's columns, in their places; None where one is not given by `=`."""
        parts: list[Any] = [None] * (max(field_index_map.values()) + 1)
        self._put_parts(field_index_map, parts)
        return parts

    def _put_parts(self, places: Mapping[str, int], parts: list[Any]) -> None:
        for clause in self.where_clauses:
            if clause.field in places and type(clause.operator) is EqualsOperator:
                parts[places[clause.field]] = clause.value

    def add_conditional_clause(self, clause: Any) -> None:
        """Add what has to be so for the statement to be applied."""
        self._number(clause)
        self.conditionals.append(clause)

    def _clauses(self) -> Iterable[Any]:
        """All clauses, in the order of their numbers once those are given anew."""
        yield from self.where_clauses
        yield from self.conditionals

    def get_context(self) -> dict[str, Any]:
        """The values by their numbers."""
        ctx: dict[str, Any] = {}
        for clause in self._clauses():
            clause.update_context(ctx)
        return ctx

    def get_context_size(self) -> int:
        """How many values there are."""
        return len(self.get_context())

    def update_context_id(self, i: int) -> None:
        """Number the values anew, from `i`: statements of one batch share their numbers."""
        self.context_id = i
        self.context_counter = i
        for clause in self._clauses():
            self._number(clause)

    @property
    def timestamp_normalized(self) -> int | None:
        """The timestamp in microseconds."""
        return microseconds(self.timestamp)

    def __unicode__(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.__unicode__()

    @property
    def _where(self) -> str:
        return "WHERE " + " AND ".join(map(str, self.where_clauses))

    @property
    def _conditionals(self) -> str:
        return "IF " + " AND ".join(map(str, self.conditionals))


@exported
class SelectStatement(BaseCQLStatement):
    """`SELECT`."""

    def __init__(
        self,
        table: str,
        fields: Any = None,
        count: bool = False,
        where: Iterable[Any] | None = None,
        order_by: Any = None,
        limit: int | None = None,
        allow_filtering: bool = False,
        distinct_fields: Any = None,
        fetch_size: Any = None,
    ) -> None:
        super().__init__(table, where=where, fetch_size=fetch_size)
        self.fields = [fields] if isinstance(fields, str) else list(fields or ())
        self.distinct_fields = distinct_fields
        self.count = count
        self.order_by = [order_by] if isinstance(order_by, str) else order_by
        self.limit = limit
        self.allow_filtering = allow_filtering

    def __unicode__(self) -> str:
        if self.distinct_fields:
            distinct = ", ".join(f'"{field}"' for field in self.distinct_fields)
            wanted = f"DISTINCT COUNT({distinct})" if self.count else f"DISTINCT {distinct}"
        elif self.count:
            wanted = "COUNT(*)"
        else:
            wanted = ", ".join(f'"{field}"' for field in self.fields) or "*"
        text = ["SELECT", wanted, "FROM", self.table]
        if self.where_clauses:
            text.append(self._where)
        if self.order_by and not self.count:
            text.append("ORDER BY " + ", ".join(self.order_by))
        if self.limit:
            text.append(f"LIMIT {self.limit}")
        if self.allow_filtering:
            text.append("ALLOW FILTERING")
        return " ".join(text)


@exported
class AssignmentStatement(BaseCQLStatement):
    """A statement that gives values to fields."""

    def __init__(
        self,
        table: str,
        assignments: Iterable[Any] | None = None,
        where: Iterable[Any] | None = None,
        ttl: int | None = None,
        timestamp: Any = None,
        conditionals: Iterable[Any] | None = None,
    ) -> None:
        super().__init__(table, timestamp=timestamp, where=where, conditionals=conditionals)
        self.ttl = ttl
        self.assignments: list[Any] = []
        for assignment in assignments or ():
            self._add_assignment_clause(assignment)

    def _clauses(self) -> Iterable[Any]:
        yield from self.where_clauses
        yield from self.assignments
        yield from self.conditionals

    def _add_assignment_clause(self, clause: Any) -> None:
        self._number(clause)
        self.assignments.append(clause)

    def _put_parts(self, places: Mapping[str, int], parts: list[Any]) -> None:
        super()._put_parts(places, parts)
        for assignment in self.assignments:
            if assignment.field in places:
                parts[places[assignment.field]] = assignment.value

    def add_assignment(self, column: Any, value: Any) -> None:
        """Give a column a value."""
        self._add_assignment_clause(AssignmentClause(column.db_field_name, column.to_database(value)))

    @property
    def is_empty(self) -> bool:
        """Whether no field gets a value."""
        return not self.assignments

    @property
    def _using(self) -> list[str]:
        options = []
        if self.ttl:
            options.append(f"TTL {self.ttl}")
        if self.timestamp:
            options.append(f"TIMESTAMP {self.timestamp_normalized}")
        return ["USING " + " AND ".join(options)] if options else []


@exported
class InsertStatement(AssignmentStatement):
    """`INSERT`."""

    def __init__(
        self,
        table: str,
        assignments: Iterable[Any] | None = None,
        where: Iterable[Any] | None = None,
        ttl: int | None = None,
        timestamp: Any = None,
        if_not_exists: bool = False,
    ) -> None:
        super().__init__(table, assignments, where, ttl, timestamp)
        self.if_not_exists = if_not_exists

    def _add_where_clause(self, clause: Any) -> None:
        raise StatementException("an INSERT has no conditions on columns: add assignments to it")

    def add_where(self, column: Any, operator: Any, value: Any, quote_field: bool = True) -> None:
        self._add_where_clause(None)

    def __unicode__(self) -> str:
        pairs = [assignment.insert_tuple() for assignment in self.assignments]
        fields = ", ".join(f'"{field}"' for field, _ in pairs)
        values = ", ".join(f"%({number})s" for _, number in pairs)
        text = ["INSERT INTO", self.table, f"({fields})", "VALUES", f"({values})"]
        if self.if_not_exists:
            text.append("IF NOT EXISTS")
        return " ".join([*text, *self._using])


@exported
class UpdateStatement(AssignmentStatement):
    """`UPDATE`."""

    def __init__(
        self,
        table: str,
        assignments: Iterable[Any] | None = None,
        where: Iterable[Any] | None = None,
        ttl: int | None = None,
        timestamp: Any = None,
        conditionals: Iterable[Any] | None = None,
        if_exists: bool = False,
    ) -> None:
        super().__init__(table, assignments, where, ttl, timestamp, conditionals)
        self.if_exists = if_exists

    def add_update(self, column: Any, value: Any, operation: str | None = None, previous: Any = None) -> None:
        """Give a column a value, by what differs from the previous one where its type can say so."""
        value = column.to_database(value)
        field = column.db_field_name
        if isinstance(column, Counter):
            clause: Any = CounterUpdateClause(field, value, previous=previous)
        elif isinstance(column, BaseContainerColumn) and not column._is_whole:
            kinds = ContainerUpdateClause.type_map
            kind = next(kinds[base] for base in type(column).__mro__ if base in kinds)
            clause = kind(field, value, operation, column.to_database(previous))
        else:
            clause = AssignmentClause(field, value)
        if clause.get_context_size():
            self._add_assignment_clause(clause)

    def __unicode__(self) -> str:
        text = ["UPDATE", self.table, *self._using, "SET", ", ".join(map(str, self.assignments))]
        if self.where_clauses:
            text.append(self._where)
        if self.conditionals:
            text.append(self._conditionals)
        if self.if_exists:
            text.append("IF EXISTS")
        return " ".join(text)


@exported
class DeleteStatement(BaseCQLStatement):
    """`DELETE`, of rows or of fields."""

    def __init__(
        self,
        table: str,
        fields: Any = None,
        where: Iterable[Any] | None = None,
        timestamp: Any = None,
        conditionals: Iterable[Any] | None = None,
        if_exists: bool = False,
    ) -> None:
        super().__init__(table, where=where, timestamp=timestamp, conditionals=conditionals)
        self.fields: list[Any] = []
        for field in [fields] if isinstance(fields, str) else fields or ():
            self.add_field(field)
        self.if_exists = if_exists

    def _clauses(self) -> Iterable[Any]:
        yield from self.where_clauses
        yield from self.fields
        yield from self.conditionals

    def add_field(self, field: Any) -> None:
        """Delete a field, given by name or as a clause."""
        if isinstance(field, str):
            field = FieldDeleteClause(field)
        if not isinstance(field, BaseDeleteClause):
            raise StatementException(f"only instances of AssignmentClause can be added to statements, not {field!r}")
        self._number(field)
        self.fields.append(field)

    def __unicode__(self) -> str:
        # A map of which no key is gone has nothing to say.
        fields = [text for text in map(str, self.fields) if text]
        text = ["DELETE", ", ".join(fields)] if fields else ["DELETE"]
        text += ["FROM", self.table]
        if self.timestamp:
            text.append(f"USING TIMESTAMP {self.timestamp_normalized}")
        if self.where_clauses:
            text.append(self._where)
        if self.conditionals:
            text.append(self._conditionals)
        if self.if_exists:
            text.append("IF EXISTS")
        return " ".join(text)
