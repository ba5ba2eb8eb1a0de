"""`cassandra.cluster` on mock nodes, in processes of their own: they end when they should, forked or interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator

import pytest

from tests.support.mock import MockCluster, error, query, rows, silence

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


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(2) as mock:
        mock.on(query("SELECT v"), rows([("v", "int")], [[7]]))
        mock.on(query("SELECT silent"), silence())
        yield mock


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
def test_a_process_ends(mock: MockCluster, way: str, nodes: str) -> None:
    """F16, E24 of docs/promises.md."""
    lines = textwrap.dedent(WAYS_TO_END[way])
    with Program(mock, "print('connected')\nsys.stdin.readline()\n" + lines) as program:
        assert program.line() == "connected"
        if nodes == "are silent":
            for node in mock.nodes:
                node.pause()
        elif nodes == "are gone":
            for node in mock.nodes:
                node.stop()
        program.go_on()
        took, status, complaints = exit_time(program)
    assert (status, complaints) == (0, "")
    assert took < ENDING


ENDLESS = {
    "runs": "while True: pass",
    "runs whatever is raised": """
        while True:
            try:
                while True: pass
            except BaseException:
                pass
    """,
    "sleeps now and then": "while True: time.sleep(0.001)",
    "sleeps": "time.sleep(1000)",
    "waits for a lock": "threading.Lock().acquire(); lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "runs statements": """
        while True:
            try:
                session.execute("SELECT v")
            except Exception:
                pass
    """,
}
"""What code of a program may do without an end."""

IN_VAIN = """
def in_vain(other):
    def connect():
        try:
            other.connect()
        except Exception:
            pass
    threading.Thread(target=connect, daemon=True).start()
"""

CALLED = {
    "callback": "session.execute_async('SELECT late').add_callback(endless)",
    "row factory": "session.row_factory = endless; session.execute_async('SELECT late').add_callback(id)",
    "retry policy": """
        from cassandra.policies import RetryPolicy
        class Policy(RetryPolicy):
            on_read_timeout = endless
        cluster.default_retry_policy = Policy()
        session.execute_async("SELECT refused")
    """,
    "handler of records": """
        import logging
        class Handler(logging.Handler):
            def handle(self, record):  # before it takes its lock, which the end of logging waits for
                if threading.current_thread().name.startswith("Dummy"):  # one of the engine's
                    endless()
        other = Cluster(["127.9.9.9"], port=1)
        logging.getLogger("cassandra").addHandler(Handler())
        in_vain(other)
    """,
    "listener": """
        from cassandra.policies import HostStateListener
        class Listener(HostStateListener):
            on_down = on_up = on_add = on_remove = endless
        cluster.register_listener(Listener())
        print("listening")
    """,
    "authenticator": """
        from cassandra.auth import AuthProvider
        class Provider(AuthProvider):
            new_authenticator = endless
        other = Cluster(["LOCKED"], port=int(sys.argv[1]), auth_provider=Provider())
        in_vain(other)
    """,
    "generator of parameters": """
        from cassandra.concurrent import execute_concurrent_with_args
        def asked():
            endless()
            yield ()
        prepared = session.prepare("SELECT v")
        run = lambda: execute_concurrent_with_args(session, prepared, asked())
        threading.Thread(target=run, daemon=True).start()
    """,
}
"""What calls it, on a thread of the engine or below a call of ours."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("called", "does"), [*(("callback", does) for does in ENDLESS), *((called, "runs") for called in CALLED)]
)
def test_a_process_ends_though_a_program_s_code_does_not(mock: MockCluster, called: str, does: str) -> None:
    # Not before there is somebody to be told.
    mock.on(query("SELECT late"), rows([("v", "int")], [[7]], delay=0.5))
    mock.on(query("refused"), error("read_timeout", consistency="ONE", received=1, required=1, data_present=False))
    body = textwrap.indent(textwrap.dedent(ENDLESS[does]).strip(), "    ")
    endless = f"begun = threading.Event()\ndef endless(*args, **kwargs):\n    begun.set()\n{body}\n"
    lines = IN_VAIN + endless + textwrap.dedent(CALLED[called]).strip()
    lines += "\nif not begun.wait(20): sys.exit('it was not called')\nprint('here')\n"
    with (
        MockCluster(1, port=mock.port, credentials={"user": "user", "password": "secret"}) as locked,
        Program(mock, lines.replace("LOCKED", locked.contact_points[0])) as program,
    ):
        if called == "listener":
            assert program.line() == "listening"
            mock.nodes[1].stop()
        _, status, complaints = exit_time(program)
    assert (status, complaints) == (0, "")


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
def test_what_runs_after_the_end_ends_with_an_error(mock: MockCluster, way: str) -> None:
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
    command = [sys.executable, "-c", text, str(mock.port), *mock.contact_points]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    here, *told = done.stdout.splitlines()
    assert (done.returncode, done.stderr, here) == (0, "", "here")
    assert len(told) == len(AFTERWARDS), told
    for line in told:
        # The last are Python's own words where nothing can be imported any more.
        whys = ("shut down", "the interpreter is ending", "was not refreshed", "Python is likely shutting down")
        assert any(why in line for why in whys), told


