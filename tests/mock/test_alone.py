"""A program that runs one statement after another: the thread that waits does its connection's reading and writing.

Whatever happens meanwhile must look as it does where the engine's own thread does it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cassandra import DriverException, OperationTimedOut
from cassandra.cluster import Cluster, NoHostAvailable, Session

from tests.support.mock import MockCluster, close, error, query, reset, rows, silence
from tests.support.statements import wait_until

COLUMNS = [("v", "int")]
NUMBERS = 40
ENOUGH = 100
"""More lone requests than it takes until their thread does the work."""


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        for number in range(NUMBERS):
            mock.on(query(f"SELECT number {number};"), rows(COLUMNS, [[number]]))
        mock.on(query("SELECT slow"), rows(COLUMNS, [[-1]], delay=1.0))
        mock.on(query("SELECT silent"), silence())
        yield mock


@pytest.fixture
def session(mock: MockCluster) -> Iterator[Session]:
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        ask(session, ENOUGH)
        yield session


def ask(session: Session, count: int, first: int = 0) -> None:
    """So many statements, one after another; each has to bring its own row."""
    for number in range(first, first + count):
        assert session.execute(f"SELECT number {number % NUMBERS};").one().v == number % NUMBERS


def sleeps_of_the_io_thread() -> int:
    """How often the engine's thread has gone to sleep so far."""
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == "helenus-io-0":
            status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
            return int(status["voluntary_ctxt_switches"])
    raise AssertionError("there is no such thread")


@pytest.mark.skipif(sys.platform != "linux", reason="counts a thread's sleeps as Linux tells them")
def test_the_io_thread_sleeps_meanwhile(session: Session) -> None:
    counts = []
    for _ in range(3):
        before = sleeps_of_the_io_thread()
        ask(session, 2000)
        counts.append(sleeps_of_the_io_thread() - before)
    # Each statement took it one or two; now it looks around every ten milliseconds.
    assert min(counts) < 1000, counts


def test_threads_futures_and_callbacks_get_their_own_rows(session: Session) -> None:
    wrong: list[Any] = []
    told = threading.Semaphore(0)
    count = 1500

    def note(seen: Any, number: int) -> None:
        if seen[0].v != number:
            wrong.append((seen, number))
        told.release()

    def one_after_another(first: int) -> None:
        try:
            ask(session, count, first)
        except BaseException as error:
            wrong.append(error)

    def by_callback() -> None:
        for number in range(count):
            future = session.execute_async(f"SELECT number {number % NUMBERS};")
            future.add_callbacks(note, wrong.append, callback_args=(number % NUMBERS,))
            if number % 50 == 0:
                time.sleep(0.005)

    threads = [threading.Thread(target=one_after_another, args=(first,)) for first in (0, 7, 13)]
    threads.append(threading.Thread(target=by_callback))
    for thread in threads:
        thread.start()
        time.sleep(0.05)  # each comes while those before it are at it
    for thread in threads:
        thread.join()
    for _ in range(count):
        assert told.acquire(timeout=100), wrong
    assert not wrong


def test_a_slow_statement_delays_nobody(session: Session) -> None:
    slow = threading.Thread(target=session.execute, args=("SELECT slow",))
    slow.start()
    time.sleep(0.002)
    took = []
    for number in range(10):
        began = time.monotonic()
        ask(session, 1, number)
        took.append(time.monotonic() - began)
    slow.join()
    assert min(took) < 0.5, took


def test_a_statement_ends_at_its_time(session: Session, mock: MockCluster) -> None:
    late = []
    for _ in range(5):
        ask(session, ENOUGH)
        began = time.monotonic()
        with pytest.raises(OperationTimedOut):
            session.execute("SELECT slow", timeout=0.05)
        late.append(time.monotonic() - began - 0.05)
        # Its answer is still to come, and is nobody's.
        ask(session, NUMBERS)
    assert min(late) >= -0.001, late
    assert min(late) <= 0.5, late
    time.sleep(1.1)
    accepted = mock.nodes[0].accepted
    ask(session, ENOUGH)
    assert mock.nodes[0].accepted == accepted


