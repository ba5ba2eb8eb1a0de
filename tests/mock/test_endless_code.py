"""Processes end though code of theirs goes on below calls of ours, on threads of the engine and on daemon threads."""

from __future__ import annotations

import textwrap

import pytest

from tests.support.mock import MockCluster, error, query, rows
from tests.support.program import Program, exit_time

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
def test_a_process_ends_though_a_program_s_code_does_not(two_nodes: MockCluster, called: str, does: str) -> None:
    # Not before there is somebody to be told.
    two_nodes.on(query("SELECT late"), rows([("v", "int")], [[7]], delay=0.5))
    two_nodes.on(query("refused"), error("read_timeout", consistency="ONE", received=1, required=1, data_present=False))
    body = textwrap.indent(textwrap.dedent(ENDLESS[does]).strip(), "    ")
    endless = f"begun = threading.Event()\ndef endless(*args, **kwargs):\n    begun.set()\n{body}\n"
    lines = IN_VAIN + endless + textwrap.dedent(CALLED[called]).strip()
    lines += "\nif not begun.wait(20): sys.exit('it was not called')\nprint('here')\n"
    with (
        MockCluster(1, port=two_nodes.port, credentials={"user": "user", "password": "secret"}) as locked,
        Program(two_nodes, lines.replace("LOCKED", locked.contact_points[0])) as program,
    ):
        if called == "listener":
            assert program.line() == "listening"
            two_nodes.nodes[1].stop()
        _, status, complaints = exit_time(program)
    assert (status, complaints) == (0, "")
