"""The smallest program: a prepared INSERT and SELECT, alone and many at a time.

It runs on the testkit's answering node as well (`helenus-mock answer`), which knows the table `bench.kv` and no other.
"""

from cassandra.cluster import Cluster
from cassandra.concurrent import execute_concurrent_with_args
from node import CONTACT_POINTS, PORT, auth_provider

cluster = Cluster(CONTACT_POINTS, port=PORT, auth_provider=auth_provider())
session = cluster.connect()
insert = session.prepare("INSERT INTO bench.kv (k, v) VALUES (?, ?)")
select = session.prepare("SELECT k, v FROM bench.kv WHERE k = ?")

session.execute(insert, (1, "one"))
row = session.execute(select, (1,)).one()
print(f"Row: {row.k}, {row.v!r}")
results = execute_concurrent_with_args(session, insert, [(key, "text") for key in range(1000)], concurrency=100)
assert all(success for success, _ in results)
print(f"done: {len(results) + 1} rows written, one read")

cluster.shutdown()
