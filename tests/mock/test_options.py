"""What `Cluster(…)` is given is what the nodes see: each option with a value that is not its default, read from
STARTUP, from the flags, and from when and how often a node is asked. Each test fails if the value is left out on its
way into the engine, or if the default is handed on in its place.

Times are never measured against each other: a test waits for something that the default would do much later or never,
or sees that something which the default would do soon is not done.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.policies import ReconnectionPolicy

from tests.support.mock import MockCluster, opcode, prepare, query, silence

COMPRESSED = 0x01  # the flag of an envelope, section 2.2 of the specification
CLIENT = uuid.UUID("6a9d1d8c-6f0c-4a3b-9a55-1f7f6a0c2f11")


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(3) as mock:
        yield mock


def given(mock: MockCluster, **options: Any) -> Cluster:
    return Cluster(mock.contact_points, port=mock.port, **options)


@contextlib.contextmanager
def connected(mock: MockCluster, **options: Any) -> Iterator[Session]:
    with given(mock, **options) as cluster, cluster.connect(wait_for_all_pools=True) as session:
        yield session


def startups(mock: MockCluster) -> list[dict[str, str]]:
    """The options of each STARTUP."""
    found = [request["options"] for request in mock.received(opcode("STARTUP"))]
    assert len(found) >= 4, "the control connection and one to each of three nodes"
    return found


STARTUP: list[tuple[dict[str, Any], dict[str, str | None]]] = [
    ({}, dict.fromkeys(["APPLICATION_NAME", "APPLICATION_VERSION", "CLIENT_ID", "NO_COMPACT"])),
    ({"cql_version": "3.4.0"}, {"CQL_VERSION": "3.4.0"}),
    ({"application_name": "shop"}, {"APPLICATION_NAME": "shop", "APPLICATION_VERSION": None}),
    ({"application_version": "1.2.3"}, {"APPLICATION_VERSION": "1.2.3", "APPLICATION_NAME": None}),
    ({"client_id": CLIENT}, {"CLIENT_ID": str(CLIENT)}),
    ({"no_compact": True}, {"NO_COMPACT": "true"}),
    ({"no_compact": False}, {"NO_COMPACT": None}),
]


@pytest.mark.parametrize(("options", "told"), STARTUP, ids=lambda value: "-".join(value) or "none")
def test_startup_says_so(mock: MockCluster, options: dict[str, Any], told: dict[str, str | None]) -> None:
    with connected(mock, **options):
        for startup in startups(mock):
            assert {name: startup.get(name) for name in told} == told


COMPRESSIONS: list[tuple[int, Any, str | None]] = [
    (3, False, None),
    (3, True, "lz4"),
    (3, "lz4", "lz4"),
    (3, "snappy", "snappy"),
    (4, None, None),
    (4, True, "lz4"),
    (4, "lz4", "lz4"),
    (4, "snappy", "snappy"),
    (5, False, None),
    (5, True, "lz4"),
    (5, "lz4", "lz4"),
]


@pytest.mark.parametrize(("version", "compression", "told"), COMPRESSIONS)
def test_compression_is_agreed_on_and_used(mock: MockCluster, version: int, compression: Any, told: str | None) -> None:
    text = f"SELECT '{'long ' * 2000}'"
    with connected(mock, protocol_version=version, compression=compression) as session:
        session.execute(text)
        assert {startup.get("COMPRESSION") for startup in startups(mock)} == {told}
        (request,) = mock.received(query("SELECT 'long"))
        assert (request["version"], request["statements"]) == (version, [text])
        # In v5 it is segments that are compressed: the node would not have understood others, as it had agreed.
        assert bool(request["flags"] & COMPRESSED) == (told is not None and version < 5)


def test_versions_are_those_that_were_asked_for(mock: MockCluster) -> None:
    for version in (3, 4, 5):
        mock.clear_received()
        with connected(mock, protocol_version=version):
            assert {request["version"] for request in mock.received(query("system."))} == {version}


def sockets_to(mock: MockCluster) -> list[socket.socket]:
    """This process's own ends of connections to the mock."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if not str(descriptor.readlink()).startswith("socket:"):
                continue
            one = socket.socket(fileno=os.dup(int(descriptor.name)))
        except OSError:  # the one that the listing itself has used
            continue
        try:
            peer = one.getpeername() if one.family == socket.AF_INET else None
        except OSError:
            peer = None
        if peer is not None and peer[0] in mock.contact_points:
            found.append(one)
        else:
            one.close()
    return found


