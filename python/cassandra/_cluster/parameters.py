"""The parameters of `Cluster`: each is checked when it is given, and kept as an attribute of the same name."""

from __future__ import annotations

import logging
import ssl
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._cluster import contact_points as points
from cassandra._cluster import duck_types, engine_options, options, tls
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT, NOT_SET, ConfigMode
from cassandra._cluster.profile import ExecutionProfile, ProfileManager, default_lbp_factory
from cassandra._connection.endpoint_factories import DefaultEndPointFactory
from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._policies.address_translation import IdentityTranslator
from cassandra._policies.budget import Budget
from cassandra._policies.conviction import SimpleConvictionPolicy
from cassandra._policies.reconnection import ExponentialReconnectionPolicy
from cassandra._policies.retry import RetryPolicy
from cassandra.timestamps import MonotonicTimestampGenerator

log = logging.getLogger("cassandra.cluster")


class ClusterParameters:
    """Mixed into `Cluster`. Defaults are attributes of the class, which a subclass may change."""

    contact_points: Sequence[Any] = ("127.0.0.1",)
    port: int = 9042
    compression: Any = True
    cql_version: str | None = None
    connect_timeout: float | None = 5
    reconnection_policy: Any = ExponentialReconnectionPolicy(1.0, 600.0)
    conviction_policy_factory: Any = SimpleConvictionPolicy
    address_translator: Any = IdentityTranslator()
    protocol_version: int = ProtocolVersion.MAX_SUPPORTED
    timestamp_generator: Any = None
    profile_manager: ProfileManager

    # Those that a constructor sets, too: programs and test suites look at them, and patch them, on the class.
    allow_beta_protocol_version = False
    application_name = ""
    application_version = ""
    column_encryption_policy: Any = None
    control_connection_timeout: float | None = 2.0
    idle_heartbeat_interval: float = 30
    idle_heartbeat_timeout: float = 60
    max_schema_agreement_wait: float = 10
    metrics_enabled = False
    monitor_reporting_enabled = True
    monitor_reporting_interval: float = 30
    no_compact = False
    prepare_on_all_hosts = True
    reprepare_on_up = True
    schema_event_refresh_window: float = 2
    schema_metadata_enabled = True
    sessions: Any = None
    sockopts: Any = None
    ssl_context: Any = None
    ssl_options: Any = None
    status_event_refresh_window: float = 2
    token_metadata_enabled = True
    topology_event_refresh_window: float = 10

    _config_mode = ConfigMode.UNCOMMITTED
    _auth_provider: Any = None

    @property
    def auth_provider(self) -> Any:
        """Makes an authenticator for each connection; None where the servers ask for none."""
        return self._auth_provider

    @auth_provider.setter
    def auth_provider(self, provider: Any) -> None:
        if provider is not None and not callable(getattr(provider, "new_authenticator", None)):
            raise TypeError(
                "auth_provider must implement the cassandra.auth.AuthProvider interface when protocol_version >= 2"
            )
        self._auth_provider = provider

    def _take_addresses(self, given: Any, port: Any, endpoint_factory: Any) -> None:
        self.port = options.whole("port", port, 1, 65_535)
        self._contact_points_explicit = given is not None and given is not NOT_SET
        if self._contact_points_explicit:
            self.contact_points = given
        else:
            self.contact_points = list(self.contact_points)
        self.endpoints_resolved = points.resolved(points.checked(self.contact_points, self.port), self.port)
        self.endpoint_factory = DefaultEndPointFactory(self.port) if endpoint_factory is None else endpoint_factory
        if not callable(getattr(self.endpoint_factory, "configure", None)):
            raise TypeError(f"endpoint_factory must be an EndPointFactory, not {type(endpoint_factory).__name__}")
        self.endpoint_factory.configure(self)

    def _take_protocol(self, version: Any, is_default: Any, allow_beta: Any, cql_version: Any) -> None:
        self.allow_beta_protocol_version = options.flag("allow_beta_protocol_version", allow_beta)
        self.cql_version = options.text("cql_version", cql_version)
        negotiate = version is None or version is NOT_SET
        if not negotiate:
            known = (1, 2, *ProtocolVersion.SUPPORTED_VERSIONS, *ProtocolVersion.BETA_VERSIONS)
            options.whole("protocol_version", version, 0, 255)
            if version not in known:
                raise ValueError(f"protocol_version must be one of {sorted(set(known))}; got {version}")
            self.protocol_version = version
        self._protocol_version_explicit = not negotiate
        explicit = None if is_default is None else not options.flag("is_default_protocol_version", is_default)
        self._may_step_down = negotiate if explicit is None else not explicit

    def _take_numbers(self, **given: tuple[Any, int, int]) -> None:
        for name, (value, least, greatest) in given.items():
            may_be_none = name == "max_requests_per_connection"
            setattr(self, name, None if value is None and may_be_none else options.whole(name, value, least, greatest))

    def _take_times(self, **given: Any) -> None:
        for name, value in given.items():
            options.timeout(name, value)
            setattr(self, name, value)

    def _take_budgets(self, **given: Any) -> None:
        for name, value in given.items():
            if value is not None and not isinstance(value, Budget):
                raise TypeError(f"{name} must be a cassandra.policies.Budget or None, not {type(value).__name__}")
            setattr(self, name, value)

    def _take_windows(self, **given: Any) -> None:
        for name, value in given.items():
            # -1 switches the refresh off.
            if value != -1:
                options.seconds(name, value)
            setattr(self, name, value)

    def _take_flags(self, **given: Any) -> None:
        for name, value in given.items():
            setattr(self, name, options.flag(name, value))

    def _take_tls(self, ssl_context: Any, ssl_options: Any) -> None:
        if ssl_context is not None and not hasattr(ssl_context, "wrap_bio"):
            raise TypeError(f"ssl_context must be an ssl.SSLContext, not {type(ssl_context).__name__}")
        self.ssl_context = ssl_context
        self.ssl_options = ssl_options
        if ssl_options is not None and ssl_context is not None:
            tls.server_name(ssl_options)
        if ssl_options is not None and ssl_context is None:
            warnings.warn(
                "Using ssl_options without ssl_context is deprecated and will result in an error in the next major "
                "release. Please use ssl_context to prepare for that release.",
                DeprecationWarning,
                stacklevel=3,
            )
            engine_options.ssl_context(self)
            if tls.required(ssl_options) == ssl.CERT_NONE:
                public_log().warning(tls.UNVERIFIED)
                warnings.warn(tls.UNVERIFIED, stacklevel=3)

    def _take_policies(
        self, reconnection: Any, conviction: Any, conviction_factory: Any, translator: Any, timestamps: Any
    ) -> None:
        if reconnection is not None:
            self.reconnection_policy = duck_types.able(
                "reconnection_policy", reconnection, "a ReconnectionPolicy", "new_schedule"
            )
        factory = conviction if conviction_factory is None else conviction_factory
        if factory is not None:
            if not callable(factory):
                raise ValueError("conviction_policy_factory must be callable")
            self.conviction_policy_factory = factory
        if translator is not None:
            self.address_translator = duck_types.able(
                "address_translator", translator, "an AddressTranslator", "translate"
            )
        if timestamps is not None and not callable(timestamps):
            raise ValueError("timestamp_generator must be callable")
        self.timestamp_generator = MonotonicTimestampGenerator() if timestamps is None else timestamps

    def _take_profiles(self, load_balancing: Any, retry: Any, profiles: Any) -> None:
        if retry is not None:
            duck_types.retry("default_retry_policy", retry)
        if profiles is not None and not isinstance(profiles, Mapping):
            raise TypeError(f"execution_profiles must be a dict, not {type(profiles).__name__}")
        self.profile_manager = ProfileManager()
        chosen = default_lbp_factory() if load_balancing is None else load_balancing
        default = ExecutionProfile(chosen, RetryPolicy() if retry is None else retry)
        self.profile_manager.profiles[EXEC_PROFILE_DEFAULT] = default
        if load_balancing is not None or retry is not None:
            if profiles:
                raise ValueError(
                    "Clusters constructed with execution_profiles should not specify legacy parameters "
                    "load_balancing_policy or default_retry_policy. Configure this in a profile instead."
                )
            self._config_mode = ConfigMode.LEGACY
            warnings.warn(
                "Legacy execution parameters will be removed in 4.0. Consider using execution profiles.",
                DeprecationWarning,
                stacklevel=3,
            )
        elif profiles:
            self._take_given_profiles(profiles)
        if self._contact_points_explicit:
            self._warn_of_default_policies(load_balancing, profiles)

    def _warn_of_default_policies(self, load_balancing: Any, profiles: Any) -> None:
        """Log a warning where contact points are given, and the load-balancing policy is left to us."""
        if profiles:
            left = tuple(name for name, profile in profiles.items() if not profile._load_balancing_policy_explicit)
            if not left:
                return
            what = "load-balancing policies are not specified in some ExecutionProfiles"
            found = f"EPs without explicit LBPs = {left}"
        elif load_balancing is None:
            what, found = "no load_balancing_policy", "lbp = None"
        else:
            return
        public_log().warning(
            f"The cluster is given contact points, but {what}. cassandra-driver will refuse that one day; please "
            f"specify a load-balancing policy. (contact_points = {self.contact_points}, {found})"
        )

    def _take_given_profiles(self, profiles: Any) -> None:
        for profile in profiles.values():
            if not isinstance(profile, ExecutionProfile):
                raise TypeError("profile must be an instance of ExecutionProfile")
        self.profile_manager.profiles.update(profiles)
        self._config_mode = ConfigMode.PROFILES


def public_log() -> logging.Logger:
    """The logger of `cassandra.cluster` by its public name, where programs put another in its place."""
    from cassandra import cluster

    return cluster.log
