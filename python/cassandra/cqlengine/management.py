"""`cassandra.cqlengine.management`: makes keyspaces, tables and types in the database for models.

It reads the schema that the driver knows, so it is for a person or a deployment to call, not for each worker at once.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cassandra import AlreadyExists
from cassandra._mapper import table_text
from cassandra._mapper.model_table import warn_of_case_sensitivity
from cassandra.cqlengine import CQLEngineException, columns, models
from cassandra.cqlengine.connection import execute, format_log_context, get_cluster
from cassandra.cqlengine.models import BaseModel
from cassandra.cqlengine.named import NamedTable
from cassandra.cqlengine.query import ContextQuery
from cassandra.cqlengine.usertype import UserType
from cassandra.metadata import protect_name

CQLENG_ALLOW_SCHEMA_MANAGEMENT = "CQLENG_ALLOW_SCHEMA_MANAGEMENT"
"""The environment variable that says that a program means to change the schema."""

log = logging.getLogger(__name__)

schema_columnfamilies = NamedTable("system", "schema_columnfamilies")


class Field(NamedTuple):
    """A column of a table, by name and type."""

    name: str
    type: str


def _allow_schema_modification() -> None:
    if os.getenv(CQLENG_ALLOW_SCHEMA_MANAGEMENT) is None:
        message = (
            f"{CQLENG_ALLOW_SCHEMA_MANAGEMENT} environment variable is not set. Future versions of this package will "
            "require this variable to enable management functions."
        )
        warnings.warn(message, stacklevel=3)
        log.warning(message)


def _connections(connections: Iterable[Any] | None) -> Iterator[Any]:
    if connections is None:
        yield None
        return
    if isinstance(connections, str) or not isinstance(connections, Iterable):
        raise ValueError("connections must be a list of names")
    yield from connections


# Keyspaces


def create_keyspace_simple(
    name: str, replication_factor: int, durable_writes: bool = True, connections: Any = None
) -> None:
    """Make a keyspace with SimpleStrategy, unless it is there."""
    _create_keyspace(name, durable_writes, "SimpleStrategy", {"replication_factor": replication_factor}, connections)


def create_keyspace_network_topology(
    name: str, dc_replication_map: Mapping[str, int], durable_writes: bool = True, connections: Any = None
) -> None:
    """Make a keyspace with so many replicas in each data centre, unless it is there."""
    _create_keyspace(name, durable_writes, "NetworkTopologyStrategy", dc_replication_map, connections)


def _create_keyspace(
    name: str, durable_writes: bool, strategy: str, factors: Mapping[str, Any], connections: Any
) -> None:
    _allow_schema_modification()
    properties = table_text.replication_text(strategy, factors, durable_writes)
    for connection in _connections(connections):
        if name in get_cluster(connection).metadata.keyspaces:
            log.info(format_log_context("Not creating keyspace %s: it is there", connection=connection), name)
            continue
        log.info(format_log_context("Creating keyspace %s", connection=connection), name)
        execute(f"CREATE KEYSPACE {protect_name(name)} WITH {properties}", connection=connection)


def drop_keyspace(name: str, connections: Any = None) -> None:
    """Drop a keyspace, if it is there."""
    _allow_schema_modification()
    for connection in _connections(connections):
        if name in get_cluster(connection).metadata.keyspaces:
            log.info(format_log_context("Dropping keyspace %s", connection=connection), name)
            execute(f"DROP KEYSPACE {protect_name(name)}", connection=connection)


# Tables


def _moved(model: Any, keyspaces: Iterable[str] | None, connections: Any) -> Iterator[tuple[Any, Any]]:
    """The model in each keyspace, with each connection."""
    if keyspaces is not None and (isinstance(keyspaces, str) or not isinstance(keyspaces, Iterable)):
        raise ValueError("keyspaces must be a list of names")
    for connection in _connections(connections):
        for keyspace in keyspaces or (None,):
            if keyspace is None:
                yield model, connection
            else:
                with ContextQuery(model, keyspace=keyspace) as moved:
                    yield moved, connection


def sync_table(model: Any, keyspaces: Iterable[str] | None = None, connections: Any = None) -> None:
    """Make the table of a model, with its types and indexes, or add to it what it lacks.

    Nothing is ever dropped or made another type. `keyspaces` and `connections` are lists of names.
    """
    if getattr(model, "__table_name_case_sensitive__", False):
        warn_of_case_sensitivity(3)
    for moved, connection in _moved(model, keyspaces, connections):
        _sync_table(moved, connection=connection)


def _refuse_no_table(model: Any) -> None:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise CQLEngineException("Models must be derived from base Model.")
    if model.__abstract__:
        raise CQLEngineException("cannot create table from abstract model")


def _sync_table(model: Any, connection: Any = None) -> None:
    _refuse_no_table(model)
    _allow_schema_modification()
    connection = connection or model._get_connection()
    name, keyspace = model._raw_column_family_name(), model._get_keyspace()
    table_name = model.column_family_name()
    known = _keyspace_metadata(keyspace, connection)
    _sync_types(model, keyspace, connection)
    table = known.tables.get(name)
    if table is None:
        log.debug(format_log_context("sync_table creating new table %s", keyspace=keyspace), table_name)
        try:
            execute(table_text.create_table(model), connection=connection)
        except AlreadyExists:
            # Somebody else was quicker.
            log.debug(format_log_context("table %s is there already", keyspace=keyspace), table_name)
    else:
        _validate_pk(model, table)
        _add_columns(model, table, connection)
        _update_options(model, table, connection)
    _sync_indexes(model, keyspace, name, connection)


def _keyspace_metadata(keyspace: str | None, connection: Any) -> Any:
    cluster = get_cluster(connection)
    try:
        return cluster.metadata.keyspaces[keyspace]
    except KeyError:
        raise CQLEngineException(
            f"Keyspace '{keyspace}' for model does not exist on the server, or is not known yet. Create it first."
        ) from None


def _sync_types(model: Any, keyspace: str, connection: Any) -> None:
    found: list[Any] = []
    for column in model._columns.values():
        columns.resolve_udts(column, found)
    for type_model in dict.fromkeys(found):
        _sync_type(keyspace, type_model, connection)


def _validate_pk(model: Any, table: Any) -> None:
    """Refuse a table whose key is another: no statement can change that."""
    wanted = [
        [column.db_field_name for column in keys.values()] for keys in (model._partition_keys, model._clustering_keys)
    ]
    there = [[column.name for column in keys] for keys in (table.partition_key, table.clustering_key)]
    if wanted != there:
        raise CQLEngineException(
            f"Model {model.__name__} PRIMARY KEY composition does not match existing table "
            f"{model.column_family_name()}. Model: {wanted}; Table: {there}. Update model or drop the table."
        )


def _add_columns(model: Any, table: Any, connection: Any) -> None:
    known = table.columns
    for column in model._columns.values():
        there = known.get(column.db_field_name)
        if there is None:
            log.debug("Adding column %s", column.db_field_name)
            text = f"ALTER TABLE {model.column_family_name()} ADD {column.get_column_def().strip()}"
            execute(text, connection=connection)
        elif plain(there.cql_type) != plain(stored(column)):
            message = (
                f'Existing table {model.column_family_name()} has column "{column.db_field_name}" with a type '
                f"({there.cql_type}) differing from the model type ({column.db_type}). Model should be updated."
            )
            warnings.warn(message, stacklevel=4)
            log.warning(message)


def stored(column: Any) -> str:
    """A column's type as the schema has it: a tuple is frozen whether or not it says so."""
    frozen = isinstance(column, columns.Tuple) and not column.db_type.startswith("frozen<")
    return f"frozen<{column.db_type}>" if frozen else column.db_type


