"""`cassandra.cqlengine.connection`: the sessions that models use, by name, one of which is the default."""

from __future__ import annotations

import logging
from collections import defaultdict
from contextlib import suppress
from typing import Any

from cassandra import ConsistencyLevel
from cassandra._mapper.connection import Connection
from cassandra.cluster import _NOT_SET, Cluster, NoHostAvailable, UserTypeDoesNotExist
from cassandra.cqlengine import CQLEngineException
from cassandra.cqlengine.statements import BaseCQLStatement
from cassandra.query import FETCH_SIZE_UNSET, SimpleStatement, dict_factory

log = logging.getLogger(__name__)

NOT_SET = _NOT_SET
DEFAULT_CONNECTION = object()
"""The name of the default connection in the registry, beside its own."""

_connections: dict[Any, Connection] = {}

cluster: Any = None
"""The default connection's cluster."""

session: Any = None
"""The default connection's session."""

udt_by_keyspace: defaultdict[Any, dict[str, type]] = defaultdict(dict)
"""The classes of user-defined types, by keyspace (None for the default) and the type's name."""


class UndefinedKeyspaceException(CQLEngineException):
    """A model has no keyspace."""


def format_log_context(msg: str, connection: Any = None, keyspace: str | None = None) -> str:
    """A message that says which connection and keyspace it is about."""
    if connection:
        shown = "DEFAULT_CONNECTION" if connection is DEFAULT_CONNECTION else connection
        prefix = f"[Connection: {shown}"
        return f"{prefix}, Keyspace: {keyspace}] {msg}" if keyspace else f"{prefix}] {msg}"
    return f"[Keyspace: {keyspace}] {msg}" if keyspace else msg


def register_connection(
    name: Any,
    hosts: Any = None,
    consistency: int | None = None,
    lazy_connect: bool = False,
    retry_connect: bool = False,
    cluster_options: dict[str, Any] | None = None,
    default: bool = False,
    session: Any = None,
) -> Connection:
    """Add a connection, made of `hosts` and the options of a `Cluster`, or of a session that is there.

    `lazy_connect` connects at the first use, `retry_connect` then too if no host can be reached now. `default` makes
    it the default.
    """
    if name in _connections:
        log.warning("Registering connection '%s' when it already exists.", name)
    if session is not None:
        if any((hosts, consistency, lazy_connect, retry_connect, cluster_options)):
            raise CQLEngineException("Session configuration arguments and 'session' argument are mutually exclusive")
        made = Connection.from_session(name, session)
    else:
        made = Connection(name, hosts, consistency, lazy_connect, retry_connect, cluster_options)
        made.setup()
    _connections[name] = made
    if default:
        set_default_connection(name)
    return made


def unregister_connection(name: Any) -> None:
    """Close a connection and forget it. One that is not there is no error."""
    global cluster, session

    if name not in _connections:
        return
    gone = _connections[name]
    if _connections.get(DEFAULT_CONNECTION) is gone:
        del _connections[DEFAULT_CONNECTION]
        cluster = session = None
    if gone.cluster is not None:
        gone.cluster.shutdown()
    del _connections[name]
    log.debug("Connection '%s' has been removed from the registry.", name)


def set_default_connection(name: Any) -> None:
    """Make a connection the default one. CQLEngineException where there is none of this name."""
    global cluster, session

    if name not in _connections:
        raise CQLEngineException(f"Connection '{name}' doesn't exist.")
    log.debug("Connection '%s' has been set as default.", name)
    _connections[DEFAULT_CONNECTION] = _connections[name]
    cluster = _connections[name].cluster
    session = _connections[name].session


def get_connection(name: Any = None) -> Connection:
    """The connection of a name, by default the default one, connected. CQLEngineException where there is none."""
    if not name:
        name = DEFAULT_CONNECTION
    if name not in _connections:
        raise CQLEngineException(f"Connection name '{name}' doesn't exist in the registry.")
    found = _connections[name]
    found.handle_lazy_connect()
    if _connections.get(DEFAULT_CONNECTION) is found:
        _show_default(found)
    return found


def _show_default(found: Connection) -> None:
    global cluster, session

    cluster, session = found.cluster, found.session


def default() -> None:
    """Connect to localhost, as the default connection."""
    register_connection("default", hosts=None, default=True)
    log.debug("cqlengine connection initialized with default session to localhost")


