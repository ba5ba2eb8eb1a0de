"""TLS of `cassandra.cluster` on real nodes: an `ssl_context` is obeyed as given, `ssl_options` mean what they say."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import DCAwareRoundRobinPolicy

from tests.support.nodes import Nodes


def release_version(nodes: Nodes, password: bool, **settings: Any) -> str:
    profile = ExecutionProfile(DCAwareRoundRobinPolicy(local_dc="datacenter1"), request_timeout=60.0)
    provider = PlainTextAuthProvider(*nodes.credentials) if password else None
    with Cluster(
        nodes.contact_points,
        port=nodes.port,
        auth_provider=provider,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        control_connection_timeout=30.0,
        **settings,
    ) as cluster:
        found: str = cluster.connect().execute("SELECT release_version FROM system.local").one().release_version
        return found


def context(ca: Any, *, names: bool = True, certificate: tuple[Any, Any] | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(ca))
    made.check_hostname = names
    if certificate is not None:
        made.load_cert_chain(*map(str, certificate))
    return made


@pytest.mark.parametrize("version", [4, 5])
def test_a_context_is_obeyed(tls_node: Nodes, version: int) -> None:
    settings: dict[str, Any] = {"ssl_context": context(tls_node.ca), "protocol_version": version}
    assert release_version(tls_node, True, **settings) == tls_node.version


def test_an_authority_that_did_not_sign_is_refused(tls_node: Nodes) -> None:
    with pytest.raises(NoHostAvailable, match=r"(?i)certificate"):
        release_version(tls_node, True, ssl_context=context(tls_node.certificates / "other-ca.pem"))


def test_plain_text_is_refused_by_the_server(tls_node: Nodes) -> None:
    with pytest.raises(NoHostAvailable):
        release_version(tls_node, True, connect_timeout=3)


def test_options(tls_node: Nodes) -> None:
    good = {"ca_certs": tls_node.ca, "cert_reqs": ssl.CERT_REQUIRED, "check_hostname": True}
    bad = {"ca_certs": str(tls_node.certificates / "other-ca.pem"), "cert_reqs": ssl.CERT_REQUIRED}
    unverified = {"ca_certs": str(tls_node.certificates / "other-ca.pem"), "cert_reqs": ssl.CERT_NONE}
    with pytest.warns(DeprecationWarning, match="ssl_options"):
        assert release_version(tls_node, True, ssl_options=good) == tls_node.version
        assert release_version(tls_node, True, ssl_options=unverified) == tls_node.version
        assert release_version(tls_node, True, ssl_options={}) == tls_node.version
        with pytest.raises(NoHostAvailable, match=r"(?i)certificate"):
            release_version(tls_node, True, ssl_options=bad)


def test_a_server_name_of_the_callers_own(tls_node: Nodes) -> None:
    given = {"ssl_context": context(tls_node.ca)}
    assert release_version(tls_node, True, ssl_options={"server_hostname": "localhost"}, **given) == tls_node.version
    with pytest.raises(NoHostAvailable, match=r"(?i)hostname"):
        release_version(tls_node, True, ssl_options={"server_hostname": "elsewhere.example"}, **given)


def test_certificates_of_clients(client_certificate_node: Nodes) -> None:
    nodes = client_certificate_node
    good = context(nodes.ca, certificate=(nodes.certificate, nodes.key))
    assert release_version(nodes, False, ssl_context=good) == nodes.version
    with pytest.raises(NoHostAvailable):
        release_version(nodes, False, ssl_context=context(nodes.ca), connect_timeout=5)
    with pytest.warns(DeprecationWarning, match="ssl_options"):
        options = {"ca_certs": nodes.ca, "certfile": nodes.certificate, "keyfile": nodes.key}
        assert release_version(nodes, False, ssl_options=options) == nodes.version


def test_many_sessions_and_requests_at_once(tls_node: Nodes) -> None:
    """The I/O thread waits for the interpreter with a connection in hand: nobody may wait the other way round."""
    profile = ExecutionProfile(DCAwareRoundRobinPolicy(local_dc="datacenter1"), request_timeout=60.0)
    with Cluster(
        tls_node.contact_points,
        port=tls_node.port,
        auth_provider=PlainTextAuthProvider(*tls_node.credentials),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        ssl_context=context(tls_node.ca),
    ) as cluster:
        query = "SELECT release_version FROM system.local"
        for _ in range(20):
            # The session ends when nobody holds it any more, with its connection at work.
            cluster.connect().execute_async(query)
        session = cluster.connect()
        futures = [session.execute_async(query) for _ in range(2000)]
        assert {future.result().one().release_version for future in futures} == {tls_node.version}
        prepared = session.prepare(query)
        results = execute_concurrent_with_args(session, prepared, [()] * 2000, concurrency=500)
        assert len(results) == 2000
