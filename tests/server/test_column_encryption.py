"""Columns that the client encrypts, on a real node: the server sees blobs, the program its values."""

from __future__ import annotations

import pytest
from cassandra import DriverException
from cassandra.cluster import Cluster
from cassandra.column_encryption.policies import AES256ColumnEncryptionPolicy
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.cqltypes import BytesType, Int32Type
from cassandra.policies import ColDesc
from cassandra.query import dict_factory

from tests.support.nodes import Nodes

KEYSPACE = "hidden"


def policy() -> AES256ColumnEncryptionPolicy:
    made = AES256ColumnEncryptionPolicy()
    made.add_column(ColDesc(KEYSPACE, "t", "secret"), bytes(range(32)), "int")
    return made


@pytest.fixture(scope="module", autouse=True)
def table(node: Nodes) -> None:
    with Cluster(node.contact_points, port=node.port) as cluster:
        session = cluster.connect()
        session.execute(
            f"CREATE KEYSPACE {KEYSPACE} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}"
        )
        session.execute(f"CREATE TABLE {KEYSPACE}.t (id int PRIMARY KEY, secret blob, plain blob)")


def test_what_is_encrypted_comes_back(node: Nodes) -> None:
    written = policy()
    with Cluster(node.contact_points, port=node.port, column_encryption_policy=written) as cluster:
        session = cluster.connect(KEYSPACE)
        insert = session.prepare("INSERT INTO t (id, secret, plain) VALUES (?, ?, ?)")
        session.execute(insert, (1, 1000, b"a"))
        execute_concurrent_with_args(session, insert, [(2, -5, b"b"), (3, None, b"c")])
        # A policy of its own reads what another has written: the vector is with the value.
    with Cluster(node.contact_points, port=node.port, column_encryption_policy=policy()) as cluster:
        session = cluster.connect(KEYSPACE)
        select = session.prepare("SELECT id, secret, plain FROM t WHERE id = ?")
        assert session.execute(select, (1,)).one() == (1, 1000, b"a")
        result = session.execute("SELECT plain, secret FROM t")
        assert result.column_types == [BytesType, Int32Type]
        assert sorted(row.secret or 0 for row in result) == [-5, 0, 1000]
        found = execute_concurrent_with_args(session, select, [(2,), (3,)])
        assert [outcome.result_or_exc.one().secret for outcome in found] == [-5, None]
        session.row_factory = dict_factory
        assert session.execute("SELECT secret FROM t WHERE id = 1").one() == {"secret": 1000}


def test_without_the_policy_it_is_a_blob(node: Nodes) -> None:
    with Cluster(node.contact_points, port=node.port) as cluster:
        session = cluster.connect(KEYSPACE)
        stored = session.execute("SELECT secret FROM t WHERE id = 1").one().secret
        assert isinstance(stored, bytes) and len(stored) == 32


def test_a_wrong_key_is_an_error_of_that_result(node: Nodes) -> None:
    wrong = AES256ColumnEncryptionPolicy()
    wrong.add_column(ColDesc(KEYSPACE, "t", "secret"), bytes(32), "int")
    with Cluster(node.contact_points, port=node.port, column_encryption_policy=wrong) as cluster:
        session = cluster.connect(KEYSPACE)
        with pytest.raises(DriverException, match=r'"secret" of table hidden\.t') as caught:
            session.execute("SELECT secret FROM t WHERE id = 1")
        assert "1000" not in str(caught.value)
        assert session.execute("SELECT id FROM t WHERE id = 1").one() == (1,)
