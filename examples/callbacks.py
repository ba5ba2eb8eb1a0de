"""A callback for success, one for failure, and waiting for the result with a limit."""

import threading
import uuid

from cassandra import InvalidRequest
from cassandra.cluster import Cluster
from node import CONTACT_POINTS, CREATE_KEYSPACE, CREATE_USERS, KEYSPACE, PORT, auth_provider

cluster = Cluster(CONTACT_POINTS, port=PORT, auth_provider=auth_provider())
session = cluster.connect()
session.execute(CREATE_KEYSPACE)
session.set_keyspace(KEYSPACE)
session.execute(CREATE_USERS)
session.execute("TRUNCATE users")
insert = session.prepare("INSERT INTO users (id, name) VALUES (?, ?)")
for name in ("Carol", "Dave", "Erin"):
    session.execute(insert, (uuid.uuid4(), name))

called, failed = threading.Event(), threading.Event()
seen = []


def handle_success(result):
    print(f"Query succeeded with {len(result)} rows")
    for row in result:
        print(f"User: {row.name}")
        seen.append(row.name)
    called.set()


def handle_error(exception):
    print(f"Query failed: {exception}")
    seen.append(exception)
    failed.set()


# Execute with callbacks.
future = session.execute_async("SELECT * FROM users")
future.add_callback(handle_success)
future.add_errback(handle_error)
assert called.wait(10), "the callback was not called"
assert sorted(seen) == ["Carol", "Dave", "Erin"]

# Or wait for the result.
try:
    result = future.result(timeout=10.0)
    print(f"Got {len(result)} rows")
    assert len(result) == 3
except Exception as error:
    print(f"Query failed: {error}")
    raise

# A query that fails calls the errback, and raises where it is waited for.
seen.clear()
future = session.execute_async("SELECT nothing FROM users")
future.add_callbacks(handle_success, handle_error)
assert failed.wait(10), "the errback was not called"
try:
    future.result()
except InvalidRequest as error:
    assert [str(exception) for exception in seen] == [str(error)]
else:
    raise AssertionError("a query for a column that is not there succeeded")
print("done: a callback and an errback called once each, three rows waited for")

cluster.shutdown()
