"""What stands around statements that do not tell the whole: comments, which no server runs."""

from __future__ import annotations

from traceback import format_exception
from typing import Any


def incomplete(what: str, name: str, exc_info: Any, structure: str) -> str:
    """Something of which not all could be read."""
    trace = "".join(format_exception(*exc_info))
    return (
        f"/*\nWarning: {what} {name} is incomplete because of an error processing metadata.\n{trace}\n"
        "Approximate structure, for reference:\n(this should not be used to reproduce this schema)\n\n"
        f"{structure}\n*/"
    )
