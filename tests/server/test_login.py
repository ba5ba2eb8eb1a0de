"""Logging in to a real node: who may, who may not, and that the secret stays one."""

from __future__ import annotations

import logging
import pickle
import time
from typing import Any

import pytest
from cassandra import AuthenticationFailed
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable

from tests.support.nodes import Nodes

CANARY = "canary-7c1f0e93"


def connected(nodes: Nodes, provider: Any, **settings: Any) -> Cluster:
    return Cluster(nodes.contact_points, port=nodes.port, auth_provider=provider, **settings)


def refused(nodes: Nodes, provider: Any) -> NoHostAvailable:
    with connected(nodes, provider) as cluster, pytest.raises(NoHostAvailable) as caught:
        cluster.connect()
    return caught.value


@pytest.mark.parametrize("version", [3, 4, 5])
def test_the_right_password(guarded_node: Nodes, version: int) -> None:
    provider = PlainTextAuthProvider(*guarded_node.credentials)
    with connected(guarded_node, provider, protocol_version=version) as cluster:
        assert cluster.connect().execute("SELECT release_version FROM system.local").one().release_version


@pytest.mark.parametrize(
    ("name", "password"),
    [("cassandra", "wrong"), ("nobody", "cassandra"), ("", ""), ("cassandra", ""), ("cassandra", "x" * 100_000)],
)
def test_a_wrong_password(guarded_node: Nodes, name: str, password: str) -> None:
    """A1 of docs/promises.md."""
    began = time.monotonic()
    errors = refused(guarded_node, PlainTextAuthProvider(name, password)).errors or {}
    assert [type(error) for error in errors.values()] == [AuthenticationFailed]
    assert guarded_node.contact_points[0] in str(errors)
    assert time.monotonic() - began < 10


def test_no_password_where_one_is_wanted(guarded_node: Nodes) -> None:
    errors = refused(guarded_node, None).errors or {}
    assert [type(error) for error in errors.values()] == [AuthenticationFailed]


def test_a_password_where_none_is_wanted(node: Nodes) -> None:
    with connected(node, PlainTextAuthProvider("anybody", CANARY)) as cluster:
        assert cluster.connect().execute("SELECT key FROM system.local").one().key == "local"


def test_a_role_that_may_not_log_in(guarded_node: Nodes) -> None:
    """A1 of docs/promises.md."""
    with connected(guarded_node, PlainTextAuthProvider(*guarded_node.credentials)) as cluster:
        session = cluster.connect()
        session.execute(f"CREATE ROLE IF NOT EXISTS mute WITH PASSWORD = '{CANARY}' AND LOGIN = false")
    errors = refused(guarded_node, PlainTextAuthProvider("mute", CANARY)).errors or {}
    assert [type(error) for error in errors.values()] == [AuthenticationFailed]


def test_the_secret_is_nowhere(guarded_node: Nodes, caplog: pytest.LogCaptureFixture) -> None:
    """A2 of docs/promises.md."""
    caplog.set_level(logging.DEBUG)
    provider = PlainTextAuthProvider("cassandra", CANARY)
    error = refused(guarded_node, provider)
    seen = [repr(provider), str(provider), repr(vars(provider)), repr(error), str(error), repr(error.args)]
    seen += [repr(cause) + str(cause) + repr(vars(cause)) for cause in (error.errors or {}).values()]
    seen += [pickle.dumps(error).decode("latin-1")]
    with connected(guarded_node, provider) as cluster:
        seen += [repr(cluster), str(cluster), repr(vars(cluster))]
        try:
            cluster.connect()
        except NoHostAvailable as raised:
            frame = raised.__traceback__
            while frame is not None:
                seen.append(repr(frame.tb_frame.f_locals))
                frame = frame.tb_next
    with connected(guarded_node, PlainTextAuthProvider(*guarded_node.credentials)) as cluster:
        session = cluster.connect()
        seen += [repr(session), repr(vars(session)), repr(vars(cluster))]
    seen += [record.getMessage() + (record.exc_text or "") for record in caplog.records]
    assert caplog.records
    assert [text for text in seen if CANARY in text] == []
