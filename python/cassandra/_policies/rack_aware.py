"""`RackAwareRoundRobinPolicy`: the local rack first, then the local datacenter. cassandra-driver has no such policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cassandra._exported import exported_by
from cassandra._policies.dc_aware import DCAwareRoundRobinPolicy
from cassandra._policies.round_robin import rotated

if TYPE_CHECKING:
    from cassandra._pool.host import Host


@exported_by("cassandra.policies")
class RackAwareRoundRobinPolicy(DCAwareRoundRobinPolicy):
    """Like `DCAwareRoundRobinPolicy`, with the hosts of one rack before the rest of their datacenter."""

    local_rack: str
    """The rack to prefer."""

    def __init__(self, local_dc: str, local_rack: str, used_hosts_per_remote_dc: int = 0) -> None:
        if not local_dc or not local_rack:
            raise ValueError("local_dc and local_rack must be specified")
        super().__init__(local_dc, used_hosts_per_remote_dc)
        self.local_rack = local_rack

    def _local_plan(self, position: int) -> Iterable[Host]:
        local = self._dc_live_hosts.get(self.local_dc, ())
        near = tuple(host for host in local if host.rack == self.local_rack)
        far = tuple(host for host in local if host.rack != self.local_rack)
        return rotated(near, position) + rotated(far, position)