def set_session(s: Any) -> None:
    """Make a session the default connection's. Its rows become dicts."""
    try:
        found = get_connection()
    except CQLEngineException:
        register_connection("default", session=s, default=True)
        _take_keyspace(s)
        log.debug("cqlengine default connection initialized with %s", s)
        return
    if found.session is not None and found.session is not s:
        log.warning("configuring new default session for cqlengine when one was already set")
    found.session, found.cluster = s, s.cluster
    found.setup_session()
    _show_default(found)
    _take_keyspace(s)
    log.debug("cqlengine default connection initialized with %s", s)


def _take_keyspace(s: Any) -> None:
    """Models that do not say live in the session's keyspace, if it has one."""
    from cassandra.cqlengine import models

    if s.keyspace:
        models.DEFAULT_KEYSPACE = s.keyspace


def setup(
    hosts: Any,
    default_keyspace: str,
    consistency: int | None = None,
    lazy_connect: bool = False,
    retry_connect: bool = False,
    **kwargs: Any,
) -> None:
    """Make the default connection, and say the keyspace of models that do not. `kwargs` are those of `Cluster`."""
    from cassandra.cqlengine import models

    models.DEFAULT_KEYSPACE = default_keyspace
    register_connection(
        "default",
        hosts=hosts,
        consistency=consistency,
        lazy_connect=lazy_connect,
        retry_connect=retry_connect,
        cluster_options=kwargs,
        default=True,
    )


def execute(
    query: Any, params: Any = None, consistency_level: int | None = None, timeout: Any = NOT_SET, connection: Any = None
) -> Any:
    """Run text or a statement on a connection; the `ResultSet`, whose rows are dicts."""
    found = get_connection(connection)
    if not found.session:
        raise CQLEngineException("It is required to setup() cqlengine before executing queries")
    if isinstance(query, SimpleStatement):
        statement: Any = query
    elif isinstance(query, BaseCQLStatement):
        params = query.get_context()
        statement = SimpleStatement(str(query), consistency_level=consistency_level, fetch_size=query.fetch_size)
    elif isinstance(query, str):
        statement = SimpleStatement(query, consistency_level=consistency_level, fetch_size=FETCH_SIZE_UNSET)
    else:
        statement = query
    if log.isEnabledFor(logging.DEBUG):
        log.debug(format_log_context("Query: %s", connection=connection), getattr(statement, "query_string", statement))
    return found.session.execute(statement, params, timeout=timeout)


def get_session(connection: Any = None) -> Any:
    """The session of a connection."""
    return get_connection(connection).session


def get_cluster(connection: Any = None) -> Any:
    """The cluster of a connection. CQLEngineException where it is not connected."""
    found = get_connection(connection)
    if not found.cluster:
        raise CQLEngineException(
            f"{found.name}.cluster is not configured. Call one of the setup or default functions first."
        )
    return found.cluster


def register_udt(keyspace: str | None, type_name: str, klass: type, connection: Any = None) -> None:
    """Have values of a user-defined type become objects of a class, now or once there is a connection.

    None is the default keyspace, whichever that is by then. It connects to nothing.
    """
    udt_by_keyspace[keyspace][type_name] = klass
    made = _connections.get(connection or DEFAULT_CONNECTION)
    if made is not None and made.cluster is not None and made.session is not None:
        _register(made.cluster, keyspace, type_name, klass)


def _register(cluster: Any, keyspace: str | None, type_name: str, klass: type) -> None:
    from cassandra.cqlengine import models

    name = keyspace or models.DEFAULT_KEYSPACE
    if name:
        # One that is not there yet is registered when it is made.
        with suppress(UserTypeDoesNotExist):
            cluster.register_user_type(name, type_name, klass)


def _register_known_types(cluster: Any) -> None:
    """Register the classes of user-defined types with a cluster that was connected after them."""
    for keyspace, types in udt_by_keyspace.items():
        for type_name, klass in types.items():
            _register(cluster, keyspace, type_name, klass)


__all__ = [
    "Cluster",
    "dict_factory",
    "ConsistencyLevel",
    "Connection",
    "NOT_SET",
    "NoHostAvailable",
    "UndefinedKeyspaceException",
    "cluster",
    "default",
    "execute",
    "format_log_context",
    "get_cluster",
    "get_connection",
    "get_session",
    "register_connection",
    "register_udt",
    "session",
    "set_default_connection",
    "set_session",
    "setup",
    "udt_by_keyspace",
    "unregister_connection",
]
