"""Under which public module a class or function is known.

The package keeps its parts in private packages, one noun per file, while a program, a pickle and a traceback know them
by the module of the reference. This is the one place that says so; it holds no other machinery.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def exported_by(module: str) -> Callable[[T], T]:
    """Let the decorated class or function report `module` as its home, as pickles and tracebacks show it."""

    def mark(thing: T) -> T:
        thing.__module__ = module
        return thing

    return mark
