"""Processes with connections open end when they should, and what runs after that ends with an error."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import pytest

from tests.support.mock import MockCluster
from tests.support.program import ENDING, Program, exit_time

WAYS_TO_END = {
    "without shutdown": "print('here')",
    "with requests under way": """
        futures = [session.execute_async("SELECT silent") for _ in range(100)]
        print('here')
    """,
    "with callbacks to come": """
        futures = [session.execute_async("SELECT silent", timeout=1.0) for _ in range(10)]
        for future in futures:
            future.add_callbacks(id, id)
        print('here')
    """,
    "by shutdown": "print('here'); cluster.shutdown()",
    "by shutdown twice": "print('here'); cluster.shutdown(); cluster.shutdown(); session.shutdown()",
    "by shutdown with requests under way": """
        futures = [session.execute_async("SELECT silent", timeout=None) for _ in range(100)]
        print('here')
        cluster.shutdown()
        for future in futures:
            try:
                future.result(timeout=10)
                sys.exit("a result")
            except Exception as error:
                if isinstance(error, OperationTimedOut):
                    raise
    """,
    "by shutdown from a callback": """
        ended = threading.Event()
        def callback(rows):
            cluster.shutdown()
            ended.set()
        session.execute_async("SELECT v").add_callback(callback)
        if not ended.wait(10):
            sys.exit("the callback hangs")
        print('here')
    """,
    "while one from a callback goes on": """
        begun = threading.Event()
        def callback(rows):
            begun.set()
            for _ in range(100):
                time.sleep(0.001)
        session.execute_async("SELECT v").add_callback(callback)
        if not begun.wait(10):
            sys.exit("the callback hangs")
        print('here')
    """,
    "by os._exit": "print('here'); os._exit(0)",
    "by del": "print('here'); del session, cluster",
    "from another thread": """
        thread = threading.Thread(target=cluster.shutdown)
        print('here')
        thread.start(); thread.join(10)
        if thread.is_alive():
            sys.exit("shutdown hangs")
    """,
    "by atexit": "import atexit; atexit.register(cluster.shutdown); print('here')",
    "with a cluster that never connected": "other = Cluster(['127.9.9.9']); print('here')",
}


@pytest.mark.parametrize(
    ("way", "nodes"),
    [
        (way, nodes)
        for nodes in ("answer", "are silent", "are gone")
        for way in WAYS_TO_END
        if nodes == "answer" or "from a callback" not in way  # which needs an answer
    ],
)
def test_a_process_ends(two_nodes: MockCluster, way: str, nodes: str) -> None:
    """F16, E24 of docs/promises.md."""
    lines = textwrap.dedent(WAYS_TO_END[way])
    with Program(two_nodes, "print('connected')\nsys.stdin.readline()\n" + lines) as program:
        assert program.line() == "connected"
        if nodes == "are silent":
            for node in two_nodes.nodes:
                node.pause()
        elif nodes == "are gone":
            for node in two_nodes.nodes:
                node.stop()
        program.go_on()
        took, status, complaints = exit_time(program)
    assert (status, complaints) == (0, "")
    assert took < ENDING


AFTERWARDS = [
    "session.execute('SELECT v', timeout=30)",
    "session.execute(prepared, timeout=30)",
    "session.execute_async('SELECT v', timeout=30).result()",
    "execute_concurrent_with_args(session, prepared, [()] * 10)",
    "session.prepare('SELECT v')",
    "session.set_keyspace('k')",
    "under_way.result()",
    "under_way.result(timeout=30)",
    "Cluster(points, port=port).connect()",
    "cluster.connect()",
    "cluster.refresh_schema_metadata()",
]
"""What a program may do when the interpreter is ending; there is nothing to be had any more."""


@pytest.mark.parametrize("way", ["atexit", "__del__"])
def test_what_runs_after_the_end_ends_with_an_error(two_nodes: MockCluster, way: str) -> None:
    program = f"""
    import sys
    from cassandra.cluster import Cluster
    from cassandra.concurrent import execute_concurrent_with_args
    tried = {AFTERWARDS!r}
    points, port = sys.argv[2:], int(sys.argv[1])
    cluster = Cluster(points, port=port)
    session = cluster.connect(wait_for_all_pools=True)
    prepared = session.prepare("SELECT v")
    under_way = session.execute_async("SELECT silent", timeout=None)
    def last(tried=tried, names=globals().copy()):
        for line in tried:
            try:
                print(line, '->', eval(line, names), flush=True)
            except Exception as error:
                print(type(error).__name__, error, flush=True)
    """
    # What was given to it first is called last: after what this package gives to it.
    first = "import atexit\natexit.register(lambda: last())\n" if way == "atexit" else ""
    then = "class Last:\n    def __del__(self, last=last):\n        last()\nlast_of_all = Last()\n"
    text = first + textwrap.dedent(program) + (then if way == "__del__" else "") + "print('here', flush=True)\n"
    command = [sys.executable, "-c", text, str(two_nodes.port), *two_nodes.contact_points]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    here, *told = done.stdout.splitlines()
    assert (done.returncode, done.stderr, here) == (0, "", "here")
    assert len(told) == len(AFTERWARDS), told
    for line in told:
        # The last are Python's own words where nothing can be imported any more.
        whys = ("shut down", "the interpreter is ending", "was not refreshed", "Python is likely shutting down")
        assert any(why in line for why in whys), told


def test_sigterm_ends_a_process_that_waits(two_nodes: MockCluster) -> None:
    with Program(two_nodes, "print('here'); session.execute('SELECT silent', timeout=60)") as program:
        assert program.line() == "here"
        time.sleep(0.2)
        program.process.terminate()
        assert program.end(ENDING + 1)[0] == -signal.SIGTERM
