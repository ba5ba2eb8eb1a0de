"""Models for the tests of the mapper, and a session that notes what they execute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from cassandra.cqlengine import columns as c
from cassandra.cqlengine import connection
from cassandra.cqlengine.models import Model
from cassandra.encoder import Encoder


class Answer(list[dict[str, Any]]):
    was_applied = True

    def one(self) -> dict[str, Any] | None:
        return self[0] if self else None


class FakeSession:
    """Notes what is executed, and answers with what was put in."""

    def __init__(self) -> None:
        self.encoder, self.hosts, self.keyspace = Encoder(), [], None
        self.cluster = SimpleNamespace(_config_mode=0, protocol_version=4, metadata=None, shutdown=lambda: None)
        self.registered: list[tuple[str, str, type]] = []
        self.cluster.register_user_type = lambda *names: self.registered.append(names)
        self.executed: list[tuple[str, Any]] = []
        self.statements: list[Any] = []
        self.answers: list[Answer] = []

    def execute(self, statement: Any, parameters: Any = None, timeout: Any = None) -> Answer:
        self.statements.append(statement)
        self.executed.append((statement.query_string, parameters))
        return self.answers.pop(0) if self.answers else Answer()


@contextmanager
def fake_session() -> Iterator[FakeSession]:
    """A session of that kind, which is the default connection meanwhile."""
    made = FakeSession()
    connection.register_connection("fake", session=made, default=True)
    yield made
    connection.unregister_connection("fake")


class Person(Model):
    __keyspace__ = "ks"
    id = c.Integer(primary_key=True)
    day = c.Text(primary_key=True, clustering_order="desc")
    name = c.Text(default="nobody", db_field="called")
    tags = c.Set(c.Text)
    facts = c.Map(c.Text, c.Integer)
    age = c.Integer()


class Animal(Model):
    __keyspace__ = "ks"
    id = c.Integer(primary_key=True)
    kind = c.Text(discriminator_column=True, index=True)


class Cat(Animal):
    __discriminator_value__ = "cat"
    lives = c.Integer()


class Visits(Model):
    __keyspace__ = "ks"
    id = c.Integer(primary_key=True)
    count = c.Counter()
