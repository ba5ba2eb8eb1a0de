"""A program patched by gevent or eventlet, for test_greenlets.py. Arguments: KIND SCENARIO ADDRESSES PORT.

Beside each thing that it waits for, another greenlet counts. A thread that blocked would let it count to one at most,
however fast or busy the machine is, and however often it is tried; so three is enough, once, and no time is held
against another of the same size. What the program itself is asked meanwhile answers when that greenlet has counted.
"""

from __future__ import annotations

import os
import signal
import sys
import time as unpatched_time
import warnings
from collections.abc import Callable
from typing import Any

warnings.simplefilter("ignore")
KIND, SCENARIO, ADDRESSES, PORT = sys.argv[1:5]
signal.signal(signal.SIGINT, signal.default_int_handler)

if KIND == "gevent":
    import gevent
    from gevent import monkey

    monkey.patch_all()
    spawn, nap = gevent.spawn, gevent.sleep
    native_thread_id = monkey.get_original("_thread", "get_ident")
    limit: Any = gevent.Timeout
    Green: Any = gevent.Greenlet
else:
    import eventlet
    from eventlet import patcher

    eventlet.monkey_patch()
    spawn, nap = eventlet.spawn, eventlet.sleep
    native_thread_id = patcher.original("_thread").get_ident
    limit = eventlet.Timeout

from cassandra import OperationTimedOut  # noqa: E402
from cassandra.auth import Authenticator, AuthProvider  # noqa: E402
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session  # noqa: E402
from cassandra.concurrent import (  # noqa: E402
    execute_concurrent,
    execute_concurrent_async,
    execute_concurrent_with_args,
)
from cassandra.policies import ConstantReconnectionPolicy, HostStateListener, RetryPolicy, RoundRobinPolicy  # noqa: E402

MAIN = native_thread_id()
COUNT = 0


def count() -> None:
    global COUNT
    while True:
        COUNT += 1
        nap(0.005)


def counted(least: int = 3) -> None:
    """Wait until the other greenlet has counted on."""
    before = COUNT
    while before + least > COUNT:
        nap(0.005)


def beside(what: str, call: Callable[[], Any], least: int = 3, tries: int = 20) -> Any:
    """Do it, and see the other greenlet count meanwhile; again where the machine had no time for this process."""
    for _ in range(tries):
        before = COUNT
        found = call()
        if COUNT - before >= least:
            return found
    raise AssertionError(f"{what}: counted {COUNT - before}")


class ByHand(Authenticator):
    def initial_response(self) -> bytes:
        counted()
        assert native_thread_id() == MAIN
        return b"\0user\0secret"


class Provider(AuthProvider):
    def new_authenticator(self, host: str) -> ByHand:
        assert native_thread_id() == MAIN
        return ByHand()


class Again(RetryPolicy):
    asked = 0

    def on_read_timeout(self, *args: Any, **kwargs: Any) -> Any:
        assert native_thread_id() == MAIN
        counted()
        Again.asked += 1
        return self.RETRY, None


def made(**settings: Any) -> Cluster:
    profiles = {EXEC_PROFILE_DEFAULT: ExecutionProfile(RoundRobinPolicy(), request_timeout=7200)}
    quickly = ConstantReconnectionPolicy(0.02, None)
    return Cluster(
        ADDRESSES.split(","), port=int(PORT), execution_profiles=profiles, reconnection_policy=quickly, **settings
    )


def progress(session: Session) -> None:
    """Whatever waits, waits by the hub."""
    assert beside("execute", lambda: session.execute("SLOW")).one().v == 7
    prepared = beside("prepare", lambda: session.prepare("SELECT slow FROM t"))
    assert beside("bound", lambda: session.execute(prepared)).one().v == 7
    beside("set_keyspace", lambda: session.set_keyspace("slow_one"))
    many = beside("execute_concurrent", lambda: execute_concurrent(session, [("SLOW", None)] * 20))
    assert [found.result_or_exc.one().v for found in many] == [7] * 20
    many = beside("with_args", lambda: execute_concurrent_with_args(session, prepared, [()] * 20))
    assert [found.result_or_exc.one().v for found in many] == [7] * 20
    promised = execute_concurrent_async(session, [("SLOW", None)] * 20)
    assert len(beside("concurrent_async", lambda: promised.result(10))) == 20
    generated = execute_concurrent(session, [("SLOW", None)] * 3, results_generator=True)
    assert len(beside("generator", lambda: list(generated))) == 3
    beside("refresh_nodes", session.cluster.refresh_nodes)
    assert beside("submit", lambda: session.submit(session.execute, "SLOW").result()).one().v == 7


def many_greenlets(session: Session) -> None:
    """Hundreds wait at once, each for its own answer."""
    found: list[int] = []

    def one(number: int) -> None:
        found.append(session.execute(f"NUMBER {number % 10}.").one().v == number % 10)

    for number in range(300):
        spawn(one, number)
    until = unpatched_time.monotonic() + 90
    while len(found) < 300 and unpatched_time.monotonic() < until:
        nap(0.01)
    assert found == [True] * 300, len(found)


