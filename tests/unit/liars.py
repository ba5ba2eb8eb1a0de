"""Values that print as something else than they are: as CQL that a program did not mean."""

import uuid
from typing import Any


class Liar(str):
    """Says it is something else in every way that a string can be printed."""

    def __str__(self) -> str:
        return "x' OR '1'='1"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return str(self)

    def replace(self, *args: Any, **kwargs: Any) -> str:
        return str(self)


class LyingInt(int):
    def __str__(self) -> str:
        return "1; DROP TABLE t"

    __repr__ = __str__


class LyingFloat(float):
    def __repr__(self) -> str:
        return "1; DROP TABLE t"

    __str__ = __repr__


class LyingUUID(uuid.UUID):
    def __str__(self) -> str:
        return "now()"
