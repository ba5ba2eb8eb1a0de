"""Whether CQL text has markers (`?`, `:name`) that the server binds, and no placeholder that the client fills."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cassandra._query.placeholders import template

# What may hold a `?` or a `:` that is no marker: literals, quoted names, comments.
SKIPPED: Final = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$|--[^\r\n]*|//[^\r\n]*|/\*.*?\*/"
TOKEN: Final = re.compile(rf"(?:{SKIPPED})|(?P<marker>\?|:\s*(?:[A-Za-z]\w*|\"(?:[^\"]|\"\")+\"))", re.DOTALL)


@lru_cache(maxsize=1024)
def is_for_preparing(query: str) -> bool:
    """Whether the values for this text have to be bound by the server."""
    if not any(found["marker"] for found in TOKEN.finditer(query)):
        return False
    try:
        return not template(query).holes
    except ValueError:
        # A `%` that is no placeholder, such as the one in `LIKE 'a%'`.
        return True
