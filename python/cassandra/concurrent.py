"""Many statements at once, with a bound on how many are under way.

This is the general way, over the public `execute_async` of any session, also of one that is subclassed or patched. The
statements are read by one thread at a time, and never more of them than are to be sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import repeat
from math import inf
from threading import Condition
from typing import Any, Final, NamedTuple

from cassandra._exported import exported_by

__all__ = [
    "ConcurrentExecutorFutureResults",
    "ConcurrentExecutorGenResults",
    "ConcurrentExecutorListResults",
    "ExecutionResult",
    "execute_concurrent",
    "execute_concurrent_async",
    "execute_concurrent_with_args",
]

log = logging.getLogger(__name__)

# Leaves the choice of a profile to the session.
SESSIONS_PROFILE: Final[Any] = object()


@exported_by("cassandra.concurrent")
class ExecutionResult(NamedTuple):
    """What came of one statement."""

    success: bool
    """Whether there is a result."""

    result_or_exc: Any
    """A `ResultSet`, or the exception."""


class _ConcurrentExecutor:
    """Keeps up to `concurrency` statements under way. Subclasses say what becomes of the results."""

    def __init__(self, session: Any, statements_and_params: Iterable[Any], execution_profile: Any) -> None:
        self.session = session
        self._source = enumerate(statements_and_params)
        self._options = {} if execution_profile is SESSIONS_PROFILE else {"execution_profile": execution_profile}
        # Guards all below, and is notified of each result.
        self._changed = Condition()
        self._results: dict[int, ExecutionResult] = {}
        self._first_error: BaseException | None = None
        self._source_error: Exception | None = None
        self._concurrency = 0
        self._fail_fast = False
        # Beyond so many results that nobody has taken, no further statement starts.
        self._most_untaken: float = inf
        self._under_way = 0
        self._started = 0
        self._is_starting = False
        self._has_all_started = False

    def _begin(self, concurrency: int, fail_fast: bool) -> None:
        refuse_bad_concurrency(concurrency)
        self._concurrency = concurrency
        self._fail_fast = fail_fast

    def _start_more(self) -> None:
        """Start statements until enough are under way.

        One thread does so at a time: a callback that comes while it does leaves it to that thread, be it another or
        this one. So neither the source nor the stack is entered twice.
        """
        with self._changed:
            if self._is_starting:
                return
            self._is_starting = True
        while self._take_turn():
            try:
                index, pair = next(self._source)
            except StopIteration:
                self._no_more(None)
            except Exception as error:
                self._no_more(error)
            else:
                self._started = index + 1
                self._send(index, pair)

    def _take_turn(self) -> bool:
        """Whether one more statement may start now; if so, it counts as under way."""
        with self._changed:
            if not self._has_room():
                self._is_starting = False
                return False
            self._under_way += 1
            return True

    def _no_more(self, error: Exception | None) -> None:
        """The source has ended, or failed: its error is no result of a statement, and is always raised."""
        with self._changed:
            self._has_all_started = True
            self._source_error = error
            if error is None:
                self._under_way -= 1
                self._changed.notify_all()
        if error is not None:
            self._put(self._started, ExecutionResult(False, error))

    def _send(self, index: int, pair: Any) -> None:
        try:
            statement, params = pair
            future = self.session.execute_async(statement, params, **self._options)
            where = (future, index)
            future.add_callbacks(self._on_success, self._on_error, callback_args=where, errback_args=where)
        except Exception as error:
            self._put(index, ExecutionResult(False, error))

    def _on_success(self, rows: Any, future: Any, index: int) -> None:
        # Or else each further page would come here again.
        future.clear_callbacks()
        self._put(index, ExecutionResult(True, result_set(future, rows)))

    def _on_error(self, error: BaseException, future: Any, index: int) -> None:
        self._put(index, ExecutionResult(False, error))

    def _put(self, index: int, result: ExecutionResult) -> None:
        with self._changed:
            self._results[index] = result
            self._under_way -= 1
            if not result.success and self._first_error is None:
                self._first_error = result.result_or_exc
                self._has_all_started |= self._fail_fast
            self._changed.notify_all()

    def _is_done(self) -> bool:
        return self._has_all_started and self._under_way == 0

    def _is_settled(self) -> bool:
        return self._is_done() or self._error_to_raise() is not None

    def _error_to_raise(self) -> BaseException | None:
        return self._source_error or (self._first_error if self._fail_fast else None)

    def _has_room(self) -> bool:
        is_free = self._under_way < self._concurrency and len(self._results) < self._most_untaken
        return is_free and not self._has_all_started

    def _can_start(self) -> bool:
        return self._has_room() and not self._is_starting

    def _ordered(self) -> list[ExecutionResult]:
        return [self._results[index] for index in sorted(self._results)]

    def _stop(self) -> None:
        with self._changed:
            self._has_all_started = True

    def _take(self, index: int) -> ExecutionResult | None:
        """The result of a statement, once it is there; None when there is no such statement."""
        while True:
            self._start_more()
            with self._changed:
                if index in self._results:
                    return self._results.pop(index)
                if self._is_done():
                    return None
                self._changed.wait_for(lambda: index in self._results or self._can_start() or self._is_done())


def result_set(future: Any, rows: Any) -> Any:
    """The rows of a page as a result set of the future."""
    from cassandra import cluster

    return cluster.ResultSet(future, rows)  # type: ignore[attr-defined, unused-ignore]


@exported_by("cassandra.concurrent")
class ConcurrentExecutorGenResults(_ConcurrentExecutor):
    """Gives results in the order of the statements, as they come. Statements start as results are taken."""

    def execute(self, concurrency: int, fail_fast: bool) -> Iterator[ExecutionResult]:
        """The results; with `fail_fast` the first error is raised in its place."""
        self._begin(concurrency, fail_fast)
        # One slow statement must not hold the others up, nor may its followers pile up without end.
        self._most_untaken = 4 * concurrency
        self._start_more()
        return self._in_order()

    def _in_order(self) -> Iterator[ExecutionResult]:
        index = 0
        try:
            while (result := self._take(index)) is not None:
                if not result.success and (self._fail_fast or result.result_or_exc is self._source_error):
                    raise result.result_or_exc
                yield result
                index += 1
        finally:
            self._stop()


@exported_by("cassandra.concurrent")
class ConcurrentExecutorListResults(_ConcurrentExecutor):
    """Waits for all results."""

    def execute(self, concurrency: int, fail_fast: bool) -> list[ExecutionResult]:
        """The results in the order of the statements; with `fail_fast` the first error is raised when it comes."""
        self._begin(concurrency, fail_fast)
        try:
            while not self._is_settled():
                self._start_more()
                with self._changed:
                    self._changed.wait_for(lambda: self._can_start() or self._is_settled())
        finally:
            self._stop()
        if (error := self._error_to_raise()) is not None:
            raise error
        return self._ordered()


@exported_by("cassandra.concurrent")
class ConcurrentExecutorFutureResults(_ConcurrentExecutor):
    """Waits for nothing: each result starts the next statement, and the last one completes a future."""

    def __init__(
        self,
        session: Any,
        statements_and_params: Iterable[Any],
        execution_profile: Any,
        future: Future[list[ExecutionResult]],
    ) -> None:
        super().__init__(session, statements_and_params, execution_profile)
        self.future = future
        self._is_told = False

    def execute(self, concurrency: int, fail_fast: bool) -> None:
        """Start; the future gets the list of results, or with `fail_fast` the first error."""
        self._begin(concurrency, fail_fast)
        self.future.set_running_or_notify_cancel()
        self._go_on()

    def _put(self, index: int, result: ExecutionResult) -> None:
        super()._put(index, result)
        self._go_on()

    def _go_on(self) -> None:
        self._start_more()
        with self._changed:
            if self._is_told or not self._is_settled():
                return
            self._is_told = True
            self._has_all_started = True
        # Not under the lock: who waits for the future has its callbacks run here.
        if (error := self._error_to_raise()) is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self._ordered())


@exported_by("cassandra.concurrent")
def execute_concurrent(
    session: Any,
    statements_and_parameters: Iterable[Any],
    concurrency: int = 100,
    raise_on_first_error: bool = True,
    results_generator: bool = False,
    execution_profile: Any = SESSIONS_PROFILE,
) -> Any:
    """Execute pairs of a statement and its parameters, up to `concurrency` of them at a time.

    Returns a list of `ExecutionResult` in the order of the statements. With `results_generator` it is a generator,
    which starts statements as its results are taken; then not all results are held at once.

    With `raise_on_first_error` the first error is raised, and no further statement starts; those under way are left
    to run. Otherwise errors stand in the results.
    """
    kind = ConcurrentExecutorGenResults if results_generator else ConcurrentExecutorListResults
    return kind(session, statements_and_parameters, execution_profile).execute(concurrency, raise_on_first_error)


@exported_by("cassandra.concurrent")
def execute_concurrent_with_args(
    session: Any, statement: Any, parameters: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Execute one statement with each of many parameters. The rest is as for `execute_concurrent`."""
    found = by_the_engine(session, statement, parameters, *args, **kwargs)
    if found is not None:
        return found
    return execute_concurrent(session, zip(repeat(statement), parameters, strict=False), *args, **kwargs)