@pytest.mark.parametrize("value", [7, struct.pack("i", 7)], ids=["a number", "bytes"])
def test_sockets_have_their_options(mock: MockCluster, value: int | bytes) -> None:
    options = [(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, value), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    with connected(mock, sockopts=options):
        found = sockets_to(mock)
        try:
            assert len(found) >= 4
            for one in found:
                assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 7
                assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        finally:
            for one in found:
                one.close()


@pytest.mark.parametrize("everywhere", [True, False])
def test_statements_are_prepared_on_all_hosts_or_on_one(mock: MockCluster, everywhere: bool) -> None:
    with connected(mock, prepare_on_all_hosts=everywhere) as session:
        session.prepare("SELECT one FROM t")
        if everywhere:
            assert mock.wait_for(prepare("SELECT one"), 3)
        else:  # whatever it still did beside these would be done before them
            for _ in range(20):
                session.execute("SELECT 1")
        assert sorted(mock.count_by_node(prepare("SELECT one"))) == ([1, 1, 1] if everywhere else [0, 0, 1])


def test_executor_threads_are_so_many(mock: MockCluster) -> None:
    """Five can only meet if there are five; the default is two."""
    meeting = threading.Barrier(5)
    with connected(mock, executor_threads=5) as session:
        for future in [session.submit(meeting.wait, 20) for _ in range(5)]:
            future.result()


def test_an_idle_connection_is_asked_each_interval(mock: MockCluster) -> None:
    """The default is half a minute."""
    with connected(mock, idle_heartbeat_interval=0.05):
        mock.clear_received()
        for node in range(3):
            assert mock.wait_for(opcode("OPTIONS", node=node), 3, 20)


def test_no_heartbeats_where_none_are_wanted(mock: MockCluster) -> None:
    with connected(mock, idle_heartbeat_interval=0):
        mock.clear_received()
        assert not mock.wait_for(opcode("OPTIONS"), 1, 0.5)


def test_a_heartbeat_is_waited_for_so_long(mock: MockCluster) -> None:
    """A node that is asked and says nothing loses its connections; by default after a minute."""
    with connected(mock, idle_heartbeat_interval=0.05, idle_heartbeat_timeout=0.1):
        before = mock.nodes[1].accepted
        mock.on(opcode("OPTIONS", node=1), silence())
        assert becomes(lambda: mock.nodes[1].accepted > before, 20)


def named_in(failure: NoHostAvailable) -> str:
    return " ".join(str(one) for one in failure.errors.values())


def test_a_connect_is_given_up_after_so_long(mock: MockCluster) -> None:
    """The default is five seconds. The error says how long it was."""
    mock.on(opcode("STARTUP"), silence())
    with given(mock, connect_timeout=0.25) as cluster, pytest.raises(NoHostAvailable) as raised:
        cluster.connect()
    assert named_in(raised.value).count("250ms") == 3, named_in(raised.value)


def test_without_a_limit_a_connect_is_given_up_when_a_connection_would_be(mock: MockCluster) -> None:
    """`connect_timeout=None` leaves it to the heartbeats how long a host may say nothing: 90 seconds by default."""
    mock.on(opcode("STARTUP"), silence())
    waits = {"connect_timeout": None, "idle_heartbeat_interval": 0.2, "idle_heartbeat_timeout": 0.1}
    with given(mock, **waits) as cluster, pytest.raises(NoHostAvailable) as raised:
        cluster.connect()
    assert named_in(raised.value).count("300ms") == 3, named_in(raised.value)


def test_the_control_connection_gives_its_queries_up_after_so_long(mock: MockCluster) -> None:
    """The default is two seconds."""
    mock.on(query("system."), silence())
    with given(mock, control_connection_timeout=0.25) as cluster, pytest.raises(NoHostAvailable) as raised:
        cluster.connect()
    assert named_in(raised.value).count("250ms") == 3, named_in(raised.value)


def becomes(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


class OnceAndNoMore(ReconnectionPolicy):
    """Tries a host once when it was lost, which tells that it is down, and then not for an hour."""

    def new_schedule(self) -> Iterator[float]:
        yield 0.0
        yield from itertools.repeat(3600.0)


def test_topology_events_are_read_within_their_window(mock: MockCluster) -> None:
    """By default it is a random part of ten seconds."""
    with connected(mock, topology_event_refresh_window=0):
        for _ in range(4):  # each time: the default may be quick by chance, but not within a window of the last time
            mock.clear_received()
            assert mock.push_topology_change("MOVED_NODE", mock.contact_points[1]) == 1
            assert mock.wait_for(query("system.peers"), 1, 8)
    with connected(mock, topology_event_refresh_window=-1):
        mock.clear_received()
        assert mock.push_topology_change("MOVED_NODE", mock.contact_points[1]) == 1
        assert not mock.wait_for(query("system.peers"), 1, 0.5)


def test_a_host_that_is_said_to_be_up_is_tried_within_its_window(
    mock: MockCluster, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing else has it tried within an hour."""
    caplog.set_level(logging.DEBUG, "cassandra.pool")

    def in_vain() -> int:
        texts = [r.getMessage() for r in caplog.records if "cannot connect" in r.getMessage()]
        return sum(mock.contact_points[2] in text for text in texts)

    def returns(window: float, seconds: float) -> bool:
        with connected(mock, reconnection_policy=OnceAndNoMore(), status_event_refresh_window=window) as session:
            host = session.cluster.metadata.get_host(mock.contact_points[2])
            assert host is not None
            caplog.clear()
            mock.nodes[2].stop()
            # At once, and by the policy: the next time is in an hour.
            assert becomes(lambda: not host.is_up and in_vain() == 2, 100)
            mock.nodes[2].listen()
            assert mock.push_status_change("UP", mock.contact_points[2]) == 1
            return becomes(lambda: bool(host.is_up), seconds)

    assert returns(0, 100)
    assert not returns(3600, 3)  # the default is two seconds


def test_agreement_is_waited_for_so_long(mock: MockCluster) -> None:
    """The default is ten seconds; nodes that never agree are asked until the time is up."""
    mock.change(topology=[{"node": 1, "schema_version": str(uuid.uuid4())}])
    with connected(mock, max_schema_agreement_wait=0.3) as session:
        began = time.monotonic()
        result = session.execute_async("CREATE TABLE t (k int PRIMARY KEY)")
        result.result()
        assert time.monotonic() - began < 9
        assert not result.is_schema_agreed
