"""Every CQL type written and read back equal: on protocol versions 3, 4 and 5, plain and with each compression."""

import datetime
import decimal
import uuid
from collections import namedtuple

from cassandra.cluster import Cluster
from cassandra.util import Date, Duration, Time, sortedset
from node import CONTACT_POINTS, CREATE_KEYSPACE, KEYSPACE, PORT, auth_provider

Address = namedtuple("Address", "street number tags")

# Column type and the values that make the trip: ordinary ones, limits, and what often goes wrong.
TYPES = {
    "ascii": ["", "plain"],
    "bigint": [0, 2**63 - 1, -(2**63)],
    "blob": [b"", bytes(range(256))],
    "boolean": [True, False],
    "date": [Date(datetime.date(1970, 1, 1)), Date(datetime.date(1582, 10, 15)), Date(2**31 - 1), Date(-(2**31))],
    "decimal": [decimal.Decimal("0"), decimal.Decimal("-1.50"), decimal.Decimal("1E+40"), decimal.Decimal("1E-40")],
    "double": [0.0, -1.5, 1.7976931348623157e308, float("inf")],
    "duration": [Duration(0, 0, 0), Duration(14, 3, 5_000_000_000), Duration(-1, -2, -3)],
    "float": [0.0, 0.5, -3.4028234663852886e38],
    "inet": ["127.0.0.1", "2001:db8::1"],
    "int": [0, 2**31 - 1, -(2**31)],
    "smallint": [0, 2**15 - 1, -(2**15)],
    "text": ["", "O'Hara \N{SNOWMAN} \N{GRINNING FACE}"],
    "time": [Time(0), Time(86_399_999_999_999)],
    "timestamp": [datetime.datetime(1970, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999000)],
    "timeuuid": [uuid.UUID("8a3a2f10-c8e1-11ee-8080-808080808080")],
    "tinyint": [0, 127, -128],
    "uuid": [uuid.UUID(int=0), uuid.UUID("12345678-1234-4678-9234-567812345678")],
    "varchar": ["another name of text"],
    "varint": [0, -1, 128, 2**200, -(2**200)],
    "list<int>": [[3, 1, 2, 1]],
    "set<text>": [sortedset(["b", "a"])],
    "map<text, int>": [{"one": 1, "two": 2}],
    "frozen<list<frozen<set<int>>>>": [[sortedset([2, 1]), sortedset()]],
    "tuple<int, text, boolean>": [(1, "one", None)],
    "frozen<address>": [Address("Main Street", 7, sortedset(["home"])), Address("Nowhere", None, None)],
    "list<frozen<address>>": [[Address("Main Street", 7, sortedset(["home", "work"]))]],
    "vector<float, 3>": [[0.0, 0.5, -1.0]],
    "vector<text, 2>": [["of variable", "size"]],
    "'LexicalUUIDType'": [uuid.UUID("12345678-1234-4678-9234-567812345678").bytes],  # a custom type: bytes
}
COMPRESSIONS = {3: (False, "lz4", "snappy"), 4: (False, "lz4", "snappy"), 5: (False, "lz4")}


def create(session):
    session.execute(CREATE_KEYSPACE)
    session.set_keyspace(KEYSPACE)
    session.execute("DROP TABLE IF EXISTS every_type")
    session.execute("DROP TABLE IF EXISTS counters")
    session.execute("DROP TYPE IF EXISTS address")
    session.execute("CREATE TYPE address (street text, number int, tags frozen<set<text>>)")
    columns = ", ".join(f"c{number} {name}" for number, name in enumerate(TYPES))
    session.execute(f"CREATE TABLE every_type (id int PRIMARY KEY, {columns})")
    session.execute("CREATE TABLE counters (id text PRIMARY KEY, c counter)")


def rows():
    """Rows that have each value of each type once; the first row is all nulls."""
    yield [None] * len(TYPES)
    for turn in range(max(map(len, TYPES.values()))):
        yield [values[turn % len(values)] for values in TYPES.values()]


def same(written, read):
    if isinstance(written, dict):
        return dict(read.items()) == written
    if isinstance(read, tuple) and isinstance(written, tuple):
        return len(read) == len(written) and all(map(same, written, read))
    return read == written and (not isinstance(written, float) or type(read) is float)


def check_compression(session, name, compression):
    """Ask the server what it has agreed on with our connections. It tells since Cassandra 5.0."""
    clients = session.execute("SELECT * FROM system_views.clients").all()
    if "client_options" not in clients[0]._fields:
        return
    options = [dict((client.client_options or {}).items()) for client in clients]
    agreed = {told.get("COMPRESSION") for told in options if told.get("APPLICATION_NAME") == name}
    if agreed != {compression or None}:
        raise AssertionError(f"{name}: the server says that compression is {agreed}")


def round_trip(protocol_version, compression):
    name = f"every type, protocol {protocol_version}, {compression or 'plain'}"
    cluster = Cluster(
        CONTACT_POINTS,
        port=PORT,
        auth_provider=auth_provider(),
        protocol_version=protocol_version,
        compression=compression,
        application_name=name,
    )
    session = cluster.connect(KEYSPACE)
    check_compression(session, name, compression)
    session.execute("TRUNCATE every_type")
    markers = ", ".join("?" for _ in TYPES)
    names = ", ".join(f"c{number}" for number in range(len(TYPES)))
    insert = session.prepare(f"INSERT INTO every_type (id, {names}) VALUES (?, {markers})")
    select = session.prepare(f"SELECT {names} FROM every_type WHERE id = ?")
    values = 0
    for key, written in enumerate(rows()):
        session.execute(insert, (key, *written))
        read = session.execute(select, (key,)).one()
        for cql_type, before, after in zip(TYPES, written, read, strict=True):
            expected = sortedset() if before == sortedset() and after is None else before
            if not (after is None if before is None else same(expected, after)):
                raise AssertionError(f"protocol {protocol_version}, {cql_type}: wrote {before!r}, read {after!r}")
            values += 1
    counter = f"v{protocol_version} {compression}"
    update = session.prepare("UPDATE counters SET c = c + ? WHERE id = ?")
    for step in (2**62, -1):
        session.execute(update, (step, counter))
    assert session.execute("SELECT c FROM counters WHERE id = %s", (counter,)).one().c == 2**62 - 1
    cluster.shutdown()
    return values + 1


def main():
    cluster = Cluster(CONTACT_POINTS, port=PORT, auth_provider=auth_provider())
    create(cluster.connect())
    cluster.shutdown()
    total = 0
    for version, compressions in COMPRESSIONS.items():
        for compression in compressions:
            values = round_trip(version, compression)
            print(f"protocol {version}, {compression or 'plain':6}: {values} values of {len(TYPES) + 1} types equal")
            total += values
    print(f"done: {len(TYPES) + 1} types, {total} values written and read back equal on protocol 3, 4 and 5")


main()
