"""Parameters by `%s` and bound by name: how values are written, what is refused."""

import datetime
import decimal
import ipaddress
import uuid
from collections import OrderedDict

from cassandra.encoder import Encoder, cql_quote
from cassandra.query import ValueSequence, bind_params
from cassandra.util import Date, Duration, OrderedMap, SortedSet, Time

from tests.server.side_by_side.stage import attempt, connected, show

encoder = Encoder()
for value in (
    "text",
    "it's",
    "ünï",
    b"\x00\xff",
    bytearray(b"a"),
    memoryview(b"ab"),
    1,
    2**70,
    1.5,
    float("nan"),
    float("inf"),
    float("-inf"),
    1e300,
    0.1,
    True,
    None,
    decimal.Decimal("1.25"),
    uuid.UUID(int=5),
    datetime.datetime(2020, 1, 2, 3, 4, 5, 678901),
    datetime.date(2020, 1, 2),
    datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
    datetime.time(1, 2, 3, 4),
    Date(5),
    Time(5),
    Duration(1, 2, 3),
    [1, "a"],
    (1, "a"),
    {"a"},
    {"a": 1},
    OrderedDict([("a", [1])]),
    OrderedMap([("a", {"b": 1})]),
    SortedSet([1, 2]),
    frozenset([1]),
    ValueSequence([1, 2]),
    ipaddress.ip_address("::1"),
    [],
    {},
    set(),
    [None],
):
    attempt(f"{type(value).__name__} {value!r}", encoder.cql_encode_all_types, value)
attempt("positional", bind_params, "a = %s, b = %s", ("x", 1), encoder)
attempt("by name", bind_params, "a = %(a)s, b = %(b)s", {"a": "x", "b": [1]}, encoder)
attempt("percent", bind_params, "a LIKE '%%' AND b = %s", (1,), encoder)
attempt("missing name", bind_params, "a = %(a)s", {"b": 1}, encoder)
show("quoted", cql_quote("it's"), cql_quote(5))
with connected() as session:
    session.execute("CREATE TABLE t (k int PRIMARY KEY, v text, l list<int>, n map<text, int>)")
    session.execute("INSERT INTO t (k, v) VALUES (%s, %s)", (1, "50%"))
    session.execute("INSERT INTO t (k, v) VALUES (2, '100%')")
    show("rows", sorted(session.execute("SELECT k, v FROM t").all()))
    select = "SELECT k FROM t WHERE k = %s"
    show("in", sorted(session.execute("SELECT k FROM t WHERE k IN %s", (ValueSequence([1, 2]),)).all()))
    attempt("in a tuple", session.execute, "SELECT k FROM t WHERE k IN %s", ((1, 2),))
    attempt("a list for in", session.execute, "SELECT k FROM t WHERE k IN %s", ([1, 2],))
    attempt("a string", session.execute, select, "1")
    attempt("a number", session.execute, select, 1)
    attempt("none", session.execute, select, None)
    attempt("empty", lambda: session.execute("SELECT k FROM t WHERE k = 1", ()).all())
    attempt("a generator", lambda: session.execute(select, (number for number in [1])).all())
    attempt("a set", lambda: session.execute(select, {1}).all())

    class Mine:
        pass

    session.encoder.mapping[Mine] = lambda value: "7"
    session.execute("INSERT INTO t (k, v) VALUES (%s, %s)", (Mine(), "mine"))
    show("mine", session.execute("SELECT v FROM t WHERE k = 7").one())
    prepared = session.prepare("INSERT INTO t (k, v, l, n) VALUES (:k, :v, :l, :n)")
    session.execute(prepared, {"k": 9, "v": "named", "l": [1], "n": {"a": 1}})
    attempt("missing", lambda: session.execute(prepared, {"k": 10}).all())
    attempt("extra", lambda: session.execute(prepared, {"k": 10, "v": "a", "l": None, "n": None, "zzz": 1}).all())
    show("rows", session.execute("SELECT * FROM t WHERE k IN (9, 10)").all())
    show("prepared", str(prepared)[:60], prepared.query_string, [column.name for column in prepared.column_metadata])
    show("routing", prepared.routing_key_indexes)
    bound = prepared.bind({"k": 1, "v": "x", "l": [1, 2], "n": {"a": 5}})
    show("bound", str(bound), bound.values, bound.routing_key, bound.keyspace, bound.prepared_statement is prepared)
    twice = session.prepare("SELECT * FROM t WHERE k = ?").bind([1])
    show("again", twice.bind([2]) is twice, twice.values)
