"""TLS with a real node: who is trusted is who was asked for, and nothing goes out in plain text."""

from __future__ import annotations

import ssl
import time
from typing import Any

import pytest
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.concurrent import execute_concurrent_with_args

from tests.support.mock import MockCluster, opcode
from tests.support.nodes import Nodes

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using ssl_options:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl_options verify nothing:UserWarning"),
]


def works(nodes: Nodes, **settings: Any) -> bool:
    provider = PlainTextAuthProvider(*nodes.credentials)
    settings.setdefault("contact_points", nodes.contact_points)
    with Cluster(port=nodes.port, auth_provider=provider, **settings) as cluster:
        return bool(cluster.connect().execute("SELECT key FROM system.local").one().key == "local")


def complaint(nodes: Nodes, **settings: Any) -> str:
    """What is said of the node that was not let in."""
    began = time.monotonic()
    with pytest.raises(NoHostAvailable) as caught:
        works(nodes, **settings)
    assert time.monotonic() - began < 10
    assert caught.value.errors
    return str(caught.value).lower()


def trusting(ca: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


def test_chain_and_name_are_verified(tls_node: Nodes) -> None:
    """T1 of docs/promises.md."""
    assert works(tls_node, ssl_context=trusting(tls_node.ca))


def test_another_authority_is_refused(tls_node: Nodes) -> None:
    other = trusting(str(tls_node.certificates / "other-ca.pem"))
    assert "certificate" in complaint(tls_node, ssl_context=other)


def test_no_authority_is_refused(tls_node: Nodes) -> None:
    assert "certificate" in complaint(tls_node, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def test_another_name_is_refused(tls_node: Nodes) -> None:
    options = {"ca_certs": tls_node.ca, "check_hostname": True, "server_hostname": "elsewhere.example"}
    assert "certificate" in complaint(tls_node, ssl_options=options)


def test_the_programs_context_is_obeyed(tls_node: Nodes) -> None:
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    assert works(tls_node, ssl_context=careless)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_each_version(tls_node: Nodes, version: ssl.TLSVersion) -> None:
    context = trusting(tls_node.ca)
    context.minimum_version = context.maximum_version = version
    assert works(tls_node, ssl_context=context)


def test_cert_reqs_means_what_it_says(tls_node: Nodes) -> None:
    """E4 of docs/promises.md."""
    other = str(tls_node.certificates / "other-ca.pem")
    assert works(tls_node, ssl_options={"ca_certs": tls_node.ca, "cert_reqs": ssl.CERT_REQUIRED})
    assert "certificate" in complaint(tls_node, ssl_options={"ca_certs": other, "cert_reqs": ssl.CERT_REQUIRED})
    assert "certificate" in complaint(tls_node, ssl_options={"ca_certs": other})
    assert "certificate" in complaint(tls_node, ssl_options={"cert_reqs": ssl.CERT_REQUIRED})
    assert works(tls_node, ssl_options={"ca_certs": other, "cert_reqs": ssl.CERT_NONE})


def test_empty_options_are_tls(tls_node: Nodes) -> None:
    """E5 of docs/promises.md."""
    assert works(tls_node, ssl_options={})
    with (
        MockCluster(1) as plain,
        Cluster(plain.contact_points, port=plain.port, ssl_options={}, connect_timeout=2) as cluster,
        pytest.raises(NoHostAvailable),
    ):
        try:
            cluster.connect()
        finally:
            assert not plain.count(opcode("STARTUP"))


def test_plain_text_to_a_tls_port(tls_node: Nodes) -> None:
    assert tls_node.contact_points[0] in complaint(tls_node)


def test_a_certificate_of_the_client(client_certificate_node: Nodes) -> None:
    nodes = client_certificate_node

    def ready(context: ssl.SSLContext) -> bool:
        with Cluster(nodes.contact_points, port=nodes.port, ssl_context=context) as cluster:
            return cluster.connect().execute("SELECT key FROM system.local").one() is not None

    good = trusting(nodes.ca)
    with pytest.raises(NoHostAvailable):
        ready(good)
    good.load_cert_chain(nodes.certificate, nodes.key)
    assert ready(good)


def test_a_server_name_of_the_programs_own(tls_node: Nodes) -> None:
    given: dict[str, Any] = {"ssl_context": trusting(tls_node.ca)}
    assert works(tls_node, ssl_options={"server_hostname": "localhost"}, **given)
    assert "hostname" in complaint(tls_node, ssl_options={"server_hostname": "elsewhere.example"}, **given)


def test_many_sessions_and_requests_at_once(tls_node: Nodes) -> None:
    """The I/O thread waits for the interpreter with a connection in hand: nobody may wait the other way round."""
    provider = PlainTextAuthProvider(*tls_node.credentials)
    settings: dict[str, Any] = {"auth_provider": provider, "ssl_context": trusting(tls_node.ca)}
    with Cluster(tls_node.contact_points, port=tls_node.port, **settings) as cluster:
        query = "SELECT release_version FROM system.local"
        for _ in range(20):
            # The session ends when nobody holds it any more, with its connection at work.
            cluster.connect().execute_async(query)
        session = cluster.connect()
        futures = [session.execute_async(query, timeout=60.0) for _ in range(2000)]
        assert {future.result().one().release_version for future in futures} == {tls_node.version}
        prepared = session.prepare(query)
        assert len(execute_concurrent_with_args(session, prepared, [()] * 2000, concurrency=500)) == 2000
