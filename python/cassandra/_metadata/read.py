"""The schema out of the tables of `system_schema`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from cassandra._errors.driver import DriverException
from cassandra._metadata.keyspace import KeyspaceMetadata
from cassandra._metadata.table import (
    ColumnMetadata,
    IndexMetadata,
    MaterializedViewMetadata,
    Relation,
    TableMetadata,
)
from cassandra._metadata.user_type import UserType

log = logging.getLogger("cassandra.metadata")

Row = Mapping[str, Any]
Ask = Callable[[str], Sequence[Row]]

KINDS: Final = {"partition_key": 0, "clustering": 1, "static": 2}


def keyspaces(ask: Ask) -> dict[str, KeyspaceMetadata]:
    """All keyspaces, asked for by `ask(query)`, which gives rows as dicts."""
    found: dict[str, KeyspaceMetadata] = {}
    for row in ask("SELECT * FROM system_schema.keyspaces"):
        replication = dict(row["replication"])
        strategy = replication.pop("class", "")
        found[row["keyspace_name"]] = KeyspaceMetadata(
            row["keyspace_name"], row["durable_writes"], strategy, replication
        )
    for row in ask("SELECT * FROM system_schema.types"):
        if row["keyspace_name"] in found:
            made = UserType(row["keyspace_name"], row["type_name"], row["field_names"], row["field_types"])
            found[made.keyspace].user_types[made.name] = made
    relations: dict[tuple[str, str], Relation] = {}
    for row in ask("SELECT * FROM system_schema.tables"):
        if row["keyspace_name"] in found:
            table = TableMetadata(row["keyspace_name"], row["table_name"], options=options(row))
            found[table.keyspace_name].tables[table.name] = table
            relations[table.keyspace_name, table.name] = table
    for row in ask("SELECT * FROM system_schema.views"):
        if row["keyspace_name"] in found:
            put_view(found[row["keyspace_name"]], relations, row)
    put_columns(relations, ask("SELECT * FROM system_schema.columns"))
    for row in ask("SELECT * FROM system_schema.indexes"):
        if row["keyspace_name"] in found:
            put_index(found[row["keyspace_name"]], row)
    put_virtual(found, ask)
    return found


def options(row: Row) -> dict[str, Any]:
    """What a row says beside the names."""
    return {name: value for name, value in row.items() if name not in ("keyspace_name", "table_name", "view_name")}


def put_view(keyspace: KeyspaceMetadata, relations: dict[tuple[str, str], Relation], row: Row) -> None:
    """A materialized view, also known to its table."""
    view = MaterializedViewMetadata(
        keyspace.name,
        row["view_name"],
        row["base_table_name"],
        row["include_all_columns"],
        row["where_clause"],
        options(row),
    )
    keyspace.views[view.name] = view
    relations[keyspace.name, view.name] = view
    if view.base_table_name in keyspace.tables:
        keyspace.tables[view.base_table_name].views[view.name] = view


def put_index(keyspace: KeyspaceMetadata, row: Row) -> None:
    """An index, also known to its table."""
    index = IndexMetadata(keyspace.name, row["table_name"], row["index_name"], row["kind"], row["options"] or {})
    keyspace.indexes[index.name] = index
    if index.table_name in keyspace.tables:
        keyspace.tables[index.table_name].indexes[index.name] = index


def put_columns(relations: Mapping[tuple[str, str], Relation], rows: Iterable[Row]) -> None:
    """Columns to their tables: the key in its order, then the others by name."""
    by_relation: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_relation.setdefault((row["keyspace_name"], row["table_name"]), []).append(row)
    for key, its_rows in by_relation.items():
        relation = relations.get(key)
        if relation is None:
            continue
        for row in sorted(its_rows, key=lambda row: (KINDS.get(row["kind"], 3), row["position"], row["column_name"])):
            is_reversed = row["clustering_order"] == "desc"
            column = ColumnMetadata(relation, row["column_name"], row["type"], row["kind"] == "static", is_reversed)
            relation.columns[column.name] = column
            if row["kind"] == "partition_key":
                relation.partition_key.append(column)
            elif row["kind"] == "clustering":
                relation.clustering_key.append(column)


def put_virtual(found: dict[str, KeyspaceMetadata], ask: Ask) -> None:
    """The virtual keyspaces, which servers have since 4.0."""
    try:
        names = [row["keyspace_name"] for row in ask("SELECT * FROM system_virtual_schema.keyspaces")]
        tables = ask("SELECT * FROM system_virtual_schema.tables")
        columns = ask("SELECT * FROM system_virtual_schema.columns")
    except DriverException as error:
        log.debug("There is no virtual schema: %s", error)
        return
    for name in names:
        found[name] = KeyspaceMetadata(name, False, "", {})
        found[name].virtual = True
    relations: dict[tuple[str, str], Relation] = {}
    for row in tables:
        if row["keyspace_name"] in found:
            table = TableMetadata(
                row["keyspace_name"], row["table_name"], options={"comment": row["comment"]}, virtual=True
            )
            found[table.keyspace_name].tables[table.name] = table
            relations[table.keyspace_name, table.name] = table
    put_columns(relations, columns)
