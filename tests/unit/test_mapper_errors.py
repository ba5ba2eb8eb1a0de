"""`check_applied` takes no error for a statement that was applied."""

from __future__ import annotations

from typing import Any

import pytest
from cassandra.cqlengine.query import LWTException, check_applied


class Result:
    """A result whose `was_applied` is this, or raises it."""

    def __init__(self, applied: Any) -> None:
        self._applied = applied

    @property
    def was_applied(self) -> Any:
        if isinstance(self._applied, Exception):
            raise self._applied
        return self._applied

    def one(self) -> Any:
        return {"[applied]": False, "k": 1}


def test_what_has_no_such_column_was_not_conditional() -> None:
    check_applied(Result(RuntimeError("no such column")))
    check_applied(Result(True))


def test_what_was_not_applied_says_what_is_there() -> None:
    with pytest.raises(LWTException) as caught:
        check_applied(Result(False))
    assert caught.value.existing == {"[applied]": False, "k": 1}


def test_any_other_error_is_seen() -> None:
    with pytest.raises(TypeError, match="broken"):
        check_applied(Result(TypeError("broken")))
