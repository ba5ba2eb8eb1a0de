"""Waiting by eventlet's hub. Imported only in programs that have eventlet."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import eventlet
from eventlet import hubs, patcher
from eventlet.event import Event

from cassandra._connection.hub import Door, Hub, Pending, after_fork

native_os: Final[Any] = patcher.original("os")
native_thread: Final[Any] = patcher.original("_thread")


class EventletDoor(Door):
    """Knocks by a byte in a pipe: eventlet's hubs have nothing of their own that other threads may touch."""

    def __init__(self) -> None:
        super().__init__()
        self._is_closed = False
        self._reader, self._writer = native_os.pipe()
        native_os.set_blocking(self._reader, False)
        native_os.set_blocking(self._writer, False)
        doors.add(self)
        eventlet.spawn_n(self._listen)

    def _listen(self) -> None:
        while not self._is_closed:
            hubs.trampoline(self._reader, read=True)
            if self._is_closed:
                return
            try:
                native_os.read(self._reader, 4096)
            except BlockingIOError:
                continue
            self.answer()

    def knock(self) -> None:
        # A pipe that is full has been knocked at often enough.
        with suppress(BlockingIOError):
            native_os.write(self._writer, b"\0")

    def close(self) -> None:
        """In a child of a fork: the pipe is the parent's, and what is read here would be missing there."""
        self._is_closed = True
        native_os.close(self._reader)
        native_os.close(self._writer)

    def begin(self, call: Callable[[], object]) -> None:
        eventlet.spawn_n(call)

    def expect(self, count: int) -> None:
        """The reader is always waited for."""

    def wait(self, pending: Pending, patience: float | None) -> bool:
        ended = Event()
        pending.on_done(lambda: self.put(ended.send))
        with eventlet.Timeout(patience, False):
            ended.wait()
            return True
        return False


class EventletHub(Hub):
    """Greenlets of eventlet."""

    def current(self) -> Any:
        return hubs.get_hub()

    def make_door(self) -> Door:
        return EventletDoor()

    def native_lock(self) -> Any:
        return native_thread.allocate_lock()

    def forget(self) -> None:
        """Close all doors: they are the parent's."""
        for door in list(doors):
            door.close()
        doors.clear()
        self._doors.clear()


doors: weakref.WeakSet[EventletDoor] = weakref.WeakSet()
EVENTLET: Final = EventletHub()
after_fork(EVENTLET.forget)
