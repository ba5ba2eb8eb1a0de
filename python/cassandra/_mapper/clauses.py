"""Clauses: the parts of a statement that hold values. A statement numbers their placeholders."""

from __future__ import annotations

from typing import Any

from cassandra._exported import exported_by
from cassandra.cqlengine import UnicodeMixin
from cassandra.cqlengine.functions import QueryValue
from cassandra.cqlengine.operators import BaseWhereOperator, InOperator, IsNotNullOperator
from cassandra.encoder import Encoder, ValueSequence

exported = exported_by("cassandra.cqlengine.statements")


@exported
class StatementException(Exception):
    """A statement was put together of parts that do not fit."""


@exported
class ValueQuoter(UnicodeMixin):
    """A value that prints as a literal, for statements without parameters."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __unicode__(self) -> str:
        if isinstance(self.value, (list, tuple)):
            return "[" + ", ".join(str(ValueQuoter(item)) for item in self.value) + "]"
        if isinstance(self.value, dict):
            pairs = (f"{ValueQuoter(key)}:{ValueQuoter(value)}" for key, value in self.value.items())
            return "{" + ", ".join(pairs) + "}"
        if isinstance(self.value, (set, frozenset)):
            return "{" + ", ".join(str(ValueQuoter(item)) for item in self.value) + "}"
        return Encoder().cql_encode_all_types(self.value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, type(self)):
            return bool(self.value == other.value)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


@exported
class InQuoter(ValueQuoter, ValueSequence):
    """The values of an `IN`, which the session's encoder writes in parentheses."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.extend(value)

    def __unicode__(self) -> str:
        return "(" + ", ".join(str(ValueQuoter(item)) for item in self.value) + ")"


@exported
class BaseClause(UnicodeMixin):
    """A field and its value."""

    context_id: Any

    is_implied = False
    """Whether the mapper has put it in, and not the program: statements that write have no use for it."""

    def __init__(self, field: str, value: Any) -> None:
        self.field = field
        self.value = value
        self.context_id = None

    def __hash__(self) -> int:
        return hash(self.field) ^ hash(repr(self.value))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, type(self)):
            return bool(self.field == other.field and self.value == other.value)
        return NotImplemented

    def get_context_size(self) -> int:
        """How many values there are."""
        return 1

    def set_context_id(self, i: int) -> None:
        """Take a number, and as many after it as there are values."""
        self.context_id = i

    def update_context(self, ctx: dict[str, Any]) -> None:
        """Put the values in under their numbers."""
        ctx[str(self.context_id)] = self.value


@exported
class WhereClause(BaseClause):
    """A condition: a column, an operator, a value."""

    def __init__(self, field: str, operator: Any, value: Any, quote_field: bool = True) -> None:
        if not isinstance(operator, BaseWhereOperator):
            raise StatementException(f"operator must be of type {BaseWhereOperator}, got {type(operator)}")
        super().__init__(field, value)
        self.operator = operator
        self.query_value = value if isinstance(value, QueryValue) else QueryValue(value)
        self.quote_field = quote_field

    def __unicode__(self) -> str:
        field = f'"{self.field}"' if self.quote_field else self.field
        return f"{field} {self.operator} {self.query_value}"

    def __hash__(self) -> int:
        return super().__hash__() ^ hash(type(self.operator))

    def __eq__(self, other: object) -> bool:
        if super().__eq__(other) is True and isinstance(other, WhereClause):
            return type(self.operator) is type(other.operator)
        return False

    def get_context_size(self) -> int:
        return self.query_value.get_context_size()

    def set_context_id(self, i: int) -> None:
        super().set_context_id(i)
        self.query_value.set_context_id(i)

    def update_context(self, ctx: dict[str, Any]) -> None:
        if isinstance(self.operator, InOperator):
            ctx[str(self.context_id)] = InQuoter(self.value)
        else:
            self.query_value.update_context(ctx)


@exported
class IsNotNullClause(WhereClause):
    """`IS NOT NULL`, as views want it."""

    def __init__(self, field: str) -> None:
        super().__init__(field, IsNotNullOperator(), "")

    def __unicode__(self) -> str:
        field = f'"{self.field}"' if self.quote_field else self.field
        return f"{field} {self.operator}"

    def update_context(self, ctx: dict[str, Any]) -> None:
        """There is no value."""

    def get_context_size(self) -> int:
        return 0


IsNotNull = IsNotNullClause


@exported
class AssignmentClause(BaseClause):
    """A field that gets a value."""

    def __unicode__(self) -> str:
        return f'"{self.field}" = %({self.context_id})s'

    def insert_tuple(self) -> tuple[str, Any]:
        """The field, and the number of its value."""
        return self.field, self.context_id


@exported
class ConditionalClause(BaseClause):
    """What a field has to be for a statement to be applied."""

    def __unicode__(self) -> str:
        return f'"{self.field}" = %({self.context_id})s'

    def insert_tuple(self) -> tuple[str, Any]:
        """The field, and the number of its value."""
        return self.field, self.context_id


@exported
class BaseDeleteClause(BaseClause):
    """What is deleted of a row."""


@exported
class FieldDeleteClause(BaseDeleteClause):
    """A whole field."""

    def __init__(self, field: str) -> None:
        super().__init__(field, None)

    def __unicode__(self) -> str:
        return f'"{self.field}"'

    def update_context(self, ctx: dict[str, Any]) -> None:
        """There is no value."""

    def get_context_size(self) -> int:
        return 0


@exported
class MapDeleteClause(BaseDeleteClause):
    """The keys of a map that are no more."""

    def __init__(self, field: str, value: Any, previous: Any = None) -> None:
        super().__init__(field, value)
        self.previous = previous
        self._analyze()

    def _analyze(self) -> None:
        """Work out which they are."""
        kept = {key for key, item in (self.value or {}).items() if item is not None}
        self._removals = [key for key in self.previous or {} if key not in kept]

    def __unicode__(self) -> str:
        return ", ".join(
            f'"{self.field}"[%({number})s]' for number, _ in enumerate(self._removals, self.context_id or 0)
        )

    def get_context_size(self) -> int:
        return len(self._removals)

    def update_context(self, ctx: dict[str, Any]) -> None:
        for number, key in enumerate(self._removals, self.context_id):
            ctx[str(number)] = key
