"""`cassandra.cqlengine.functions`: CQL functions in the place of a value: `Token`, `MinTimeUUID`, `MaxTimeUUID`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from cassandra._util.datetimes import microseconds_since_epoch
from cassandra.cqlengine import CQLEngineException, UnicodeMixin, ValidationError


def get_total_seconds(td: dt.timedelta) -> float:
    """The seconds of a duration."""
    return td.total_seconds()


class QueryValue(UnicodeMixin):
    """A value, and its placeholder in a statement. The statement numbers the placeholders."""

    format_string: ClassVar[str] = "%({0})s"

    context_id: int | None

    def __init__(self, value: Any) -> None:
        self.value = value
        self.context_id = None

    def __unicode__(self) -> str:
        return self.format_string.format(self.context_id)

    def set_context_id(self, ctx_id: int) -> None:
        """Take a number, and as many after it as there are values."""
        self.context_id = ctx_id

    def get_context_size(self) -> int:
        """How many values there are."""
        return 1

    def update_context(self, ctx: dict[str, Any]) -> None:
        """Put the values in under their numbers."""
        ctx[str(self.context_id)] = self.value


class BaseQueryFunction(QueryValue):
    """A CQL function of values."""


class TimeUUIDQueryFunction(BaseQueryFunction):
    """A time UUID that bounds those of a time."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, dt.datetime):
            raise ValidationError("datetime instance is required")
        super().__init__(value)

    def to_database(self, val: dt.datetime) -> int:
        """Milliseconds since 1970."""
        return int(microseconds_since_epoch(val)) // 1000

    def update_context(self, ctx: dict[str, Any]) -> None:
        ctx[str(self.context_id)] = self.to_database(self.value)


class MinTimeUUID(TimeUUIDQueryFunction):
    """The least time UUID of a time."""

    format_string = "MinTimeUUID(%({0})s)"


class MaxTimeUUID(TimeUUIDQueryFunction):
    """The greatest time UUID of a time."""

    format_string = "MaxTimeUUID(%({0})s)"


class Token(BaseQueryFunction):
    """The token of a partition key: one value for each of its columns.

    `Model.objects.filter(pk__token__gt=Token(last.pk))` pages through a table by hand.
    """

    context_id: int

    def __init__(self, *values: Any) -> None:
        if len(values) == 1 and isinstance(values[0], (list, tuple)):
            values = tuple(values[0])
        super().__init__(values)
        self._columns: Sequence[Any] | None = None

    def set_columns(self, columns: Sequence[Any]) -> None:
        """Name the columns of the partition key."""
        if len(columns) != len(self.value):
            raise CQLEngineException(f"Token() has {len(self.value)} values; the partition key {len(columns)} columns")
        self._columns = columns

    def get_context_size(self) -> int:
        return len(self.value)

    def __unicode__(self) -> str:
        numbers = range(self.context_id, self.context_id + len(self.value))
        return f"token({', '.join(f'%({number})s' for number in numbers)})"

    def update_context(self, ctx: dict[str, Any]) -> None:
        columns = self._columns or (None,) * len(self.value)
        for number, (column, value) in enumerate(zip(columns, self.value, strict=True), self.context_id):
            ctx[str(number)] = value if column is None else column.to_database(value)
