"""The object mapper on a real node: tables made of models, rows stored and read, schemas that grow."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from cassandra import util
from cassandra.cluster import Session
from cassandra.cqlengine import columns as c
from cassandra.cqlengine import connection, functions, management
from cassandra.cqlengine.models import Model
from cassandra.cqlengine.named import NamedTable
from cassandra.cqlengine.query import BatchQuery, LWTException
from cassandra.cqlengine.usertype import UserType

from tests.support.nodes import Nodes

KEYSPACE = "mapper"


@pytest.fixture(scope="module", autouse=True)
def session(node: Nodes) -> Iterator[Session]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CQLENG_ALLOW_SCHEMA_MANAGEMENT", "1")
        connection.setup(list(node.contact_points), KEYSPACE, port=node.port)
        management.create_keyspace_simple(KEYSPACE, 1)
        yield connection.get_session()
        management.drop_keyspace(KEYSPACE)
        connection.unregister_connection("default")


class Zip(UserType):
    code = c.Integer()
    since = c.Date()


class Address(UserType):
    street = c.Text(db_field="st")
    zips = c.List(c.UserDefinedType(Zip))


class Everything(Model):
    __options__ = {"gc_grace_seconds": 100, "compaction": {"class": "LeveledCompactionStrategy"}}  # noqa: RUF012

    id = c.UUID(primary_key=True, default=uuid.uuid4)
    when = c.TimeUUID(primary_key=True, clustering_order="desc")
    a = c.Ascii()
    b = c.BigInt()
    bl = c.Blob()
    bo = c.Boolean()
    d = c.Date()
    de = c.Decimal()
    do = c.Double()
    du = c.Duration()
    i = c.Inet()
    n = c.Integer(index=True)
    s = c.SmallInt()
    t = c.Text()
    ti = c.Time()
    ts = c.DateTime()
    y = c.TinyInt()
    v = c.VarInt()
    li = c.List(c.Integer)
    se = c.Set(c.Text)
    ma = c.Map(c.Text, c.Date)
    tu = c.Tuple(c.Integer, c.Text)
    home = c.UserDefinedType(Address)
    st = c.Integer(static=True)


class Shape(Model):
    __table_name__ = "shapes"
    id = c.Integer(primary_key=True)
    part = c.Integer(primary_key=True)
    kind = c.Text(discriminator_column=True, index=True)


class Circle(Shape):
    __discriminator_value__ = "circle"
    radius = c.Float()


class Square(Shape):
    __discriminator_value__ = "square"
    side = c.Float()


class Score(Model):
    id = c.Integer(primary_key=True)
    points = c.Counter()


VALUES: dict[str, Any] = {
    "when": uuid.uuid1(),
    "a": "x",
    "b": 2**60,
    "bl": b"\0\xff'",
    "bo": False,
    "d": util.Date(dt.date(2024, 2, 29)),
    "de": Decimal("1.50"),
    "do": 1e300,
    "du": util.Duration(1, 2, 3),
    "i": "::1",
    "n": -5,
    "s": 5,
    "t": "it's ü",
    "ti": util.Time("01:02:03.000000004"),
    "ts": dt.datetime(1969, 12, 31, 23, 59, 59, 999000),
    "y": -1,
    "v": -(2**90),
    "li": [3, 1, 3],
    "se": {"a", "b"},
    "ma": {"k": util.Date(0)},
    "tu": (1, "x"),
    "st": 7,
}


def test_every_type_is_stored_and_read(session: Session) -> None:
    management.sync_table(Everything)
    home = Address(street="Main", zips=[Zip(code=1, since=dt.date(2020, 1, 1)), Zip(code=2, since=None)])
    made = Everything.create(**VALUES, home=home)
    read = Everything.get(id=made.id, when=VALUES["when"])
    assert {name: getattr(read, name) for name in VALUES} == VALUES
    assert (type(read.home), read.home.street, [z.code for z in read.home.zips]) == (Address, "Main", [1, 2])
    assert read.get_changed_columns() == []
    table = session.cluster.metadata.keyspaces[KEYSPACE].tables["everything"]
    assert (table.options["gc_grace_seconds"], table.clustering_key[0].is_reversed) == (100, True)
    assert Everything.objects.filter(n=-5).count() == 1
    read.home.street = "Side"
    read.se.remove("a")
    read.li.insert(0, 9)
    read.ma["l"] = dt.date(1970, 1, 2)
    del read.ma["k"]
    read.t = None
    read.save()
    again = Everything.objects(id=made.id).first()
    assert (again.home.street, again.se, again.li, again.ma, again.t) == (
        "Side",
        {"b"},
        [9, 3, 1, 3],
        {"l": util.Date(1)},
        None,
    )
    again.delete()
    assert Everything.objects(id=made.id).first() is None or Everything.objects(id=made.id).first().when is None


def test_tables_grow_and_are_dropped(session: Session) -> None:
    class Grown(Model):
        __table_name__ = "everything"
        __options__ = {"gc_grace_seconds": 200}  # noqa: RUF012
        id = c.UUID(primary_key=True)
        when = c.TimeUUID(primary_key=True, clustering_order="desc")
        extra = c.Map(c.Integer, c.Text)

    management.sync_table(Everything)
    management.sync_table(Grown)
    management.sync_table(Grown)
    tables = session.cluster.metadata.keyspaces[KEYSPACE].tables
    assert tables["everything"].columns["extra"].cql_type == "map<int, text>"
    assert tables["everything"].options["gc_grace_seconds"] == 200
    management.drop_table(Grown)
    management.drop_table(Grown)
    assert "everything" not in session.cluster.metadata.keyspaces[KEYSPACE].tables


def test_types_grow() -> None:
    class Growing(UserType):
        a = c.Integer()

    management.sync_type(KEYSPACE, Growing)

    class Grown(UserType):
        __type_name__ = "growing"
        a = c.Integer()
        b = c.Text()

    management.sync_type(KEYSPACE, Grown)
    known = connection.get_cluster().metadata.keyspaces[KEYSPACE].user_types["growing"]
    assert list(known.field_names) == ["a", "b"]


def test_rows_of_several_classes_in_one_table() -> None:
    for model in (Circle, Square):
        management.sync_table(model)
    Circle.create(id=1, part=1, radius=0.5)
    Square.create(id=1, part=2, side=2.0)
    found = list(Shape.objects(id=1))
    assert [(type(shape), shape.part) for shape in found] == [(Circle, 1), (Square, 2)]
    assert (found[0].radius, found[1].side) == (0.5, 2.0)
    assert [shape.part for shape in Square.objects.filter(id=1).allow_filtering()] == [2]


def test_counters_conditions_batches_and_tokens() -> None:
    management.sync_table(Score)
    management.sync_table(Circle)
    score = Score.create(id=1, points=5)
    score.points -= 2
    score.save()
    assert Score.get(id=1).points == 3
    Circle.if_not_exists().create(id=2, part=1, radius=1.0)
    with pytest.raises(LWTException) as raised:
        Circle.if_not_exists().create(id=2, part=1, radius=2.0)
    assert raised.value.existing["radius"] == 1.0
    Circle.objects(id=2, part=1).iff(radius=1.0).update(radius=None, kind="circle")
    assert Circle.get(id=2, part=1).radius is None
    with BatchQuery() as batch:
        for part in range(3):
            Circle.batch(batch).create(id=3, part=part, radius=float(part))
    assert [circle.part for circle in Shape.objects(id=3).order_by("-part")] == [2, 1, 0]
    with BatchQuery() as batch:
        Circle.objects(id=3, part=0).batch(batch).delete()
    assert Circle.objects(id=3).count() == 2
    keys: list[int] = []
    for number in (2, 3):
        Score.create(id=number, points=1)
    query = Score.objects.limit(1)
    while page := list(query.filter(pk__token__gt=functions.Token(keys[-1])) if keys else query):
        keys.append(page[0].id)
    assert sorted(keys) == [1, 2, 3]
    assert Circle.ttl(100).create(id=4, part=1, radius=1.0).radius == 1.0
    named = NamedTable(KEYSPACE, "shapes")
    assert [row.part for row in named.objects.filter(id=3)] == [1, 2]
    last = named.objects.filter(pk__token__gte=functions.Token(3)).limit(1).first()
    assert last["id"] == 3
