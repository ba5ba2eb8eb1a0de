"""Values of every type, as parameters and bound, and how they look when they are read."""

import datetime
import decimal
import ipaddress
import uuid

from cassandra.util import Date, Duration, Time, sortedset

from tests.server.side_by_side.stage import attempt, connected, show

UTC2 = datetime.timezone(datetime.timedelta(hours=2))
VALUES = {
    "ascii": ["a", ""],
    "bigint": [2**63 - 1, -(2**63)],
    "blob": [b"\x00\xff", b"", bytearray(b"ab"), memoryview(b"cd")],
    "boolean": [True, False],
    "date": [datetime.date(2020, 2, 29), Date(0), Date("1970-01-02"), datetime.datetime(2021, 1, 1, 5)],
    "decimal": [decimal.Decimal("1.25")],
    "double": [1.5, 1, float("inf"), 1e-300],
    "duration": [Duration(1, 2, 3), Duration(-1, 0, -5)],
    "float": [1.5, 0.1],
    "inet": ["127.0.0.1", "::1", ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("2001:db8::1")],
    "int": [2**31 - 1, -5],
    "smallint": [-(2**15)],
    "text": ["", "ünï 'quoted' %s", "\U0001f600"],
    "time": [Time("12:34:56.789"), datetime.time(1, 2, 3, 4), 5],
    "timestamp": [
        datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
        datetime.date(2020, 1, 2),
        1500000000000,
        datetime.datetime(2020, 1, 2, tzinfo=UTC2),
    ],
    "timeuuid": [uuid.UUID("13814000-1dd2-11b2-8080-808080808080")],
    "tinyint": [-128, 127],
    "uuid": [uuid.UUID(int=5)],
    "varint": [10**30, -1, 0],
    "list<int>": [[1, 2, 2], (3,), []],
    "set<text>": [{"b", "a"}, set(), sortedset(["z", "y"]), frozenset("q")],
    "map<text, int>": [{"b": 1, "a": 2}, {}],
    "tuple<int, text, double>": [(1, "a", 1.0), (1, None, None), (2,)],
    "frozen<list<frozen<tuple<int, text>>>>": [[(1, "a"), (2, "b")]],
    "vector<float, 3>": [[1.0, 2.0, 3.5], (1, 2, 3)],
    "vector<text, 2>": [["a", "bc"]],
}
WRONG = ("a", 1.5, [1], {"a": 1}, object())


def described(value):
    return value, type(value).__name__, str(value)


with connected() as session:
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(VALUES))
    session.execute(f"CREATE TABLE t (k int PRIMARY KEY, {columns})")
    for number, (kind, values) in enumerate(VALUES.items()):
        insert = session.prepare(f"INSERT INTO t (k, c{number}) VALUES (?, ?)")
        select = session.prepare(f"SELECT c{number} FROM t WHERE k = ?")
        for value in [*values, None]:
            session.execute(insert, (1, value))
            result = session.execute(select, [1])
            show(f"{kind} {value!r}", described(result.one()[0]))
            text = f"INSERT INTO t (k, c{number}) VALUES (%s, %s)"
            stored = attempt("as text", lambda text=text, value=value: session.execute(text, (2, value)).all())
            if not isinstance(stored, Exception):
                show("as text", described(session.execute(select, [2]).one()[0]))
        column = result.column_types[0]
        show(f"{kind} is", column.cql_parameterized_type(), column.typename, column.__name__)
        wrong_ones = []
        for wrong in WRONG:
            try:
                insert.bind((0, wrong))
            except Exception:  # which class it is differs, on purpose
                wrong_ones.append(type(wrong).__name__)
        show(f"{kind} refuses", wrong_ones)
    session.execute("CREATE TABLE m (k int PRIMARY KEY, v map<frozen<set<int>>, frozen<list<text>>>)")
    session.execute("INSERT INTO m (k, v) VALUES (0, {{2, 1}: ['a'], {3}: []})")
    row = session.execute("SELECT * FROM m").one()
    show("nested", row.v, type(row.v).__name__, list(row.v.items()), row.v[{1, 2}], sortedset([3]) in row.v)
