"""What the testkit's node says to the worked programs, where there is no Cassandra. It stores nothing: it knows what
they write and what they expect to read, which shows the drivers and no more. Programs that ask for more are not here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.mock import MockCluster, binding, error, execute, query, rows

#: How many rows the program of many rows writes and reads.
ROWS = 2000
#: The programs, by language.
PYTHON = ["smallest", "prepared", "callbacks", "bulk"]
RUST = ["quickstart", "prepared", "callbacks", "bulk"]

_USER = [("id", "uuid"), ("name", "text"), ("email", "text"), ("created_at", "timestamp")]
_PAIR = [("k", "bigint"), ("v", "text")]
_BINDINGS = [
    binding("INSERT INTO bench.kv", [("k", "int"), ("v", "text")], [0]),
    binding("FROM bench.kv", [("k", "int")], [0]),
    binding("INSERT INTO users (id, name, email, created_at)", _USER, [0]),
    binding("INSERT INTO users (id, name)", _USER[:2], [0]),
    binding("INSERT INTO bulk", _PAIR, [0]),
    binding("FROM bulk", []),
    binding("INSERT INTO numbers", [("part", "int"), ("n", "int"), ("square", "bigint")], [0]),
    binding("SELECT square", [("part", "int"), ("n", "int")], [0]),
]


@contextmanager
def node(address: str, port: int, user: str, password: str) -> Iterator[MockCluster]:
    """One node that the programs above run on."""
    credentials = {"user": user, "password": password}
    with MockCluster(1, address=address, port=port, credentials=credentials, bindings=_BINDINGS) as cluster:
        _script(cluster)
        yield cluster


def _script(cluster: MockCluster) -> None:
    made = 1_700_000_000_000
    registered = [["Alice Smith", "alice@example.com", made], ["Bob Jones", "bob@example.com", made]]
    named = [[str(uuid.UUID(int=number)), name] for number, name in enumerate(["Carol", "Dave", "Erin"])]
    cluster.on(execute("FROM bench.kv"), rows([("k", "int"), ("v", "text")], [[1, "one"]]))
    cluster.on(query("SELECT name, email, created_at FROM users"), rows(_USER[1:], registered))
    cluster.on(query("SELECT * FROM users"), rows(_USER[:2], named))
    cluster.on(query("SELECT name FROM users"), rows(_USER[1:2], [[name] for _, name in named]))
    cluster.on(query("SELECT nothing FROM users"), error("invalid", "Undefined column name nothing in table users"))
    cluster.on(execute("FROM bulk"), rows(_PAIR, [[number, f"row number {number}"] for number in range(ROWS)]))
    for turn, square in enumerate([9, 16, 25], 1):
        cluster.on(execute("SELECT square", nth=turn), rows([("square", "bigint")], [[square]]))
