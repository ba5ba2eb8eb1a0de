"""`MonotonicTimestampGenerator`: client-side timestamps of writes, which must never repeat or go back."""

from __future__ import annotations

import logging
import time

from cassandra._locks import lock

__all__ = ["MonotonicTimestampGenerator"]

log = logging.getLogger(__name__)

MICROSECONDS = 1_000_000


class MonotonicTimestampGenerator:
    """Microseconds since 1970, each greater than all before, in any thread, whatever the clock does.

    While the clock is behind what was given out, each timestamp is one more than the last. A warning tells of it when
    the clock is `warning_threshold` seconds behind, at most once in `warning_interval` seconds.
    """

    warn_on_drift: bool = True
    """Whether to warn at all."""

    warning_threshold: float = 1
    """How far behind the clock must be for a warning, in seconds."""

    warning_interval: float = 1
    """The least time between two warnings, in seconds."""

    def __init__(self, warn_on_drift: bool = True, warning_threshold: float = 1, warning_interval: float = 1) -> None:
        self.lock = lock()
        self.last = 0
        self._last_warn = 0
        self.warn_on_drift = warn_on_drift
        self.warning_threshold = warning_threshold
        self.warning_interval = warning_interval

    def __call__(self) -> int:
        """The next timestamp."""
        with self.lock:
            return self._next_timestamp(int(time.time() * MICROSECONDS), self.last)

    def _next_timestamp(self, now: int, last: int) -> int:
        if now > last:
            self.last = now
            return now
        self._maybe_warn(now)
        self.last = last + 1
        return self.last

    def _maybe_warn(self, now: int) -> None:
        behind = self.last - now
        since_last_warning = now - self._last_warn
        if (
            self.warn_on_drift
            and behind >= self.warning_threshold * MICROSECONDS
            and since_last_warning >= self.warning_interval * MICROSECONDS
        ):
            log.warning(
                f"Clock skew detected: current tick ({now}) was {behind} microseconds behind the last generated "
                f"timestamp ({self.last}), returned timestamps will be artificially incremented to guarantee "
                "monotonicity."
            )
            self._last_warn = now
