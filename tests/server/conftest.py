"""Real nodes for the tests of this folder, started when the first test asks and kept until the last has run.

Without ``HELENUS_SERVER_TESTS=1`` the whole folder is skipped. Each kind of cluster has loopback addresses of its own,
so that all may run at once; a test that stops or breaks nodes takes ``breakable_nodes``, whose nodes are whole again
for the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.nodes import WANTED, Nodes, NodesError


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if WANTED:
        return
    skip = pytest.mark.skip(reason="needs real nodes: HELENUS_SERVER_TESTS is not 1")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def node() -> Iterator[Nodes]:
    """One node that asks for no password."""
    with Nodes(address="127.0.78.1") as nodes:
        yield nodes


@pytest.fixture(scope="session")
def guarded_node() -> Iterator[Nodes]:
    """One node that wants a password."""
    # The corpus of `cql` changes the schema a thousand times: no snapshots of what is dropped, no flush of each change.
    config, properties = {"auto_snapshot": "false"}, {"cassandra.test.flush_local_schema_changes": "false"}
    with Nodes(address="127.0.78.5", password=True, config=config, properties=properties) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def tls_node() -> Iterator[Nodes]:
    """One node that speaks TLS only, and wants a password."""
    with Nodes(address="127.0.78.9", password=True, tls="on") as nodes:
        yield nodes


@pytest.fixture(scope="session")
def client_certificate_node() -> Iterator[Nodes]:
    """One node that wants a certificate of the client."""
    with Nodes(address="127.0.78.13", tls="client") as nodes:
        yield nodes


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[Nodes]:
    """Three nodes with passwords, in one data centre and three racks, which no test may stop."""
    with Nodes(3, address="127.0.78.17", password=True, racks="datacenter1:r1,datacenter1:r2,datacenter1:r3") as nodes:
        yield nodes


@pytest.fixture(scope="session")
def _breakable_nodes() -> Iterator[Nodes]:
    # What a node that is killed had acknowledged is on its disk: else a counter may lose what others were told of it.
    synced = {"commitlog_sync": "group", "commitlog_sync_group_window": "5ms", "commitlog_sync_period": "0ms"}
    with Nodes(3, address="127.0.78.21", config=synced) as nodes:
        yield nodes


@pytest.fixture
def breakable_nodes(_breakable_nodes: Nodes) -> Iterator[Nodes]:
    """Three nodes that the test may stop, kill and pause."""
    yield _breakable_nodes
    for number in range(1, len(_breakable_nodes.contact_points) + 1):
        try:
            _breakable_nodes.resume(number)
        except NodesError:  # it does not run
            _breakable_nodes.start(number)
