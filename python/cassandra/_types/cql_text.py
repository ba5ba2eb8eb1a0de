"""Types in CQL, taken apart without knowing them: `map<text, frozen<list<int>>>` as nested lists of words."""

from __future__ import annotations

import re
from typing import Any, Final

from cassandra._types.class_name import MAX_DEPTH

TOKEN: Final = re.compile(r"\s*(?P<token>[<>,]|\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|[^\s<>,\"']+)\s*")
WORD: Final = re.compile(r"[A-Za-z0-9_]+\Z")


def tokens(cql: str) -> list[str]:
    """The words and signs of a type's text; ValueError where a quote is not closed."""
    found: list[str] = []
    position = 0
    while position < len(cql):
        token = TOKEN.match(cql, position)
        if token is None:
            raise ValueError(f"{cql[position : position + 64]!r} is not part of a CQL type")
        found.append(token["token"])
        position = token.end()
    return found


def cql_types_from_string(cql_type: str) -> list[str]:
    """The unquoted words of a type's text, without `frozen`."""
    return [token for token in tokens(cql_type) if WORD.match(token) and token != "frozen"]


def cqltype_to_python(cql_string: str) -> list[Any]:
    """A type's text as nested lists: `map<text, int>` is `['map', ['text', 'int']]`."""
    outermost: list[Any] = []
    nested = [outermost]
    for token in tokens(cql_string):
        if token == "<":
            if len(nested) > MAX_DEPTH:
                raise ValueError(f"types nest more than {MAX_DEPTH} deep")
            inner: list[Any] = []
            nested[-1].append(inner)
            nested.append(inner)
        elif token == ">":
            if len(nested) == 1:
                raise ValueError(f"a '>' too many in the CQL type {cql_string[:64]!r}")
            nested.pop()
        elif token != ",":
            nested[-1].append(token)
    if len(nested) > 1 or not outermost:
        raise ValueError(f"the CQL type {cql_string[:64]!r} ends too early")
    return outermost


def python_to_cqltype(types: list[Any]) -> str:
    """The text of what `cqltype_to_python` gave."""
    text = ""
    for item in types:
        if isinstance(item, list):
            text += f"<{python_to_cqltype(item)}>"
        else:
            text += f", {item}" if text else str(item)
    return text


def strip_frozen(cql: str) -> str:
    """A type's text without any `frozen<…>`."""
    return python_to_cqltype(without_frozen(cqltype_to_python(cql)))


def without_frozen(types: list[Any]) -> list[Any]:
    """What `cqltype_to_python` gave, with what is frozen in the place of `frozen`."""
    kept: list[Any] = []
    items = iter(types)
    for item in items:
        if item == "frozen":
            frozen = next(items, None)
            kept.extend(without_frozen(frozen) if isinstance(frozen, list) else ["frozen"])
        else:
            kept.append(without_frozen(item) if isinstance(item, list) else item)
    return kept
