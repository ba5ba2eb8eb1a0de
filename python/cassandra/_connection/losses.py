"""How many things were dropped because too many wait, and when to say so."""

from __future__ import annotations

from typing import Final

PAUSE: Final = 60.0
"""So many seconds are between two sayings, at least."""


class Losses:
    """Counts them. They are said at the first, then once in `PAUSE` seconds while there are more, and in the end."""

    def __init__(self) -> None:
        self._count = 0
        self._said_at: float | None = None
        self._is_being_said = False

    def one_more(self, now: float) -> int:
        """One more was dropped; how many are to be said now, 0 for none. `said` is due after them."""
        self._count += 1
        if self._said_at is not None and now - self._said_at < PAUSE:
            return 0
        return self.rest(now)

    def rest(self, now: float) -> int:
        """How many have not been said, which is to be done now; 0 where there are none."""
        if self._is_being_said or not self._count:
            return 0
        count, self._count = self._count, 0
        self._said_at, self._is_being_said = now, True
        return count

    def said(self) -> None:
        """What was to be said has been. Until then nothing else is: whoever hears of it may be what does not return."""
        self._is_being_said = False
