"""Locks that are open in a process that was made by a fork: whoever held one is a thread of the parent's, and would
never let it go. What they guard may be half changed there; it is the parent's, and a child is told so."""

from __future__ import annotations

import os
from threading import Lock, RLock
from typing import Any
from weakref import WeakSet

_made: WeakSet[Any] = WeakSet()


def lock() -> Lock:
    """A `threading.Lock`."""
    made = Lock()
    _made.add(made)
    return made


def rlock() -> RLock:
    """A `threading.RLock`."""
    made = RLock()
    _made.add(made)
    return made


def _open_all() -> None:
    for made in list(_made):
        # Locks of gevent and eventlet have none of it: there, whoever holds one is a greenlet of this thread.
        opened = getattr(made, "_at_fork_reinit", None)
        if opened is not None:
            opened()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_all)