def timeouts(session: Session) -> None:
    """Times run out while the hub waits, and what was waited for goes on where it should.

    The profile has two hours: one that did not run out would take longer than the test.
    """

    def timed_out(call: Callable[[], Any]) -> OperationTimedOut:
        try:
            call()
        except OperationTimedOut as error:
            return error
        raise AssertionError("it answered")

    beside("request", lambda: timed_out(lambda: session.execute("SILENT", timeout=0.3)))
    future = session.execute_async("HELD")
    error = beside("result", lambda: timed_out(lambda: future.result(0.1)))
    assert "the request goes on" in str(error.errors)
    held = [session.execute_async("HELD") for _ in range(2)]  # each node answers two at once
    assert future.result().one().v == 7
    assert held
    with limit(0.2, False):
        session.execute("SILENT")
        raise AssertionError("it answered")
    assert session.execute("SELECT 1") is not None


def callbacks(session: Session) -> None:
    """They run on the hub's thread, in greenlets that may block; policies and listeners too."""
    told: list[Any] = []

    def callback(rows: Any) -> None:
        inner = session.execute("SLOW").one().v
        told.append((native_thread_id() == MAIN, rows[0].v, inner))

    for _ in range(10):
        session.execute_async("SLOW").add_callback(callback)
    session.execute_async("FAIL").add_errback(lambda error: told.append(native_thread_id() == MAIN))
    until = unpatched_time.monotonic() + 90
    while len(told) < 11 and unpatched_time.monotonic() < until:
        nap(0.01)
    assert sorted(told, key=str) == [(True, 7, 7)] * 10 + [True], told
    shared = session.execute_async("SLOW")
    heard: list[Any] = []
    shared.add_callback(lambda rows: heard.append(rows[0].v))
    for _ in range(2):
        spawn(lambda: heard.append(shared.result().one().v))
    while len(heard) < 3 and unpatched_time.monotonic() < until:
        nap(0.01)
    assert heard == [7, 7, 7], heard
    retried = session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, retry_policy=Again())
    assert beside("retry", lambda: session.execute("TWICE", execution_profile=retried)).one().v == 7
    assert Again.asked == 1
    if KIND == "gevent":
        # Nothing of ours keeps the loop from ending.
        for greenlet in [found for found in __import__("gc").get_objects() if isinstance(found, Green)]:
            greenlet.kill()
        assert gevent.wait(timeout=30)


def interrupted(session: Session) -> None:
    """Ctrl-C ends the wait."""

    def interrupt() -> None:
        nap(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    spawn(interrupt)
    try:
        session.execute("SILENT")
        raise AssertionError("it answered")
    except KeyboardInterrupt:
        pass
    assert session.execute("SELECT 1") is not None


def threads(session: Session) -> None:
    """A real thread of a patched program waits by a hub of its own."""
    if KIND == "gevent":
        run = gevent.get_hub().threadpool.apply
    else:
        from eventlet import tpool

        run = tpool.execute
    assert beside("thread", lambda: run(lambda: session.execute("SLOW").one().v)) == 7


def hosts(session: Session) -> None:
    """Whoever runs this stops a node and starts it again when told so."""
    begun: list[str] = []
    ended: list[str] = []
    is_open: list[bool] = []

    class Listener(HostStateListener):
        def told(self, what: str) -> None:
            begun.append(what)
            while not is_open:
                nap(0.005)
            ended.append(what)

        def on_down(self, host: Any) -> None:
            if host.address == address:
                self.told("down")

        def on_up(self, host: Any) -> None:
            if host.address == address:
                self.told("up")

    address = ADDRESSES.split(",")[1]
    core: Any = session.cluster._core

    def wait_until(is_up: bool) -> None:
        while next(facts["up"] for facts in core.hosts() if facts["address"] == address) is not is_up:
            nap(0.005)

    wait_until(True)
    # That it has come up is told before this is.
    beside("what came before", lambda: session.execute("SELECT 1"), 0)
    session.cluster.register_listener(Listener())
    for _ in range(3):
        for what, is_up in (("stop", False), ("listen", True)):
            print(what)
            wait_until(is_up)
    # What was told later has been put at the door by now.
    beside("what comes after", lambda: session.execute("SELECT 1"), 0)
    counted(20)
    assert (begun, ended) == (["down"], []), (begun, ended)
    is_open.append(True)
    while len(ended) < 6 or ended[-1] != "up":
        nap(0.005)
    assert begun == ended == ["down", "up"] * (len(ended) // 2), (begun, ended)


def main() -> None:
    spawn(count)
    nap(0)
    cluster = made(auth_provider=Provider())
    session = beside("connect", cluster.connect)
    globals()[SCENARIO](session)
    beside("shutdown", cluster.shutdown, 0)
    try:
        session.execute("SELECT 1")
    except Exception:
        print("well")


main()
