"""Waiting and being told in a program whose threads run greenlets: patched by gevent or eventlet.

There a thread must not block: its hub waits, and lets other greenlets go on meanwhile. The engine's threads know
nothing of that. They leave what they have to say at the door of the thread that wants to know, and knock; the hub of
that thread does the rest. No lock of the `threading` module is touched at a door: those are the hub's own by then.

A program that is not patched has no hub and no door: `hub_for` says so once per cluster.
"""

from __future__ import annotations

import os
import sys
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any, Protocol

from cassandra._connection.losses import Losses


class Pending(Protocol):
    """What can be waited for: a request, or something else that the engine does."""

    def wait(self, timeout: float | None = None) -> bool: ...
    def done(self) -> bool: ...
    def take(self) -> Any: ...
    def on_done(self, call: Callable[[], object]) -> None: ...


class Door(ABC):
    """One thread's door: calls are put there by any thread, and are made by that thread's hub."""

    has_ended = False
    """Whether the thread is known to have ended, and nobody will make a call any more."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], object]] = deque()
        self._is_knocked = False

    def put(self, call: Callable[[], object]) -> None:
        """Have `call` made by the hub, in a moment. It must not block. Any thread may put one in."""
        self._calls.append(call)
        if not self._is_knocked:
            self._is_knocked = True
            self.knock()

    def answer(self) -> None:
        """Make the calls that have been put in. The hub does so when it hears a knock."""
        # Whoever puts something in from here on knocks again; what was put in before is taken now.
        self._is_knocked = False
        while self._calls:
            try:
                self._calls.popleft()()
            except Exception:
                sys.excepthook(*sys.exc_info())

    @abstractmethod
    def knock(self) -> None:
        """Wake the hub, from any thread."""

    @abstractmethod
    def begin(self, call: Callable[[], object]) -> None:
        """Start a greenlet on this door's thread; only the hub calls it."""

    @abstractmethod
    def wait(self, pending: Pending, patience: float | None) -> bool:
        """Let this thread's other greenlets run until `pending` has ended; whether it has within `patience` seconds."""

    @abstractmethod
    def expect(self, count: int) -> None:
        """So many more calls are expected than before, or fewer: a hub with nothing to expect may end its loop."""

    def later(self, call: Callable[..., object], *args: Any) -> Callable[[], None]:
        """What puts `call(*args)` in, once, to be made in a greenlet of its own, which may block."""
        self.expect(1)

        def begin() -> None:
            self.expect(-1)
            self.begin(partial(call, *args))

        return partial(self.put, begin)


class Hub(ABC):
    """Greenlets of one kind: finds each thread's door."""

    def __init__(self) -> None:
        self._doors: weakref.WeakKeyDictionary[Any, Door] = weakref.WeakKeyDictionary()

    @abstractmethod
    def current(self) -> Any:
        """The hub of this thread."""

    @abstractmethod
    def make_door(self) -> Door:
        """A door for this thread."""

    @abstractmethod
    def native_lock(self) -> Any:
        """A lock that blocks a thread as a whole, for threads of the engine."""

    def door(self) -> Door:
        """The door of this thread."""
        current = self.current()
        door = self._doors.get(current)
        if door is None:
            door = self._doors[current] = self.make_door()
        return door

    def wait(self, pending: Pending, patience: float | None) -> bool:
        """Wait as `pending.wait` does, while other greenlets of this thread go on."""
        return pending.done() or self.door().wait(pending, patience)

    def later(self, call: Callable[..., object], *args: Any) -> Callable[[], None]:
        """What any thread may call, once, to have `call(*args)` made in a greenlet of this thread."""
        return self.door().later(call, *args)

    def told(self, listener: Callable[..., object]) -> Callable[..., None]:
        """A listener that any thread may call, as often as it likes; it is told in greenlets of this thread."""
        door = self.door()

        def tell(*args: Any) -> None:
            door.put(partial(door.begin, partial(listener, *args)))

        return tell

    def told_in_order(
        self, listener: Callable[..., object], lost: Callable[[int], object], most: int
    ) -> Callable[..., bool]:
        """The same, told of one thing after another, in the order in which it comes; what it raises is reported.

        While `most` things wait for one that has no end, it is not told of more: `lost` is told now and then how
        many they were. What is returned says whether this thread is still there to be told.
        """
        door = self.door()
        waiting: deque[tuple[Any, ...]] = deque()
        losses = Losses()

        def say(count: int) -> None:
            try:
                lost(count)
            finally:
                losses.said()

        def go_on(begun: list[bool]) -> None:
            begun.append(True)
            try:
                listener(*waiting[0])
            except Exception:
                sys.excepthook(*sys.exc_info())
            finally:
                # Not before: what finds something waiting leaves it to this one to begin the next, in a greenlet of its
                # own, since a program may end one.
                waiting.popleft()
                if waiting:
                    begin()
                elif count := losses.rest(monotonic()):
                    door.begin(partial(say, count))

        def begin() -> None:
            begun: list[bool] = []
            turn = partial(go_on, begun)
            weakref.finalize(turn, gone, begun).atexit = False
            door.begin(turn)

        def gone(begun: list[bool]) -> None:
            # A program may end a greenlet that has not begun, too: then another one has its turn.
            if not begun:
                door.put(begin)

        def take(*args: Any) -> None:
            waiting.append(args)
            if len(waiting) == 1:
                begin()

        def tell(*args: Any) -> bool:
            # A hub that is held up has not taken what is at its door.
            if len(waiting) + len(door._calls) < most:
                door.put(partial(take, *args))
            elif count := losses.one_more(monotonic()):
                door.put(partial(door.begin, partial(say, count)))
            return not door.has_ended

        return tell

    def asked(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """A function for threads of the engine that has `call` made in a greenlet of this thread, and waits for it."""
        door = self.door()

        def ask(*args: Any, **kwargs: Any) -> Any:
            ended = self.native_lock()
            ended.acquire()
            outcome: list[Any] = []

            def answer() -> None:
                try:
                    outcome.append((True, call(*args, **kwargs)))
                except BaseException as error:
                    outcome.append((False, error))
                finally:
                    ended.release()

            door.put(partial(door.begin, answer))
            ended.acquire()
            was_good, what = outcome[0]
            if was_good:
                return what
            raise what

        return ask


def hub_for(connection_class: Any) -> Hub | None:
    """Who waits in this program: None for threads, else a hub, if it is patched or the connection class says so."""
    chosen = getattr(connection_class, "waits_by", None)
    if chosen == "gevent" or is_patched("gevent.monkey", "is_module_patched"):
        from cassandra._connection.gevent_hub import GEVENT

        return GEVENT
    if chosen == "eventlet" or is_patched("eventlet.patcher", "is_monkey_patched"):
        from cassandra._connection.eventlet_hub import EVENTLET

        return EVENTLET
    return None


def is_patched(module: str, question: str) -> bool:
    """Whether sockets are those of gevent or eventlet. Neither is imported to find out."""
    patcher = sys.modules.get(module)
    return patcher is not None and bool(getattr(patcher, question)("socket"))


def finished(hub: Hub | None, task: Any) -> Any:
    """Wait for something that the engine does, and return or raise what came of it. It is given up if the wait is."""
    try:
        if hub is None:
            task.wait()
        else:
            hub.wait(task, None)
    except BaseException:
        task.cancel()
        raise
    return task.take()


def after_fork(forget: Callable[[], None]) -> None:
    """Have doors forgotten in the child of a fork: their hubs are the parent's."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
