"""F24: a hundred forks of a process that is connected, and event loops that are closed while they wait: no answer is
crossed, nothing hangs, and the parent does not notice. (gevent and eventlet: `test_greenlets.py`.)"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest
from cassandra.cluster import Cluster

from tests.support.mock import MockCluster, query, rows
from tests.support.program import Program

FORKS = int(os.environ.get("HELENUS_TEST_SCALE", "1")) * 100

PROGRAM = """
import os, signal, sys, threading
from cassandra.cluster import Cluster
def connected():
    return Cluster(sys.argv[2:-1], port=int(sys.argv[1])).connect(wait_for_all_pools=True)
def right(session, numbers):
    futures = [(n, session.execute_async(f"SELECT number {n};", timeout=10)) for n in numbers]
    return all(future.result().one().v == n for n, future in futures)
session = connected()
over = threading.Event()
wrong = []
def load():
    while not over.is_set():
        if not right(session, range(10)):
            wrong.append(1)
threads = [threading.Thread(target=load) for _ in range(2)]
for thread in threads:
    thread.start()
ends = []
for number in range(int(sys.argv[-1])):
    child = os.fork()
    if not child:
        signal.alarm(30)  # a child that hangs is killed by it
        end = 9
        try:
            session.execute("SELECT number 1;", timeout=5)
        except RuntimeError as error:
            end = 0 if "fork" in str(error) else 8
        if number % 10 == 0 and not right(connected(), range(10)):
            end = 7
        os._exit(end)
    ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
over.set()
for thread in threads:
    thread.join()
print(sorted(set(ends)), len(ends), wrong, right(session, range(10)))
"""


def test_f24_a_hundred_forks() -> None:
    """E6 of docs/promises.md."""
    with MockCluster(2) as mock:
        for number in range(10):
            mock.on(query(f"SELECT number {number};"), rows([("v", "int")], [[number]]))
        arguments = [str(mock.port), *mock.contact_points, str(FORKS)]
        command = [sys.executable, "-X", "faulthandler", "-c", PROGRAM, *arguments]
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        ran = subprocess.run(command, capture_output=True, text=True, timeout=110, env=environment)
    assert (ran.returncode, ran.stdout.strip()) == (0, f"[0] {FORKS} [] True"), ran.stderr


def test_f24_an_event_loop_that_is_closed_while_it_waits(recwarn: pytest.WarningsRecorder) -> None:
    with MockCluster(1) as mock:
        mock.on(query("SELECT late"), rows([("v", "int")], [[7]], delay=0.2))
        mock.on(query("SELECT v"), rows([("v", "int")], [[8]]))
        with Cluster(mock.contact_points, port=mock.port) as cluster:
            session = cluster.connect(wait_for_all_pools=True)
            for _ in range(5):
                loop = asyncio.new_event_loop()
                futures = [session.execute_async("SELECT late") for _ in range(20)]

                async def wait(futures: Any) -> None:
                    await asyncio.wait_for(asyncio.gather(*(as_task(future) for future in futures)), 0.05)

                with pytest.raises(asyncio.TimeoutError):
                    loop.run_until_complete(wait(futures))
                loop.close()
                # The answers come now, and find no loop: whoever asks for them otherwise has them all the same.
                assert [future.result().one().v for future in futures] == [7] * 20
                assert session.execute("SELECT v").one().v == 8

                async def again() -> Any:
                    return (await session.execute_async("SELECT late")).one().v

                assert asyncio.run(again()) == 7
    assert not [str(warning.message) for warning in recwarn]


async def as_task(future: Any) -> Any:
    return await future


FORK = """
read, write = os.pipe()
child = os.fork()
if not child:
    os.close(read)
    try:
        {inside}
    except Exception as error:
        outcome = f"{{type(error).__name__}}: {{error}}"
    os.write(write, outcome.encode())
    {leave}
os.close(write)
print(os.read(read, 65536).decode().replace(chr(10), ' '))
pid, status = os.waitpid(child, 0)
print(status)
print(all(seven() for _ in range(50)))
"""


@pytest.mark.parametrize("leave", ["os._exit(0)", "sys.exit(0)"])
def test_a_forked_child_gets_an_answer_or_a_clear_error(two_nodes: MockCluster, leave: str) -> None:
    """F24, E6 of docs/promises.md."""
    with Program(two_nodes, FORK.format(inside="outcome = repr(seven())", leave=leave)) as program:
        outcome, status, parent = program.line(), program.line(), program.line()
        assert program.end()[0] == 0
    assert outcome == "True" or "fork" in outcome
    assert (status, parent) == ("0", "True")


@pytest.mark.parametrize("leave", ["os._exit(0)", "sys.exit(0)"])
def test_a_forked_child_connects_anew(two_nodes: MockCluster, leave: str) -> None:
    inside = "outcome = repr(seven(Cluster(sys.argv[2:], port=int(sys.argv[1])).connect()))"
    with Program(two_nodes, FORK.format(inside=inside, leave=leave)) as program:
        assert (program.line(), program.line(), program.line()) == ("True", "0", "True")
        assert program.end()[0] == 0


def test_a_fork_while_requests_are_under_way(two_nodes: MockCluster) -> None:
    two_nodes.on(query("SELECT late"), rows([("v", "int")], [[8]], delay=0.3))
    lines = "futures = [session.execute_async('SELECT late', timeout=10) for _ in range(50)]\n"
    lines += FORK.format(inside="outcome = repr(seven())", leave="os._exit(0)")
    lines += "print(all(future.result().one().v == 8 for future in futures))\n"
    with Program(two_nodes, lines) as program:
        outcome = program.line()
        assert outcome == "True" or "fork" in outcome
        assert [program.line() for _ in range(3)] == ["0", "True", "True"]
        assert program.end()[0] == 0
