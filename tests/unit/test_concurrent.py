"""Many statements at once: order, bounds, errors; answers that come at once, later, and from other threads."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cassandra.cluster
import pytest
from cassandra.concurrent import (
    ExecutionResult,
    execute_concurrent,
    execute_concurrent_async,
    execute_concurrent_with_args,
)


class ResultSet:
    """Stands for the session's: what it is made of is what counts here."""

    def __init__(self, future: Any, rows: Any) -> None:
        self.rows = rows


@pytest.fixture(autouse=True)
def _result_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cassandra.cluster, "ResultSet", ResultSet, raising=False)


class Future:
    """A response future that somebody else completes."""

    def __init__(self, deliver: Callable[[Callable[[], None]], Any], outcome: Any) -> None:
        self.deliver = deliver
        self.outcome = outcome
        self.cleared = False

    def add_callbacks(self, callback: Any, errback: Any, callback_args: Any, errback_args: Any) -> None:
        def complete() -> None:
            if isinstance(self.outcome, Exception):
                errback(self.outcome, *errback_args)
            else:
                callback(self.outcome, *callback_args)

        self.deliver(complete)

    def clear_callbacks(self) -> None:
        self.cleared = True


class Session:
    """Answers request n with [n], or with an error where it is told to; `deliver` decides when and where."""

    def __init__(self, deliver: Callable[[Callable[[], None]], Any], failing: Callable[[int], bool]) -> None:
        self.deliver = deliver
        self.failing = failing
        self.calls: list[tuple[Any, Any, Any]] = []
        self.futures: list[Future] = []
        self.under_way = 0
        self.most_under_way = 0
        self.lock = threading.Lock()

    def execute_async(self, statement: Any, params: Any, **options: Any) -> Future:
        with self.lock:
            number = len(self.calls)
            self.calls.append((statement, params, options))
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)

        def delivered(complete: Callable[[], None]) -> None:
            def ended() -> None:
                with self.lock:
                    self.under_way -= 1
                complete()

            self.deliver(ended)

        future = Future(delivered, ValueError(f"error {number}") if self.failing(number) else [number])
        self.futures.append(future)
        return future


@pytest.fixture(params=["at once", "elsewhere"])
def make(request: pytest.FixtureRequest) -> Iterator[Callable[..., Session]]:
    if request.param == "at once":
        yield lambda failing=lambda number: False: Session(lambda complete: complete(), failing)
        return
    with ThreadPoolExecutor(4) as pool:
        yield lambda failing=lambda number: False: Session(pool.submit, failing)


def rows(results: Any) -> list[Any]:
    return [result.result_or_exc.rows if result.success else str(result.result_or_exc) for result in results]


def gathered(session: Session, statements: Any, way: str, **options: Any) -> Any:
    if way == "list":
        return execute_concurrent(session, statements, **options)
    if way == "generator":
        return list(execute_concurrent(session, statements, results_generator=True, **options))
    options.setdefault("raise_on_first_error", True)
    return execute_concurrent_async(session, statements, **options).result(timeout=10)


WAYS = pytest.mark.parametrize("way", ["list", "generator", "future"])


@WAYS
@pytest.mark.parametrize("count", [0, 1, 7, 2000])
def test_results_come_in_the_order_of_the_statements(make: Any, way: str, count: int) -> None:
    session = make()
    results = gathered(session, ((f"q{number}", (number,)) for number in range(count)), way, concurrency=5)
    assert rows(results) == [[number] for number in range(count)]
    assert [call[:2] for call in session.calls] == [(f"q{number}", (number,)) for number in range(count)]
    assert session.most_under_way <= 5
    assert all(isinstance(result, ExecutionResult) and result.success for result in results)
    assert all(future.cleared for future in session.futures)


@WAYS
def test_first_error_is_raised_and_stops_the_rest(make: Any, way: str) -> None:
    session = make(lambda number: number == 3)
    with pytest.raises(ValueError, match="error 3"):
        gathered(session, (("q", None) for _ in range(1000)), way, concurrency=2)
    assert len(session.calls) < 1000


@WAYS
def test_errors_can_stand_in_the_results(make: Any, way: str) -> None:
    session = make(lambda number: number % 2 == 1)
    results = gathered(session, [("q", None)] * 4, way, concurrency=1, raise_on_first_error=False)
    assert rows(results) == [[0], "error 1", [2], "error 3"]


