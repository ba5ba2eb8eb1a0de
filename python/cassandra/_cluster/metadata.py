"""`Metadata`: what is known of a cluster: its hosts, who holds what, and its schema."""

from __future__ import annotations

from typing import Any

from cassandra._cluster.host_registry import HostRegistry
from cassandra._cluster.schema_view import SchemaView
from cassandra._errors.session import UserTypeDoesNotExist
from cassandra._exported import exported_by
from cassandra._metadata.keyspace import KeyspaceMetadata
from cassandra._pool.host import Host

KNOWN_PARTITIONERS = ("Murmur3Partitioner", "RandomPartitioner", "ByteOrderedPartitioner")


@exported_by("cassandra.metadata")
class Metadata:
    """The hosts of a cluster, its partitioner, and its schema."""

    def __init__(self, cluster: Any, registry: HostRegistry) -> None:
        self._cluster = cluster
        self._registry = registry
        self._schema = SchemaView(cluster)

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
        core = self._cluster._core
        if core is None or self._cluster.is_shutdown:
            return None, None
        names: tuple[str | None, str | None] = core.names()
        return names

    def can_support_partitioner(self) -> bool:
        """Whether it is known here how the partitioner makes tokens."""
        partitioner = self.partitioner
        return partitioner is not None and partitioner.rpartition(".")[2] in KNOWN_PARTITIONERS

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

    def get_replicas(self, keyspace: str, key: bytes) -> list[Host]:
        """The hosts that hold a partition, given its key in wire form; an empty list where that is not known."""
        core = self._cluster._core
        if core is None or self._cluster.is_shutdown or not keyspace:
            return []
        found = map(self._registry.get, core.replicas(keyspace, key))
        return [host for host in found if host is not None]

    @property
    def keyspaces(self) -> dict[str, KeyspaceMetadata]:
        """The keyspaces, by name; none before the cluster is connected.

        They are read when they are asked for: anew after a statement of this cluster has changed the schema, and
        where, seconds after the last look, the servers say that somebody else has.
        """
        return self._schema.keyspaces()

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
        return found.field_names

    def _forget_schema(self) -> None:
        self._schema.forget()
