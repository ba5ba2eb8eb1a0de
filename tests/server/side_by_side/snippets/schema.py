"""Metadata: hosts, keyspaces, tables, indexes, views, types, functions, and their CQL."""

from tests.server.side_by_side.stage import KEYSPACE, attempt, connected, show

with connected() as session:
    for text in (
        "CREATE TYPE address (street text, zipcode int)",
        "CREATE TABLE t (p1 int, p2 text, c1 int, c2 uuid, s text STATIC, v frozen<address>, l list<int>,"
        " m map<text, frozen<set<int>>>, PRIMARY KEY ((p1, p2), c1, c2))"
        " WITH CLUSTERING ORDER BY (c1 DESC, c2 ASC) AND comment = 'it''s one' AND gc_grace_seconds = 100",
        'CREATE TABLE "OddTable" ("The Key" int PRIMARY KEY, "select" text)',
        "CREATE TABLE counters (k int PRIMARY KEY, n counter)",
        "CREATE INDEX by_s ON t (s)",
        "CREATE INDEX ON t (keys(m))",
        "CREATE MATERIALIZED VIEW v AS SELECT p1, p2, c1, c2, l FROM t WHERE p1 IS NOT NULL AND p2 IS NOT NULL"
        " AND c1 IS NOT NULL AND c2 IS NOT NULL PRIMARY KEY (p2, p1, c1, c2)",
        "CREATE FUNCTION plus (a int, b int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS 'return a + b;'",
        "CREATE AGGREGATE total (int) SFUNC plus STYPE int INITCOND 0",
    ):
        attempt(text[:30], lambda text=text: session.execute(text, timeout=60).all())
    keyspace = session.cluster.metadata.keyspaces[KEYSPACE]
    show(
        "keyspace",
        keyspace.name,
        keyspace.durable_writes,
        str(keyspace.replication_strategy.export_for_schema()),
        keyspace.virtual,
    )
    show(
        "holds",
        sorted(keyspace.tables),
        sorted(keyspace.views),
        sorted(keyspace.user_types),
        sorted(keyspace.functions),
        sorted(keyspace.aggregates),
        sorted(keyspace.indexes),
    )
    table = keyspace.tables["t"]
    show(
        "table",
        table.name,
        table.keyspace_name,
        [c.name for c in table.partition_key],
        [c.name for c in table.clustering_key],
        [c.name for c in table.primary_key],
        sorted(table.columns),
    )
    for column in sorted(table.columns.values(), key=lambda column: column.name):
        show(column.name, column.cql_type, column.is_static, column.is_reversed, str(column), column.table is table)
    show(
        "options",
        table.options["comment"],
        table.options["gc_grace_seconds"],
        table.is_cql_compatible,
        sorted(table.indexes),
        sorted(table.views),
        dict(table.triggers),
        table.virtual,
    )
    for index in sorted(table.indexes.values(), key=lambda index: index.name):
        show("index", index.name, index.kind, dict(index.index_options), index.as_cql_query(), index.export_as_string())
    show("as cql", keyspace.tables["counters"].as_cql_query(formatted=True).split(" WITH ")[0])
    show("odd", keyspace.tables["OddTable"].as_cql_query().split(" WITH ")[0])
    view = keyspace.views["v"]
    show(
        "view",
        view.name,
        view.base_table_name,
        view.include_all_columns,
        view.where_clause,
        view.as_cql_query().split(" WITH ")[0],
    )
    function, aggregate = next(iter(keyspace.functions.values())), next(iter(keyspace.aggregates.values()))
    show(
        "function",
        function.name,
        function.signature,
        function.argument_names,
        function.return_type,
        function.language,
        function.body,
        function.called_on_null_input,
        function.as_cql_query(formatted=True),
    )
    show(
        "aggregate",
        aggregate.name,
        aggregate.signature,
        aggregate.state_func,
        aggregate.state_type,
        aggregate.final_func,
        aggregate.initial_condition,
        aggregate.return_type,
        aggregate.as_cql_query(),
    )
    show("type", keyspace.user_types["address"].as_cql_query(), keyspace.user_types["address"].export_as_string())
    show("keyspace as cql", keyspace.as_cql_query())
    exported = keyspace.export_as_string()
    show("export", sorted(line for line in exported.splitlines() if line.startswith("CREATE")))
    cluster = session.cluster
    show(
        "cluster",
        cluster.metadata.cluster_name,
        cluster.metadata.partitioner,
        len(cluster.metadata.all_hosts()),
        cluster.metadata.token_map is not None,
    )
    show("replicas", [host.address for host in cluster.metadata.get_replicas(KEYSPACE, b"\x00\x00\x00\x01")])
    show(
        "virtual",
        cluster.metadata.keyspaces["system_virtual_schema"].virtual,
        "clients" in cluster.metadata.keyspaces["system_views"].tables,
    )
    session.execute("ALTER TABLE t ADD extra text")
    show(
        "altered",
        "extra" in cluster.metadata.keyspaces[KEYSPACE].tables["t"].columns,
        cluster.metadata.keyspaces[KEYSPACE].tables["t"] is table,
    )
    session.execute("DROP INDEX by_s")
    show(
        "dropped",
        sorted(cluster.metadata.keyspaces[KEYSPACE].indexes),
        sorted(cluster.metadata.keyspaces[KEYSPACE].tables["t"].indexes),
    )
    cluster.refresh_table_metadata(KEYSPACE, "t")
    cluster.refresh_keyspace_metadata(KEYSPACE)
    cluster.refresh_schema_metadata()
    show("refreshed", sorted(cluster.metadata.keyspaces[KEYSPACE].tables))
    attempt("no such", cluster.refresh_table_metadata, KEYSPACE, "nothing")
    attempt("no keyspace", lambda: cluster.metadata.keyspaces["nothing"])
    session.execute("DROP MATERIALIZED VIEW v")
    session.execute("DROP TABLE t")
    show(
        "gone", sorted(cluster.metadata.keyspaces[KEYSPACE].tables), sorted(cluster.metadata.keyspaces[KEYSPACE].views)
    )
