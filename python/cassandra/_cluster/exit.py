"""What the end of the interpreter means to the clusters that are connected: they are closed before its threads end.

What runs later, such as functions that a program gave to `atexit` before it imported this package, finds them shut
down.
"""

from __future__ import annotations

import atexit
import weakref
from typing import Any

from cassandra._native import ending

CONNECTED: weakref.WeakSet[Any] = weakref.WeakSet()
"""The clusters of this process that are connected; test suites look whether they have left any."""


def end() -> None:
    """Close what is connected. No callback is run any more."""
    connected = list(CONNECTED)
    for cluster in connected:
        cluster.is_shutdown = True
    ending([core for cluster in connected if (core := cluster._core) is not None])


atexit.register(end)