def test_sigterm_ends_a_process_that_waits(mock: MockCluster) -> None:
    with Program(mock, "print('here'); session.execute('SELECT silent', timeout=60)") as program:
        assert program.line() == "here"
        time.sleep(0.2)
        program.process.terminate()
        assert program.end(ENDING + 1)[0] == -signal.SIGTERM


@pytest.mark.parametrize(
    "waiting",
    [
        "session.execute('SELECT silent', timeout=60)",
        "session.execute('SELECT silent', timeout=None)",
        "session.execute_async('SELECT silent', timeout=60).result()",
        "session.execute_async('SELECT silent', timeout=60).result(timeout=60)",
    ],
)
def test_ctrl_c_while_waiting(mock: MockCluster, waiting: str) -> None:
    lines = f"""
    print('here')
    try:
        {waiting}
    except KeyboardInterrupt:
        print('interrupted')
    print(seven())
    """
    with Program(mock, lines) as program:
        assert program.line() == "here"
        time.sleep(0.3)
        began = time.monotonic()
        program.process.send_signal(signal.SIGINT)
        assert program.line() == "interrupted"
        assert time.monotonic() - began < 1.0
        assert program.line() == "True"
        assert program.end()[0] == 0


def test_ctrl_c_while_connecting(mock: MockCluster) -> None:
    lines = """
    print('connected')
    sys.stdin.readline()
    other = Cluster(sys.argv[2:], port=int(sys.argv[1]), connect_timeout=60)
    print('here')
    try:
        other.connect()
    except KeyboardInterrupt:
        print('interrupted')
    """
    with Program(mock, lines) as program:
        assert program.line() == "connected"
        for node in mock.nodes:
            node.pause()
        program.go_on()
        assert program.line() == "here"
        time.sleep(0.3)
        began = time.monotonic()
        program.process.send_signal(signal.SIGINT)
        assert program.line() == "interrupted"
        assert time.monotonic() - began < 1.0


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
def test_a_forked_child_gets_an_answer_or_a_clear_error(mock: MockCluster, leave: str) -> None:
    """F24, E6 of docs/promises.md."""
    with Program(mock, FORK.format(inside="outcome = repr(seven())", leave=leave)) as program:
        outcome, status, parent = program.line(), program.line(), program.line()
        assert program.end()[0] == 0
    assert outcome == "True" or "fork" in outcome
    assert (status, parent) == ("0", "True")


@pytest.mark.parametrize("leave", ["os._exit(0)", "sys.exit(0)"])
def test_a_forked_child_connects_anew(mock: MockCluster, leave: str) -> None:
    inside = "outcome = repr(seven(Cluster(sys.argv[2:], port=int(sys.argv[1])).connect()))"
    with Program(mock, FORK.format(inside=inside, leave=leave)) as program:
        assert (program.line(), program.line(), program.line()) == ("True", "0", "True")
        assert program.end()[0] == 0


def test_a_fork_while_requests_are_under_way(mock: MockCluster) -> None:
    mock.on(query("SELECT late"), rows([("v", "int")], [[8]], delay=0.3))
    lines = "futures = [session.execute_async('SELECT late', timeout=10) for _ in range(50)]\n"
    lines += FORK.format(inside="outcome = repr(seven())", leave="os._exit(0)")
    lines += "print(all(future.result().one().v == 8 for future in futures))\n"
    with Program(mock, lines) as program:
        outcome = program.line()
        assert outcome == "True" or "fork" in outcome
        assert [program.line() for _ in range(3)] == ["0", "True", "True"]
        assert program.end()[0] == 0
