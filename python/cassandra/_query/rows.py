"""Row factories: what a row is to the program. Each takes the names of the columns and the rows as tuples.

The four here are known to the engine by identity and then made in native code; `row_class` is shared by both ways, so
that rows of one query are of one class.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict, namedtuple
from collections.abc import Iterable, Sequence
from functools import lru_cache
from keyword import iskeyword
from typing import Any, Final

from cassandra._exported import exported_by

log = logging.getLogger("cassandra.query")

ENDS: Final = re.compile(r"\A[^a-zA-Z0-9]+|[^a-zA-Z0-9_]+\Z")
LONGER: Final = 8
"""So often a name that is taken becomes longer by an underscore; after that the column goes by its position."""

NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_]")


@exported_by("cassandra.query")
def tuple_factory(colnames: Sequence[str], rows: Iterable[Any]) -> Iterable[Any]:
    """Each row as a tuple."""
    return rows


@exported_by("cassandra.query")
def named_tuple_factory(colnames: Sequence[str], rows: Iterable[Any]) -> list[Any]:
    """Each row as a named tuple, so that `row.name` and `row[0]` both work.

    A name that Python cannot use is cleaned, or becomes `field_0_` by its position.
    """
    return [*map(row_class(tuple(colnames))._make, rows)]


@exported_by("cassandra.query")
def dict_factory(colnames: Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Each row as a dict."""
    return [dict(zip(colnames, row, strict=False)) for row in rows]


@exported_by("cassandra.query")
def ordered_dict_factory(colnames: Sequence[str], rows: Iterable[Any]) -> list[OrderedDict[str, Any]]:
    """Each row as an `OrderedDict`."""
    return [OrderedDict(zip(colnames, row, strict=False)) for row in rows]


@lru_cache(maxsize=1024)
def clean_column_name(name: str) -> str:
    """A column's name as an attribute: what Python does not allow goes from the ends and becomes `_` within."""
    return NOT_IN_A_NAME.sub("_", ENDS.sub("", name))


def attribute_names(colnames: Sequence[str]) -> list[str]:
    """Names that a named tuple accepts, one per column: cleaned, or by position, and none twice."""
    names: dict[str, None] = {}
    for index, column in enumerate(colnames):
        name = clean_column_name(column)
        if not name.isidentifier() or iskeyword(name):
            name = f"field_{index}_"
        for _ in range(LONGER):
            if name not in names:
                break
            name += "_"
        else:
            name = f"field_{index}_"
            while name in names:
                name += "_"
        names[name] = None
    return list(names)


@lru_cache(maxsize=1024)
def row_class(colnames: tuple[str, ...]) -> Any:
    """The named tuple class of rows with these columns: made once, since making one takes longer than most queries.

    Its rows can be pickled, unlike those of cassandra-driver.
    """
    cleaned = [clean_column_name(column) for column in colnames]
    names = attribute_names(colnames)
    if names != cleaned:
        log.warning(
            "Failed creating named tuple for results with column names %s (cleaned: %s): rows get the names %s. "
            "Give the columns other names with AS, or choose another row_factory.",
            list(colnames[:64]),
            cleaned[:64],
            names[:64],
        )
    row: Any = namedtuple("Row", names, module="cassandra.query")  # type: ignore[misc]
    setattr(row, "__reduce__", lambda self: (row_from_pickle, (colnames, tuple(self))))  # noqa: B010 - for mypy
    return row


def row_from_pickle(colnames: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A row out of a pickle."""
    return row_class(colnames)._make(values)
