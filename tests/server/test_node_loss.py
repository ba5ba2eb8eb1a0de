"""A program on three real nodes, one of which is killed or hangs: it goes on, and what it reads and counts is right."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import (
    ConsistencyLevel,
    CoordinationFailure,
    InvalidRequest,
    OperationTimedOut,
    Timeout,
    Unavailable,
)
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.connection import ConnectionException
from cassandra.policies import ConstantReconnectionPolicy, RoundRobinPolicy

from tests.support.nodes import Nodes
from tests.support.statements import wait_until

KEYS = 200
LOCAL = "SELECT release_version FROM system.local"


@pytest.fixture
def session(breakable_nodes: Nodes) -> Iterator[Session]:
    quorum = ExecutionProfile(
        RoundRobinPolicy(),
        consistency_level=ConsistencyLevel.QUORUM,
        request_timeout=10,
        row_factory=lambda _, rows: rows,
    )
    with Cluster(
        breakable_nodes.contact_points,
        port=breakable_nodes.port,
        execution_profiles={EXEC_PROFILE_DEFAULT: quorum},
        reconnection_policy=ConstantReconnectionPolicy(0.5),
        connect_timeout=20,
        idle_heartbeat_interval=2,
        idle_heartbeat_timeout=2,
        control_connection_timeout=10,
        max_schema_agreement_wait=60,
    ) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        session.execute(
            "CREATE KEYSPACE IF NOT EXISTS loss "
            "WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}",
            timeout=60,
        )
        # All nodes are asked for the schema by one of them; one that lags behind it may be asked for the keyspace.
        wait_until(lambda: is_known(session), 30)
        session.execute("CREATE TABLE IF NOT EXISTS kept (k int PRIMARY KEY, v int)", timeout=60)
        session.execute("CREATE TABLE IF NOT EXISTS counts (k int PRIMARY KEY, n counter)", timeout=60)
        session.execute("TRUNCATE kept", timeout=60)
        yield session


def is_known(session: Session) -> bool:
    try:
        session.set_keyspace("loss")
    except InvalidRequest:
        return False
    return True


class Load:
    """Threads that write, count and read back, and remember what was acknowledged."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.insert = session.prepare("INSERT INTO kept (k, v) VALUES (?, ?)")
        self.select = session.prepare("SELECT k, v FROM kept WHERE k = ?")
        self.count = session.prepare("UPDATE counts SET n = n + 1 WHERE k = 1")
        self.written: dict[int, int] = {}
        self.counted = 0
        self.tried = 0
        self.wrong: list[Any] = []
        self.errors: list[BaseException] = []
        self.ended = threading.Event()
        self.read = 0
        self.done = 0
        self.longest = 0.0
        self._threads = [
            threading.Thread(target=self._run, args=(work,))
            for work in (self._write, self._count, self._read, self._read)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: Any) -> None:
        self.ended.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)

    def _run(self, work: Any) -> None:
        number = 0
        while not self.ended.is_set():
            number += 1
            began = time.monotonic()
            try:
                work(number)
                self.done += 1
            except Exception as error:
                self.errors.append(error)
            self.longest = max(self.longest, time.monotonic() - began)

    def _write(self, number: int) -> None:
        key = number % KEYS
        self.session.execute(self.insert, (key, number))
        self.written[key] = number

    def _count(self, number: int) -> None:
        self.tried += 1
        self.session.execute(self.count)
        self.counted += 1

    def _read(self, number: int) -> None:
        key = number * 7 % KEYS
        before = self.written.get(key)
        found = self.session.execute(self.select, (key,)).all()
        if before is not None and (len(found) != 1 or found[0][0] != key or found[0][1] < before):
            self.wrong.append((key, before, found))
        self.read += 1


def check(load: Load, session: Session, counted_before: int) -> None:
    """What was acknowledged is there, and no count was delivered twice."""
    assert load.wrong == []
    assert load.read > 100
    assert len(load.written) > 20
    for key, value in load.written.items():
        assert session.execute(load.select, (key,)).one()[1] >= value
    counted = counter(session) - counted_before
    assert load.counted <= counted <= load.tried


def refuse_nameless(load: Load, nodes: Nodes) -> None:
    """Each error of ours names a host; what a server says of its replicas has the server's words."""
    ours = [error for error in load.errors if not isinstance(error, (Timeout, Unavailable, CoordinationFailure))]
    assert [error for error in ours if not any(address in str(error) for address in nodes.contact_points)] == []


def refuse_unexcused(load: Load) -> None:
    """Each error is one that the loss of a node excuses: its connection, its silence, or what other nodes say of it."""
    excused = (OperationTimedOut, NoHostAvailable, ConnectionException, Timeout, Unavailable, CoordinationFailure)
    assert [error for error in load.errors if not isinstance(error, excused)] == []


def counter(session: Session) -> int:
    found = session.execute("SELECT n FROM counts WHERE k = 1").one()
    return 0 if found is None else int(found[0])


def goes_on(load: Load, least: int = 50) -> None:
    """So many reads more come in a while."""
    before = load.read
    wait_until(lambda: load.read > before + least, 60)


def test_a_node_is_killed_and_comes_back(breakable_nodes: Nodes, session: Session) -> None:
    before = counter(session)
    with Load(session) as load:
        goes_on(load)
        breakable_nodes.kill(2)
        goes_on(load)
        lost = session.cluster.metadata.get_host(breakable_nodes.contact_points[1])
        wait_until(lambda: lost.is_up is False, 30)
        with pytest.raises((NoHostAvailable, OperationTimedOut)) as caught:
            session.execute(LOCAL, host=lost, timeout=2)
        assert breakable_nodes.contact_points[1] in str(caught.value)
        goes_on(load)
        breakable_nodes.start(2)
        wait_until(lambda: lost.is_up, 60)
        goes_on(load)
    # A write or a count may be lost to its caller, with the killed node or with one that waits for it as a replica; a
    # read only where the servers say that they cannot. How often depends on how soon the other nodes notice.
    refuse_nameless(load, breakable_nodes)
    refuse_unexcused(load)
    assert len(load.errors) < load.done, load.errors
    found = session.execute(LOCAL, host=lost, timeout=10)
    assert found.response_future.coordinator_host == lost
    check(load, session, before)


def test_a_node_hangs_and_goes_on(breakable_nodes: Nodes, session: Session) -> None:
    before = counter(session)
    with Load(session) as load:
        goes_on(load)
        hung = session.cluster.metadata.get_host(breakable_nodes.contact_points[2])
        breakable_nodes.pause(3)
        try:
            goes_on(load)
            began = time.monotonic()
            with pytest.raises((NoHostAvailable, OperationTimedOut)) as caught:
                session.execute(LOCAL, host=hung, timeout=1)
            assert time.monotonic() - began < 5
            assert breakable_nodes.contact_points[2] in str(caught.value)
            goes_on(load)
        finally:
            breakable_nodes.resume(3)
        wait_until(lambda: hung.is_up, 60)
        goes_on(load)
    assert load.longest < 15
    refuse_nameless(load, breakable_nodes)
    refuse_unexcused(load)
    check(load, session, before)
