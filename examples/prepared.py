"""A statement prepared once and executed with different values."""

import uuid
from datetime import datetime

from cassandra.cluster import Cluster
from node import CONTACT_POINTS, CREATE_KEYSPACE, CREATE_USERS, KEYSPACE, PORT, auth_provider

cluster = Cluster(CONTACT_POINTS, port=PORT, auth_provider=auth_provider())
session = cluster.connect()
session.execute(CREATE_KEYSPACE)
session.set_keyspace(KEYSPACE)
session.execute(CREATE_USERS)
session.execute("TRUNCATE users")

insert_stmt = session.prepare("""
    INSERT INTO users (id, name, email, created_at)
    VALUES (?, ?, ?, ?)
""")

session.execute(insert_stmt, [uuid.uuid4(), "Alice Smith", "alice@example.com", datetime.now()])
session.execute(insert_stmt, [uuid.uuid4(), "Bob Jones", "bob@example.com", datetime.now()])

rows = sorted(session.execute("SELECT name, email, created_at FROM users"), key=lambda row: row.name)
for row in rows:
    print(f"User: {row.name} <{row.email}>, {row.created_at:%Y-%m-%d %H:%M:%S}")
assert [row.name for row in rows] == ["Alice Smith", "Bob Jones"]
assert all(isinstance(row.created_at, datetime) for row in rows)
print(f"done: one statement prepared, {len(rows)} users written with it and read back")

cluster.shutdown()
