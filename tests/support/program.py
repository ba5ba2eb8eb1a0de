"""A program of its own: a process that is connected to two scripted nodes and runs some lines."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time

from tests.support.mock import MockCluster

PROLOGUE = """
import os, signal, sys, threading, time
# A shell has its background jobs ignore Ctrl-C, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from cassandra import OperationTimedOut
from cassandra.cluster import Cluster
cluster = Cluster(sys.argv[2:], port=int(sys.argv[1]))
session = cluster.connect(wait_for_all_pools=True)
def seven(of=session):
    return of.execute("SELECT v", timeout=10).one().v == 7
assert seven()
"""

ENDING = 2.0
"""How long a process may take to end after its last line, in seconds."""


class Program:
    """A process that is connected and runs some lines. It prints `here` where it stands, then one line an event."""

    def __init__(self, mock: MockCluster, lines: str) -> None:
        text = PROLOGUE + textwrap.dedent(lines)
        command = [sys.executable, "-X", "faulthandler", "-c", text, str(mock.port), *mock.contact_points]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().rstrip("\n")
        assert line or self.process.poll() is None, self.process.communicate()[1]
        return line

    def go_on(self) -> None:
        """Gives it the line that it waits for."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self, seconds: float = 30.0) -> tuple[int, str, str]:
        """Its exit status, and the rest of what it prints and complains."""
        out, complaints = self.process.communicate(timeout=seconds)
        return self.process.returncode, out, complaints


def exit_time(program: Program) -> tuple[float, int, str]:
    """How long a process lives after it has printed `here`, its exit status and what it complains of."""
    assert program.line() == "here"
    began = time.monotonic()
    status, _, complaints = program.end()
    return time.monotonic() - began, status, complaints
