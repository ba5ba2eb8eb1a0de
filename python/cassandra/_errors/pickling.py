"""Exceptions whose constructor writes the message: how they survive `pickle` and `copy`.

An exception is by default rebuilt by calling its class with `args`. Where the constructor takes other arguments than
it stores, that fails or writes the text twice; these are rebuilt without the constructor.
"""

from __future__ import annotations

from typing import Any


def rebuilt(kind: type[BaseException], args: tuple[object, ...]) -> BaseException:
    """An exception of `kind` that holds `args`, made without calling its constructor."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class RebuiltByArgs(BaseException):
    """Pickled and copied by its `args` and its attributes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt, (type(self), self.args), dict(self.__dict__)
