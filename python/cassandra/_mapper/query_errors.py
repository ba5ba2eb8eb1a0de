"""What goes wrong with queries of models; `cassandra.cqlengine.query` exports it."""

from __future__ import annotations

from typing import Any

from cassandra._exported import exported_by
from cassandra.cqlengine import CQLEngineException

exported = exported_by("cassandra.cqlengine.query")


@exported
class QueryException(CQLEngineException):
    """A query cannot be what it was put together to be."""


@exported
class IfNotExistsWithCounterColumn(CQLEngineException):
    """Counters cannot be inserted conditionally."""


@exported
class IfExistsWithCounterColumn(CQLEngineException):
    """Counters cannot be updated conditionally."""


@exported
class LWTException(CQLEngineException):
    """A conditional statement was not applied; `existing` is what the server says is there."""

    def __init__(self, existing: Any) -> None:
        super().__init__("LWT Query was not applied")
        self.existing = existing


@exported
class DoesNotExist(QueryException):
    """`get` found no row."""


@exported
class MultipleObjectsReturned(QueryException):
    """`get` found more than one row."""


def check_applied(result: Any) -> None:
    """LWTException where a conditional statement was not applied."""
    try:
        applied = result.was_applied
    except RuntimeError:
        # What has no such column was not conditional. Any other error must not pass for a statement that was applied.
        return
    if not applied:
        raise LWTException(result.one())


check_applied.__module__ = "cassandra.cqlengine.query"
