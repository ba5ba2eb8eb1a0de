"""Many rows: written with a bounded number of requests in flight, and paged back."""

import os
import time

from cassandra.cluster import Cluster
from cassandra.concurrent import execute_concurrent_with_args
from node import CONTACT_POINTS, CREATE_KEYSPACE, KEYSPACE, PORT, auth_provider

ROWS = int(os.environ.get("HELENUS_EXAMPLE_ROWS", "100000"))
IN_FLIGHT = 500
PAGE = 5000

cluster = Cluster(CONTACT_POINTS, port=PORT, auth_provider=auth_provider())
session = cluster.connect()
session.execute(CREATE_KEYSPACE)
session.set_keyspace(KEYSPACE)
session.execute("CREATE TABLE IF NOT EXISTS bulk (k bigint PRIMARY KEY, v text)")
session.execute("TRUNCATE bulk")

insert = session.prepare("INSERT INTO bulk (k, v) VALUES (?, ?)")
begin = time.perf_counter()
results = execute_concurrent_with_args(
    session, insert, ((key, f"row number {key}") for key in range(ROWS)), concurrency=IN_FLIGHT
)
writing = time.perf_counter() - begin
assert len(results) == ROWS
assert all(success for success, _ in results)
print(f"{ROWS} rows written in {writing:.1f} s: {ROWS / writing:,.0f} rows/s, {IN_FLIGHT} in flight")

select = session.prepare("SELECT k, v FROM bulk")
select.fetch_size = PAGE
begin = time.perf_counter()
keys = set()
for row in session.execute(select):
    assert row.v == f"row number {row.k}"
    keys.add(row.k)
reading = time.perf_counter() - begin
assert keys == set(range(ROWS))
print(f"{len(keys)} rows read in {reading:.1f} s: {ROWS / reading:,.0f} rows/s, {PAGE} a page")
print(f"done: {ROWS} rows, {ROWS / writing:,.0f}/s written, {ROWS / reading:,.0f}/s read")

cluster.shutdown()
