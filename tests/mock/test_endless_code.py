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


BELOW = {
    "__missing__ of a mapping": """
        class Given(dict):
            __missing__ = endless
        work = lambda: prepared.bind(Given())
    """,
    "__getitem__ of a mapping": """
        class Given(Mapping):
            __len__ = __iter__ = None
            __getitem__ = endless
        work = lambda: prepared.bind(Given())
    """,
    "__len__ of bound values": """
        class Given:
            __len__ = endless
        work = lambda: prepared.bind(Given())
    """,
    "__iter__ of bound values": """
        class Given:
            __len__ = lambda self: 1
            __iter__ = endless
        work = lambda: prepared.bind(Given())
    """,
    "an iterator of bound values": """
        class Given:
            __len__ = lambda self: 1
            def __iter__(self):
                yield endless()
        work = lambda: prepared.bind(Given())
    """,
    "__getattr__ of bound values": """
        class Given:
            def __getattribute__(self, name):
                endless()
        work = lambda: session.execute(prepared, Given())
    """,
    "__float__ of a value": """
        class Given:
            __float__ = endless
        work = lambda: prepared.bind([Given()])
    """,
    "__del__ of a value": """
        class Given:
            __float__ = lambda self: 1.0
            __del__ = endless
        class Values:
            __len__ = lambda self: 1
            def __iter__(self):
                yield Given()
        work = lambda: prepared.bind(Values())
    """,
    "__index__ of a value": """
        class Given:
            __index__ = endless
        work = lambda: Int32Type.to_binary(Given(), 4)
    """,
    "__bytes__ of a value": """
        class Given:
            __bytes__ = endless
        work = lambda: BytesType.to_binary(Given(), 4)
    """,
    "utcoffset of a time zone": """
        class Given(tzinfo):
            utcoffset = endless
        work = lambda: DateType.to_binary(datetime(2026, 1, 1, tzinfo=Given()), 4)
    """,
    "__len__ of a collection": """
        class Given:
            __len__ = endless
        work = lambda: ListType.apply_parameters([Int32Type]).to_binary(Given(), 4)
    """,
    "items of a map": """
        class Given:
            __len__ = lambda self: 1
            items = endless
        work = lambda: MapType.apply_parameters([Int32Type, Int32Type]).to_binary(Given(), 4)
    """,
    "a property of a user-defined type's value": """
        class Given:
            a = property(endless)
        work = lambda: udt.to_binary(Given(), 4)
    """,
    "serialize of a type": """
        class Given(Int32Type):
            serialize = staticmethod(endless)
        work = lambda: ListType.apply_parameters([Given]).to_binary([1], 4)
    """,
    "deserialize of a type": """
        class Given(Int32Type):
            deserialize = staticmethod(endless)
        work = lambda: ListType.apply_parameters([Given]).from_binary(bytes([0, 0, 0, 1, *CELL]), 4)
    """,
    "the class of a user-defined type's values": """
        class Given:
            __init__ = endless
        udt.mapped_class = Given
        work = lambda: udt.from_binary(CELL, 4)
    """,
    "__lt__ of an element": """
        class Given:
            def __init__(self, a): self.a = a
            __lt__ = __le__ = __gt__ = __ge__ = __eq__ = endless
            __hash__ = None
        udt.mapped_class = Given
        work = lambda: SetType.apply_parameters([udt]).from_binary(bytes([0, 0, 0, 2, *[0, 0, 0, 8, *CELL] * 2]), 4)
    """,
    "what the cycle collector calls": """
        import gc
        lists = ListType.apply_parameters([ListType.apply_parameters([Int32Type])])
        many = lists.to_binary([[1]] * 100_000, 4)
        def work():
            gc.collect()  # and the next time after some hundred lists
            gc.callbacks.append(endless)
            lists.from_binary(many, 4)
            gc.collect()
    """,
    "a generator of timestamps": """
        session.timestamp_generator = endless
        work = lambda: session.execute(prepared, [1.0])
    """,
}
"""Code of a program that is run below a call of ours, on whichever thread the program likes. `work` has it run."""

AMONG_THEM = """
from collections.abc import Mapping
from datetime import datetime, tzinfo
from cassandra.cqltypes import BytesType, DateType, Int32Type, ListType, MapType, SetType, UserType
prepared = session.prepare("INSERT INTO bound (k) VALUES (?)")
udt = UserType.make_udt_class("k", "t", ("a",), (Int32Type,))
CELL = bytes([0, 0, 0, 4, 0, 0, 0, 1])
"""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("called", BELOW)
def test_a_process_ends_though_code_below_a_call_of_ours_does_not(two_nodes: MockCluster, called: str) -> None:
    endless = "begun = threading.Event()\ndef endless(*_, **__):\n    begun.set()\n    while True: pass\n"
    lines = AMONG_THEM + endless + textwrap.dedent(BELOW[called])
    lines += "\nthreading.Thread(target=work, daemon=True).start()\n"
    lines += "if not begun.wait(20): sys.exit('it was not called')\nprint('here')\n"
    with Program(two_nodes, lines) as program:
        _, status, complaints = exit_time(program)
    assert (status, complaints) == (0, "")
