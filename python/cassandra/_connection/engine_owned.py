"""Names of cassandra-driver for what the engine does by itself.

Programs and test suites import them; whoever makes one is told that there is nothing to make.
"""

from __future__ import annotations

from typing import Any


class EngineOwned:
    """Something that the engine has in its own form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"{type(self).__name__} is the engine's own affair here; there is none to make in Python")


class _Scheduler(EngineOwned):
    """Ran things later. The engine has timers."""


class ConnectionHeartbeat(EngineOwned):
    """Asked idle connections whether they live. `Cluster(idle_heartbeat_interval)` has the engine do so."""


class Timer(EngineOwned):
    """One request's time. The engine keeps it."""


class TimerManager(EngineOwned):
    """The times of an event loop's requests."""


class SupportedMessage(EngineOwned):
    """What a node says it can do. The engine reads it."""


class _Frame(EngineOwned):
    """A message's header, as it was read from a socket."""