def test_patience_ends_and_the_request_goes_on(session: Session) -> None:
    future = session._begin_to_wait("SELECT slow", None, False, None, 60, *defaults())
    with pytest.raises(OperationTimedOut, match="goes on"):
        future.result(timeout=0.003)
    assert future.result().one().v == -1


def test_what_nobody_waits_for_is_not_forgotten(session: Session, mock: MockCluster) -> None:
    # As where Ctrl-C comes between sending and waiting.
    future = session._begin_to_wait("SELECT number 7;", None, False, None, 10, *defaults())
    wait_until(future._answer_is_there)
    mock.clear_received()
    future = session._begin_to_wait("SELECT number 8;", None, False, None, 10, *defaults())
    del future
    assert mock.wait_for(query("SELECT number 8;"))
    ask(session, ENOUGH)


def defaults() -> tuple[Any, ...]:
    from cassandra.cluster import EXEC_PROFILE_DEFAULT

    return EXEC_PROFILE_DEFAULT, None, None, None


@pytest.mark.parametrize("end", [close, reset])
def test_a_connection_that_dies(session: Session, mock: MockCluster, end: Any) -> None:
    mock.on(query("INSERT INTO dies"), end())
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises((NoHostAvailable, DriverException)) as caught:
            session.execute("INSERT INTO dies (k, n) VALUES (1, 2)")
        assert not isinstance(caught.value, OperationTimedOut)
        assert time.monotonic() - began < 60
        until = time.monotonic() + 100
        while True:
            with contextlib.suppress(NoHostAvailable):
                ask(session, ENOUGH)
                break
            assert time.monotonic() < until, "no connection takes its place"
            time.sleep(0.02)


def test_a_retry_on_the_waiting_thread(session: Session, mock: MockCluster) -> None:
    mock.on(query("SELECT again"), rows(COLUMNS, [[7]]))
    mock.on(query("SELECT again", nth=1), error("read_timeout", required=1, received=1, data_present=False))
    assert session.execute("SELECT again").one().v == 7
    assert mock.count(query("SELECT again")) == 2


@pytest.mark.parametrize("pause", [0.002, 0.1])
def test_shutdown_by_another_thread(session: Session, pause: float) -> None:
    outcome: list[BaseException] = []

    def wait() -> None:
        try:
            session.execute("SELECT silent", timeout=100)
        except Exception as error:
            outcome.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(pause)
    session.shutdown()
    waiting.join(timeout=20)
    assert not waiting.is_alive()
    assert "shut" in str(outcome[0])


PROGRAM = """
import os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from cassandra.cluster import Cluster
session = Cluster(sys.argv[1].split(","), port=int(sys.argv[2])).connect(wait_for_all_pools=True)
for number in range(100):
    session.execute(f"SELECT number {number % 40};")
"""

CTRL_C = """
for pause in (0.002, 0.1):
    threading.Timer(pause, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    try:
        session.execute("SELECT silent", timeout=100)
    except KeyboardInterrupt:
        assert time.monotonic() - began < 20
        for number in range(100):
            assert session.execute(f"SELECT number {number % 40};").one().v == number % 40
print("interrupted")
"""

LEFT = """
threading.Thread(target=lambda: session.execute("SELECT silent", timeout=100), daemon=True).start()
time.sleep(0.002)
print("left")
"""

FORKED = """
child = os.fork()
if child == 0:
    mine = Cluster(sys.argv[1].split(","), port=int(sys.argv[2])).connect(wait_for_all_pools=True)
    for number in range(100):
        assert mine.execute(f"SELECT number {number % 40};").one().v == number % 40
    os._exit(42)
for number in range(1000):
    assert session.execute(f"SELECT number {number % 40};").one().v == number % 40
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
print("forked")
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [(CTRL_C, "interrupted"), (LEFT, "left"), (FORKED, "forked")],
    ids=["ctrl-c", "exit", "fork"],
)
def test_life(mock: MockCluster, program: str, said: str) -> None:
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PROGRAM + program, *mock.contact_points, str(mock.port)],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert (ran.returncode, ran.stdout.split()) == (0, [said]), ran.stderr
    assert "Exception ignored" not in ran.stderr, ran.stderr
    assert time.monotonic() - began < 90
