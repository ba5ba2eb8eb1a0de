"""The object mapper, as its guide has it: models, queries, conditions, batches, counters, types, classes of rows."""

import datetime
import os
import uuid
import warnings
from decimal import Decimal

from cassandra.cqlengine import ValidationError, columns, connection, functions, management, models, query, usertype
from cassandra.cqlengine.models import Model
from cassandra.cqlengine.named import NamedTable
from cassandra.cqlengine.query import BatchQuery, BatchType, ContextQuery, LWTException

from tests.server.side_by_side.stage import KEYSPACE, attempt, connected, show

warnings.simplefilter("ignore")
os.environ["CQLENG_ALLOW_SCHEMA_MANAGEMENT"] = "1"


class Address(usertype.UserType):
    street = columns.Text()
    zipcode = columns.Integer()


class Everything(Model):
    id = columns.UUID(primary_key=True, default=uuid.uuid4)
    position = columns.Integer(primary_key=True, clustering_order="DESC")
    ascii = columns.Ascii()
    text = columns.Text(index=True, max_length=20)
    blob = columns.Blob()
    big = columns.BigInt(default=5)
    small = columns.SmallInt()
    tiny = columns.TinyInt()
    var = columns.VarInt()
    flag = columns.Boolean(default=False)
    double = columns.Double()
    float_ = columns.Float(db_field="float")
    decimal = columns.Decimal()
    date = columns.Date()
    time = columns.Time()
    moment = columns.DateTime()
    inet = columns.Inet()
    names = columns.List(columns.Text)
    tags = columns.Set(columns.Text)
    counts = columns.Map(columns.Text, columns.Integer)
    pair = columns.Tuple(columns.Integer, columns.Text)
    home = columns.UserDefinedType(Address)
    shared = columns.Text(static=True)
    nested = columns.Map(columns.Text, columns.List(columns.Integer))


class Counted(Model):
    k = columns.Integer(primary_key=True)
    n = columns.Counter()


class Animal(Model):
    __table_name__ = "animals"
    id = columns.Integer(primary_key=True)
    kind = columns.Text(discriminator_column=True, index=True)
    name = columns.Text(required=False)


class Cat(Animal):
    __discriminator_value__ = "cat"
    lives = columns.Integer()


class Dog(Animal):
    __discriminator_value__ = "dog"
    loud = columns.Boolean()


KEY = uuid.UUID(int=7)


def stored(**filters):
    return [dict(row) for row in Everything.objects(**filters)]


