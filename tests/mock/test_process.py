"""A program's life with connections open: Ctrl-C, fork, and an end without `shutdown`."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.support.mock import MockCluster, query, silence, void

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


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (INTERRUPTED, "interrupted"),
        (FORKED, "forked"),
        (FORKED_AFTER_CALLBACKS, "told"),
        (LEFT, "left"),
        (CLOSED, "ended"),
    ],
    ids=["ctrl-c", "fork", "fork-after-callbacks", "exit", "shutdown"],
)
def test_life(program: str, said: str) -> None:
    with MockCluster(2) as mock:
        mock.on(query("SILENT"), silence())
        mock.on(query("LATE"), void(delay=0.2))
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
