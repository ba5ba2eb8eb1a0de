"""Conviction: whether a failed connection means that the node is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cassandra._errors.driver import OperationTimedOut
from cassandra._exported import exported_by

if TYPE_CHECKING:
    from cassandra._pool.host import Host


@exported_by("cassandra.policies")
class ConvictionPolicy:
    """Decides when a node counts as down. One is made for each host."""

    host: Host

    def __init__(self, host: Host) -> None:
        self.host = host

    def add_failure(self, connection_exc: BaseException) -> bool:
        """A connection failed: whether the node is down."""
        raise NotImplementedError

    def reset(self) -> None:
        """The node is up again: forget its failures."""
        raise NotImplementedError


@exported_by("cassandra.policies")
class SimpleConvictionPolicy(ConvictionPolicy):
    """Any failure means down, but for a request that took too long: the node may be no more than slow."""

    def add_failure(self, connection_exc: BaseException) -> bool:
        return not isinstance(connection_exc, OperationTimedOut)

    def reset(self) -> None:
        pass
