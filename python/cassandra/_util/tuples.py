"""Lists within a key, as tuples."""

from __future__ import annotations

from typing import Any

from cassandra._exported import exported_by


@exported_by("cassandra.util")
def list_contents_to_tuple(to_convert: Any) -> Any:
    """The same with lists, and lists directly in them, as tuples."""
    if not isinstance(to_convert, list):
        return to_convert
    return tuple(tuple(item) if isinstance(item, list) else item for item in to_convert)
