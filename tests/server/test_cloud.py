"""A real node by a secure connect bundle."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cassandra import AuthenticationFailed, ConsistencyLevel, DriverException
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.datastax.cloud import get_cloud_config
from cassandra.query import SimpleStatement

from tests.server.test_tls import trusting
from tests.support.cloud import Cloud
from tests.support.nodes import Nodes


@pytest.fixture(scope="module")
def cloud(tls_node: Nodes) -> Iterator[Cloud]:
    provider = PlainTextAuthProvider(*tls_node.credentials)
    settings = {"port": tls_node.port, "auth_provider": provider, "ssl_context": trusting(tls_node.ca)}
    with Cluster(tls_node.contact_points, **settings) as direct:
        direct.connect()
        nodes = {str(host.host_id): (str(host.address), tls_node.port) for host in direct.metadata.all_hosts()}
    with Cloud(Path(tls_node.certificates), nodes) as started:
        yield started


def test_a_node_is_reached_by_its_id(cloud: Cloud, tls_node: Nodes, tmp_path: Path) -> None:
    bundle = {"secure_connect_bundle": cloud.bundle(tmp_path / "bundle.zip")}
    with Cluster(cloud=bundle, auth_provider=PlainTextAuthProvider(*tls_node.credentials)) as cluster:
        session = cluster.connect()
        assert session.default_consistency_level == ConsistencyLevel.LOCAL_QUORUM
        assert session.execute("SELECT key FROM system.local").one().key == "local"
        statement = SimpleStatement("SELECT key FROM system.local", consistency_level=ConsistencyLevel.ONE)
        assert session.execute(statement).one().key == "local"
        hosts = cluster.metadata.all_hosts()
        assert [str(host.address) for host in hosts] == tls_node.contact_points
        assert (
            {str(host.host_id) for host in hosts}
            <= cloud.names
            <= {str(host.host_id) for host in hosts} | {"localhost"}
        )


def test_what_a_program_reads_of_a_bundle(cloud: Cloud, tls_node: Nodes, tmp_path: Path) -> None:
    path = cloud.bundle(tmp_path / "bundle.zip", username="user", password="gu3ss", keyspace="ks")
    config = get_cloud_config({"secure_connect_bundle": path})
    assert (config.username, config.password, config.keyspace) == ("user", "gu3ss", "ks")
    assert (config.host, config.sni_host, config.local_dc) == ("localhost", "localhost", "datacenter1")
    assert isinstance(config.ssl_context, ssl.SSLContext)
    provider = PlainTextAuthProvider(*tls_node.credentials)
    with Cluster(cloud={"secure_connect_bundle": path}, auth_provider=provider) as cluster:
        cluster.connect()
        assert config.host_ids == [str(host.host_id) for host in cluster.metadata.all_hosts()]
    elsewhere = cloud.bundle(tmp_path / "elsewhere.zip", host="127.0.0.1")
    with pytest.raises(DriverException, match="metadata service at https://127") as caught:
        get_cloud_config({"secure_connect_bundle": elsewhere})
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)


def test_credentials_of_the_bundle(cloud: Cloud, tls_node: Nodes, tmp_path: Path) -> None:
    user, password = tls_node.credentials
    with Cluster(
        cloud={"secure_connect_bundle": cloud.bundle(tmp_path / "a.zip", username=user, password=password)}
    ) as good:
        assert good.connect().execute("SELECT key FROM system.local").one()
    wrong = cloud.bundle(tmp_path / "b.zip", username=user, password="gu3ss")
    with Cluster(cloud={"secure_connect_bundle": wrong}) as bad, pytest.raises(NoHostAvailable) as caught:
        bad.connect()
    assert isinstance(next(iter(caught.value.errors.values())), AuthenticationFailed)
    assert "gu3ss" not in str(caught.value)


def test_a_service_that_is_not_who_it_says(cloud: Cloud, tmp_path: Path) -> None:
    elsewhere = cloud.bundle(tmp_path / "bundle.zip", host="127.0.0.1")
    with Cluster(cloud={"secure_connect_bundle": elsewhere}) as cluster, pytest.raises(NoHostAvailable) as caught:
        cluster.connect()
    assert "127.0.0.1 was expected" in str(caught.value)