def plain(cql_type: str) -> str:
    """A type's text without what can be written in two ways."""
    return cql_type.replace(" ", "").replace('"', "").replace("varchar", "text").lower()


def _sync_indexes(model: Any, keyspace: str, name: str, connection: Any) -> None:
    table = _keyspace_metadata(keyspace, connection).tables.get(name)
    for column in model._columns.values():
        if column.index and _get_index_name_by_column(table, column.db_field_name) is None:
            log.debug(format_log_context("creating an index on %s", keyspace=keyspace), column.db_field_name)
            text = f"CREATE INDEX IF NOT EXISTS ON {model.column_family_name()} ({column.cql})"
            execute(text, connection=connection)


def _get_index_name_by_column(table: Any, column_name: str) -> str | None:
    """The name of an index of a column, or of what is in it; None where there is none."""
    wanted = {column_name, protect_name(column_name), f'"{column_name}"'}
    for name in tuple(wanted):
        wanted |= {f"{part}({name})" for part in ("values", "full", "keys", "entries")}
    for index in {} if table is None else table.indexes.values():
        if index.index_options.get("target") in wanted:
            found: str = index.name
            return found
    return None


def _get_table_metadata(model: Any, connection: Any = None) -> Any:
    """What the driver knows of a model's table."""
    cluster = get_cluster(connection or model._get_connection())
    return cluster.metadata.keyspaces[model._get_keyspace()].tables[model._raw_column_family_name()]


