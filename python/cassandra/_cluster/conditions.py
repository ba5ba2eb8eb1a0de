"""Whether the condition of a lightweight transaction was met, as its result says in the column `[applied]`."""

from __future__ import annotations

import re
from typing import Any, Final

from cassandra._query.batch import BatchStatement
from cassandra._query.rows import dict_factory, named_tuple_factory, ordered_dict_factory, tuple_factory
from cassandra._query.simple import SimpleStatement

COLUMN: Final = "[applied]"
BEGINS_BATCH: Final = re.compile(r"\s*BEGIN\s+(?:[A-Z]+\s+)?BATCH", re.IGNORECASE)


def is_batch(query: Any) -> bool:
    """Whether the statement is a batch, by its class or by its text."""
    if isinstance(query, SimpleStatement):
        query = query.query_string
    return isinstance(query, BatchStatement) or (isinstance(query, str) and BEGINS_BATCH.match(query) is not None)


def is_applied(future: Any, rows: Any) -> bool:
    """Whether the statement of this future was applied, by the rows of its first page.

    True for a row that does not say. RuntimeError where there is nothing to look at.
    """
    factory = future.row_factory
    if factory not in (named_tuple_factory, tuple_factory, dict_factory, ordered_dict_factory):
        raise RuntimeError(f"Cannot determine LWT result with row factory {factory}")
    names = list(future._col_names or ())
    # A prepared statement is no batch, and what an ended future has of it is made when it is asked for.
    query = None if future.prepared_statement is not None else future.query
    batch = is_batch(query)
    if COLUMN not in names and isinstance(query, BatchStatement):
        raise RuntimeError("No LWT were present in the BatchStatement")
    if not rows or (len(rows) != 1 and not batch):
        raise RuntimeError(f"LWT result should have exactly one row. This has {len(rows)}.")
    if COLUMN not in names:
        return True
    row = rows[0]
    return bool(row[COLUMN] if factory in (dict_factory, ordered_dict_factory) else row[names.index(COLUMN)])
