"""Between `PreparedStatement`, which a program holds and may pickle, and the engine's own form of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cassandra._cluster.failure import with_hosts
from cassandra._connection.hub import finished
from cassandra._cql.column import ColumnMetadata
from cassandra._errors.driver import DriverException
from cassandra._errors.session import NoHostAvailable
from cassandra._query.prepared import PreparedStatement
from cassandra.cqltypes import lookup_casstype

if TYPE_CHECKING:
    from cassandra._native import PreparedCore


def columns(described: Any) -> list[ColumnMetadata] | None:
    """Columns with classes for types."""
    if described is None:
        return None
    return [
        ColumnMetadata(keyspace, table, name, lookup_casstype(on_the_wire(kind)))
        for keyspace, table, name, kind in described
    ]


def on_the_wire(class_name: str) -> str:
    """The class name of a type as answers have it, where text is called varchar, though not inside of a vector."""
    return class_name if "VectorType" in class_name else class_name.replace("UTF8Type", "VarcharType")


def prepared_statement(session: Any, core: PreparedCore) -> PreparedStatement:
    """What a program gets of a statement that the engine has prepared."""
    cluster = session.cluster
    prepared = PreparedStatement.from_message(
        core.id,
        columns(core.bind_columns) or [],
        core.partition_key_indexes,
        cluster.metadata,
        core.query,
        core.keyspace,
        session._protocol_version,
        columns(core.result_columns),
        core.result_metadata_id,
        cluster.column_encryption_policy,
    )
    prepared._core = core
    prepared._core_of = cluster._core
    cluster.add_prepared(prepared.query_id, prepared)
    return prepared


def prepared_core(session: Any, query: str, keyspace: str | None, payload: Any = None) -> PreparedCore:
    """The engine's form of a statement, prepared by the servers. DriverException where the session ends meanwhile."""
    try:
        core: PreparedCore = finished(
            session.cluster._hub, session._core.prepare(query, session.default_timeout, keyspace, payload)
        )
        return core
    except Exception as error:
        if isinstance(error, NoHostAvailable) and session.is_shutdown:
            # What became of the connections is no news of the hosts.
            raise DriverException("Session is already shut down") from error
        known = with_hosts(error, session.cluster)
        if known is error:
            raise
        raise known from None


def core_of(session: Any, prepared: PreparedStatement) -> PreparedCore:
    """The engine's form; made again for a statement out of a pickle, or of another cluster."""
    core: PreparedCore | None = prepared._core
    if core is None or prepared._core_of is not session.cluster._core:
        core = prepared_core(session, prepared.query_string, prepared.keyspace)
        prepared._core = core
        prepared._core_of = session.cluster._core
    assert core is not None
    return core
