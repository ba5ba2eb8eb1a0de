"""`ControlConnection`: the engine's connection for events and metadata, as a program may look at it."""

from __future__ import annotations

from typing import Any

from cassandra._cluster.options import patience as patience_of
from cassandra._connection.hub import finished
from cassandra._exported import exported_by


@exported_by("cassandra.cluster")
class ControlConnection:
    """A view. The engine opens the connection, and another one on another host when it is lost."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster

    @property
    def host(self) -> Any:
        """The host it is connected to; None while there is none."""
        core = self._cluster._core
        host_id = None if core is None or self._cluster.is_shutdown else core.control_host()
        return None if host_id is None else self._cluster._registry.get(host_id)

    @property
    def _connection(self) -> Any:
        host = self.host
        return None if host is None else ControlLink(host)

    def get_connections(self) -> list[Any]:
        """The connection, in a list; an empty one while there is none."""
        link = self._connection
        return [] if link is None else [link]

    def wait_for_schema_agreement(
        self, connection: Any = None, preloaded_results: Any = None, wait_time: float | None = None
    ) -> bool:
        """Whether all nodes that are up have the same schema within `wait_time` seconds, by default the cluster's."""
        patience = self._cluster.max_schema_agreement_wait if wait_time is None else patience_of("wait_time", wait_time)
        cluster = self._cluster
        agreeing = cluster._connected_core().await_schema_agreement(float(patience))
        agreed: bool = finished(cluster._hub, agreeing)
        return agreed

    def refresh_node_list_and_token_map(self, force_token_rebuild: bool = False) -> None:
        """Read the hosts again."""
        self._cluster.refresh_nodes(force_token_rebuild)

    def refresh_schema(self, force: bool = False, **kwargs: Any) -> bool:
        """Have the schema read again."""
        self._cluster.refresh_schema_metadata(0)
        return True


class ControlLink:
    """What is known of the connection itself."""

    is_closed = False
    is_defunct = False
    is_idle = False

    def __init__(self, host: Any) -> None:
        self.endpoint = host.endpoint

    @property
    def host(self) -> str:
        """The address at the other end."""
        address: str = self.endpoint.address
        return address

    def __repr__(self) -> str:
        return f"<control connection to {self.endpoint}>"