@WAYS
def test_thousands_of_errors_do_not_deepen_the_stack(make: Any, way: str) -> None:
    """E12 of docs/promises.md."""
    session = make(lambda number: True)
    count = sys.getrecursionlimit() * 3
    results = gathered(session, [("q", None)] * count, way, concurrency=10, raise_on_first_error=False)
    assert len(results) == count


@WAYS
def test_source_that_fails(make: Any, way: str) -> None:
    def source() -> Iterator[tuple[str, None]]:
        yield "q", None
        raise KeyError("source")

    with pytest.raises(KeyError, match="source"):
        gathered(make(), source(), way)
    with pytest.raises(KeyError, match="source"):
        gathered(make(), source(), way, raise_on_first_error=False)


@WAYS
def test_what_is_no_pair_fails_alone(make: Any, way: str) -> None:
    results = gathered(make(), [("q", None), "no pair", ("q", None)], way, raise_on_first_error=False, concurrency=1)
    assert [result.success for result in results] == [True, False, True]
    assert isinstance(results[1].result_or_exc, ValueError)


@WAYS
def test_session_that_refuses(way: str) -> None:
    class Refuses:
        def execute_async(self, *args: Any, **options: Any) -> Any:
            raise RuntimeError("shut down")

    with pytest.raises(RuntimeError, match="shut down"):
        gathered(Refuses(), [("q", None)] * 3, way)  # type: ignore[arg-type]
    results = gathered(Refuses(), [("q", None)] * 3, way, raise_on_first_error=False)  # type: ignore[arg-type]
    assert rows(results) == ["shut down"] * 3


@WAYS
@pytest.mark.parametrize(
    ("concurrency", "error"), [(0, ValueError), (-1, ValueError), (None, TypeError), ("a", TypeError)]
)
def test_bad_concurrency(make: Any, way: str, concurrency: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="concurrency"):
        gathered(make(), [("q", None)], way, concurrency=concurrency)


def test_with_args(make: Any) -> None:
    session = make()
    profile = object()
    results = execute_concurrent_with_args(session, "q", [(1,), (2,)], concurrency=1, execution_profile=profile)
    assert rows(results) == [[0], [1]]
    assert session.calls == [("q", (1,), {"execution_profile": profile}), ("q", (2,), {"execution_profile": profile})]
    by_position = execute_concurrent_with_args(make(lambda number: True), "q", [(1,)], 5, False, True)
    assert rows(by_position) == ["error 0"]


def test_profile_is_the_sessions_unless_given(make: Any) -> None:
    session = make()
    execute_concurrent(session, [("q", None)])
    assert session.calls == [("q", None, {})]


def test_generator_starts_statements_as_its_results_are_taken() -> None:
    session = Session(lambda complete: complete(), lambda number: False)
    results = execute_concurrent(session, (("q", None) for _ in range(1000)), concurrency=3, results_generator=True)
    taken = rows([next(results) for _ in range(10)])
    assert taken == [[number] for number in range(10)]
    assert len(session.calls) < 50
    assert rows(taken_last for taken_last in results)[-1] == [999]


def test_generator_that_is_dropped_stops() -> None:
    held: list[Callable[[], None]] = []
    session = Session(held.append, lambda number: False)
    results = execute_concurrent(session, (("q", None) for _ in range(100)), concurrency=3, results_generator=True)
    assert len(session.calls) == 3
    held.pop(0)()
    assert rows([next(results)]) == [[0]]
    results.close()
    for complete in list(held):
        complete()
    assert len(session.calls) <= 4


def test_future_is_there_before_the_results() -> None:
    held: list[Callable[[], None]] = []
    session = Session(held.append, lambda number: False)
    future = execute_concurrent_async(session, [("q", None)] * 3, concurrency=2)
    assert not future.done()
    while held:
        held.pop()()
    assert rows(future.result(timeout=0)) == [[0], [1], [2]]


def test_later_pages_do_not_come_again() -> None:
    session = Session(lambda complete: complete(), lambda number: False)
    execute_concurrent(session, [("q", None)])
    assert session.futures[0].cleared
