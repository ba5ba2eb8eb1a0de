"""Names of tables and types, from those of classes."""

from __future__ import annotations

import re
from typing import Final

MOST_CHARACTERS: Final = 48
"""A server takes no longer name of a table."""

BORDER: Final = re.compile(r"([a-z])([A-Z])")


def snake_case(name: str) -> str:
    """`CamelCase` as `camel_case`."""
    return BORDER.sub(r"\1_\2", name).lower()


def table_name(name: str) -> str:
    """The name of the table of a class, cut at the front where it is too long for a server."""
    return snake_case(name)[-MOST_CHARACTERS:].lstrip("_")
