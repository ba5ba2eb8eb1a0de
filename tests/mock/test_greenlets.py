"""Programs patched by gevent or eventlet: while one greenlet waits, the others go on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mock import MockCluster, error, execute, prepare, query, rows, silence, usual

PROGRAM = Path(__file__).parent / "greenlets_program.py"
V = [("v", "int")]


def given(mock: MockCluster) -> list[str]:
    """What the program is told of the nodes."""
    return [",".join(mock.contact_points), str(mock.port)]


@pytest.mark.parametrize("kind", ["gevent", "eventlet"])
@pytest.mark.parametrize("scenario", ["progress", "many_greenlets", "timeouts", "callbacks", "interrupted", "threads"])
def test_others_go_on(kind: str, scenario: str) -> None:
    """F24 of docs/promises.md."""
    with MockCluster(2, credentials={"user": "user", "password": "secret"}) as mock:
        mock.on(query("SLOW"), rows(V, [[7]], delay=0.2))
        mock.on(prepare("slow"), usual(delay=0.2))
        mock.on(execute("slow"), rows(V, [[7]], delay=0.2))
        mock.on(query("slow_one"), usual(delay=0.2))
        mock.on(query("system.local"), usual(delay=0.1))
        mock.on(query("SILENT"), silence())
        mock.on(query("HELD"), rows(V, [[7]], gather=2))
        mock.on(query("FAIL"), error("invalid", "no", way={"delay": 0.05}))
        mock.on(query("TWICE"), rows(V, [[7]]))
        mock.on(
            query("TWICE", nth=1), error("read_timeout", consistency="ONE", received=1, required=1, data_present=True)
        )
        for number in range(10):
            mock.on(query(f"NUMBER {number}."), rows(V, [[number]], delay=0.01))
        arguments = [kind, scenario, *given(mock)]
        ran = subprocess.run(
            [sys.executable, "-X", "faulthandler", str(PROGRAM), *arguments],
            capture_output=True,
            text=True,
            timeout=100,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    assert (ran.returncode, ran.stdout.split()) == (0, ["well"]), ran.stderr


@pytest.mark.parametrize("kind", ["gevent", "eventlet"])
def test_listeners_are_told_of_hosts_in_order(kind: str) -> None:
    """One that waits in its greenlet is not told beside itself."""
    with MockCluster(2, credentials={"user": "user", "password": "secret"}) as mock:
        ran = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", str(PROGRAM), kind, "hosts", *given(mock)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"},
        )
        with ran:
            assert ran.stdout is not None
            for line in ran.stdout:
                if line.strip() == "stop":
                    mock.nodes[1].stop()
                elif line.strip() == "listen":
                    mock.nodes[1].listen()
                else:
                    break
            complaints = ran.communicate(timeout=60)[1]
    assert (ran.returncode, line.strip()) == (0, "well"), complaints


def test_a_plain_program_has_no_hub() -> None:
    """Neither library is so much as imported."""
    with MockCluster(1) as mock:
        program = (
            "import sys; from cassandra.cluster import Cluster\n"
            "cluster = Cluster([sys.argv[1]], port=int(sys.argv[2])); cluster.connect().execute('SELECT 1')\n"
            "assert cluster._hub is None and not {'gevent', 'eventlet'} & set(sys.modules)\n"
            "print('well')"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program, mock.contact_points[0], str(mock.port)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ran.stdout.split() == ["well"], ran.stderr
