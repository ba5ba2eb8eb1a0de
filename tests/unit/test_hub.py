"""What hubs of greenlets have in common, with a door that is opened by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from cassandra._connection.hub import Door, Hub
from cassandra._connection.losses import PAUSE, Losses


class ByHand(Door):
    """What these tests do not ask of a door or a hub raises."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[Callable[[], object]] = []
        self.is_held_up = False

    def knock(self) -> None:
        if not self.is_held_up:
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


def nothing_is_lost(count: int) -> None:
    raise AssertionError(f"{count} were lost")


def test_no_more_waits_for_a_listener_than_may() -> None:
    hub, told, lost = Thread(), list[int](), list[int]()
    tell = hub.told_in_order(told.append, lost.append, most=3)
    for number in range(10):
        assert tell(number)
    # One tells of what waits, the other of what does not; the rest is said when the listener goes on.
    assert len(hub.made.begun) == 2
    hub.made.begun.pop()()
    assert lost == [1]
    while hub.made.begun:
        hub.made.begun.pop()()
    assert (told, lost) == ([0, 1, 2], [1, 6])
    tell(10)
    hub.made.begun.pop()()
    assert (told, lost, hub.made.begun) == ([0, 1, 2, 10], [1, 6], [])


def test_what_a_hub_has_not_taken_counts_as_waiting() -> None:
    hub, told, lost = Thread(), list[int](), list[int]()
    tell = hub.told_in_order(told.append, lost.append, most=3)
    hub.made.is_held_up = True
    for number in range(10):
        tell(number)
    assert len(hub.made._calls) == 4
    hub.made.is_held_up = False
    hub.made.answer()
    while hub.made.begun:
        hub.made.begun.pop(0)()
    assert told == [0, 1, 2]
    assert sum(lost) == 7


def test_losses_are_said_at_the_first_then_once_in_a_while() -> None:
    losses = Losses()
    assert losses.rest(0.0) == 0
    assert losses.one_more(5.0) == 1
    # Nobody says more before that is said.
    assert losses.one_more(5.0 + PAUSE) == 0
    losses.said()
    assert [losses.one_more(5.0 + at) for at in (0.0, PAUSE - 1.0)] == [0, 0]
    assert losses.one_more(5.0 + PAUSE) == 4
    losses.said()
    assert losses.one_more(6.0 + PAUSE) == 0
    assert (losses.rest(7.0 + PAUSE), losses.rest(8.0 + PAUSE)) == (1, 0)


def test_what_waits_is_told_though_a_greenlet_is_ended_before_it_begins() -> None:
    hub, told = Thread(), []
    tell = hub.told_in_order(told.append, nothing_is_lost, most=10)
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
    tells: list[Callable[..., bool]] = []

    def run() -> None:
        doors.append(GEVENT.door())
        tells.append(GEVENT.told_in_order(print, nothing_is_lost, most=2))
        gevent.get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for _ in range(10):
        doors[0].put(lambda: None)
        assert not doors[0]._calls
        # Whoever tells is told that nobody hears it.
        assert not tells[0]("something")
