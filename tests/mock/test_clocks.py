"""F26: the clock is set forward and back by an hour, and the process is stopped for a while: time limits are reckoned
by another clock, timestamps go on rising, connections stay."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mock import MockCluster, query, rows, silence

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
/* The wall clock is off by as many seconds as the file says. */
static long offset(void) {
    long seconds = 0;
    FILE *file = fopen(getenv("CLOCK_OFFSET"), "r");
    if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
    return seconds;
}
int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, at);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) at->tv_sec += offset();
    return result;
}
"""

PROGRAM = """
import sys, time
from cassandra import OperationTimedOut
from cassandra.cluster import Cluster
session = Cluster(sys.argv[3:], port=int(sys.argv[2]), idle_heartbeat_interval=1).connect(wait_for_all_pools=True)
def late():
    began = time.monotonic()
    try:
        session.execute("SELECT silent", timeout=0.2)
    except OperationTimedOut:
        return time.monotonic() - began
    sys.exit("an answer")
def rounds():
    for _ in range(20):
        session.execute("INSERT INTO ks.t (k) VALUES (1)")
        assert session.execute("SELECT v", timeout=50).one().v == 7
    # Not before its time, and not an hour after it.
    times = sorted(late() for _ in range(3))
    assert 0.19 < times[0] < 20, times
for hours in (0, 1, -1, 0, 2):
    with open(sys.argv[1], "w") as file:
        file.write(str(hours * 3600))
    rounds()
print("well")
"""


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(2) as mock:
        mock.on(query("SELECT v"), rows([("v", "int")], [[7]]))
        mock.on(query("SELECT silent"), silence())
        yield mock


def test_f26_the_clock_jumps_by_an_hour(mock: MockCluster, tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the shim that moves the clock")
    (tmp_path / "shim.c").write_text(SHIM)
    shim = tmp_path / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, tmp_path / "shim.c", "-ldl"], check=True)
    offset = tmp_path / "offset"
    offset.write_text("0")
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(offset), str(mock.port), *mock.contact_points],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LD_PRELOAD": str(shim), "CLOCK_OFFSET": str(offset), "PYTHONWARNINGS": "ignore"},
    )
    assert (ran.returncode, ran.stdout) == (0, "well\n"), ran.stderr
    stamps = [request["parameters"]["timestamp"] for request in mock.received(query("INSERT"))]
    assert len(stamps) == 100
    assert stamps == sorted(set(stamps))  # each above the one before it
    assert stamps[99] - stamps[0] > 3600 * 10**6  # the clock did jump
    assert sum(node.accepted for node in mock.nodes) == 3  # no connection was taken for dead


STOPPED = """
import sys, time
from cassandra import OperationTimedOut
from cassandra.cluster import Cluster
told = []
session = Cluster(
    sys.argv[2:], port=int(sys.argv[1]), idle_heartbeat_interval=0.3, idle_heartbeat_timeout=0.5
).connect(wait_for_all_pools=True)
futures = [session.execute_async("SELECT silent", timeout=0.5) for _ in range(50)]
for future in futures:
    future.add_callbacks(told.append, told.append)
print("here", flush=True)
sys.stdin.readline()
began = time.monotonic()
for future in futures:
    try:
        future.result()
        sys.exit("an answer")
    except OperationTimedOut:
        pass
for _ in range(20):
    assert session.execute("SELECT v", timeout=50).one().v == 7
print(time.monotonic() - began < 20)
while len(told) < 50 and time.monotonic() - began < 50:
    time.sleep(0.01)
time.sleep(0.1)  # for what must not come
print(len(told))
"""


def test_f26_a_process_that_was_stopped_goes_on(mock: MockCluster) -> None:
    command = [sys.executable, "-c", STOPPED, str(mock.port), *mock.contact_points]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "here\n"
        before = sum(node.accepted for node in mock.nodes)
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)  # three times what requests and heartbeats have
        process.send_signal(signal.SIGCONT)
        out, complaints = process.communicate("\n", timeout=60)
    assert (process.returncode, out) == (0, "True\n50\n"), complaints
    # One for each that seemed silent, at most: no storm.
    assert sum(node.accepted for node in mock.nodes) - before <= 3
