"""`execute_concurrent_with_args` of a prepared statement by the engine asks for what `execute` asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from cassandra import ConsistencyLevel, OperationTimedOut
from cassandra._cluster.concurrent_run import run_for
from cassandra.cluster import Session
from cassandra.concurrent import ExecutionResult, execute_concurrent_with_args
from cassandra.connection import ConnectionShutdown

from tests.support.mock import MockCluster, execute, reset, silence
from tests.support.statements import INSERT, SELECT, with_profile

OURS = {"timestamp", "statement", "routing_key"}
"""What each execution has of its own, and what only a program's own policy is told."""

SETTINGS: list[dict[str, Any]] = [
    {},
    {"consistency_level": ConsistencyLevel.TWO},
    {"serial_consistency_level": ConsistencyLevel.LOCAL_SERIAL},
    {"fetch_size": 7},
    {"fetch_size": None},
    {"custom_payload": {"who": b"me"}},
    {"is_idempotent": True},
    {"is_idempotent": False},
]


@pytest.mark.parametrize("timeout", [None, 33.3])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_both_ways_ask_for_the_same(session: Session, settings: dict[str, Any], timeout: float | None) -> None:
    prepared = session.prepare(INSERT)
    for name, value in settings.items():
        setattr(prepared, name, value)
    profile = with_profile(session, request_timeout=timeout)
    one = session.execute_async(prepared, (1, "a"), execution_profile=profile)
    run = run_for(session, prepared, profile, ExecutionResult)
    assert run is not None
    asked, shared = vars(one.message), vars(run.message_for(None))
    kept = asked.keys() - OURS - {"query_params"}
    assert {name: asked[name] for name in kept} == {name: shared[name] for name in kept}
    assert asked["timeout"] == timeout
    assert asked["is_idempotent"] == settings.get("is_idempotent")
    one.result()


def test_it_ends_in_time(mock: MockCluster, session: Session) -> None:
    mock.on(execute(SELECT), silence())
    prepared = session.prepare(SELECT)
    began = time.monotonic()
    profile = with_profile(session, request_timeout=0.2)
    results = execute_concurrent_with_args(
        session, prepared, [(1,), (2,)], raise_on_first_error=False, execution_profile=profile
    )
    assert [type(result.result_or_exc) for result in results] == [OperationTimedOut] * 2
    assert 0.19 <= time.monotonic() - began < 60


def test_what_is_not_idempotent_is_sent_once(mock: MockCluster, session: Session) -> None:
    prepared = session.prepare(INSERT)
    prepared.is_idempotent = False
    mock.on(execute(INSERT), reset())
    before = mock.count(execute(INSERT))
    [result] = execute_concurrent_with_args(session, prepared, [(1, "a")], raise_on_first_error=False)
    assert isinstance(result.result_or_exc, ConnectionShutdown)
    assert mock.count(execute(INSERT)) - before == 1


@pytest.mark.parametrize("raise_on_first_error", [False, True])
def test_an_error_of_the_source_is_raised(session: Session, raise_on_first_error: bool) -> None:
    def source() -> Iterator[tuple[int, str]]:
        yield 1, "a"
        raise LookupError("the source's")

    with pytest.raises(LookupError, match="the source's"):
        execute_concurrent_with_args(
            session, session.prepare(INSERT), source(), raise_on_first_error=raise_on_first_error
        )


class Watched:
    """A key that notes when it is bound."""

    def __init__(self, seen: list[float]) -> None:
        self.seen = seen

    def __index__(self) -> int:
        self.seen.append(time.monotonic())
        return 1


def longest_gap(session: Session, count: int) -> float:
    """While so many statements are begun: how long another thread did not get on, as a part of the whole."""
    ticks: list[float] = []
    seen: list[float] = []
    over = threading.Event()

    def tick() -> None:
        while not over.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.0005)

    # A list is read without a step of Python code, which is where the interpreter lets others on.
    values = [(Watched(seen), "a"), *[(1, "a")] * count, (Watched(seen), "a")]
    other = threading.Thread(target=tick)
    other.start()
    try:
        # All are begun before the first answer is waited for.
        results = execute_concurrent_with_args(
            session, session.prepare(INSERT), values, concurrency=len(values), raise_on_first_error=False
        )
    finally:
        over.set()
        other.join()
    assert all(result.success for result in results)
    first, last = seen
    within = [first, *(at for at in ticks if first < at < last), last]
    return max(later - earlier for earlier, later in pairwise(within)) / (last - first)


def test_other_threads_get_on_while_statements_are_begun(session: Session) -> None:
    # A generator of timestamps may be Python code.
    session.use_client_timestamp = False
    # Without pauses it is nearly the whole each time; with them, what else the machine does may make one gap long.
    assert any(longest_gap(session, 30_000) < 0.5 for _ in range(10))
