"""How a cluster gets its engine: described to it, connected, followed, and told whom else to connect to."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from cassandra._cluster import engine_log, engine_options, engine_policies, host_events
from cassandra._cluster.engine_names import EngineNames
from cassandra._cluster.exit import CONNECTED
from cassandra._cluster.host_events import HostEvents, tell
from cassandra._cluster.host_registry import HostRegistry
from cassandra._connection.hub import Hub, finished, hub_for
from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._errors.connection import ProtocolVersionUnsupported
from cassandra._errors.driver import DriverException
from cassandra._errors.session import KeyspaceNotUsed, NoHostAvailable
from cassandra._errors.validation import InvalidRequest
from cassandra._native import ClusterCore

if TYPE_CHECKING:
    from cassandra._native import SessionCore


class Engine:
    """Mixed into `Cluster`."""

    connection_class: Any
    metadata: Any
    profile_manager: Any
    is_shutdown: bool
    protocol_version: int
    endpoints_resolved: Any
    _protocol_version_explicit: bool
    _may_step_down: bool
    _registry: HostRegistry
    _events: HostEvents
    _telling_distances: Any
    _bundle: Any

    _core: ClusterCore | None = None
    _hub: Hub | None = None
    _engine_retry: Any = None
    _engine_plans: tuple[Any, ...] = ()
    _engine_policy: Any = None
    _engine_names: EngineNames | None = None

    def _connect_engine(self) -> None:
        self._hub = hub_for(self.connection_class)
        engine_log.follow(self, self._hub)
        described = self._described_policies()
        first = self.protocol_version if self._protocol_version_explicit else None
        if not self.endpoints_resolved and not self._bundle:
            raise NoHostAvailable("Unable to connect to any servers", {})
        core = None
        try:
            core = self._core = self._reached(first, described)
            CONNECTED.add(self)
            self._follow_engine(core)
        except BaseException:
            # A policy may have refused the cluster: the next attempt begins anew.
            self._core = None
            CONNECTED.discard(self)
            engine_log.leave(id(self))
            if core is not None:
                core.shut_down()
            raise

    def _follow_engine(self, core: ClusterCore) -> None:
        self.protocol_version = core.protocol_version()
        self._engine_names = EngineNames(core, self._engine_policy, self.profile_manager)
        self._registry.follow(core)
        self.profile_manager.populate(weakref.proxy(self), self.metadata.all_hosts())
        self.profile_manager.check_supported()
        if self._engine_plans:
            # A policy that has learnt its datacenter is described otherwise than before, and means the same.
            learnt = engine_policies.load_balancing(self._engine_policy)
            if learnt is not None:
                self._engine_plans = (*self._engine_plans, learnt)
        self._events.begin()
        events, most = self._events, host_events.MOST
        in_order = None if self._hub is None else self._hub.told_in_order(events, events.lost, most)
        core.set_listener(in_order or events, most)
        # Hosts that have come in between are told of now.
        for host in self._registry.refresh()[0]:
            tell(self, "on_add", host)
        self._tell_distances()

    def _tell_distances(self) -> None:
        """Tell the engine whom to connect to, where it cannot tell by itself."""
        core = self._core
        if core is None or self.is_shutdown or self._is_engine_planned():
            return
        distance = self.profile_manager.distance
        # Asked and told in one go: what a policy said before must not be told after what it says now.
        with self._telling_distances:
            core.set_distances([(key, distance(host)) for key, host in self._registry.by_id.items()])

    def _is_engine_planned(self) -> bool:
        """Whether the engine's own plan is that of every profile."""
        described = [engine_policies.load_balancing(policy) for policy in self.profile_manager.policies()]
        return bool(self._engine_plans) and all(found in self._engine_plans for found in described)

    def _described_policies(self) -> Any:
        """What the engine is told of load balancing: one policy for all profiles, or None.

        Then the profiles' policies make the plans, here, and say whom to connect to.
        """
        default = self.profile_manager.default.load_balancing_policy
        for policy in self.profile_manager.policies():
            if not hasattr(policy, "make_query_plan"):
                raise TypeError(f"load_balancing_policy must be a policy, not {type(policy).__name__}")
        described = [engine_policies.load_balancing(policy) for policy in self.profile_manager.policies()]
        first = engine_policies.load_balancing(default)
        if first is not None and all(other == first for other in described):
            self._engine_plans, self._engine_policy = (first,), default
        engine_policies.check_choice(self.profile_manager.policies())
        retry = engine_policies.retry(self.profile_manager.default.retry_policy)
        self._engine_retry = retry if isinstance(retry, tuple) else ("default",)
        return first if self._engine_plans else None

    def _reached(self, version: int | None, described: Any) -> ClusterCore:
        """A connected engine; with a version that is only a default, lower ones are tried after it."""
        while True:
            try:
                connecting = ClusterCore.connect(engine_options.engine_options(self, version, described))
                core: ClusterCore = finished(self._hub, connecting)
                return core
            except NoHostAvailable as error:
                causes = (error.errors or {}).values()
                refused = bool(causes) and all(isinstance(cause, ProtocolVersionUnsupported) for cause in causes)
                lower = ProtocolVersion.get_lower_supported(version) if version and self._may_step_down else 0
                if not refused or lower not in engine_options.SPOKEN:
                    raise
                version = lower

    def _connected_core(self) -> ClusterCore:
        if self.is_shutdown:
            raise DriverException("Cluster is already shut down")
        if self._core is None:
            raise DriverException("Cluster is not connected: call connect() first")
        return self._core

    def _session_core(self, keyspace: str | None) -> SessionCore:
        try:
            core: SessionCore = finished(self._hub, self._connected_core().session(keyspace))
        except InvalidRequest as error:
            raise KeyspaceNotUsed(str(keyspace), [host.address for host in self.metadata.all_hosts()]) from error
        return core
