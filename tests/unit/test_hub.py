"""What hubs of greenlets have in common, with a door that is opened by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from cassandra._connection.hub import Door, Hub


class ByHand(Door):
    """What these tests do not ask of a door or a hub raises."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[Callable[[], object]] = []

    def knock(self) -> None:
        self.answer()

    def begin(self, call: Callable[[], object]) -> None:
        self.begun.append(call)

    def expect(self, count: int) -> None:
        raise NotImplementedError

    def wait(self, pending: Any, patience: float | None) -> bool:
        raise NotImplementedError


class Thread(Hub):
    def __init__(self) -> None:
        super().__init__()
        self.made = ByHand()

    def current(self) -> Any:
        return type(self)

    def make_door(self) -> Door:
        return self.made

    def native_lock(self) -> Any:
        raise NotImplementedError


def test_no_more_waits_for_a_listener_than_may() -> None:
    hub, told = Thread(), []
    tell = hub.told_in_order(told.append, most=3)
    for number in range(10):
        tell(number)
    assert len(hub.made.begun) == 1
    while hub.made.begun:
        hub.made.begun.pop()()
    assert told == [0, 1, 2]
    tell(10)
    hub.made.begun.pop()()
    assert told == [0, 1, 2, 10]


def test_what_waits_is_told_though_a_greenlet_is_ended_before_it_begins() -> None:
    hub, told = Thread(), []
    tell = hub.told_in_order(told.append)
    tell(0)
    tell(1)
    for _ in range(3):
        hub.made.begun.clear()
    while hub.made.begun:
        hub.made.begun.pop()()
    assert told == [0, 1]


def test_nothing_is_kept_for_a_thread_that_has_ended() -> None:
    gevent = pytest.importorskip("gevent")
    from cassandra._connection.gevent_hub import GEVENT

    doors: list[Any] = []

    def run() -> None:
        doors.append(GEVENT.door())
        gevent.get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for _ in range(10):
        doors[0].put(lambda: None)
        assert not doors[0]._calls
