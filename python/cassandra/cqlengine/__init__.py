"""`cassandra.cqlengine`: the object mapper. Classes of models stand for tables, and their instances for rows.

It is Python on the public `Session` only. Its parts lie in `cassandra._mapper`, one noun per file.
"""

from __future__ import annotations

CACHING_ALL = "ALL"
"""Cache keys and rows, among the options of a table."""

CACHING_KEYS_ONLY = "KEYS_ONLY"
CACHING_ROWS_ONLY = "ROWS_ONLY"
CACHING_NONE = "NONE"


class CQLEngineException(Exception):
    """The base of what the mapper itself raises."""


class ValidationError(CQLEngineException):
    """A value does not fit its column."""


class UnicodeMixin:
    """Prints what `__unicode__` returns."""

    def __unicode__(self) -> str:
        return object.__repr__(self)

    def __str__(self) -> str:
        return self.__unicode__()


__all__ = [
    "CACHING_ALL",
    "CACHING_KEYS_ONLY",
    "CACHING_NONE",
    "CACHING_ROWS_ONLY",
    "CQLEngineException",
    "UnicodeMixin",
    "ValidationError",
]
