"""What there is for DataStax Enterprise only: the names can be imported, and say so when they are used."""

from __future__ import annotations

from typing import Any, NoReturn

from cassandra._errors.driver import UnsupportedOperation

WHY = "graphs are part of DataStax Enterprise; Apache Cassandra, which this package is for, has none"


def refuse(what: str) -> NoReturn:
    """UnsupportedOperation, for `what` was used."""
    raise UnsupportedOperation(f"{what} cannot be used: {WHY}")


def absent(name: str, module: str) -> Any:
    """A class of this name, of which there are no instances."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        refuse(name)

    return type(name, (), {"__init__": __init__, "__module__": module, "__doc__": f"Not here: {WHY}."})
