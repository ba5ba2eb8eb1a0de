"""User-defined types: registered or not, nested, in collections, missing."""

from collections import namedtuple

from cassandra.query import tuple_factory

from tests.server.side_by_side.stage import KEYSPACE, attempt, connected, show


class Address:
    def __init__(self, street, zipcode, **otherargs):
        self.street, self.zipcode, self.others = street, zipcode, otherargs

    def __repr__(self):
        return f"Address({self.street!r}, {self.zipcode!r}, {self.others!r})"


with connected() as session:
    session.execute("CREATE TYPE address (street text, zipcode int)")
    session.execute("CREATE TYPE person (name text, home frozen<address>, tags set<text>)")
    session.execute('CREATE TYPE "Odd Type" ("first name" text, "class" int, "1" int)')
    session.execute(
        "CREATE TABLE t (id int PRIMARY KEY, location frozen<address>, p frozen<person>, l list<frozen<address>>,"
        ' m map<text, frozen<address>>, loose address, o frozen<"Odd Type">)'
    )
    insert = session.prepare("INSERT INTO t (id, location, l, m) VALUES (?, ?, ?, ?)")
    # Nothing is registered: named tuples.
    pair = namedtuple("Pair", "street zipcode")
    session.execute(insert, (0, pair("a", 1), [pair("b", 2), ("c", 3)], {"x": pair("d", 4)}))
    row = session.execute("SELECT * FROM t WHERE id = 0").one()
    show("unregistered", row.location, row.l, row.m, row.location.street, type(row.location).__name__)
    session.execute(
        'INSERT INTO t (id, loose, o) VALUES (1, {street: \'s\'}, {"first name": \'f\', "class": 5, "1": 6})'
    )
    row = session.execute("SELECT loose, o FROM t WHERE id = 1").one()
    show("odd", row.loose, tuple(row.o))
    attempt("null fields", lambda: session.execute(insert, (2, (None, None), None, None)).all())
    show("null fields", session.execute("SELECT location, l, m FROM t WHERE id = 2").one())
    attempt("long", lambda: session.execute(insert, (4, ("a", 1, 2), None, None)).all())
    attempt("not there", session.cluster.register_user_type, KEYSPACE, "nothing", Address)
    attempt("no keyspace", session.cluster.register_user_type, "nothing", "address", Address)
    session.cluster.register_user_type(KEYSPACE, "address", Address)
    row = session.execute("SELECT location, l, m, loose FROM t WHERE id = 0").one()
    show("registered", row.location, row.l, dict(row.m), row.loose)
    session.execute(insert, (5, Address("e", 5), [Address("f", None)], {}))
    session.execute("INSERT INTO t (id, location) VALUES (%s, %s)", (6, Address("it's", 7)))
    for number in (5, 6):
        show("stored", session.execute("SELECT location, l FROM t WHERE id = %s", [number]).one())
    session.cluster.register_user_type(KEYSPACE, "person", dict)
    put = session.prepare("INSERT INTO t (id, p) VALUES (?, ?)")
    Person = namedtuple("Person", "name home tags")
    session.execute(put, (7, Person("n", Address("g", 8), {"t1", "t2"})))
    show("as a dict", session.execute("SELECT p FROM t WHERE id = 7").one())
    session.execute("ALTER TYPE address ADD country text")
    row = session.execute("SELECT location FROM t WHERE id = 0").one()
    show("grown", row.location)
    session.execute("INSERT INTO t (id, location) VALUES (8, {street: 'h', zipcode: 1, country: 'de'})")
    show("grown", session.execute("SELECT location FROM t WHERE id = 8").one())
    session.row_factory = tuple_factory
    show("tuple", session.execute("SELECT location.street, l FROM t WHERE id = 0").one())
    types = session.cluster.metadata.keyspaces[KEYSPACE].user_types
    show(
        "metadata",
        sorted(types),
        types["address"].field_names,
        types["address"].field_types,
        types["address"].as_cql_query(),
    )
    show("formatted", types["person"].as_cql_query(formatted=True))
    result = session.execute("SELECT location, p, o FROM t")
    show(
        "types",
        [kind.cql_parameterized_type() for kind in result.column_types],
        [kind.typename for kind in result.column_types],
    )
