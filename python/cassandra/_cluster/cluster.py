"""`Cluster`: what a program says of its servers, and the engine that is connected to them."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from random import randrange
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cassandra._cluster import cloud as bundles
from cassandra._cluster import duck_types, engine_log, engine_options, engine_policies, options
from cassandra._cluster.connection_counts import ConnectionCounts
from cassandra._cluster.connection_views import ConnectionViews
from cassandra._cluster.control_view import ControlConnection
from cassandra._cluster.defaults import NOT_SET, ConfigMode
from cassandra._cluster.engine import Engine
from cassandra._cluster.exit import CONNECTED
from cassandra._cluster.host_events import HostEvents, tell
from cassandra._cluster.host_registry import HostRegistry
from cassandra._cluster.metadata import Metadata
from cassandra._cluster.metrics import Metrics
from cassandra._cluster.parameters import ClusterParameters, public_log
from cassandra._cluster.profile import ExecutionProfile
from cassandra._cluster.schema_refresh import SchemaRefresh
from cassandra._cluster.session import Session
from cassandra._connection.endpoints import DefaultEndPoint, EndPoint
from cassandra._errors.driver import DriverException, OperationTimedOut
from cassandra._exported import exported_by
from cassandra._locks import rlock
from cassandra._pool.host import Host

if TYPE_CHECKING:
    from cassandra._policies.budget import Budget

log = logging.getLogger("cassandra.cluster")


@exported_by("cassandra.cluster")
class Cluster(Engine, ClusterParameters, ConnectionCounts, SchemaRefresh):
    """A cluster of servers. `connect` gives sessions; `shutdown`, or leaving a `with`, closes them all.

    Nothing is connected before the first `connect`. Each parameter is an attribute too, and the defaults are
    attributes of the class, which a subclass may change.
    """

    connection_class: Any = None
    connect_to_remote_hosts = True
    control_connection: Any = None
    metadata: Any = None
    metrics: Any = None
    client_id: Any = None
    is_shutdown = False

    _executor: ThreadPoolExecutor | None = None
    _bundle: Any = None

    def __init__(
        self,
        contact_points: Any = None,
        port: int = 9042,
        executor_threads: Any = 2,
        auth_provider: Any = None,
        load_balancing_policy: Any = None,
        reconnection_policy: Any = None,
        default_retry_policy: Any = None,
        conviction_policy: Any = None,
        metrics_enabled: bool = False,
        connection_class: Any = None,
        ssl_context: Any = None,
        ssl_options: Mapping[str, Any] | None = None,
        sockopts: Any = None,
        cql_version: str | None = None,
        protocol_version: int | None = None,
        is_default_protocol_version: bool | None = None,
        compression: Any = True,
        max_schema_agreement_wait: float = 10,
        control_connection_timeout: float | None = 2.0,
        idle_heartbeat_interval: float = 30,
        idle_heartbeat_timeout: float = 60,
        schema_event_refresh_window: float = 2,
        topology_event_refresh_window: float = 10,
        status_event_refresh_window: float = 2,
        prepare_on_all_hosts: bool = True,
        reprepare_on_up: bool = True,
        max_requests_per_connection: int | None = None,
        connect_timeout: float | None = 5,
        schema_metadata_enabled: bool = True,
        token_metadata_enabled: bool = True,
        address_translator: Any = None,
        execution_profiles: Mapping[Any, ExecutionProfile] | None = None,
        allow_beta_protocol_version: bool = False,
        timestamp_generator: Any = None,
        no_compact: bool = False,
        endpoint_factory: Any = None,
        application_name: str | None = None,
        application_version: str | None = None,
        monitor_reporting_enabled: bool = True,
        monitor_reporting_interval: float = 30,
        client_id: Any = None,
        cloud: Any = None,
        column_encryption_policy: Any = None,
        conviction_policy_factory: Any = None,
        connections_per_host: int = 1,
        connections_per_remote_host: int = 1,
        max_queued_requests: int = 8_192,
        max_queued_bytes: int = 16 * 1024 * 1024,
        max_unsent_bytes: int = 8 * 1024 * 1024,
        retry_budget: Budget | None = None,
        speculation_budget: Budget | None = None,
    ) -> None:
        if isinstance(executor_threads, bool) or executor_threads in ("lz4", "snappy"):
            # The third place was the reference's for this one.
            executor_threads, compression = 2, executor_threads
        if isinstance(ssl_context, Mapping):
            ssl_context, ssl_options = None, ssl_context
        if cloud is not None:
            others = (
                contact_points is not None and contact_points is not NOT_SET,
                endpoint_factory,
                ssl_context,
                ssl_options,
            )
            self._bundle = bundles.bundle(cloud, *others)
        self._lock = rlock()
        self._take_addresses(contact_points, port, endpoint_factory)
        self._take_protocol(protocol_version, is_default_protocol_version, allow_beta_protocol_version, cql_version)
        self._take_numbers(
            executor_threads=(executor_threads, 1, 10_000),
            max_requests_per_connection=(max_requests_per_connection, 1, 32_768),
            connections_per_host=(connections_per_host, 1, 1_024),
            connections_per_remote_host=(connections_per_remote_host, 0, 1_024),
            max_queued_requests=(max_queued_requests, 0, 10_000_000),
            max_queued_bytes=(max_queued_bytes, 0, 2**40),
            max_unsent_bytes=(max_unsent_bytes, 1, 2**40),
        )
        self._take_budgets(retry_budget=retry_budget, speculation_budget=speculation_budget)
        self._take_times(
            max_schema_agreement_wait=max_schema_agreement_wait,
            control_connection_timeout=control_connection_timeout,
            idle_heartbeat_interval=idle_heartbeat_interval,
            idle_heartbeat_timeout=idle_heartbeat_timeout,
            connect_timeout=connect_timeout,
            monitor_reporting_interval=monitor_reporting_interval,
        )
        self._take_windows(
            schema_event_refresh_window=schema_event_refresh_window,
            topology_event_refresh_window=topology_event_refresh_window,
            status_event_refresh_window=status_event_refresh_window,
        )
        self._take_flags(
            metrics_enabled=metrics_enabled,
            prepare_on_all_hosts=prepare_on_all_hosts,
            reprepare_on_up=reprepare_on_up,
            schema_metadata_enabled=schema_metadata_enabled,
            token_metadata_enabled=token_metadata_enabled,
            no_compact=no_compact,
            monitor_reporting_enabled=monitor_reporting_enabled,
        )
        engine_options.compression(compression)
        self.compression = compression
        options.socket_options(sockopts)
        self.sockopts = sockopts
        self._take_tls(ssl_context, ssl_options)
        self.auth_provider = auth_provider
        self.application_name = options.text("application_name", application_name) or ""
        self.application_version = options.text("application_version", application_version) or ""
        self.client_id = client_id
        if column_encryption_policy is not None:
            column_encryption_policy = duck_types.column_encryption(
                "column_encryption_policy", column_encryption_policy
            )
        self.column_encryption_policy = column_encryption_policy
        if connection_class is not None:
            self.connection_class = duck_types.connection_class("connection_class", connection_class)
        self._take_policies(
            reconnection_policy, conviction_policy, conviction_policy_factory, address_translator, timestamp_generator
        )
        self._take_profiles(load_balancing_policy, default_retry_policy, execution_profiles)
        self._first_position = randrange(2**31)
        if self._bundle:
            for profile in self.profile_manager.profiles.values():
                bundles.set_consistency(profile)
        self._begin_views()

    def _begin_views(self) -> None:
        self._user_types: dict[str, dict[str, type]] = {}
        self._listeners: set[Any] = set()
        self._prepared_statements: weakref.WeakValueDictionary[bytes, Any] = weakref.WeakValueDictionary()
        self.sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self._registry = HostRegistry(self.conviction_policy_factory)
        self._events = HostEvents(self)
        self._views = ConnectionViews(self)
        self._telling_distances = rlock()
        self.metadata = Metadata(weakref.proxy(self), self._registry)
        self.control_connection = ControlConnection(weakref.proxy(self))
        self.metrics = Metrics(self) if self.metrics_enabled else None

    @property
    def load_balancing_policy(self) -> Any:
        """The policy of the default profile."""
        return self.profile_manager.default.load_balancing_policy

    @load_balancing_policy.setter
    def load_balancing_policy(self, policy: Any) -> None:
        self._set_legacy("load_balancing_policy", "load_balancing_policy", policy)

    @property
    def default_retry_policy(self) -> Any:
        """The retry policy of the default profile."""
        return self.profile_manager.default.retry_policy

    @default_retry_policy.setter
    def default_retry_policy(self, policy: Any) -> None:
        self._set_legacy("default_retry_policy", "retry_policy", policy)

    _default_retry_policy = default_retry_policy

    def _set_legacy(self, name: str, attribute: str, policy: Any) -> None:
        if self._config_mode == ConfigMode.PROFILES:
            raise ValueError(
                f"Cannot set Cluster.{name} while using Configuration Profiles. Set this in a profile instead."
            )
        setattr(self.profile_manager.default, attribute, duck_types.refuse_class(name, policy))
        self._config_mode = ConfigMode.LEGACY

    def add_execution_profile(self, name: Any, profile: ExecutionProfile, pool_wait_timeout: float = 5) -> None:
        """Add a profile. ValueError where the name is taken, or the cluster is set up the older way."""
        if not isinstance(profile, ExecutionProfile):
            raise TypeError("profile must be an instance of ExecutionProfile")
        patience = options.timeout("pool_wait_timeout", pool_wait_timeout)
        if self._config_mode == ConfigMode.LEGACY:
            raise ValueError("Cannot add execution profiles when legacy parameters are set explicitly.")
        if name in self.profile_manager.profiles:
            raise ValueError(f"Profile {name} already exists")
        if self._core is not None:
            policies = [*self.profile_manager.policies(), profile.load_balancing_policy]
            engine_policies.check_choice(policies, self._engine_plans)
        if self._bundle:
            bundles.set_consistency(profile)
        if self._contact_points_explicit and not profile._load_balancing_policy_explicit:
            public_log().warning(
                f"The cluster was given contact points, and the ExecutionProfile {name!r} no load-balancing policy. "
                "cassandra-driver will refuse trying to add such a profile one day; please specify a load-balancing "
                "policy in the profile."
            )
        self.profile_manager.profiles[name] = profile
        self._config_mode = ConfigMode.PROFILES
        if self._core is not None:
            profile.load_balancing_policy.populate(weakref.proxy(self), self.metadata.all_hosts())
            self._tell_distances()
            until = None if patience is None else time.monotonic() + patience
            for session in list(self.sessions):
                if not session._wait_for_pools(None if until is None else until - time.monotonic()):
                    raise OperationTimedOut({"pools": f"not all were open within {patience} seconds"})

    # Connecting

    def connect(self, keyspace: str | None = None, wait_for_all_pools: bool = False) -> Session:
        """A new session, with `keyspace` for names without one, once some host can be asked.

        `wait_for_all_pools` waits for the others too, each of which has the time of its attempt to connect.
        NoHostAvailable where no server can be reached, or none takes the credentials.
        """
        options.text("keyspace", keyspace)
        with self._lock:
            if self.is_shutdown:
                raise DriverException("Cluster is already shut down")
            if self._core is None:
                self._connect_engine()
            session = self._new_session(keyspace)
        self.sessions.add(session)
        try:
            self._register_user_types(session)
        except BaseException:
            session.shutdown()
            self.sessions.discard(session)
            raise
        if wait_for_all_pools:
            session._wait_for_pools(self.connect_timeout)
            self._registry.refresh()
        return session

    def _new_session(self, keyspace: str | None) -> Session:
        session = Session(self, self.metadata.all_hosts(), keyspace)
        self._registry.refresh()
        self._views.follow()
        return session

    def shutdown(self) -> None:
        """Close all sessions and connections. It may be called again; a cluster cannot be connected after it."""
        with self._lock:
            if self.is_shutdown:
                return
            self.is_shutdown = True
        CONNECTED.discard(self)
        if self._core is not None:
            self._core.shut_down()
        engine_log.leave(id(self))
        if self._executor is not None:
            self._executor.shutdown(wait=False)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()

    @property
    def executor(self) -> ThreadPoolExecutor:
        """Threads for `Session.submit`. The engine has its own."""
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self.executor_threads, "cassandra-executor")  # type: ignore[attr-defined]
            return self._executor

    # Hosts

    @property
    def listeners(self) -> set[Any]:
        """Those who are told of hosts; a copy."""
        return set(self._listeners)

    def register_listener(self, listener: Any) -> None:
        """Have a `HostStateListener` told of hosts."""
        with self._lock:
            self._listeners = {*self._listeners, listener}

    def unregister_listener(self, listener: Any) -> None:
        """Tell a listener no more. KeyError where it was not told."""
        with self._lock:
            left = set(self._listeners)
            left.remove(listener)
            self._listeners = left

    def add_host(
        self,
        endpoint: Any = None,
        datacenter: str | None = None,
        rack: str | None = None,
        signal: bool = True,
        refresh_nodes: bool = True,
        address: Any = None,
    ) -> tuple[Host, bool]:
        """Make a host known; the host, and whether it is new. `signal` tells policies and listeners.

        The engine connects to it once the servers name it too.
        """
        given = endpoint if address is None else address
        if isinstance(given, tuple):
            given = DefaultEndPoint(*given)
        elif not isinstance(given, EndPoint):
            if not isinstance(given, str) or not given:
                raise TypeError(f"add_host takes an address or an end point, not {type(given).__name__}")
            given = DefaultEndPoint(given, self.port)
        options.text("datacenter", datacenter)
        options.text("rack", rack)
        host, is_new = self.metadata.add_or_return_host(Host(given, self.conviction_policy_factory, datacenter, rack))
        if is_new and signal:
            log.info("New Cassandra host %r discovered", host)
            tell(self, "on_add", host)
        return host, is_new

    def remove_host(self, host: Any) -> None:
        """Forget a host, and tell policies and listeners. One that the servers still name is found again."""
        if host is not None and not isinstance(host, str) and not hasattr(host, "endpoint"):
            raise TypeError(f"host must be a Host, not {type(host).__name__}")
        if host is not None and self.metadata.remove_host(host):
            log.info("Cassandra host %s removed", host)
            tell(self, "on_remove", host)

    def get_control_connection_host(self) -> Any:
        """The host of the connection for events and metadata; None while there is none."""
        return self.control_connection.host

    def get_connection_holders(self) -> list[Any]:
        """The pools of all sessions, and the control connection."""
        return [*(pool for session in list(self.sessions) for pool in session.get_pools()), self.control_connection]

    def add_prepared(self, query_id: bytes, prepared_statement: Any) -> None:
        """Remember a prepared statement for as long as somebody holds it."""
        self._prepared_statements[query_id] = prepared_statement