with connected() as session:
    connection.register_connection("here", session=session, default=True)
    connection.set_session(session)
    for model in (Everything, Counted, Animal):
        model.__keyspace__ = KEYSPACE
    Cat.__keyspace__ = Dog.__keyspace__ = KEYSPACE
    attempt("before", Everything.objects.count)
    for model in (Everything, Counted, Cat, Dog):
        management.sync_table(model)
    management.sync_table(Everything)
    show("names", Everything.column_family_name(), Cat.column_family_name(False), sorted(Everything._columns))
    made = Everything.create(
        id=KEY,
        position=1,
        ascii="a",
        text="it's",
        blob=b"\x00\xff",
        small=3,
        tiny=-1,
        var=10**20,
        double=1.5,
        float_=0.5,
        decimal=Decimal("1.5"),
        date=datetime.date(2020, 1, 2),
        time=datetime.time(1, 2, 3),
        inet="127.0.0.1",
        moment=datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
        names=["a", "b"],
        tags={"x", "y"},
        counts={"a": 1},
        pair=(1, "a"),
        home=Address(street="s", zipcode=1),
        shared="static",
        nested={"n": [1, 2]},
    )
    show("made", made.id, made.big, made.flag, str(made), made.pk if hasattr(made, "pk") else None)
    for name, value in sorted(Everything.get(id=KEY, position=1).items()):
        show(name, sorted(value) if isinstance(value, set) else value, type(value).__name__)
    found = Everything.get(id=KEY, position=1)
    show(
        "equal",
        found == made,
        found != made,
        found.home.street,
        len(found),
        list(found)[:3],
        "text" in found,
        found["text"],
    )
    found.names.append("c")
    found.tags.add("z")
    found.counts["b"] = 2
    found.home.zipcode = 9
    found.text = None
    show("changed", found.save().names)
    found = Everything.get(id=KEY, position=1)
    show("saved", found.names, sorted(found.tags), found.counts, found.home, found.text)
    found.update(text="other", names=["q"], flag=True)
    attempt("unknown", found.update, nothing=1)
    attempt("key", found.update, position=5)
    Everything.objects(id=KEY, position=1).update(names__append=["r"], names__prepend=["p"])
    Everything.objects(id=KEY, position=1).update(tags__add={"n"}, tags__remove={"x"}, counts__update={"c": 3})
    Everything.objects(id=KEY, position=1).update(counts__remove={"a"})
    found = Everything.get(id=KEY, position=1)
    show("updated", found.text, found.names, sorted(found.tags), found.counts, found.flag)
    for number in range(2, 6):
        Everything.create(id=KEY, position=number, text=f"t{number}")
    rows = Everything.objects(id=KEY)
    show(
        "query",
        rows.count(),
        len(rows),
        rows.first().position,
        [row.position for row in rows],
        rows[1].position,
        [row.position for row in rows[1:3]],
    )
    show(
        "filters",
        [row.position for row in Everything.objects.filter(id=KEY, position__gt=2).order_by("position").limit(2)],
    )
    show(
        "in",
        [
            row.position
            for row in Everything.objects.filter(Everything.id == KEY).filter(Everything.position.in_([1, 4]))
        ],
    )
    show("indexed", [row.position for row in Everything.objects.filter(text="t3").allow_filtering()])
    show(
        "values",
        list(Everything.objects(id=KEY).limit(2).values_list("position", "text")),
        list(Everything.objects(id=KEY).limit(2).values_list("position", flat=True)),
    )
    show(
        "only",
        [(row.position, row.text, row.big) for row in Everything.objects(id=KEY).only(["position", "text"]).limit(2)],
    )
    show("defer", [(row.position, row.text) for row in Everything.objects(id=KEY).defer(["text"]).limit(1)])
    show(
        "text",
        str(Everything.objects(id=KEY, position__lte=3).limit(5)),
        str(Everything.objects.filter(id=KEY).order_by("-position").only(["text"])),
    )
    show("token", Everything.objects.filter(pk__token__gte=functions.Token(KEY)).limit(1).count())
    show("none", Everything.objects(id=uuid.UUID(int=1)).first(), list(Everything.objects(id=uuid.UUID(int=1))))
    attempt("does not exist", Everything.get, id=uuid.UUID(int=1), position=1)
    attempt("several", Everything.get, id=KEY)
    show("classes", Everything.DoesNotExist.__mro__[1].__name__, Everything.MultipleObjectsReturned.__mro__[1].__name__)
    for label, wrong in (
        ("long", {"text": "x" * 30}),
        ("kind", {"big": "a"}),
        ("list", {"names": 5}),
        ("tiny", {"tiny": 1000}),
        ("inet", {"inet": "x"}),
        ("udt", {"home": 5}),
        ("date", {"moment": "yesterday"}),
        ("uuid", {"id": "x"}),
    ):
        error = None
        try:
            Everything(**{"id": KEY, "position": 1, **wrong}).save()
        except Exception as raised:
            error = raised
        show(f"wrong {label}", type(error).__name__)
    attempt("no such column", lambda: repr(Everything(id=KEY, nothing=1)))
    attempt("no key", lambda: Everything(position=None).validate())
    attempt("filter on what is no column", lambda: Everything.objects.filter(nothing=1))
    attempt("twice", lambda: Everything.objects.filter(id=KEY).filter(id=KEY, position=1).count())
    attempt("operator", lambda: Everything.objects.filter(id__nothing=1))
    attempt("order", lambda: Everything.objects.filter(id=KEY).order_by("text"))
    attempt("no filter", lambda: Everything.objects.filter(small=1).count())
    # Conditions, times to live and timestamps.
    try:
        Everything.if_not_exists().create(id=KEY, position=1)
    except LWTException as error:
        show(
            "not applied",
            type(error).__name__,
            sorted(error.existing)[:3],
            error.existing["[applied]"] if "[applied]" in error.existing else error.existing.get("applied"),
        )
    try:
        Everything.objects(id=KEY, position=1).iff(text="nothing").update(text="new")
    except LWTException as error:
        show("not applied", error.existing)
    Everything.objects(id=KEY, position=1).iff(text="other").update(text="new")
    Everything.objects(id=KEY, position=2).if_exists().update(text="there")
    attempt("if exists", lambda: Everything.objects(id=KEY, position=99).if_exists().update(text="there"))
    attempt("delete", lambda: Everything.objects(id=KEY, position=99).if_exists().delete())
    show("conditions", [row.text for row in Everything.objects(id=KEY, position__in=[1, 2])])
    Everything.ttl(1000).create(id=KEY, position=50, text="short")
    show(
        "ttl",
        session.execute("SELECT ttl(text) FROM everything WHERE id = %s AND position = 50", [KEY]).one()["ttl(text)"]
        > 900,
    )
    Everything.timestamp(datetime.timedelta(seconds=30)).create(id=KEY, position=51, text="later")
    Everything.objects(id=KEY, position=51).ttl(500).timestamp(datetime.timedelta(seconds=60)).update(text="latest")
    Everything.objects(id=KEY, position=51).timestamp(datetime.timedelta(seconds=90)).delete()
    show("deleted", Everything.objects(id=KEY, position=51).first())
    with BatchQuery(batch_type=BatchType.Unlogged) as batch:
        Everything.batch(batch).create(id=KEY, position=60, text="batch")
        Everything.objects(id=KEY, position=2).batch(batch).update(text="batched")
        Everything.objects(id=KEY, position=3).batch(batch).delete()
    show("batch", sorted((row.position, row.text) for row in Everything.objects(id=KEY)))
    called = []
    batch = BatchQuery()
    batch.add_callback(called.append, "called")
    Everything.batch(batch).create(id=KEY, position=61, text="later")
    show("not yet", Everything.objects(id=KEY, position=61).first())
    batch.execute()
    show("now", Everything.objects(id=KEY, position=61).first().text, called)
    # Counters.
    counter = Counted.create(k=1, n=5)
    counter.n += 3
    counter.save()
    Counted.objects(k=1).update(n=2)
    show("counter", Counted.get(k=1).n)
    attempt("counter", lambda: Counted.objects(k=1).iff(n=3).update(n=1))
    # Several classes in one table.
    Cat.create(id=1, name="Tom", lives=7)
    Dog.create(id=2, name="Rex", loud=True)
    show("animals", sorted((type(row).__name__, row.id, row.name, row.kind) for row in Animal.objects.all()))
    show("cats", [(row.name, row.lives) for row in Cat.objects.allow_filtering()])
    attempt("another class", Cat.get, id=2)
    # Named tables, other keyspaces and connections.
    table = NamedTable(KEYSPACE, "animals")
    show("named", sorted(row["name"] for row in table.objects.all()), table.objects.filter(id=1).first()["name"])
    with ContextQuery(Counted, keyspace=KEYSPACE) as moved:
        show("moved", moved.objects.count(), moved.__keyspace__ == KEYSPACE)
    show("by connection", Animal.objects.using(connection="here").count())
    attempt("no such connection", lambda: Animal.objects.using(connection="nothing").count())

    # Tables grow, and are told of.
    class Animal2(Model):
        __table_name__ = "animals"
        __keyspace__ = KEYSPACE
        id = columns.Integer(primary_key=True)
        kind = columns.Text()
        name = columns.Text()
        age = columns.Integer()
        extra = columns.Map(columns.Text, columns.Text)

    management.sync_table(Animal2)
    Animal2.create(id=3, kind="bird", name="Pip", age=1, extra={"a": "b"})
    show(
        "grown", dict(Animal2.get(id=3)), sorted(session.cluster.metadata.keyspaces[KEYSPACE].tables["animals"].columns)
    )

    class Address2(usertype.UserType):
        __type_name__ = "address"
        __keyspace__ = KEYSPACE
        street = columns.Text()
        zipcode = columns.Integer()
        country = columns.Text()

    management.sync_type(KEYSPACE, Address2)
    show("type", session.cluster.metadata.keyspaces[KEYSPACE].user_types["address"].field_names)
    management.drop_table(Counted)
    attempt("dropped", Counted.objects.count)

    class NoKey(Model):
        __abstract__ = True
        text = columns.Text()

    attempt("no primary key", lambda: type("Bad", (Model,), {"text": columns.Text()}))
    attempt("reserved", lambda: type("Bad", (Model,), {"filter": columns.Text(primary_key=True)}))
    attempt(
        "two counters and text",
        lambda: type("Bad", (Model,), {"k": columns.Text(primary_key=True), "objects": columns.Text()}),
    )
    attempt("index of a counter", lambda: columns.Counter(index=True))
    show(
        "definitions",
        Everything._columns["text"].get_column_def(),
        Everything._columns["names"].get_column_def(),
        Everything._columns["home"].db_type,
        Everything._columns["nested"].db_type,
    )
    show(
        "errors",
        ValidationError.__mro__[1].__name__,
        LWTException.__mro__[1].__name__,
        query.QueryException.__mro__[1].__name__,
        models.ModelException.__mro__[1].__name__,
    )
    show(
        "functions",
        str(functions.MinTimeUUID(datetime.datetime(2020, 1, 1))),
        functions.MaxTimeUUID(datetime.datetime(2020, 1, 1)).to_database(datetime.datetime(2020, 1, 1)),
    )
