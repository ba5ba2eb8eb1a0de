"""`cassandra.cluster` on mock nodes: callbacks are each told once, and whatever they do harms nobody."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cassandra import InvalidRequest
from cassandra.cluster import Cluster, ResponseFuture, Session
from cassandra.query import SimpleStatement

from tests.support.mock import MockCluster, error, query, rows, silence
from tests.support.statements import wait_until

COLUMNS = [("v", "int")]
PAGED = SimpleStatement("SELECT paged", fetch_size=2)


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        mock.on(query("SELECT paged"), rows(COLUMNS, [[number] for number in range(6)], delay=0.01))
        mock.on(query("SELECT v"), rows(COLUMNS, [[7]], delay=0.01))
        mock.on(query("SELECT v late"), rows(COLUMNS, [[7]], delay=0.3))  # after the callbacks are added
        yield mock


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        yield cluster.connect(wait_for_all_pools=True)


class Told:
    """Counts what it is told."""

    def __init__(self, expected: int = 1) -> None:
        self.outcomes: list[Any] = []
        self.enough = threading.Event()
        self.expected = expected

    def __call__(self, outcome: Any, *args: Any, **kwargs: Any) -> None:
        self.outcomes.append(outcome)
        if len(self.outcomes) >= self.expected:
            self.enough.set()

    def wait(self) -> list[Any]:
        assert self.enough.wait(100), f"told {len(self.outcomes)} times"
        time.sleep(0.05)  # for what must not come
        return self.outcomes


def test_one_that_blocks_does_not_hold_up_its_neighbour(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT pair"), rows(COLUMNS, [[7]], delay=0.1, gather=2))
    for _ in range(5):
        begin = Told(1)
        session.execute_async("SELECT v late").add_callback(begin)
        begin.wait()  # and its thread is idle
        second_ran, seen = threading.Event(), Told(1)
        first, second = session.execute_async("SELECT pair"), session.execute_async("SELECT pair")
        first.add_callback(lambda rows, ran=second_ran, seen=seen: seen(ran.wait(60)))
        second.add_callback(lambda rows, ran=second_ran: ran.set())
        assert seen.wait() == [True]


def test_each_of_many_is_told_once(session: Session) -> None:
    futures = [session.execute_async("SELECT v") for _ in range(200)]
    told, failed = Told(400), Told(1)
    for future in futures:
        future.add_callbacks(told, failed)
        future.add_callback(told)
    assert len(told.wait()) == 400
    assert failed.outcomes == []


def test_errbacks_only_are_told_of_errors(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT v"), error("invalid", "no", way={"delay": 0.02}))
    futures = [session.execute_async("SELECT v") for _ in range(50)]
    told, failed = Told(), Told(50)
    for future in futures:
        future.add_callbacks(told, failed)
    assert all(isinstance(outcome, InvalidRequest) for outcome in failed.wait())
    assert len(failed.outcomes) == 50
    assert told.outcomes == []


def test_pages_are_told_to_the_same_callback(session: Session) -> None:
    seen: list[int] = []
    end = threading.Event()

    def page(found: list[Any]) -> None:
        seen.extend(row.v for row in found)
        if future.has_more_pages:
            future.start_fetching_next_page()
        else:
            end.set()

    future = session.execute_async(PAGED, timeout=60)
    future.add_callback(page)
    assert end.wait(100), seen
    time.sleep(0.05)
    assert seen == list(range(6))


def test_pages_are_told_until_one_fails(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT paged", nth=2), silence())
    told, failed = Told(), Told()
    future = session.execute_async(PAGED, timeout=3)

    def page(found: list[Any]) -> None:
        told(found)
        future.start_fetching_next_page()

    future.add_callbacks(page, failed)
    assert type(failed.wait()[0]).__name__ == "OperationTimedOut"
    assert (len(told.outcomes), len(failed.outcomes)) == (1, 1)


def test_forgotten_callbacks_are_not_told(session: Session) -> None:
    told, second = Told(), Told()
    future = session.execute_async(PAGED)
    future.add_callback(told)
    assert len(told.wait()) == 1
    future.clear_callbacks()
    future.add_callback(second)  # of the page that is there
    future.clear_callbacks()
    future.start_fetching_next_page()
    assert future.result().one().v == 2
    time.sleep(0.05)
    assert (len(told.outcomes), len(second.outcomes)) == (1, 1)


def raise_error(*args: Any) -> None:
    raise ValueError("boom")


def raise_exit(*args: Any) -> None:
    raise SystemExit(3)


def raise_interrupt(*args: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("raises", [raise_error, raise_exit, raise_interrupt])
def test_what_raises_stops_nobody(
    session: Session, caplog: pytest.LogCaptureFixture, raises: Callable[..., None]
) -> None:
    """E27 of docs/promises.md."""
    told, failed = Told(100), Told()
    with caplog.at_level(logging.ERROR, "cassandra.cluster"):
        futures = [session.execute_async("SELECT v late") for _ in range(100)]
        for future in futures:
            future.add_callback(raises)
            future.add_callbacks(told, failed)
        assert all(future.result().one().v == 7 for future in futures)
        assert len(told.wait()) == 100
    assert failed.outcomes == []
    assert len(caplog.records) == 100
    assert session.execute("SELECT v").one().v == 7


def test_one_that_blocks_delays_no_request(session: Session) -> None:
    """E19 of docs/promises.md."""
    release = threading.Event()
    blocked = threading.Event()

    def block(found: Any) -> None:
        blocked.set()
        release.wait(30)

    try:
        session.execute_async("SELECT v").add_callback(block)
        assert blocked.wait(100)
        began = time.monotonic()
        for _ in range(20):
            assert session.execute("SELECT v", timeout=10).one().v == 7
        assert time.monotonic() - began < 5
    finally:
        release.set()


def test_statements_run_inside_callbacks(session: Session) -> None:
    """E7 of docs/promises.md."""
    told = Told(20)

    def again(found: Any, depth: int) -> None:
        inner = session.execute("SELECT v", timeout=10).one().v
        if depth:
            session.execute_async("SELECT v").add_callback(again, depth - 1)
        else:
            told(inner)

    for _ in range(20):
        session.execute_async("SELECT v").add_callback(again, 3)
    assert told.wait() == [7] * 20


def test_a_result_inside_its_own_callback(session: Session) -> None:
    told = Told()
    future: ResponseFuture = session.execute_async("SELECT v")
    future.add_callback(lambda found: told(future.result().one().v))
    assert told.wait() == [7]


PAGES = SimpleStatement("SELECT quick", fetch_size=2)


@pytest.fixture
def quick(mock: MockCluster) -> None:
    mock.on(query("SELECT quick"), rows(COLUMNS, [[number] for number in range(20)]))


@pytest.mark.usefixtures("quick")
def test_callbacks_are_told_of_each_page_that_is_iterated_over_meanwhile(session: Session) -> None:
    """What tells them of one page may come when the next was asked for already. E27 of docs/promises.md."""
    for _ in range(30):
        told = Told(10)
        future = session.execute_async(PAGES)
        future.add_callbacks(told, told)
        assert [row.v for row in future.result()] == list(range(20))
        pages = told.wait()
        assert sorted(row.v for page in pages for row in page) == list(range(20))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("with_callback", [False, True])
def test_threads_that_ask_for_the_same_page_get_it(session: Session, with_callback: bool) -> None:
    for _ in range(10):
        future = session.execute_async(PAGES)
        if with_callback:
            future.add_callback(lambda page: None)
        future.result()
        together = threading.Barrier(4)
        seen: list[Any] = []

        def page(future: ResponseFuture = future, together: threading.Barrier = together, seen: Any = seen) -> None:
            try:
                together.wait(10)
                future.start_fetching_next_page()
                seen.append([row.v for row in future.result(timeout=10).current_rows])
            except Exception as failed:
                seen.append(failed)

        threads = [threading.Thread(target=page) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        # Those who came late got a later one.
        assert len(seen) == 4
        assert all(type(got) is list and len(got) == 2 for got in seen), seen


@pytest.mark.usefixtures("quick")
def test_threads_that_share_the_rows_of_a_result(session: Session) -> None:
    for _ in range(5):
        result = session.execute(PAGES)
        together = threading.Barrier(3)
        failed: list[BaseException] = []

        def read(result: Any = result, together: threading.Barrier = together, failed: Any = failed) -> None:
            try:
                together.wait(10)
                for _ in result:
                    pass
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not failed


def test_a_page_that_could_not_be_asked_for_says_so_and_can_be_asked_for_again(mock: MockCluster) -> None:
    mock.on(query("SELECT quick"), rows(COLUMNS, [[number] for number in range(20)]))
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        future = session.execute_async(PAGES)
        future.result()
        session.shutdown()
        for _ in range(2):
            with pytest.raises(Exception, match="shut down"):
                future.start_fetching_next_page()
                future.result(timeout=10)


def test_pages_are_told_one_after_another(session: Session) -> None:
    """A callback that asks for the next page before it has done with its own is not overtaken by it."""
    told: list[int] = []
    running: list[int] = []
    overlapped: list[bool] = []
    ended = threading.Event()
    future = session.execute_async(PAGED)

    def page(rows: list[Any]) -> None:
        running.append(1)
        is_last = not future.has_more_pages
        if not is_last:
            future.start_fetching_next_page()
        time.sleep(0.1)  # the next page is here by now
        overlapped.append(len(running) > 1)
        told.extend(row.v for row in rows)
        running.pop()
        if is_last:
            ended.set()

    future.add_callback(page)
    assert ended.wait(100)
    assert (told, any(overlapped)) == (list(range(6)), False)


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_what_a_row_factory_raises_on_a_thread_of_the_engine_is_the_outcome(
    session: Session, caplog: pytest.LogCaptureFixture, raised: type[BaseException]
) -> None:
    """Nobody would hear of it otherwise, and whoever waits would wait for ever."""
    asked = []

    def factory(names: Any, found: Any) -> Any:
        asked.append(threading.current_thread() is threading.main_thread())
        raise raised("whatever it is")

    session.row_factory = factory
    told, failed = Told(), Told()
    with caplog.at_level(logging.ERROR, "cassandra.cluster"):
        future = session.execute_async("SELECT v late")
        future.add_callbacks(told, failed)
        [outcome] = failed.wait()
    assert (type(outcome), told.outcomes, asked) == (raised, [], [False])
    with pytest.raises(raised, match="whatever it is"):
        future.result(timeout=10)
    assert asked == [False]
    assert [record.exc_info and record.exc_info[1] for record in caplog.records] == [outcome]


def test_an_interrupt_while_a_row_factory_runs_is_the_waiting_thread_s(session: Session) -> None:
    """Whoever asks next gets the answer."""
    interrupts = [KeyboardInterrupt()]

    def factory(names: Any, found: Any) -> Any:
        if interrupts:
            raise interrupts.pop()
        return found

    session.row_factory = factory
    future = session.execute_async("SELECT v")
    with pytest.raises(KeyboardInterrupt):
        future.result()
    assert future.result().one() == (7,)


def test_a_callback_that_comes_while_the_page_goes_is_told_of_it(mock: MockCluster, session: Session) -> None:
    mock.on(query("SELECT later"), rows(COLUMNS, [[number] for number in range(4)], delay=1.0))
    told = Told(2)
    future: Any = session.execute_async(SimpleStatement("SELECT later", fetch_size=2))
    listen = future._listen
    overtook: list[Any] = []

    def overtaken(request: Any) -> None:
        # Another thread has waited for the page, and has asked for the next one.
        overtook.append(request)
        del future._listen
        future.result()
        future.start_fetching_next_page()
        listen(request)

    future._listen = overtaken
    future.add_callback(told)
    assert [request is not future._request for request in overtook] == [True]
    assert sorted(row.v for page in told.wait() for row in page) == list(range(4))


def test_who_waits_for_a_page_that_cannot_be_sent_hears_why(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    future: Any = session.execute_async(PAGED)
    future.result()
    heard: list[BaseException] = []

    def wait() -> None:
        try:
            future.result(timeout=20)
        except Exception as error:
            heard.append(error)

    waiting = threading.Thread(target=wait)

    def is_waiting() -> bool:
        frame = sys._current_frames().get(waiting.ident or 0)
        while frame is not None and frame.f_code.co_name != "_under_way":
            frame = frame.f_back
        return frame is not None

    def refuse(core: Any) -> Any:
        waiting.start()
        wait_until(is_waiting)
        raise ValueError("it cannot be sent")

    monkeypatch.setattr(future.message, "send", refuse)
    with pytest.raises(ValueError, match="it cannot be sent"):
        future.start_fetching_next_page()
    waiting.join(20)
    assert [str(error) for error in heard] == ["it cannot be sent"]
