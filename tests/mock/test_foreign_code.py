"""F17: whatever a program hands to the driver may raise, block for long, or call back into the session: that is its
own affair, and nobody else's requests notice."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cassandra.cluster import Cluster, Session
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    HostStateListener,
    RetryPolicy,
    RoundRobinPolicy,
)
from cassandra.query import SimpleStatement, tuple_factory

from tests.support.mock import MockCluster, error, query, rows
from tests.support.statements import profiles, wait_until, with_profile

V = [("v", "int")]
BLOCKED = 3.0
"""How long what blocks does so, in seconds. The others may not take half of it."""


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(2) as mock:
        mock.on(query("SELECT v"), rows(V, [[7]], delay=0.01))
        # Long enough for callbacks to be there before: later ones are called by who adds them.
        mock.on(query("SELECT foreign"), rows(V, [[8]], delay=0.3))
        mock.on(query("SELECT failing"), error("overloaded", "too much", way={"delay": 0.3}))
        yield mock


class Foreign:
    """What the program's code does each time it is called: one of the three, and then what is right."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.calls = 0
        self.inner: list[Any] = []
        self.session: Session | None = None

    def __call__(self) -> None:
        self.calls += 1
        if self.how == "raises":
            raise LookupError("the program's own")
        if self.how == "blocks":
            time.sleep(BLOCKED)
        elif self.session is not None:
            self.inner.append(self.session.execute("SELECT v", timeout=60).one().v)


def callback(session: Session, foreign: Foreign) -> Any:
    told: list[Any] = []
    future = session.execute_async("SELECT foreign")
    future.add_callbacks(lambda found: foreign(), told.append)
    assert future.result().one().v == 8
    wait_until(lambda: foreign.calls == 1)
    time.sleep(0.05)
    assert told == []  # the errback hears nothing of the callback
    return None


def errback(session: Session, foreign: Foreign) -> Any:
    told: list[Any] = []
    future = session.execute_async(SimpleStatement("SELECT failing", is_idempotent=False))
    future.add_callbacks(told.append, lambda failure: foreign())
    with pytest.raises(Exception, match="too much"):
        future.result()
    wait_until(lambda: foreign.calls == 1)
    assert told == []
    return None


def row_factory(session: Session, foreign: Foreign) -> Any:
    def factory(names: Any, found: Any) -> Any:
        foreign()
        return tuple_factory(names, found)

    return session.execute("SELECT foreign", execution_profile=with_profile(session, row_factory=factory)).one()


def load_balancing_policy(session: Session, foreign: Foreign) -> Any:
    class Mine(RoundRobinPolicy):
        def make_query_plan(self, working_keyspace: Any = None, query: Any = None) -> Any:
            if "foreign" in str(query):
                foreign()
            return super().make_query_plan(working_keyspace, query)

    mine = Mine()
    mine.populate(session.cluster, list(session.hosts))
    profile = with_profile(session, load_balancing_policy=mine)
    return session.execute("SELECT foreign", execution_profile=profile).one()


def retry_policy(session: Session, foreign: Foreign) -> Any:
    class Mine(RetryPolicy):
        def on_request_error(self, *args: Any, **kwargs: Any) -> Any:
            foreign()
            return self.IGNORE, None

    session.execute(SimpleStatement("SELECT failing", retry_policy=Mine()))
    return (8,)


def speculative_execution_policy(session: Session, foreign: Foreign) -> Any:
    class Mine(ConstantSpeculativeExecutionPolicy):
        def new_plan(self, keyspace: Any, statement: Any) -> Any:
            foreign()
            return super().new_plan(keyspace, statement)

    profile = with_profile(session, speculative_execution_policy=Mine(5, 1))
    return session.execute(SimpleStatement("SELECT foreign", is_idempotent=True), execution_profile=profile).one()


def timestamp_generator(session: Session, foreign: Foreign) -> Any:
    mine = threading.get_ident()

    def generator() -> int:
        # It is not told for whom: the first one is for ours, and what it runs itself and others run is left alone.
        if threading.get_ident() == mine and not foreign.calls:
            foreign()
        return 5

    session.timestamp_generator = generator
    try:
        return session.execute("SELECT foreign").one()
    finally:
        session.timestamp_generator = None


def init_listener(session: Session, foreign: Foreign) -> Any:
    def listener(future: Any) -> None:
        if "foreign" in str(future.query):
            foreign()

    session.add_request_init_listener(listener)
    try:
        return session.execute("SELECT foreign").one()
    finally:
        session.remove_request_init_listener(listener)


def host_listener(session: Session, foreign: Foreign) -> Any:
    class Mine(HostStateListener):
        def on_up(self, host: Any) -> None:
            foreign()

        def on_down(self, host: Any) -> None:
            foreign()

        def on_add(self, host: Any) -> None:
            foreign()

        def on_remove(self, host: Any) -> None:
            foreign()

    session.cluster.register_listener(Mine())
    session.cluster.add_host("127.0.0.99", None, None, signal=True)
    wait_until(lambda: foreign.calls > 0)
    return None


PLACES: dict[str, tuple[Callable[[Session, Foreign], Any], bool]] = {
    # Whether an exception there is the caller's to see.
    "callback": (callback, False),
    "errback": (errback, False),
    "row factory": (row_factory, True),
    "load balancing policy": (load_balancing_policy, True),
    "retry policy": (retry_policy, True),
    "speculative execution policy": (speculative_execution_policy, True),
    "timestamp generator": (timestamp_generator, True),
    "request init listener": (init_listener, True),
    "host state listener": (host_listener, False),
}


class Others:
    """Requests of another thread, one after another, while the program's code does what it does."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.longest = 0.0
        self.failures: list[Exception] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            try:
                assert self.session.execute("SELECT v", timeout=60).one().v == 7
            except Exception as failure:
                self.failures.append(failure)
            self.longest = max(self.longest, time.monotonic() - began)

    def __enter__(self) -> Others:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(20)


@pytest.mark.parametrize("how", ["raises", "blocks", "calls back"])
@pytest.mark.parametrize("place", PLACES)
def test_f17_what_a_programs_code_does_harms_nobody_else(
    mock: MockCluster, place: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    run, is_callers = PLACES[place]
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        foreign = Foreign(how)
        foreign.session = session
        with caplog.at_level(logging.WARNING), Others(session) as others:
            if how == "raises" and is_callers:
                with pytest.raises(Exception) as caught:
                    run(session, foreign)
                chain = [caught.value, caught.value.__cause__, caught.value.__context__]
                assert any("the program's own" in repr(link) for link in chain), chain
            else:
                assert run(session, foreign) in ((8,), None)
        assert foreign.calls >= 1
        assert others.failures == []
        if how == "blocks":
            assert others.longest < BLOCKED / 2
        if how == "calls back":
            wait_until(lambda: foreign.inner)
            assert set(foreign.inner) == {7}
        if how == "raises" and not is_callers:
            told = [
                record for record in caplog.records if record.exc_info or "the program's own" in record.getMessage()
            ]
            assert len(told) == foreign.calls  # each once
        assert session.execute("SELECT v", timeout=60).one().v == 7