def _get_create_table(model: Any) -> str:
    return table_text.create_table(model)


def _update_options(model: Any, table: Any = None, connection: Any = None) -> bool:
    """Set the options of a table that are not as the model says; whether there were any."""
    wanted = model.__options__ or {}
    if table is None:
        table = _get_table_metadata(model, connection)
    changes = {}
    for name, value in wanted.items():
        if name not in table.options:
            raise KeyError(f"Invalid table option: '{name}'; known options: {sorted(table.options)}")
        if not table_text.is_set(name, value, table.options[name]):
            changes[name] = value
    if not changes:
        return False
    text = f"ALTER TABLE {model.column_family_name()} WITH {' AND '.join(table_text.options_text(changes))}"
    execute(text, connection=connection or model._get_connection())
    return True


def drop_table(model: Any, keyspaces: Iterable[str] | None = None, connections: Any = None) -> None:
    """Drop the table of a model, if it is there."""
    for moved, connection in _moved(model, keyspaces, connections):
        _drop_table(moved, connection)


def _drop_table(model: Any, connection: Any) -> None:
    _allow_schema_modification()
    connection = connection or model._get_connection()
    known = get_cluster(connection).metadata.keyspaces.get(model._get_keyspace())
    if known is not None and model._raw_column_family_name() in known.tables:
        execute(f"DROP TABLE {model.column_family_name()}", connection=connection)


# Types


def get_create_type(type_model: Any, keyspace: str) -> str:
    """`CREATE TYPE` of a class."""
    return table_text.create_type(type_model, keyspace)


def sync_type(ks_name: str, type_model: Any, connection: Any = None) -> None:
    """Make a user-defined type, and those inside, or add the fields that it lacks."""
    if not (isinstance(type_model, type) and issubclass(type_model, UserType)):
        raise CQLEngineException("Types must be derived from base UserType.")
    _allow_schema_modification()
    found: list[Any] = []
    for field in type_model._fields.values():
        columns.resolve_udts(field, found)
    for inner in dict.fromkeys([*found, type_model]):
        _sync_type(ks_name, inner, connection)


def _sync_type(ks_name: str, type_model: Any, connection: Any = None) -> None:
    known = _keyspace_metadata(ks_name, connection)
    name = type_model.type_name()
    there = known.user_types.get(name)
    if there is None:
        try:
            execute(get_create_type(type_model, keyspace=ks_name), connection=connection)
        except AlreadyExists:
            log.debug(format_log_context("type %s is there already", keyspace=ks_name), name)
    else:
        _add_fields(ks_name, type_model, there, connection)
    type_model.register_for_keyspace(ks_name, connection=connection)


def _add_fields(ks_name: str, type_model: Any, there: Any, connection: Any) -> None:
    types = dict(zip(there.field_names, there.field_types, strict=True))
    for field in type_model._fields.values():
        name = field.db_field_name
        if name not in types:
            text = f"ALTER TYPE {protect_name(ks_name)}.{protect_name(type_model.type_name())} ADD {field.cql}"
            execute(f"{text} {field.db_type}", connection=connection)
        elif plain(str(types[name])) != plain(stored(field)):
            message = (
                f"Existing user type {type_model.type_name()} has field {name!r} with a type ({types[name]}) differing "
                f"from the model user type ({field.db_type}). UserType should be updated."
            )
            warnings.warn(message, stacklevel=4)
            log.warning(message)


__all__ = [
    "CQLENG_ALLOW_SCHEMA_MANAGEMENT",
    "Field",
    "create_keyspace_network_topology",
    "create_keyspace_simple",
    "drop_keyspace",
    "drop_table",
    "get_create_type",
    "models",
    "schema_columnfamilies",
    "sync_table",
    "sync_type",
]
