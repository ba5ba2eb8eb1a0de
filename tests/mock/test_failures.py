"""`cassandra.cluster` on mock nodes: every failure of the engine as the exception that a program catches."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import cassandra
import pytest
from cassandra import ConsistencyLevel, DriverException, OperationTimedOut, WriteType
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.connection import ConnectionException, ConnectionShutdown, ProtocolError
from cassandra.policies import FallthroughRetryPolicy
from cassandra.protocol import (
    ConfigurationException,
    ErrorMessage,
    IsBootstrappingErrorMessage,
    OverloadedErrorMessage,
    ProtocolException,
    ServerError,
    SyntaxException,
    TruncateError,
)
from cassandra.query import SimpleStatement

from tests.support.mock import MockCluster, body, close, error, opcode, query, raw, reset, rows, silence

NEEDED = {"consistency": "QUORUM", "required": 2}
LEVEL = {"consistency": ConsistencyLevel.QUORUM, "required_responses": 2}

SERVER_ERRORS: list[tuple[str | int, dict[str, Any], type[Exception], dict[str, Any]]] = [
    ("server_error", {}, ServerError, {"code": 0x0000}),
    ("protocol_error", {}, ProtocolException, {"code": 0x000A}),
    (
        "unavailable",
        {**NEEDED, "alive": 1},
        cassandra.Unavailable,
        {"consistency": ConsistencyLevel.QUORUM, "required_replicas": 2, "alive_replicas": 1},
    ),
    ("overloaded", {}, OverloadedErrorMessage, {"code": 0x1001}),
    ("is_bootstrapping", {}, IsBootstrappingErrorMessage, {"code": 0x1002}),
    ("truncate_error", {}, TruncateError, {"code": 0x1003}),
    (
        "write_timeout",
        {**NEEDED, "received": 1, "write_type": "COUNTER"},
        cassandra.WriteTimeout,
        {**LEVEL, "received_responses": 1, "write_type": WriteType.COUNTER},
    ),
    (
        "read_timeout",
        {**NEEDED, "received": 1, "data_present": True},
        cassandra.ReadTimeout,
        {**LEVEL, "received_responses": 1, "data_retrieved": True},
    ),
    (
        "read_failure",
        {**NEEDED, "received": 1, "failures": 1, "data_present": False, "reasons": [["127.0.0.9", 1]]},
        cassandra.ReadFailure,
        {**LEVEL, "failures": 1, "data_retrieved": False, "error_code_map": {"127.0.0.9": 1}},
    ),
    (
        "write_failure",
        {**NEEDED, "received": 1, "failures": 1, "write_type": "SIMPLE", "reasons": [["127.0.0.9", 0]]},
        cassandra.WriteFailure,
        {**LEVEL, "failures": 1, "write_type": WriteType.SIMPLE, "error_code_map": {"127.0.0.9": 0}},
    ),
    (
        "function_failure",
        {"keyspace": "ks", "function": "f", "argument_types": ["int", "text"]},
        cassandra.FunctionFailure,
        {"keyspace": "ks", "function": "f", "arg_types": ["int", "text"]},
    ),
    ("cdc_write_failure", {}, cassandra.CDCWriteFailure, {}),
    ("cas_write_unknown", {**NEEDED, "received": 1}, cassandra.CASWriteUnknown, {**LEVEL, "received_responses": 1}),
    ("syntax_error", {}, SyntaxException, {"code": 0x2000}),
    ("unauthorized", {}, cassandra.Unauthorized, {}),
    ("invalid", {}, cassandra.InvalidRequest, {}),
    ("config_error", {}, ConfigurationException, {"code": 0x2300}),
    ("already_exists", {"keyspace": "ks", "table": "t"}, cassandra.AlreadyExists, {"keyspace": "ks", "table": "t"}),
    ("already_exists", {"keyspace": "ks", "table": ""}, cassandra.AlreadyExists, {"keyspace": "ks"}),
    (0x7777, {}, ErrorMessage, {"code": 0x7777}),
]


@pytest.fixture(scope="module")
def mock() -> Iterator[MockCluster]:
    with MockCluster(1) as mock:
        yield mock


@pytest.fixture(params=[4, 5])
def session(mock: MockCluster, request: pytest.FixtureRequest) -> Iterator[Session]:
    mock.remove_all()
    with Cluster(mock.contact_points, port=mock.port, protocol_version=request.param) as cluster:
        yield cluster.connect(wait_for_all_pools=True)
    mock.remove_all()


def once(text: str) -> SimpleStatement:
    return SimpleStatement(text, retry_policy=FallthroughRetryPolicy(), is_idempotent=False)


@pytest.mark.parametrize(("code", "fields", "kind", "attributes"), SERVER_ERRORS)
def test_errors_of_the_server(
    mock: MockCluster,
    session: Session,
    code: str | int,
    fields: dict[str, Any],
    kind: type[Exception],
    attributes: dict[str, Any],
) -> None:
    """E16 of docs/promises.md."""
    mock.on(query("FAIL"), error(code, "what the server says", **fields))
    with pytest.raises(kind) as caught:
        session.execute(once("FAIL"), timeout=10)
    found = caught.value
    assert type(found) is kind or kind is cassandra.CDCWriteFailure
    expected = dict(attributes)
    if session.cluster.protocol_version < 5 and "error_code_map" in expected:
        del expected["error_code_map"]  # which is of version 5
    assert {name: getattr(found, name) for name in expected} == expected
    if kind is not cassandra.AlreadyExists:
        assert "what the server says" in str(found)
    assert str(pickle.loads(pickle.dumps(found))) == str(found)
    mock.remove_all()
    assert session.execute("SELECT 1") is not None


LOST = {"closed": close(), "reset": reset(), "half an answer": rows([("v", "int")], [[7]], truncate=5, then="close")}


@pytest.mark.parametrize("mishap", LOST)
def test_lost_connections(mock: MockCluster, session: Session, mishap: str) -> None:
    mock.on(query("FAIL"), LOST[mishap])
    with pytest.raises(ConnectionShutdown, match=mock.contact_points[0]):
        session.execute(once("FAIL"), timeout=10)


def test_silence(mock: MockCluster, session: Session) -> None:
    mock.on(query("FAIL"), silence())
    with pytest.raises(OperationTimedOut) as caught:
        session.execute(once("FAIL"), timeout=0.5)
    assert list(caught.value.errors or ()) == [f"{mock.contact_points[0]}:{mock.port}"]
    assert caught.value.last_host.address == mock.contact_points[0]


def test_what_cannot_be_decoded_fails_alone(mock: MockCluster, session: Session) -> None:
    """F11 of docs/promises.md."""
    mock.on(query("FAIL"), body("RESULT", b"\x00\x00\x00\x02\xff\xff"))
    before = mock.nodes[0].accepted
    with pytest.raises((DriverException, ProtocolError)):
        session.execute(once("FAIL"), timeout=10)
    assert session.execute("SELECT 1") is not None
    assert mock.nodes[0].accepted == before


def test_a_session_that_was_shut_down(mock: MockCluster) -> None:
    with Cluster(mock.contact_points, port=mock.port) as cluster:
        session = cluster.connect()
        session.shutdown()
        with pytest.raises(DriverException, match="already shut down"):
            session.execute("SELECT 1")


CONNECTING = {
    "a wrong password": ({}, error("authentication_error", "no"), cassandra.AuthenticationFailed),
    "an overloaded node": ({}, error("overloaded", "busy"), OverloadedErrorMessage),
    "a node that hangs up": ({}, close(), ConnectionException),
    "another protocol": ({}, raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), ProtocolError),
    "silence": ({"connect_timeout": 0.3}, silence(), OperationTimedOut),
    "the wrong answer": ({}, body("RESULT", b"\x00\x00\x00\x01"), ProtocolError),
}


@pytest.mark.parametrize("mishap", CONNECTING)
def test_no_connection(mishap: str) -> None:
    settings, reaction, kind = CONNECTING[mishap]
    with MockCluster(1) as mock:
        mock.on(opcode("STARTUP"), reaction)
        with Cluster(mock.contact_points, port=mock.port, **settings) as cluster:
            with pytest.raises(NoHostAvailable, match="Unable to connect to any servers") as caught:
                cluster.connect()
            errors = caught.value.errors or {}
            assert list(errors) == [f"{mock.contact_points[0]}:{mock.port}"]
            (cause,) = errors.values()
            assert isinstance(cause, kind), repr(cause)
            assert mock.contact_points[0] in str(caught.value)


def test_nobody_listens() -> None:
    """C1 of docs/promises.md."""
    with MockCluster(1) as mock:
        mock.nodes[0].stop_listening()
        with Cluster(mock.contact_points, port=mock.port) as cluster, pytest.raises(NoHostAvailable) as caught:
            cluster.connect()
        (cause,) = (caught.value.errors or {}).values()
        assert isinstance(cause, ConnectionRefusedError)
        assert cause.errno


def test_a_login_where_none_is_given() -> None:
    with MockCluster(1, credentials={"user": "u", "password": "p"}) as mock:
        with Cluster(mock.contact_points, port=mock.port) as cluster, pytest.raises(NoHostAvailable) as caught:
            cluster.connect()
        (cause,) = (caught.value.errors or {}).values()
        assert isinstance(cause, cassandra.AuthenticationFailed)
        provider = PlainTextAuthProvider("u", "p")
        with Cluster(mock.contact_points, port=mock.port, auth_provider=provider) as cluster:
            assert cluster.connect() is not None


def test_an_unresolvable_name() -> None:
    """F25, C1 of docs/promises.md."""
    with pytest.raises(cassandra.UnresolvableContactPoints, match="no-such-name"):
        Cluster(["no-such-name.invalid"])
