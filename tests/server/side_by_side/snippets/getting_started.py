"""The getting-started page: statements, parameters, rows, futures."""

import uuid

from cassandra import ConsistencyLevel
from cassandra.query import SimpleStatement, dict_factory, named_tuple_factory

from tests.server.side_by_side.stage import attempt, connected, refused, show

ALICE, BOB = uuid.UUID(int=1), uuid.UUID(int=2)

with connected() as session:
    session.execute("CREATE TABLE users (name text PRIMARY KEY, age int, email text, id uuid)")
    insert = "INSERT INTO users (name, age, email, id) VALUES (%s, %s, %s, %s)"
    show("insert", list(session.execute(insert, ("Alice O'Hara", 42, "a@example.com", ALICE))))
    show(
        "insert by name",
        session.execute("INSERT INTO users (name, age) VALUES (%(n)s, %(a)s)", {"n": "Bob", "a": 7}).one(),
    )
    rows = session.execute("SELECT name, age, email FROM users WHERE name = 'Alice O''Hara'")
    for row in rows:
        show("row", row, row.name, row.age, row.email, row[0])
    for name, age, email in session.execute("SELECT name, age, email FROM users"):
        show("unpacked", name, age, email)
    show("one", session.execute("SELECT * FROM users WHERE name = %s", ["Bob"]).one())
    show("none", session.execute("SELECT * FROM users WHERE name = %s", ["nobody"]).one())
    lookup = session.prepare("SELECT * FROM users WHERE name=?")
    for name in ("Bob", "nobody"):
        show("prepared", session.execute(lookup, [name]).one())
    show("by dict", session.execute(lookup, {"name": "Bob"}).one())
    lookup.consistency_level = ConsistencyLevel.ONE
    show("bound", session.execute(lookup.bind(("Bob",))).all())
    query = SimpleStatement("INSERT INTO users (name, age) VALUES (%s, %s)", consistency_level=ConsistencyLevel.QUORUM)
    show("statement", session.execute(query, ("John", 42)).all())
    future = session.execute_async("SELECT * FROM users WHERE name = %s", ["John"])
    show("future", future.result().one())
    count = session.execute("SELECT count(*) FROM users")
    show("count", count.one(), count.one()[0], count.column_names, [kind.typename for kind in count.column_types])
    session.row_factory = dict_factory
    show("dicts", session.execute("SELECT name, age FROM users WHERE name='Bob'").all())
    session.row_factory = named_tuple_factory
    refused("too few", session.execute, "SELECT * FROM users WHERE name = %s AND age = %s", ["a"])
    refused("too many", session.execute, "SELECT * FROM users WHERE name = %s", ["a", "b"])
    attempt("no column", session.execute, "SELECT nothing FROM users")
    attempt("no table", session.execute, "SELECT * FROM nothing")
    attempt("syntax", session.execute, "SELEKT")
    attempt("exists", session.execute, "CREATE TABLE users (a int PRIMARY KEY)")
    attempt(
        "keyspace exists",
        session.execute,
        "CREATE KEYSPACE system_auth WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    )
    attempt("too many bound", session.execute, lookup, ["a", "b"])
    attempt("too few bound", lambda: repr(lookup.bind([])))
    attempt("unknown name", session.execute, lookup, {"nam": "a"})
    attempt("set keyspace", session.set_keyspace, "nothing_there")
    show("keyspace", session.keyspace)
    show("contains", "users" in session.cluster.metadata.keyspaces[session.keyspace].tables)
