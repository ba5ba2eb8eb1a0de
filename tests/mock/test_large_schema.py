"""A schema of two thousand tables costs a connect no second."""

from __future__ import annotations

import time

from cassandra.cluster import Cluster

from tests.support.mock import MockCluster, keyspace

TABLES = 2_000


def test_s1_two_thousand_tables_are_read_within_a_second() -> None:
    columns = [("k", "int", "partition_key")]
    columns += [(f"c{number}", "map<text, frozen<list<int>>>", "regular") for number in range(9)]
    with MockCluster(1, keyspaces=[keyspace("many", {f"t{number:04}": columns for number in range(TABLES)})]) as mock:
        took, spent = [], []
        for _ in range(3):
            # The mock, built without much optimisation, may be slow on a busy machine: that is not what is measured.
            with Cluster(
                mock.contact_points, port=mock.port, connect_timeout=100, control_connection_timeout=100
            ) as cluster:
                began, used = time.monotonic(), time.process_time()
                cluster.connect()
                took.append(time.monotonic() - began)
                spent.append(time.process_time() - used)
                found = cluster.metadata.keyspaces["many"].tables
                assert len(found) == TABLES
                assert len(found["t1999"].columns) == 10
    print(f"connected to {TABLES} tables in {min(took):.2f} s, {min(spent):.2f} s of our own")
    # Our own part, some hundredths of a second, hardly changes on a busy machine. The rest is the mock's, and whatever
    # else the machine does.
    assert min(spent) <= 1.0, spent
