"""Where the worked programs find Cassandra: 127.0.0.1 and 127.0.0.2 unless the environment says otherwise."""

import os

from cassandra.auth import PlainTextAuthProvider

CONTACT_POINTS = os.environ.get("HELENUS_CONTACT_POINTS", "127.0.0.1,127.0.0.2").split(",")
PORT = int(os.environ.get("HELENUS_PORT", "9042"))
KEYSPACE = "helenus_examples"

CREATE_KEYSPACE = f"""
    CREATE KEYSPACE IF NOT EXISTS {KEYSPACE}
    WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}
"""
CREATE_USERS = """
    CREATE TABLE IF NOT EXISTS users (id uuid PRIMARY KEY, name text, email text, created_at timestamp)
"""


def auth_provider():
    return PlainTextAuthProvider(
        username=os.environ.get("HELENUS_USER", "cassandra"),
        password=os.environ.get("HELENUS_PASSWORD", "cassandra"),
    )
