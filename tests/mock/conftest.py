"""Scripted nodes for the tests of `cassandra.cluster` in this folder, and what their tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cassandra.cluster import Cluster, Session

from tests.support.mock import MockCluster, binding, query, rows, silence
from tests.support.statements import AMONG, COLUMNS, INSERT, SELECT, profiles


@pytest.fixture(scope="module")
def mock() -> Iterator[MockCluster]:
    among = [("keys", "list<int>"), ("name", "text")]
    bindings = [binding(INSERT, COLUMNS, [0]), binding(SELECT, COLUMNS[:1], [0]), binding(AMONG, among, [])]
    with MockCluster(3, bindings=bindings) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def no_rules(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test makes its own rules."""
    mock = request.getfixturevalue("mock") if "mock" in request.fixturenames else None
    yield
    if mock is not None:
        mock.remove_all()


@pytest.fixture(scope="module")
def cluster(mock: MockCluster) -> Iterator[Cluster]:
    with Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles()) as cluster:
        yield cluster


@pytest.fixture
def session(cluster: Cluster) -> Iterator[Session]:
    with cluster.connect(wait_for_all_pools=True) as session:
        yield session


@pytest.fixture
def two_nodes() -> Iterator[MockCluster]:
    """Two for a process of its own: one statement is answered, one never, and one has a value bound."""
    with MockCluster(2, bindings=[binding("INTO bound", [("k", "double")])]) as mock:
        mock.on(query("SELECT v"), rows([("v", "int")], [[7]]))
        mock.on(query("SELECT silent"), silence())
        yield mock
