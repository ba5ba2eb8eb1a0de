"""A program's life with connections open: Ctrl-C, fork, and an end without `shutdown`."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.support.mock import MockCluster, binding, execute, prepare, query, silence, void

BEGIN = """
import os, signal, sys, threading, time
# A shell has its background jobs ignore Ctrl-C, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import RoundRobinPolicy
def connected():
    profiles = {EXEC_PROFILE_DEFAULT: ExecutionProfile(RoundRobinPolicy())}
    return Cluster(sys.argv[1].split(","), port=int(sys.argv[2]), execution_profiles=profiles).connect()
session = connected()
"""

INTERRUPTED = """
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
began = time.monotonic()
try:
    session.execute("SILENT")
except KeyboardInterrupt:
    assert time.monotonic() - began < 5
    session.execute("SELECT 1")
    print("interrupted")
"""

FORKED = """
child = os.fork()
if child == 0:
    try:
        session.execute("SELECT 1")
    except RuntimeError as error:
        assert "fork" in str(error)
        connected().execute("SELECT 1")
        os._exit(42)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
session.execute("SELECT 1")
print("forked")
"""

FORKED_IN_A_HANDLER = """
from cassandra.concurrent import execute_concurrent_with_args
def connected_for(seconds):
    policy = RoundRobinPolicy()
    profiles = {EXEC_PROFILE_DEFAULT: ExecutionProfile(policy, request_timeout=seconds)}
    return Cluster(sys.argv[1].split(","), port=int(sys.argv[2]), execution_profiles=profiles).connect()
hasty = connected_for(1.5)
prepared = hasty.prepare("SELECT k FROM never WHERE k = ?")
def concurrently():
    for _, result in execute_concurrent_with_args(hasty, prepared, [(1,)] * 8, raise_on_first_error=False):
        raise result
def asked_for():
    # It goes on when the source has, and so has the child's.
    def source():
        yield (1,)
        os.kill(os.getpid(), signal.SIGALRM)
        yield (2,)
    for _, result in execute_concurrent_with_args(hasty, prepared, source(), raise_on_first_error=False):
        raise result
ways = {
    "execute": lambda: hasty.execute("SILENT"),
    "result": lambda: hasty.execute_async("SILENT").result(),
    "prepare": lambda: hasty.prepare("SILENT"),
    "concurrently": concurrently,
    "asked_for": asked_for,
}
def forks(wait):
    children = []
    signal.signal(signal.SIGALRM, lambda *_: children.append(os.fork()))
    signal.setitimer(signal.ITIMER_REAL, 0 if wait is asked_for else 0.2)
    try:
        wait()
        outcome = "an end"
    except RuntimeError as error:
        outcome = "fork" if "fork" in str(error) else repr(error)
    except Exception as error:
        outcome = type(error).__name__
    signal.setitimer(signal.ITIMER_REAL, 0)
    if children == [0]:
        connected().execute("SELECT 1")
        os._exit(42 if outcome == "fork" else 1)
    assert outcome == "OperationTimedOut", outcome
    # A child that waits for ever is ended, and not with this number.
    deadline = time.monotonic() + 10
    while (ended := os.waitpid(children[0], os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(children[0], signal.SIGKILL)
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(ended[1]) == 42, os.waitstatus_to_exitcode(ended[1])
forks(ways[WAY])
hasty.execute("SELECT 1")
print("forked")
"""

FORKED_AFTER_CALLBACKS = """
import asyncio
from concurrent.futures import Future
def told(session):
    answer = Future()
    session.execute_async("LATE").add_callback(answer.set_result)
    return answer.result(timeout=10)
async def awaited(session):
    return await session.execute_async("LATE")
told(session)
unsent = session.execute_async("SILENT")
child = os.fork()
if child == 0:
    del unsent
    mine = connected()
    told(mine)
    asyncio.run(asyncio.wait_for(awaited(mine), 10))
    os._exit(42)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
told(session)
print("told")
"""

LEFT = """
session.execute_async("SILENT").add_callback(print)
threading.Thread(target=lambda: session.execute("SILENT"), daemon=True).start()
time.sleep(0.1)
print("left")
"""

CLOSED = """
future = session.execute_async("SILENT")
session.cluster.shutdown()
try:
    future.result()
except Exception as error:
    print("ended" if "closed" in str(error) or "shut down" in str(error) else repr(error))
"""


WAYS = ["execute", "result", "prepare", "concurrently", "asked_for"]
"""To wait, while a handler of signals forks."""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (INTERRUPTED, "interrupted"),
        (FORKED, "forked"),
        *((f"WAY = {way!r}" + FORKED_IN_A_HANDLER, "forked") for way in WAYS),
        (FORKED_AFTER_CALLBACKS, "told"),
        (LEFT, "left"),
        (CLOSED, "ended"),
    ],
    ids=["ctrl-c", "fork", *(f"fork-in-{way}" for way in WAYS), "fork-after-callbacks", "exit", "shutdown"],
)
def test_life(program: str, said: str) -> None:
    with MockCluster(2, bindings=[binding("SELECT k FROM never WHERE k = ?", [("k", "int")], [0])]) as mock:
        mock.on(query("SILENT"), silence())
        mock.on(query("LATE"), void(delay=0.2))
        mock.on(prepare("SILENT"), silence())
        mock.on(execute("FROM never"), silence())
        arguments = [",".join(mock.contact_points), str(mock.port)]
        began = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", BEGIN + program, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    assert (ran.returncode, ran.stdout.split()) == (0, [said]), ran.stderr
    assert "Exception ignored" not in ran.stderr, ran.stderr
    assert time.monotonic() - began < 30
