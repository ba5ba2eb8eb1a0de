"""Ctrl-C while a process waits: for an answer, or to be connected."""

from __future__ import annotations

import signal
import time

import pytest

from tests.support.mock import MockCluster, query
from tests.support.program import Program


def interrupt(program: Program) -> None:
    """Ctrl-C a moment after the program has begun to wait, for a minute: it ends the wait at once."""
    time.sleep(0.2)
    began = time.monotonic()
    program.process.send_signal(signal.SIGINT)
    assert program.line() == "interrupted"
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "waiting",
    [
        "session.execute('SELECT silent', timeout=60)",
        "session.execute('SELECT silent', timeout=None)",
        "session.execute_async('SELECT silent', timeout=60).result()",
        "session.execute_async('SELECT silent', timeout=60).result(timeout=60)",
    ],
)
def test_ctrl_c_while_waiting(two_nodes: MockCluster, waiting: str) -> None:
    lines = f"""
    try:
        print('here')
        {waiting}
    except KeyboardInterrupt:
        print('interrupted')
    print(seven())
    """
    with Program(two_nodes, lines) as program:
        assert program.line() == "here"
        assert two_nodes.wait_for(query("SELECT silent"), seconds=60)
        interrupt(program)
        assert program.line() == "True"
        assert program.end()[0] == 0


def test_ctrl_c_while_connecting(two_nodes: MockCluster) -> None:
    lines = """
    print('connected')
    sys.stdin.readline()
    other = Cluster(sys.argv[2:], port=int(sys.argv[1]), connect_timeout=60)
    try:
        print('here')
        other.connect()
    except KeyboardInterrupt:
        print('interrupted')
    """
    with Program(two_nodes, lines) as program:
        assert program.line() == "connected"
        for node in two_nodes.nodes:
            node.pause()
        program.go_on()
        assert program.line() == "here"
        interrupt(program)
