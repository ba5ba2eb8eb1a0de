"""The schema of a real Cassandra, described: a server that runs the description describes the same again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cassandra.cluster import Cluster, Session

from tests.support.nodes import Nodes

STATEMENTS = """
CREATE KEYSPACE rich WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1} \
AND durable_writes = false
CREATE TYPE rich.zed (a int, b text)
CREATE TYPE rich.address (street text, zip frozen<zed>, tags set<text>)
CREATE TYPE rich."Person" (name text, homes list<frozen<address>>, vec vector<float, 3>, t tuple<int, frozen<zed>>)
CREATE TYPE rich.aaa (first frozen<"Person">, "int" int)
CREATE TABLE rich.plain (a text PRIMARY KEY, b text, c int)
CREATE TABLE rich."OddName" ("Key" int, "select" text, "C1" timeuuid, c2 int, st text STATIC, PRIMARY KEY \
(("Key", "select"), "C1", c2)) WITH CLUSTERING ORDER BY ("C1" DESC, c2 ASC) AND comment = 'it''s odd' \
AND gc_grace_seconds = 100 AND default_time_to_live = 3600 AND speculative_retry = '95p' AND read_repair = 'NONE' \
AND caching = {'keys': 'NONE', 'rows_per_partition': '10'} AND bloom_filter_fp_chance = 0.2 AND crc_check_chance = 0.5
CREATE TABLE rich.types (pk frozen<address>, c ascii, a1 bigint, a2 blob, a3 boolean, a4 date, a5 decimal, a6 double, \
a7 duration, a8 float, a9 inet, b1 smallint, b2 time, b3 timestamp, b4 tinyint, b5 uuid, b6 varchar, b7 varint, \
b8 list<int>, b9 set<frozen<list<text>>>, c1 map<text, frozen<address>>, c2 frozen<map<int, text>>, \
c3 tuple<int, text>, c4 zed, c5 frozen<"Person">, c6 vector<float, 4>, c7 vector<text, 2>, PRIMARY KEY (pk, c)) \
WITH compaction = {'class': 'LeveledCompactionStrategy', 'sstable_size_in_mb': '100'} \
AND compression = {'enabled': 'false'}
CREATE TABLE rich.counts (a int, b int, c counter, d counter, PRIMARY KEY (a, b))
CREATE TABLE rich.more (a int PRIMARY KEY) WITH incremental_backups = false AND allow_auto_snapshot = false
CREATE TABLE rich.dropped (a int PRIMARY KEY, b int, c text, d list<int>)
ALTER TABLE rich.dropped DROP b
ALTER TABLE rich.dropped DROP d
CREATE TABLE rich.masked (a int PRIMARY KEY, b text MASKED WITH mask_inner(1, null, '#'), c text MASKED WITH DEFAULT, \
d timestamp MASKED WITH mask_replace('2020-01-01'), e uuid MASKED WITH mask_null())
CREATE TABLE rich.indexed (a int, b int, c map<text, int>, d frozen<list<int>>, e text, f set<int>, \
v vector<float, 3>, "Q" text, PRIMARY KEY (a, b))
CREATE INDEX i_keys ON rich.indexed (keys(c))
CREATE INDEX i_values ON rich.indexed (values(c))
CREATE INDEX i_entries ON rich.indexed (entries(c))
CREATE INDEX i_full ON rich.indexed (full(d))
CREATE INDEX "I_Q" ON rich.indexed ("Q")
CREATE INDEX i_b ON rich.indexed (b)
CREATE INDEX i_sai ON rich.indexed (e) USING 'sai' WITH OPTIONS = {'case_sensitive': 'false', 'normalize': 'true'}
CREATE CUSTOM INDEX i_ann ON rich.indexed (v) USING 'StorageAttachedIndex' \
WITH OPTIONS = {'similarity_function': 'dot_product'}
CREATE TABLE rich.base (a int, b int, c text, d text, PRIMARY KEY (a, b))
CREATE MATERIALIZED VIEW rich.aa_view AS SELECT * FROM rich.base WHERE a IS NOT NULL AND b IS NOT NULL \
AND c IS NOT NULL PRIMARY KEY ((c), a, b) WITH CLUSTERING ORDER BY (a DESC, b ASC) AND comment = 'a view'
CREATE MATERIALIZED VIEW rich."SomeColumns" AS SELECT a, b, d FROM rich.base WHERE a IS NOT NULL AND b IS NOT NULL \
AND d IS NOT NULL PRIMARY KEY (b, a, d)
CREATE FUNCTION rich.plus(x int, y int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS 'return x + y;'
CREATE FUNCTION rich.plus(x bigint, y bigint) RETURNS NULL ON NULL INPUT RETURNS bigint LANGUAGE java \
AS 'return x + y;'
CREATE FUNCTION rich."Fn"("X" text) CALLED ON NULL INPUT RETURNS text LANGUAGE java AS $$ return "a'b" + X; $$
CREATE FUNCTION rich.dollars(x text) CALLED ON NULL INPUT RETURNS text LANGUAGE java AS 'return "$$" + x;'
CREATE FUNCTION rich.of_type(p address) CALLED ON NULL INPUT RETURNS address LANGUAGE java AS 'return p;'
CREATE FUNCTION rich.nothing() CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return 1;'
CREATE FUNCTION rich.step(s tuple<int, bigint>, y int) CALLED ON NULL INPUT RETURNS tuple<int, bigint> \
LANGUAGE java AS 'return s;'
CREATE FUNCTION rich.finish(s tuple<int, bigint>) CALLED ON NULL INPUT RETURNS double LANGUAGE java AS 'return 1.0;'
CREATE AGGREGATE rich.aa_total(int) SFUNC plus STYPE int INITCOND 0
CREATE AGGREGATE rich.average(int) SFUNC step STYPE tuple<int, bigint> FINALFUNC finish INITCOND (0, 0)
CREATE TABLE rich.compact (a int, b int, c int, PRIMARY KEY (a, b)) WITH COMPACT STORAGE
CREATE TABLE rich.compact_key (a int, b int, PRIMARY KEY (a, b)) WITH COMPACT STORAGE
CREATE TABLE rich.compact_static (a int PRIMARY KEY, b int, c text) WITH COMPACT STORAGE
"""

COUNTS = {"tables": 12, "views": 2, "indexes": 8, "user_types": 4, "functions": 8, "aggregates": 2}


@pytest.fixture(scope="module")
def cluster(node: Nodes) -> Iterator[Cluster]:
    with Cluster(node.contact_points, port=node.port, control_connection_timeout=20) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def session(cluster: Cluster) -> Iterator[Session]:
    session = cluster.connect()
    session.default_timeout = 60
    session.execute("DROP KEYSPACE IF EXISTS rich")
    for statement in STATEMENTS.strip().splitlines():
        session.execute(statement)
    yield session
    session.execute("DROP KEYSPACE IF EXISTS rich")


def as_the_server_says(session: Session) -> dict[tuple[str, str], str]:
    """What DESCRIBE says, by type and name. The mark of what it takes for no CQL stays."""
    rows = session.execute("DESCRIBE KEYSPACE rich")
    return {(row.type, row.name): row.create_statement for row in rows}


def statements(described: str) -> list[str]:
    """A description in its statements: bodies of functions have semicolons of their own."""
    found: list[str] = re.split(r";\n+(?=CREATE )", described.rstrip().removesuffix(";"))
    return found


def test_a_description_makes_the_same_again(session: Session, cluster: Cluster) -> None:
    keyspace = cluster.metadata.keyspaces["rich"]
    assert {kind: len(getattr(keyspace, kind)) for kind in COUNTS} == COUNTS
    described, said = keyspace.export_as_string(), as_the_server_says(session)
    assert len(statements(described)) == 1 + sum(COUNTS.values())

    session.execute("DROP KEYSPACE rich")
    assert "rich" not in cluster.metadata.keyspaces
    for statement in statements(described):
        session.execute(statement)
    assert cluster.metadata.keyspaces["rich"].export_as_string() == described
    assert as_the_server_says(session) == said

    # Nor does it matter who has heard of it how.
    cluster.refresh_schema_metadata()
    assert cluster.metadata.keyspaces["rich"].export_as_string() == described
    with Cluster(cluster.contact_points, port=cluster.port) as other:
        other.connect()
        assert other.metadata.keyspaces["rich"].export_as_string() == described


def test_each_object_alone_makes_itself_again(session: Session, cluster: Cluster) -> None:
    keyspace = cluster.metadata.keyspaces["rich"]
    for name in ("OddName", "types", "masked", "indexed", "more", "compact", "compact_static"):
        table = keyspace.tables[name]
        for formatted in (False, True):
            session.execute(f'DROP TABLE rich."{name}"')
            assert name not in keyspace.tables
            session.execute(table.as_cql_query(formatted=formatted))
            assert keyspace.tables[name].as_cql_query() == table.as_cql_query()
        for index in table.indexes.values():
            session.execute(index.as_cql_query())
        assert keyspace.tables[name].export_as_string() == table.export_as_string()


def test_changes_of_every_kind_are_seen_at_once(session: Session, cluster: Cluster) -> None:
    keyspace = cluster.metadata.keyspaces["rich"]
    session.execute("CREATE TYPE rich.fresh (a int)")
    session.execute("ALTER TYPE rich.fresh ADD b text")
    assert keyspace.user_types["fresh"].field_names == ["a", "b"]
    session.execute("DROP TYPE rich.fresh")
    assert "fresh" not in keyspace.user_types
    body = "CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return x;'"
    session.execute(f"CREATE FUNCTION rich.fresh(x int, y int) {body}")
    session.execute("CREATE AGGREGATE rich.fresh_total(int) SFUNC fresh STYPE int")
    assert keyspace.functions["fresh(int,int)"].argument_names == ["x", "y"]
    assert keyspace.aggregates["fresh_total(int)"].state_func == "fresh"
    session.execute("DROP AGGREGATE rich.fresh_total")
    session.execute("DROP FUNCTION rich.fresh")
    assert "fresh(int,int)" not in keyspace.functions
    session.execute("ALTER TABLE rich.base ADD later int")
    base = keyspace.tables["base"]
    assert "later" in base.columns
    assert "later" in base.views["aa_view"].columns
    assert base.views["aa_view"] is keyspace.views["aa_view"]
    session.execute("CREATE INDEX later_index ON rich.base (later)")
    assert keyspace.tables["base"].indexes["later_index"] is keyspace.indexes["later_index"]
    session.execute("DROP INDEX rich.later_index")
    assert "later_index" not in keyspace.indexes
    session.execute("ALTER TABLE rich.base WITH gc_grace_seconds = 77")
    assert keyspace.tables["base"].options["gc_grace_seconds"] == 77
    session.execute("ALTER KEYSPACE rich WITH durable_writes = true")
    assert cluster.metadata.keyspaces["rich"].durable_writes
    assert cluster.metadata.keyspaces["rich"].tables is keyspace.tables


def test_virtual_keyspaces_are_comments(cluster: Cluster, session: Session) -> None:
    views = cluster.metadata.keyspaces["system_views"]
    assert views.virtual
    clients = views.tables["clients"]
    assert [column.name for column in clients.primary_key] == ["address", "port"]
    assert clients.export_as_string().startswith("/*\nWarning: Table system_views.clients is a virtual table")
    assert isinstance(cluster.metadata.export_schema_as_string(), str)


def test_the_ring_and_the_engine_agree(cluster: Cluster, session: Session) -> None:
    ring = cluster.metadata.token_map
    assert ring is not None
    assert len(ring.ring) == 16
    for key in (b"a", b"b", b"c"):
        token = ring.token_class.from_key(key)
        assert ring.get_replicas("rich", token) == cluster.metadata.get_replicas("rich", key)
