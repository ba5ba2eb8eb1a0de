"""`cassandra.metadata`: objects that a program makes itself, and the CQL that they become."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from cassandra.metadata import (
    Aggregate,
    ColumnMetadata,
    EdgeMetadata,
    Function,
    IndexMetadata,
    KeyspaceMetadata,
    LocalStrategy,
    MaterializedViewMetadata,
    Murmur3Token,
    NetworkTopologyStrategy,
    RegisteredTableExtension,
    ReplicationFactor,
    ReplicationStrategy,
    SimpleStrategy,
    TableMetadata,
    TableMetadataDSE68,
    TableMetadataV3,
    TokenMap,
    TriggerMetadata,
    UserType,
    VertexMetadata,
    _RegisteredExtensionType,
    _UnknownStrategy,
    get_schema_parser,
)
from cassandra.pool import Host


def column(table: Any, name: str, cql_type: str = "int", **more: Any) -> ColumnMetadata:
    made = ColumnMetadata(table, name, cql_type, **more)
    table.columns[name] = made
    return made


def table(name: str = "t") -> TableMetadata:
    made = TableMetadataV3("ks", name)
    made.partition_key = [column(made, "a"), column(made, "B")]
    made.clustering_key = [column(made, "c", is_reversed=True)]
    column(made, "z", "frozen<list<int>>")
    column(made, "d", is_static=True)
    return made


class TestTables:
    def test_on_one_line_and_on_many(self) -> None:
        made = table()
        made.options = {"comment": "it's", "gc": 5, "cdc": True, "chance": 0.1, "none": None, "map": {"n": 1, "b": "'"}}
        assert made.as_cql_query() == (
            'CREATE TABLE ks.t (a int, "B" int, c int, z frozen<list<int>>, d int static, PRIMARY KEY ((a, "B"), c)) '
            "WITH CLUSTERING ORDER BY (c DESC) AND cdc = true AND chance = 0.1 AND comment = 'it''s' AND gc = 5 "
            "AND map = {'n': '1', 'b': ''''}"
        )
        assert made.export_as_string().startswith('CREATE TABLE ks.t (\n    a int,\n    "B" int,\n    c int,\n')
        assert made.export_as_string().endswith("\n    AND gc = 5\n    AND map = {'n': '1', 'b': ''''};")

    def test_what_is_on_a_table(self) -> None:
        made = TableMetadataV3("ks", "t")
        made.partition_key = [column(made, "k")]
        made.indexes["i"] = IndexMetadata("ks", "t", "i", "COMPOSITES", {"target": "values(c)"})
        made.triggers["T"] = TriggerMetadata(made, "T", {"class": "org.x.Y"})
        view = MaterializedViewMetadata("ks", "v", "t", True, "k IS NOT NULL")
        view.partition_key = [column(view, "k")]
        made.views["v"] = view
        assert made.export_as_string() == (
            "CREATE TABLE ks.t (\n    k int PRIMARY KEY\n);\n"
            "CREATE INDEX i ON ks.t (values(c));\n"
            "CREATE TRIGGER \"T\" ON ks.t USING 'org.x.Y';\n\n"
            "CREATE MATERIALIZED VIEW ks.v AS\n    SELECT *\n    FROM ks.t\n    WHERE k IS NOT NULL\n"
            "    PRIMARY KEY (k);"
        )

    def test_masked_columns(self) -> None:
        made = TableMetadataV3("ks", "t")
        made.partition_key = [column(made, "k")]
        column(made, "secret", "text").mask = "system.mask_default()"
        assert "secret text MASKED WITH system.mask_default()" in made.as_cql_query()

    def test_what_is_virtual_or_incomplete_is_a_comment(self) -> None:
        made = TableMetadataV3("ks", "t", virtual=True)
        made.partition_key = [column(made, "k")]
        assert made.export_as_string() == (
            "/*\nWarning: Table ks.t is a virtual table and cannot be recreated with CQL.\n"
            "Structure, for reference:\nVIRTUAL TABLE ks.t (\n    k int PRIMARY KEY\n);\n*/"
        )
        made.virtual = False
        try:
            raise ValueError("broken row")
        except ValueError:
            made._exc_info = sys.exc_info()
        text = made.export_as_string()
        assert text.startswith("/*\nWarning: Table ks.t is incomplete because of an error processing metadata.\n")
        assert "ValueError: broken row" in text
        assert text.endswith("CREATE TABLE ks.t (\n    k int PRIMARY KEY\n);\n*/")

    def test_extensions_have_a_word(self) -> None:
        class Extension(RegisteredTableExtension):
            name = "theirs"

            @classmethod
            def after_table_cql(cls, table_meta: Any, ext_key: Any, ext_blob: Any) -> str:
                return f"-- {table_meta.name} {ext_key} {ext_blob!r}"

        try:
            made = table()
            before = made.export_as_string()
            made.extensions = {"others": b"?", "theirs": b"!"}
            assert made.export_as_string() == before + "\n\n-- t theirs b'!'"
        finally:
            del _RegisteredExtensionType._extension_registry["theirs"]

    @pytest.mark.parametrize("attribute", ["columns", "partition_key", "options"])
    def test_nonsense_is_an_error(self, attribute: str) -> None:
        made = table()
        setattr(made, attribute, 5)
        with pytest.raises((AttributeError, TypeError)):
            made.as_cql_query()


class TestGraphs:
    def test_vertices_and_edges(self) -> None:
        made = TableMetadataDSE68("ks", "t")
        made.partition_key = [column(made, "k")]
        made.vertex = VertexMetadata("ks", "t", "La")
        assert made.as_cql_query() == 'CREATE TABLE ks.t (k int PRIMARY KEY) WITH VERTEX LABEL "La"'
        made.vertex = None
        made.options = {"comment": "x"}
        made.edge = EdgeMetadata("ks", "t", "e", "a", "From", ["p", "Q"], ["c"], "b", "to", ["x"], [])
        assert made.as_cql_query() == (
            "CREATE TABLE ks.t (k int PRIMARY KEY) WITH comment = 'x' "
            'AND EDGE LABEL e FROM "From"((p, "Q"), c) TO "to"(x)'
        )


class TestIndexes:
    def test_custom_ones(self) -> None:
        options = {"target": "v", "class_name": "sai", "similarity_function": "it's"}
        assert IndexMetadata("ks", "T", "i", "CUSTOM", options).export_as_string() == (
            "CREATE CUSTOM INDEX i ON ks.\"T\" (v) USING 'sai' WITH OPTIONS = {'similarity_function': 'it''s'};"
        )

    def test_without_a_target(self) -> None:
        with pytest.raises(KeyError, match="target"):
            IndexMetadata("ks", "t", "i", "KEYS", {}).as_cql_query()


def function(**more: Any) -> Function:
    given: dict[str, Any] = {
        "keyspace": "ks",
        "name": "F",
        "argument_types": ["int", "frozen<tuple<int, text>>"],
        "argument_names": ["x", "Y"],
        "return_type": "frozen<list<int>>",
        "language": "java",
        "body": "return 1;",
        "called_on_null_input": False,
        "deterministic": False,
        "monotonic": False,
        "monotonic_on": (),
    }
    return Function(**{**given, **more})


class TestFunctions:
    def test_a_function(self) -> None:
        assert function().as_cql_query() == (
            'CREATE FUNCTION ks."F"(x int, "Y" tuple<int, text>) RETURNS NULL ON NULL INPUT RETURNS list<int> '
            "LANGUAGE java AS $$return 1;$$"
        )
        assert function().signature == "F(int,frozen<tuple<int, text>>)"

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"called_on_null_input": True}, ") CALLED ON NULL INPUT "),
            ({"deterministic": True}, " DETERMINISTIC LANGUAGE"),
            ({"monotonic": True, "monotonic_on": ["x"]}, " MONOTONIC LANGUAGE"),
            ({"monotonic_on": ["Y"]}, ' MONOTONIC ON "Y" LANGUAGE'),
            ({"monotonic_on": False}, " RETURNS list<int> LANGUAGE"),
            ({"argument_names": None, "argument_types": []}, ' ks."F"() '),
            ({"body": "a $$ b's"}, "AS 'a $$ b''s'"),
        ],
    )
    def test_what_it_may_say(self, more: dict[str, Any], said: str) -> None:
        assert said in function(**more).as_cql_query()

    def test_an_aggregate(self) -> None:
        made = Aggregate("ks", "total", ["int"], "Plus", "frozen<list<int>>", None, "[]", "int", True)
        assert made.export_as_string() == (
            'CREATE AGGREGATE ks.total(int)\n    SFUNC "Plus"\n    STYPE list<int>\n    INITCOND []\n    DETERMINISTIC;'
        )
        assert made.signature == "total(int)"


class TestKeyspaces:
    def test_types_in_the_order_of_need(self) -> None:
        made = KeyspaceMetadata("ks", True, "SimpleStrategy", {"replication_factor": 3})
        made.user_types["a"] = UserType("ks", "a", ["f"], ["frozen<c>"])
        made.user_types["b"] = UserType("ks", "b", ["f", "g"], ["int", "list<frozen<a>>"])
        made.user_types["c"] = UserType("ks", "c", ["f"], ["int"])
        made.tables["t"] = table()
        text = made.export_as_string()
        assert text.startswith(
            "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '3'}  "
            "AND durable_writes = true;\n\nCREATE TYPE ks.c (\n"
        )
        places = [text.index(f"CREATE TYPE ks.{name}") for name in "cab"]
        assert places == sorted(places)
        strings: list[str] = []
        types = dict(made.user_types)
        made.resolve_user_types("a", types, strings)
        assert [string.split()[2] for string in strings] == ["ks.c", "ks.a"]
        assert set(types) == {"b"}

    def test_a_strategy_that_nobody_knows(self) -> None:
        made = KeyspaceMetadata("Ks", False, "org.x.Ours", {"a": "b"})
        assert made.as_cql_query() == (
            "CREATE KEYSPACE \"Ks\" WITH replication = {'class': 'org.x.Ours', 'a': 'b'}  AND durable_writes = false"
        )

    def test_virtual_ones(self) -> None:
        made = KeyspaceMetadata("system_views", None, None, None)
        made.virtual = True
        assert made.as_cql_query() == "// VIRTUAL KEYSPACE system_views"
        assert made.export_as_string().startswith("/*\nWarning: Keyspace system_views is a virtual keyspace and cannot")


class TestStrategies:
    @pytest.mark.parametrize(
        ("name", "options", "expected"),
        [
            ("SimpleStrategy", {"replication_factor": "3/1"}, SimpleStrategy({"replication_factor": "3/1"})),
            ("org.apache.cassandra.locator.LocalStrategy", {}, LocalStrategy({})),
            ("NetworkTopologyStrategy", {"dc": 2}, NetworkTopologyStrategy({"dc": "2"})),
            ("Everywhere", {"a": 1}, _UnknownStrategy("Everywhere", {"a": 1})),
            ("SimpleStrategy", {}, None),
            ("SimpleStrategy", {"replication_factor": "many"}, None),
            ("NetworkTopologyStrategy", {"dc": "x"}, None),
            ("", {}, None),
            (None, None, None),
        ],
    )
    def test_of_a_class_and_options(self, name: Any, options: Any, expected: Any) -> None:
        assert ReplicationStrategy.create(name, options) == expected

    def test_factors(self) -> None:
        factor = ReplicationFactor.create("5/2")
        assert (factor.all_replicas, factor.full_replicas, factor.transient_replicas, str(factor)) == (5, 3, 2, "5/2")
        for text in ("3/", "a/1", "a", ""):
            with pytest.raises(ValueError, match="replication factor"):
                ReplicationFactor.create(text)

    def test_transient_copies_are_described_and_not_asked(self) -> None:
        strategy = NetworkTopologyStrategy({"b": "3/1", "a": "2"})
        assert strategy.dc_replication_factors == {"a": 2, "b": 2}
        assert strategy.export_for_schema() == "{'class': 'NetworkTopologyStrategy', 'a': '2', 'b': '3/1'}"


def ring(places: list[tuple[int, str, str]]) -> tuple[dict[Any, Host], list[Any], dict[str, Host]]:
    """Tokens 0, 10, … with their owners, given as (host, datacenter, rack)."""
    hosts: dict[str, Host] = {}
    owners: dict[Any, Host] = {}
    for place, (number, datacenter, rack) in enumerate(places):
        name = f"127.0.0.{number}"
        host = hosts.setdefault(name, Host(name, datacenter=datacenter, rack=rack))
        owners[Murmur3Token(place * 10)] = host
    return owners, sorted(owners), hosts


class TestRings:
    def test_racks_are_spread_over_and_then_filled(self) -> None:
        owners, tokens, hosts = ring([(1, "a", "r1"), (2, "a", "r1"), (3, "b", "r1"), (4, "a", "r2"), (5, "a", "r2")])
        placed = NetworkTopologyStrategy({"a": 3, "b": 2, "c": 1}).make_token_replica_map(owners, tokens)

        def at(place: int) -> list[str]:
            return [host.address.rpartition(".")[2] for host in placed[tokens[place]]]

        # From the token on: 1, then 4 of the other rack, then 2 that had to stand back; one of b, where there is one.
        assert at(0) == ["1", "4", "2", "3"]
        assert at(2) == ["4", "1", "5", "3"]
        assert at(4) == ["5", "1", "2", "3"]
        assert len(hosts) == 5

    def test_the_next_hosts_whatever_their_racks(self) -> None:
        owners, tokens, _ = ring([(1, "a", "r"), (1, "a", "r"), (2, "a", "r"), (3, "a", "r")])
        placed = SimpleStrategy({"replication_factor": 2}).make_token_replica_map(owners, tokens)
        assert [host.address for host in placed[tokens[0]]] == ["127.0.0.1", "127.0.0.2"]
        assert [host.address for host in placed[tokens[3]]] == ["127.0.0.3", "127.0.0.1"]
        more = SimpleStrategy({"replication_factor": 1500}).make_token_replica_map(owners, tokens)
        assert all(len(hosts) == 3 for hosts in more.values())

    def test_a_token_belongs_to_the_next_on_the_ring(self) -> None:
        owners, tokens, _ = ring([(1, "a", "r"), (2, "a", "r"), (3, "a", "r")])
        keyspace = KeyspaceMetadata("ks", True, "SimpleStrategy", {"replication_factor": 1})

        class Known:
            keyspaces = {"ks": keyspace}  # noqa: RUF012 - one test's

        ringed = TokenMap(Murmur3Token, owners, tokens, Known())

        def owner(token: int) -> str:
            return str(ringed.get_replicas("ks", Murmur3Token(token))[0].address)

        assert [owner(token) for token in (-5, 0, 1, 10, 15, 20, 21)] == [
            f"127.0.0.{number}" for number in (1, 1, 2, 2, 3, 3, 1)
        ]
        assert ringed.get_replicas("nowhere", Murmur3Token(0)) == []
        keyspace.replication_strategy = SimpleStrategy({"replication_factor": 2})
        assert len(ringed.get_replicas("ks", Murmur3Token(0))) == 2, "a strategy that was changed counts"


def test_parsers_by_version() -> None:
    def name(*versions: Any) -> str:
        return type(get_schema_parser(None, *versions, 1)).__name__

    assert [name(version, None) for version in ("2.1.0", "3.11.4", "4.0-beta1", "5.0.6")] == [
        "SchemaParserV22",
        "SchemaParserV3",
        "SchemaParserV4",
        "SchemaParserV4",
    ]
    assert name("4.0.0", "6.8.1") == "SchemaParserDSE68"
