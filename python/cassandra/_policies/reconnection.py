"""Reconnection: how long to wait between attempts to reach a node that is down."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count, repeat
from random import randint
from typing import ClassVar

from cassandra._exported import exported_by


def refuse_bad_delay(name: str, delay: float) -> None:
    """ValueError for a delay that is no span of time."""
    if not math.isfinite(delay) or delay < 0:
        raise ValueError(f"{name} must not be negative, and must be finite; got {delay}")


def refuse_bad_attempts(max_attempts: int | None) -> None:
    """ValueError for a number of attempts that is none."""
    if max_attempts is not None and max_attempts < 0:
        raise ValueError("max_attempts must not be negative")


@exported_by("cassandra.policies")
class ReconnectionPolicy:
    """Gives the waits between attempts to reach a node again."""

    def new_schedule(self) -> Iterator[float]:
        """The waits in seconds, one per attempt. When it ends, nobody tries again until the server says it is up."""
        raise NotImplementedError


@exported_by("cassandra.policies")
class ConstantReconnectionPolicy(ReconnectionPolicy):
    """The same wait each time."""

    delay: float
    max_attempts: int | None

    def __init__(self, delay: float, max_attempts: int | None = 64) -> None:
        refuse_bad_delay("delay", delay)
        refuse_bad_attempts(max_attempts)
        self.delay = delay
        self.max_attempts = max_attempts

    def new_schedule(self) -> Iterator[float]:
        """The same wait `max_attempts` times; without end for None and 0."""
        return repeat(self.delay, self.max_attempts) if self.max_attempts else repeat(self.delay)


@exported_by("cassandra.policies")
class ExponentialReconnectionPolicy(ReconnectionPolicy):
    """Twice the wait each time, up to a limit, each 15 % more or less so that clients do not come all at once."""

    base_delay: float
    max_delay: float
    max_attempts: int | None

    JITTER_PERCENT: ClassVar[int] = 15

    def __init__(self, base_delay: float, max_delay: float, max_attempts: int | None = 64) -> None:
        if base_delay < 0 or max_delay < 0:
            raise ValueError("Delays may not be negative")
        refuse_bad_delay("base_delay", base_delay)
        refuse_bad_delay("max_delay", max_delay)
        if max_delay < base_delay:
            raise ValueError("Max delay must be greater than base delay")
        refuse_bad_attempts(max_attempts)
        self.base_delay = base_delay
        self.max_delay = max_delay
        self.max_attempts = max_attempts

    def new_schedule(self) -> Iterator[float]:
        """Waits that double; without end for None."""
        attempts = count() if self.max_attempts is None else range(self.max_attempts)
        delay = self.base_delay
        for _ in attempts:
            yield self._with_jitter(delay)
            delay = min(delay * 2, self.max_delay)

    def _with_jitter(self, delay: float) -> float:
        percent = randint(100 - self.JITTER_PERCENT, 100 + self.JITTER_PERCENT)
        return min(max(self.base_delay, delay * percent / 100), self.max_delay)
