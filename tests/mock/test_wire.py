"""Wrong bytes from a server, as a program meets them: an error of its own, and the session serves on (rows W1 to W9 of
docs/promises.md; each malformed message by itself is the protocol crate's to test)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import DriverException, InvalidRequest, OperationTimedOut
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.connection import ConnectionException
from cassandra.policies import FallthroughRetryPolicy
from cassandra.query import SimpleStatement

from tests.support.mock import MockCluster, body, query, rows

V = [("v", "int")]


@pytest.fixture(scope="module")
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        yield mock


@pytest.fixture(params=[3, 4, 5])
def session(mock: MockCluster, request: pytest.FixtureRequest) -> Iterator[Session]:
    mock.on(query("SELECT seven"), rows(V, [[7]]))
    with Cluster(mock.contact_points, port=mock.port, protocol_version=request.param) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        yield session
        end = time.monotonic() + 100
        while True:  # it serves on, on a new connection if need be
            try:
                assert session.execute("SELECT seven", timeout=10).one().v == 7
                break
            except (NoHostAvailable, OperationTimedOut, ConnectionException):
                assert time.monotonic() < end
                time.sleep(0.02)
    mock.remove_all()


def once(text: str) -> SimpleStatement:
    return SimpleStatement(text, retry_policy=FallthroughRetryPolicy(), is_idempotent=False)


@pytest.mark.parametrize("length", [0, 1, 5, 8, 9, 12, 20])
def test_w2_an_answer_that_stops_in_the_middle(mock: MockCluster, session: Session, length: int) -> None:
    mock.on(query("SELECT torn", nth=1), rows(V, [[7]], truncate=length))
    with pytest.raises(OperationTimedOut):
        session.execute(once("SELECT torn"), timeout=0.2)


WRONG: dict[str, dict[str, Any]] = {
    "an unknown flag": rows(V, [[7]], flip_flags=0x40),
    "another version": rows(V, [[7]], version_byte=0x82),
    "no direction": rows(V, [[7]], version_byte=0x04),
    "READY": body("READY", b""),
    "SUPPORTED": body("SUPPORTED", b"\x00\x00"),
    "AUTH_SUCCESS": body("AUTH_SUCCESS", b"\xff\xff\xff\xff"),
    "an unknown kind of result": body("RESULT", b"\x00\x00\x00\x77"),
    "no result": body("RESULT", b""),
    "warnings that are not there": rows(V, [[7]], flip_flags=0x08),
    "a payload that is not there": rows(V, [[7]], flip_flags=0x04),
}


@pytest.mark.parametrize("what", WRONG)
def test_w3_an_answer_of_another_kind(mock: MockCluster, session: Session, what: str) -> None:
    mock.on(query("SELECT wrong"), WRONG[what])
    with pytest.raises((ConnectionException, DriverException)):
        session.execute(once("SELECT wrong"), timeout=5)


# RESULT of rows with one column, `ks.t.v int`: what follows is how many rows there are.
ROWS = b"\x00\x00\x00\x02" + b"\x00\x00\x00\x01" + b"\x00\x00\x00\x01" + b"\x00\x02ks\x00\x01t\x00\x01v" + b"\x00\x09"
COUNTS = {
    "rows": ROWS + b"\x7f\xff\xff\xff",
    "negative rows": ROWS + b"\xff\xff\xff\xff",
    "columns": b"\x00\x00\x00\x02" + b"\x00\x00\x00\x00" + b"\x7f\xff\xff\xff",
    "negative columns": b"\x00\x00\x00\x02" + b"\x00\x00\x00\x00" + b"\xff\xff\xff\xff",
}


@pytest.mark.parametrize("what", COUNTS)
def test_w5_counts_that_lie(mock: MockCluster, session: Session, what: str) -> None:
    mock.on(query("SELECT counted"), body("RESULT", COUNTS[what]))
    before = mock.nodes[0].accepted
    with pytest.raises(DriverException, match=r"a count of -?[0-9]+ cannot be true"):
        list(session.execute(once("SELECT counted"), timeout=5))
    assert mock.nodes[0].accepted == before  # the envelope was whole


def test_w6_bytes_behind_the_last_row(mock: MockCluster, session: Session) -> None:
    """They are left alone."""
    one_column = "0000000200000001000000010002 6b73 0001 74 0001 76 0009"
    mock.on(query("SELECT more"), body("RESULT", bytes.fromhex(one_column + "00000001 00000004 00000007") + b"xx"))
    assert session.execute(once("SELECT more")).one().v == 7


@pytest.mark.parametrize("hexadecimal", ["c328", "ff", "eda080"])
def test_w7_text_that_is_no_utf8(mock: MockCluster, session: Session, hexadecimal: str) -> None:
    mock.on(query("SELECT text"), rows([("name", "text")], [[{"hex": hexadecimal}]]))
    with pytest.raises(DriverException, match="name"):
        list(session.execute("SELECT text"))
    message = bytes.fromhex(hexadecimal)
    error = b"\x00\x00\x22\x00" + (len(message) + 3).to_bytes(2, "big") + b"no " + message
    mock.on(query("SELECT error"), body("ERROR", error))
    with pytest.raises(InvalidRequest, match="no �"):
        session.execute("SELECT error")
    assert session.execute("SELECT seven").one().v == 7


def test_w7_an_event_that_is_no_utf8(mock: MockCluster, session: Session) -> None:
    event = b"".join(
        len(part).to_bytes(2, "big") + part for part in (b"SCHEMA_CHANGE", b"\xff", b"TABLE", b"ks", b"\xff")
    )
    mock.on(query("SELECT event"), body("EVENT", event, on_stream=-1))
    with pytest.raises((OperationTimedOut, ConnectionException, DriverException)):
        session.execute(once("SELECT event"), timeout=0.2)
