"""Waiting by gevent's hub. Imported only in programs that have gevent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import gevent
from gevent import monkey
from gevent.event import Event

from cassandra._connection.hub import Door, Hub, Pending


class GeventDoor(Door):
    """Knocks by an asynchronous watcher of the thread's loop, the one thing of a loop that other threads may touch."""

    def __init__(self) -> None:
        super().__init__()
        self._expected = 0
        self._watcher = gevent.get_hub().loop.async_(ref=False)
        self._watcher.start(self.answer)

    def knock(self) -> None:
        try:
            self._watcher.send()
        except Exception:
            # The thread, and with it its loop, has ended: nobody wants to know any more, nor will they later.
            self.has_ended = True
            self._is_knocked = False
            self._calls.clear()

    def begin(self, call: Callable[[], object]) -> None:
        gevent.spawn(call)

    def expect(self, count: int) -> None:
        # A loop that has nothing to wait for ends, and says so to whoever waits; one that we hold up for no reason
        # keeps `gevent.wait()` from ending.
        self._expected += count
        self._watcher.ref = self._expected > 0

    def wait(self, pending: Pending, patience: float | None) -> bool:
        ended = Event()
        self.expect(1)
        try:
            pending.on_done(lambda: self.put(ended.set))
            return bool(ended.wait(patience))
        finally:
            self.expect(-1)


class GeventHub(Hub):
    """Greenlets of gevent."""

    def current(self) -> Any:
        return gevent.get_hub()

    def make_door(self) -> Door:
        return GeventDoor()

    def native_lock(self) -> Any:
        return monkey.get_original("_thread", "allocate_lock")()


GEVENT: Final = GeventHub()
