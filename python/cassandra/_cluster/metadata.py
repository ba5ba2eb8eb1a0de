"""`Metadata`: what is known of a cluster: its hosts, who holds what, and its schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cassandra._cluster.host_registry import HostRegistry
from cassandra._cluster.schema_view import SchemaView
from cassandra._errors.session import UserTypeDoesNotExist
from cassandra._exported import exported_by
from cassandra._metadata.keyspace import KeyspaceMetadata
from cassandra._metadata.token_map import TokenMap
from cassandra._metadata.tokens import BytesToken, MD5Token, Murmur3Token
from cassandra._policies.conviction import SimpleConvictionPolicy
from cassandra._pool.host import Host

TOKEN_CLASSES: Final[Mapping[str, Any]] = {
    "Murmur3Partitioner": Murmur3Token,
    "RandomPartitioner": MD5Token,
    "ByteOrderedPartitioner": BytesToken,
}


@exported_by("cassandra.metadata")
class Metadata:
    """The hosts of a cluster, its partitioner, and its schema."""

    dbaas = False
    """Whether the servers are run by somebody else; never known here."""

    def __init__(self, cluster: Any = None, registry: HostRegistry | None = None) -> None:
        self._cluster = cluster
        self._registry = HostRegistry(SimpleConvictionPolicy) if registry is None else registry
        self._schema = SchemaView()
        self._token_map: TokenMap | None = None
        self._ring_of: Any = None

    def _core(self) -> Any:
        """The engine, while there is one."""
        cluster = self._cluster
        return None if cluster is None or cluster.is_shutdown else cluster._core

    @property
    def cluster_name(self) -> str | None:
        """The cluster's name; None before it is connected."""
        name: str | None = self._names()[0]
        return name

    @property
    def partitioner(self) -> str | None:
        """The Java class of the cluster's partitioner; None before it is connected."""
        partitioner: str | None = self._names()[1]
        return partitioner

    def _names(self) -> tuple[str | None, str | None]:
        core = self._core()
        if core is None:
            return None, None
        names: tuple[str | None, str | None] = core.names()
        return names

    def can_support_partitioner(self) -> bool:
        """Whether it is known here how the partitioner makes tokens."""
        partitioner = self.partitioner
        return partitioner is not None and partitioner.rpartition(".")[2] in TOKEN_CLASSES

    def all_hosts(self) -> list[Host]:
        """The hosts."""
        return self._registry.all()

    def all_hosts_items(self) -> list[tuple[Any, Host]]:
        """The hosts by their ids."""
        return list(self._registry.by_id.items())

    def get_host(self, endpoint_or_address: Any, port: int | None = None) -> Host | None:
        """A host by its end point, or by the address that it gives to clients and, where given, the port."""
        return self._registry.at(endpoint_or_address, port)

    def get_host_by_host_id(self, host_id: Any) -> Host | None:
        """A host by its id."""
        return self._registry.by_id.get(host_id)

    def add_or_return_host(self, host: Host) -> tuple[Host, bool]:
        """Put in a host; the one that is known at its end point, and whether it is new."""
        return self._registry.add(host)

    def remove_host(self, host: Host) -> bool:
        """Take a host out; whether it was there."""
        return self._registry.remove(host)

    def get_replicas(self, keyspace: str, key: bytes | str) -> list[Host]:
        """The hosts that hold a partition, given its key in wire form; an empty list where that is not known."""
        if isinstance(key, str):
            key = key.encode()
        core = self._core()
        if core is None or not keyspace:
            return []
        found = map(self._registry.get, core.replicas(keyspace, key))
        return [host for host in found if host is not None]

    @property
    def token_map(self) -> TokenMap | None:
        """The ring; None before the cluster is connected. It has no tokens where `token_metadata_enabled` is off."""
        core = self._core()
        if core is None:
            return self._token_map
        facts = core.hosts() if self._cluster.token_metadata_enabled else []
        tokens = [(host["host_id"], tuple(host["tokens"])) for host in facts]
        if self._token_map is None or tokens != self._ring_of:
            owners = {self._registry.get(host_id): owned for host_id, owned in tokens}
            self.rebuild_token_map(self.partitioner or "", {h: owned for h, owned in owners.items() if h is not None})
            self._ring_of = tokens
        return self._token_map

    @token_map.setter
    def token_map(self, token_map: TokenMap | None) -> None:
        self._token_map = token_map

    def rebuild_token_map(self, partitioner: str, token_map: Mapping[Host, Iterable[str]]) -> None:
        """Make a ring of the tokens of hosts, as the server writes them. None by an unknown partitioner."""
        token_class = TOKEN_CLASSES.get(partitioner.rpartition(".")[2])
        if token_class is None:
            self._token_map = None
            return
        owners = {token_class.from_string(text): host for host, owned in token_map.items() for text in owned}
        self._token_map = TokenMap(token_class, owners, sorted(owners), self)

    @property
    def keyspaces(self) -> dict[str, KeyspaceMetadata]:
        """The keyspaces, by name; none before the cluster is connected. They follow what the engine hears."""
        core = self._core()
        enabled = core is not None and self._cluster.schema_metadata_enabled
        return self._schema.keyspaces(core if enabled else None)

    @keyspaces.setter
    def keyspaces(self, keyspaces: dict[str, KeyspaceMetadata]) -> None:
        self._schema.replace(keyspaces)

    def export_schema_as_string(self) -> str:
        """The statements that make all keyspaces and what is in them."""
        return "\n\n".join(keyspace.export_as_string() for keyspace in self.keyspaces.values())

    def _type_fields(self, keyspace: str, user_type: str) -> list[str] | None:
        """The names of a user-defined type's fields; None before the cluster is connected."""
        if self._cluster._core is None:
            return None
        known = self.keyspaces.get(keyspace)
        if known is None:
            raise UserTypeDoesNotExist(f"Keyspace {keyspace} does not exist or has not been discovered by the driver")
        found = known.user_types.get(user_type)
        if found is None:
            raise UserTypeDoesNotExist(f"User type {user_type} does not exist in keyspace {keyspace}")
        return found.field_names  # type: ignore[no-any-return]

    def _renew_schema(self, keyspace: str | None = None, kind: str | None = None, name: str | None = None) -> None:
        core = self._core()
        if core is not None and self._cluster.schema_metadata_enabled:
            self._schema.renew(core, keyspace, kind, name)
