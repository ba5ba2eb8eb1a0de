"""`CREATE TABLE` and `CREATE TYPE` of models, and the options of tables in CQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cassandra._cluster.session import quoted
from cassandra.encoder import cql_quote
from cassandra.metadata import protect_name


def option_text(value: Any) -> str:
    """The value of an option."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{cql_quote(str(key))}: {option_text(text(item))}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return cql_quote(str(value))


def text(value: Any) -> str:
    """A value inside of a map of options, which is text always."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def options_text(options: Mapping[str, Any]) -> list[str]:
    """The options after `WITH`."""
    return [f"{name} = {option_text(value)}" for name, value in options.items()]


def create_table(model: Any) -> str:
    """The table of a model."""
    columns = [column.get_column_def().strip() for column in model._columns.values()]
    partition = ", ".join(column.cql for column in model._partition_keys.values())
    clustering = list(model._clustering_keys.values())
    keys = ", ".join([f"({partition})", *(column.cql for column in clustering)])
    columns.append(f"PRIMARY KEY ({keys})")
    properties = options_text(model.__options__ or {})
    if any(column.clustering_order for column in clustering):
        orders = ", ".join(f"{column.cql} {(column.clustering_order or 'ASC').upper()}" for column in clustering)
        properties.append(f"CLUSTERING ORDER BY ({orders})")
    statement = f"CREATE TABLE {model.column_family_name()} ({', '.join(columns)})"
    return f"{statement} WITH {' AND '.join(properties)}" if properties else statement


def create_type(type_model: Any, keyspace: str) -> str:
    """The user-defined type of a class."""
    fields = ", ".join(f"{quoted(field.db_field_name)} {field.db_type}" for field in type_model._fields.values())
    return f"CREATE TYPE {protect_name(keyspace)}.{protect_name(type_model.type_name())} ({fields})"


def replication_text(strategy: str, factors: Mapping[str, Any], durable_writes: bool) -> str:
    """The properties of a keyspace."""
    replication = option_text({"class": strategy, **factors})
    return f"replication = {replication} AND durable_writes = {option_text(durable_writes)}"


def is_set(name: str, wanted: Any, known: Any) -> bool:
    """Whether an option of a table is what a model wants. Of a map, what the model does not name does not matter."""
    if isinstance(wanted, Mapping):
        if not isinstance(known, Mapping):
            return False
        return all(key in known and same(key, value, known[key]) for key, value in wanted.items())
    return same(name, wanted, known)


def same(name: str, wanted: Any, known: Any) -> bool:
    """Whether two values of an option are the same, however they are written."""
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        try:
            return float(wanted) == float(known)
        except (TypeError, ValueError):
            return False
    left, right = text(wanted), text(known)
    if name in ("class", "sstable_compression"):
        # The server shows the whole name of a class.
        return left.rpartition(".")[2] == right.rpartition(".")[2]
    return left.lower() == right.lower()
