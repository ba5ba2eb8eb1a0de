"""What happens when a host comes, goes, or changes: policies and listeners are told, in this order.

The engine reports on its threads for callbacks, of one thing after another: where a policy or a listener blocks, what
comes later waits for it. Nobody is there to catch what they raise, be it SystemExit: all of it is logged.
"""

from __future__ import annotations

import logging
import weakref
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from cassandra._pool.host import Host

log = logging.getLogger("cassandra.cluster")

MOST: Final = 10_000
"""So many events may wait for a listener that blocks. What comes while there are more is not told."""


class HostEvents:
    """Follows the engine's reports for one cluster."""

    def __init__(self, cluster: Any) -> None:
        # The engine holds this object: it must not keep a cluster that the program has dropped.
        self._cluster = weakref.ref(cluster)
        self._up: set[UUID] = set()

    def begin(self) -> None:
        """Take the hosts that are up now as told."""
        cluster = self._cluster()
        if cluster is not None:
            self._up = {key for key, host in cluster._registry.by_id.items() if host.is_up}

    def lost(self, count: int) -> None:
        """Log that so many events were not told."""
        log.warning(
            "%d host events were not told: a policy or a listener has not returned, and %d others wait for it",
            count,
            MOST,
        )

    def __call__(self, what: str, host_id: UUID) -> None:
        cluster = self._cluster()
        if cluster is None or cluster.is_shutdown:
            return
        registry = cluster._registry
        before = registry.by_id.get(host_id)
        registry.refresh()
        host = registry.by_id.get(host_id, before)
        if host is None:
            return
        if what == "up":
            mark_up(host)
            if host_id in self._up:
                return
            self._up.add(host_id)
        elif what == "down" or what == "remove":
            host.set_down()
            self._up.discard(host_id)
        tell(cluster, f"on_{what}", host, BaseException)
        # Both ask the load-balancing policies.
        for follow in (cluster._tell_distances, cluster._views.follow):
            try:
                follow()
            except BaseException:
                log.exception("A load-balancing policy could not say how far hosts are; connections stay as they are")


def mark_up(host: Host) -> None:
    """Mark a host up, whatever its conviction policy does: others wait to hear of it."""
    try:
        host.set_up()
    except BaseException:
        log.exception("The conviction policy of %s raised when the host came up; the host counts as up", host)
        host.is_up = True


def tell(cluster: Any, event: str, host: Host, logged: type[BaseException] = Exception) -> None:
    """Tell the policies and the listeners. What one of them raises is logged: all, on threads of the engine."""
    for told in (*cluster.profile_manager.policies(), *cluster.listeners):
        try:
            getattr(told, event)(host)
        except logged:
            log.exception("%s.%s raised for host %s", type(told).__name__, event, host)
