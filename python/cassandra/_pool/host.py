"""`Host`: one node of the cluster, as policies, listeners and errors know it.

The engine fills the fields in and marks the node up and down; reading them asks nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import total_ordering
from typing import Any, Final, cast
from uuid import UUID

from cassandra._connection.endpoints import DefaultEndPoint, EndPoint
from cassandra._exported import exported_by
from cassandra._locks import rlock
from cassandra._policies.conviction import ConvictionPolicy, SimpleConvictionPolicy

log = logging.getLogger("cassandra.pool")

# Tells a place that was left empty from one that None was put in.
NOT_GIVEN: Any = object()

# Objects of a program's own may stand for an address; these cannot.
NO_ADDRESSES: Final = (bytes, bytearray, int, float, tuple, list, dict, set)


def judge_of(factory: Callable[[Host], Any], host: Host) -> Any:
    """The conviction policy that a factory makes for a host. TypeError where it makes something else."""
    policy = factory(host)
    for method in ("add_failure", "reset"):
        if not hasattr(policy, method):
            raise TypeError(
                f"conviction_policy_factory must give a ConvictionPolicy, not {type(policy).__name__}: "
                f"it has no {method}"
            )
    return policy


@total_ordering
@exported_by("cassandra.pool")
class Host:
    """A node of the cluster. Two are equal when they are reached at the same end point.

    Besides `Host(endpoint, conviction_policy_factory, datacenter=None, rack=None, host_id=None)` it can be made as
    `Host(address, datacenter=None, rack=None)`.
    """

    # At the class too, as all fields here: a mock made by this class as its specification must know them.
    endpoint: EndPoint = None  # type: ignore[assignment]
    """Where the node is reached."""

    conviction_policy: Any = None
    """Decides whether a failed connection means that the node is down."""

    is_up: bool | None = None
    """Whether the node is up, as far as is known; None until it is."""

    release_version: str | None = None
    """The server's version, such as `5.0.6`."""

    host_id: UUID | None = None
    """The node's own id, which stays when its address changes."""

    broadcast_address: str | None = None
    """The address by which the nodes know it."""

    broadcast_port: int | None = None
    """The port by which the nodes know it."""

    broadcast_rpc_address: str | None = None
    """The address that it gives to clients."""

    broadcast_rpc_port: int | None = None
    """The port that it gives to clients."""

    listen_address: str | None = None
    """The address that it listens on for other nodes."""

    listen_port: int | None = None
    """The port that it listens on for other nodes."""

    dse_version: str | None = None
    """The version of DataStax Enterprise, where it is that."""

    dse_workload: str | None = None
    """The workload of DataStax Enterprise before 5.1."""

    dse_workloads: Sequence[str] | None = None
    """The workloads of DataStax Enterprise."""

    lock: Any = None
    """Held while the fields are changed."""

    _datacenter: str | None = None
    _rack: str | None = None
    _reconnection_handler: Any = None

    def __init__(
        self,
        endpoint: EndPoint | str = NOT_GIVEN,
        conviction_policy_factory: Callable[[Host], ConvictionPolicy] | str | None = NOT_GIVEN,
        datacenter: str | None = None,
        rack: str | None = None,
        host_id: UUID | None = None,
        *,
        address: EndPoint | str = NOT_GIVEN,
    ) -> None:
        if address is not NOT_GIVEN:
            if endpoint is not NOT_GIVEN:
                raise TypeError("Host takes an endpoint or an address, not both")
            endpoint = address
        if endpoint is NOT_GIVEN:
            raise TypeError("Host needs an endpoint, or an address")
        if endpoint is None:
            raise ValueError("endpoint may not be None")
        if isinstance(endpoint, NO_ADDRESSES):
            raise TypeError(f"endpoint must be an EndPoint or an address as text, not {type(endpoint).__name__}")
        factory: Any = conviction_policy_factory
        if not callable(factory):
            if factory is None and datacenter is None and rack is None:
                raise ValueError("conviction_policy_factory may not be None")
            # The short form: what stands in the second place is the datacenter, and the rack follows it.
            if factory is not NOT_GIVEN:
                datacenter, rack = cast("str | None", factory), datacenter if datacenter is not None else rack
            factory = SimpleConvictionPolicy
        self.endpoint = endpoint if isinstance(endpoint, EndPoint) else DefaultEndPoint(endpoint)
        self.conviction_policy = judge_of(factory, self)
        self.host_id = host_id
        self.set_location_info(datacenter, rack)
        self.lock = rlock()

    @property
    def address(self) -> str:
        """The address by which clients know the node."""
        return self.endpoint.address

    @property
    def datacenter(self) -> str | None:
        """The name of the node's datacenter; None until it is known."""
        return self._datacenter

    @property
    def rack(self) -> str | None:
        """The name of the node's rack; None until it is known."""
        return self._rack

    def set_location_info(self, datacenter: str | None, rack: str | None) -> None:
        """Say where the node is."""
        self._datacenter = datacenter
        self._rack = rack

    def set_up(self) -> None:
        """Mark the node up."""
        if not self.is_up:
            log.debug("Host %s is now marked up", self.endpoint)
        self.conviction_policy.reset()
        self.is_up = True

    def set_down(self) -> None:
        """Mark the node down."""
        self.is_up = False

    def signal_connection_failure(self, connection_exc: BaseException) -> bool:
        """Tell the conviction policy of a failed connection; whether it takes the node for down."""
        return bool(self.conviction_policy.add_failure(connection_exc))

    def is_currently_reconnecting(self) -> bool:
        """Whether somebody is trying to reach the node again."""
        return self._reconnection_handler is not None

    def get_and_set_reconnection_handler(self, new_handler: Any) -> Any:
        """Put in who tries to reach the node again, and return who did so before."""
        with self.lock:
            old, self._reconnection_handler = self._reconnection_handler, new_handler
            return old

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Host):
            return self.endpoint == other.endpoint
        return self.endpoint.address == other

    def __hash__(self) -> int:
        return hash(self.endpoint)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Host):
            return NotImplemented
        return bool(self.endpoint < other.endpoint)  # type: ignore[operator]

    def __str__(self) -> str:
        return str(self.endpoint)

    def __repr__(self) -> str:
        where = f" {self._datacenter}" if self._datacenter else ""
        return f"<{type(self).__name__}: {self.endpoint}{where}>"

    def __getstate__(self) -> dict[str, Any]:
        # A host is pickled as a part of an error: what it is, and not what is done about it.
        kept = dict(self.__dict__)
        for name in ("lock", "conviction_policy", "_reconnection_handler"):
            kept.pop(name, None)
        return kept

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = rlock()
        self.conviction_policy = SimpleConvictionPolicy(self)
