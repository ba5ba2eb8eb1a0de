"""The settings of a cluster as the engine takes them."""

from __future__ import annotations

import ssl
from typing import Any, Final

from cassandra import auth
from cassandra._cluster import contact_points, engine_policies, options, reaching, tls
from cassandra._cluster.on_hub import AskedAuthProvider
from cassandra._errors.session import ProtocolVersionNotSpoken

SPOKEN: Final = (3, 4, 5)
"""The protocol versions that the engine speaks."""


class NamedContext:
    """A TLS context that asks for one server name, whatever host it connects to."""

    def __init__(self, context: ssl.SSLContext, server_hostname: str) -> None:
        self._context = context
        self._server_hostname = server_hostname

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, server_hostname: str) -> ssl.SSLObject:
        """As `SSLContext.wrap_bio`."""
        return self._context.wrap_bio(incoming, outgoing, server_hostname=self._server_hostname)


def ssl_context(cluster: Any) -> Any:
    """The context for all connections, or None for plain ones."""
    given = cluster.ssl_options
    context = cluster.ssl_context
    if context is None:
        if given is None:
            return None
        context = tls.context_of(given)
    name = tls.server_name(given or {})
    return context if name is None else NamedContext(context, name)


def credentials(provider: Any) -> Any:
    """A user name and a password, where there is no more to a provider; or the provider."""
    if type(provider) is auth.PlainTextAuthProvider:
        pair = (provider.username, provider.password)
        if all(type(part) is str for part in pair):
            return pair
    return provider


def asked_credentials(cluster: Any) -> Any:
    """The same, asked where this program's threads wait."""
    found = credentials(cluster.auth_provider)
    if cluster._hub is None or found is None or isinstance(found, tuple):
        return found
    return AskedAuthProvider(cluster._hub, found)


def compression(given: Any) -> list[str] | str | None:
    """A list of what would do, the one that must be, or None. ValueError for a name that means nothing."""
    if given is True:
        return ["lz4", "snappy"]
    if given is None or given is False:
        return None
    if given not in ("lz4", "snappy"):
        raise ValueError(f"compression must be True, False, 'lz4' or 'snappy'; got {given!r}")
    name: str = given
    return name


def startup(cluster: Any) -> list[tuple[str, str]]:
    """What STARTUP says beside the driver's name."""
    told = [
        ("APPLICATION_NAME", cluster.application_name),
        ("APPLICATION_VERSION", cluster.application_version),
        ("CLIENT_ID", None if cluster.client_id is None else str(cluster.client_id)),
        ("NO_COMPACT", "true" if cluster.no_compact else None),
    ]
    return [(name, value) for name, value in told if value]


def spoken(version: int | None) -> int | None:
    """A protocol version that the engine speaks, or None for the newest that both sides do."""
    if version is not None and version not in SPOKEN:
        raise ProtocolVersionNotSpoken(version)
    return version


def engine_options(cluster: Any, protocol_version: int | None, load_balancing: Any) -> dict[str, Any]:
    """All settings, checked."""
    retry = engine_policies.retry(cluster.profile_manager.default.retry_policy)
    return {
        "contact_points": [] if cluster._bundle else contact_points.for_engine(cluster.endpoints_resolved),
        "bundle": cluster._bundle,
        "port": cluster.port,
        "protocol_version": spoken(protocol_version),
        "compression": compression(cluster.compression),
        "cql_version": cluster.cql_version,
        "startup": startup(cluster),
        "auth": asked_credentials(cluster),
        "ssl_context": ssl_context(cluster),
        "connect_timeout": options.timeout("connect_timeout", cluster.connect_timeout),
        "control_timeout": options.timeout("control_connection_timeout", cluster.control_connection_timeout),
        "heartbeat_interval": options.timeout("idle_heartbeat_interval", cluster.idle_heartbeat_interval) or 0.0,
        "heartbeat_timeout": options.timeout("idle_heartbeat_timeout", cluster.idle_heartbeat_timeout),
        "max_requests_per_connection": cluster.max_requests_per_connection,
        "sockopts": options.socket_options(cluster.sockopts),
        "io_threads": 1,
        "max_schema_agreement_wait": options.timeout("max_schema_agreement_wait", cluster.max_schema_agreement_wait),
        "translate": reaching.translation(cluster),
        "judge": reaching.conviction(cluster),
        "status_window": window(cluster.status_event_refresh_window),
        "topology_window": window(cluster.topology_event_refresh_window),
        "schema_window": window(cluster.schema_event_refresh_window),
        "schema_metadata": bool(cluster.schema_metadata_enabled),
        "token_metadata": bool(cluster.token_metadata_enabled),
        "prepare_on_all_hosts": bool(cluster.prepare_on_all_hosts),
        "reprepare_on_up": bool(cluster.reprepare_on_up),
        "local_connections": cluster.connections_per_host,
        "remote_connections": cluster.connections_per_remote_host,
        "max_queued_requests": cluster.max_queued_requests,
        "max_queued_bytes": cluster.max_queued_bytes,
        "max_unsent_bytes": cluster.max_unsent_bytes,
        "retry_budget": budget(cluster.retry_budget),
        "speculation_budget": budget(cluster.speculation_budget),
        "load_balancing": load_balancing,
        "reconnection": engine_policies.reconnection(cluster.reconnection_policy),
        "retry": retry if isinstance(retry, tuple) else ("default",),
    }


def budget(given: Any) -> tuple[float, float] | None:
    """A budget's two numbers; None for no limit."""
    return None if given is None else (given.share, given.per_second)


def window(given: float) -> float:
    """A refresh window; a negative one, which switches the refresh off, is the longest."""
    return options.LONGEST if given < 0 else float(given)