def by_the_engine(
    session: Any,
    statement: Any,
    parameters: Iterable[Any],
    concurrency: int = 100,
    raise_on_first_error: bool = True,
    results_generator: bool = False,
    execution_profile: Any = SESSIONS_PROFILE,
) -> list[ExecutionResult] | None:
    """The results, where the engine can do the whole of it; None where it cannot."""
    if results_generator:
        return None
    from cassandra._cluster import concurrent_run

    profile = None if execution_profile is SESSIONS_PROFILE else execution_profile
    run = concurrent_run.run_for(session, statement, profile, ExecutionResult)
    if run is None:
        return None
    refuse_bad_concurrency(concurrency)
    return run.execute(parameters, concurrency, bool(raise_on_first_error))


def refuse_bad_concurrency(concurrency: Any) -> None:
    """TypeError or ValueError for a concurrency that is none."""
    if not isinstance(concurrency, int):
        raise TypeError(f"concurrency must be a whole number, not {type(concurrency).__name__}")
    if concurrency <= 0:
        raise ValueError("concurrency must be greater than 0")


@exported_by("cassandra.concurrent")
def execute_concurrent_async(
    session: Any,
    statements_and_parameters: Iterable[Any],
    concurrency: int = 100,
    raise_on_first_error: bool = False,
    execution_profile: Any = SESSIONS_PROFILE,
) -> Future[list[ExecutionResult]]:
    """Like `execute_concurrent`, but return at once with a future of the list of results."""
    future: Future[list[ExecutionResult]] = Future()
    executor = ConcurrentExecutorFutureResults(session, statements_and_parameters, execution_profile, future)
    executor.execute(concurrency, raise_on_first_error)
    return future
