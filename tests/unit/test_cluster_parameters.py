"""Every parameter of `Cluster`: what it takes, and the clear error for what it cannot."""

from __future__ import annotations

import inspect
import ssl
import warnings
from typing import Any
from unittest.mock import Mock

import pytest
from cassandra import ConsistencyLevel, DriverException, UnresolvableContactPoints, UnsupportedOperation
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    ProtocolVersionNotSpoken,
    _ConfigMode,
)
from cassandra.connection import DefaultEndPoint
from cassandra.io.asyncorereactor import AsyncoreConnection
from cassandra.policies import (
    Budget,
    ColumnEncryptionPolicy,
    ConstantReconnectionPolicy,
    DCAwareRoundRobinPolicy,
    HostDistance,
    NoSpeculativeExecutionPolicy,
    RetryPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import Host
from cassandra.query import dict_factory

# Sentinels and defaults of the page that this package was specified by.
DEFAULTS = {
    "contact_points": None,
    "port": 9042,
    "executor_threads": 2,
    "metrics_enabled": False,
    "compression": True,
    "max_schema_agreement_wait": 10,
    "control_connection_timeout": 2.0,
    "idle_heartbeat_interval": 30,
    "idle_heartbeat_timeout": 60,
    "schema_event_refresh_window": 2,
    "topology_event_refresh_window": 10,
    "status_event_refresh_window": 2,
    "prepare_on_all_hosts": True,
    "reprepare_on_up": True,
    "max_requests_per_connection": None,
    "connect_timeout": 5,
    "connections_per_host": 1,
    "connections_per_remote_host": 1,
    "max_queued_requests": 8_192,
    "max_queued_bytes": 16_777_216,
    "max_unsent_bytes": 8_388_608,
    "retry_budget": None,
    "speculation_budget": None,
    "protocol_version": None,
    "is_default_protocol_version": None,
}


class Huge(int):
    """A number that no float holds, and that has too many digits for a test's name."""

    __repr__ = lambda self: f"{self.bit_length()} bits"  # noqa: E731


NUMBERS = {
    name
    for name in inspect.signature(Cluster).parameters
    if name.endswith(("_timeout", "_interval", "_window", "_wait", "_threads", "_per_connection", "_host", "_bytes"))
} | {"port", "protocol_version", "max_queued_requests"}

MAY_BE_NONE = {
    "control_connection_timeout",
    "connect_timeout",
    "idle_heartbeat_interval",
    "idle_heartbeat_timeout",
    "max_requests_per_connection",
    "max_schema_agreement_wait",
    "monitor_reporting_interval",
    "protocol_version",
}

ZERO_IS_FINE = {name for name in NUMBERS if name.endswith(("_timeout", "_interval", "_window", "_wait"))} | {
    "connections_per_remote_host",
    "max_queued_bytes",
    "max_queued_requests",
}
# -1 switches a refresh off.
MINUS_ONE_IS_FINE = {name for name in NUMBERS if name.endswith("_window")}

WRONG = [
    -1,
    0,
    float("nan"),
    float("inf"),
    -float("inf"),
    2**63,
    Huge(10**400),
    Huge(10**5000),
    "4",
    None,
    object(),
    [],
    b"1",
]


def is_fine(name: str, value: Any) -> bool:
    if value is None:
        return name in MAY_BE_NONE
    if type(value) is int and value == -1:
        return name in MINUS_ONE_IS_FINE
    return type(value) is int and value == 0 and name in ZERO_IS_FINE


@pytest.mark.parametrize("name", sorted(NUMBERS))
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_numbers(name: str, value: Any) -> None:
    """C2 of docs/promises.md."""
    if is_fine(name, value):
        Cluster(**{name: value})
        return
    with pytest.raises((TypeError, ValueError), match=name):
        Cluster(**{name: value})


def test_there_are_numbers() -> None:
    assert len(NUMBERS) >= 12


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_defaults(name: str) -> None:
    assert inspect.signature(Cluster).parameters[name].default == DEFAULTS[name]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("contact_points", "127.0.0.1", TypeError),
        ("contact_points", b"127.0.0.1", TypeError),
        ("contact_points", 5, TypeError),
        ("contact_points", [None], ValueError),
        ("contact_points", [5], TypeError),
        ("contact_points", [""], ValueError),
        ("contact_points", [("127.0.0.1",)], ValueError),
        ("contact_points", [("127.0.0.1", None)], ValueError),
        ("contact_points", [("127.0.0.1", 70_000)], ValueError),
        ("contact_points", ["no.such.host.invalid"], UnresolvableContactPoints),
        ("port", 70_000, ValueError),
        ("auth_provider", 5, TypeError),
        ("auth_provider", {"username": "u", "password": "p"}, TypeError),
        ("load_balancing_policy", RoundRobinPolicy, TypeError),
        ("reconnection_policy", ConstantReconnectionPolicy, TypeError),
        ("reconnection_policy", 5, TypeError),
        ("default_retry_policy", RetryPolicy, TypeError),
        ("default_retry_policy", 5, TypeError),
        ("conviction_policy", 5, ValueError),
        ("conviction_policy_factory", 5, ValueError),
        ("address_translator", 5, TypeError),
        ("timestamp_generator", 5, ValueError),
        ("retry_budget", 0.1, TypeError),
        ("speculation_budget", (0.1, 10), TypeError),
        ("speculation_budget", Budget, TypeError),
        ("compression", "zstd", ValueError),
        ("compression", 5, ValueError),
        ("sockopts", 5, TypeError),
        ("sockopts", "abc", TypeError),
        ("sockopts", [(1, 2)], TypeError),
        ("sockopts", [(1, "x", 3)], TypeError),
        ("sockopts", [(1, 2, "x")], TypeError),
        ("ssl_context", 5, TypeError),
        ("cql_version", 3, TypeError),
        ("application_name", 5, TypeError),
        ("protocol_version", 99, ValueError),
        ("protocol_version", "4", TypeError),
        ("endpoint_factory", 5, TypeError),
        ("endpoint_factory", 0, TypeError),
        ("endpoint_factory", [], TypeError),
        ("connection_class", 5, TypeError),
        ("connection_class", "x", TypeError),
        ("connection_class", float, TypeError),
        ("column_encryption_policy", 5, TypeError),
        ("load_balancing_policy", 5, TypeError),
        ("address_translator", "x", TypeError),
        ("execution_profiles", 0, TypeError),
        ("execution_profiles", "", TypeError),
        ("contact_points", {}, TypeError),
        ("sockopts", [(6, 1, 2**70)], ValueError),
        ("sockopts", [(2**31, 1, 1)], ValueError),
        ("execution_profiles", [1], TypeError),
        ("execution_profiles", {"a": 5}, TypeError),
        ("cloud", {"secure_connect_bundle": "x"}, FileNotFoundError),
        ("metrics_enabled", "yes", TypeError),
        ("prepare_on_all_hosts", None, TypeError),
        ("no_such_parameter", 5, TypeError),
    ],
)
def test_refused(name: str, value: Any, error: type[Exception]) -> None:
    """C1, C2 of docs/promises.md."""
    with pytest.raises(error) as caught:
        Cluster(**{name: value})
    if error in (TypeError, ValueError) and not (name == "contact_points" and error is ValueError):
        assert name in str(caught.value).replace("conviction_policy_factory", name) or "profile" in str(caught.value)


@pytest.mark.parametrize("third", [True, False, "lz4", "snappy"])
def test_third_place_is_compression_in_the_reference(third: Any) -> None:
    cluster = Cluster(None, 9042, third)
    assert (cluster.compression, cluster.executor_threads) == (third, 2)


def test_third_place_is_executor_threads_on_the_page() -> None:
    cluster = Cluster(None, 9042, 7)
    assert (cluster.compression, cluster.executor_threads) == (True, 7)


def test_contact_points_become_end_points() -> None:
    cluster = Cluster([("127.0.0.1", 9043), "127.0.0.2", DefaultEndPoint("127.0.0.3", 9044), "127.0.0.2"])
    assert list(map(str, cluster.endpoints_resolved)) == ["127.0.0.1:9043", "127.0.0.2:9042", "127.0.0.3:9044"]


def test_before_connect_nothing_is_known() -> None:
    cluster = Cluster()
    assert cluster.metadata.all_hosts() == []
    assert cluster.metadata.partitioner is None
    assert cluster.metrics is None
    assert cluster.get_control_connection_host() is None
    assert cluster.get_connection_holders() == [cluster.control_connection]
    assert len(cluster.sessions) == 0
    with pytest.raises(DriverException, match=r"not refreshed"):
        cluster.refresh_schema_metadata()


def test_shutdown_can_be_repeated_and_is_final() -> None:
    with Cluster() as cluster:
        pass
    cluster.shutdown()
    assert cluster.is_shutdown
    with pytest.raises(DriverException, match="Cluster is already shut down"):
        cluster.connect()


def test_class_attributes_are_defaults() -> None:
    class Mine(Cluster):
        contact_points = ("127.0.0.9",)
        connection_class = object

    cluster = Mine()
    assert str(cluster.endpoints_resolved[0]) == "127.0.0.9:9042"
    assert cluster.connection_class is object


def test_conviction_policy_is_the_factory() -> None:
    def factory(host: Any) -> Any:
        return None

    assert Cluster(conviction_policy=factory).conviction_policy_factory is factory
    assert Cluster(conviction_policy_factory=factory).conviction_policy_factory is factory


def test_secrets_are_not_shown() -> None:
    cluster = Cluster(auth_provider=PlainTextAuthProvider("user", "canary-word"))
    assert "canary-word" not in repr(cluster) + str(vars(cluster))


class TestModes:
    """Legacy parameters or execution profiles."""

    def test_uncommitted(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert Cluster()._config_mode == _ConfigMode.UNCOMMITTED

    def test_legacy(self) -> None:
        policy = RoundRobinPolicy()
        with pytest.warns(DeprecationWarning, match="Legacy execution parameters") as caught:
            cluster = Cluster(load_balancing_policy=policy, default_retry_policy=(retry := RetryPolicy()))
        assert len(caught) == 1
        assert caught[0].filename == __file__
        assert cluster._config_mode == _ConfigMode.LEGACY
        assert cluster.load_balancing_policy is policy
        assert cluster.profile_manager.default.retry_policy is retry
        with pytest.raises(ValueError, match="Cannot add execution profiles"):
            cluster.add_execution_profile("a", ExecutionProfile())

    def test_profiles(self) -> None:
        default = ExecutionProfile(RoundRobinPolicy())
        cluster = Cluster(execution_profiles={EXEC_PROFILE_DEFAULT: default, "a": ExecutionProfile()})
        assert cluster._config_mode == _ConfigMode.PROFILES
        assert cluster.profile_manager.default is default
        for name, value in (("load_balancing_policy", RoundRobinPolicy()), ("default_retry_policy", RetryPolicy())):
            with pytest.raises(ValueError, match=f"Cannot set Cluster.{name}"):
                setattr(cluster, name, value)
        with pytest.raises(ValueError, match="already exists"):
            cluster.add_execution_profile("a", ExecutionProfile())
        with pytest.raises(TypeError, match="profile must be an instance"):
            cluster.add_execution_profile("b", 5)  # type: ignore[arg-type]

    def test_they_do_not_mix(self) -> None:
        with pytest.raises(ValueError, match="should not specify legacy parameters"):
            Cluster(load_balancing_policy=RoundRobinPolicy(), execution_profiles={"a": ExecutionProfile()})

    def test_one_warning_asks_for_a_policy(self, caplog: pytest.LogCaptureFixture) -> None:
        Cluster(["127.0.0.1"])
        Cluster(["127.0.0.1"], execution_profiles={EXEC_PROFILE_DEFAULT: ExecutionProfile(RoundRobinPolicy())})
        Cluster()
        asked = [record for record in caplog.records if "please specify a load-balancing policy" in record.getMessage()]
        assert len(asked) == 1
        assert "contact_points = ['127.0.0.1']" in asked[0].getMessage()


class TestProfile:
    def test_defaults(self) -> None:
        profile = ExecutionProfile()
        assert isinstance(profile.load_balancing_policy, TokenAwarePolicy)
        assert isinstance(profile.load_balancing_policy._child_policy, DCAwareRoundRobinPolicy)
        assert profile.consistency_level == ConsistencyLevel.LOCAL_ONE
        assert profile.serial_consistency_level is None
        assert profile.request_timeout == 10.0

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("load_balancing_policy", RoundRobinPolicy),
            ("retry_policy", RetryPolicy),
            ("consistency_level", 99),
            ("consistency_level", "ONE"),
            ("consistency_level", None),
            ("serial_consistency_level", ConsistencyLevel.ONE),
            ("request_timeout", -1),
            ("request_timeout", float("nan")),
            ("request_timeout", "5"),
            ("row_factory", 5),
            ("load_balancing_policy", 5),
            ("load_balancing_policy", "x"),
            ("retry_policy", 5),
            ("retry_policy", "x"),
            ("speculative_execution_policy", 5),
            ("speculative_execution_policy", NoSpeculativeExecutionPolicy),
            pytest.param("request_timeout", 10**400, id="request_timeout-huge"),
        ],
    )
    def test_refused(self, name: str, value: Any) -> None:
        with pytest.raises((TypeError, ValueError), match=name):
            ExecutionProfile(**{name: value})

    def test_policies_of_any_class_are_taken(self) -> None:
        class Balancing:
            def make_query_plan(self) -> None: ...
            def distance(self) -> None: ...

        policies = {
            "load_balancing_policy": Balancing(),
            "retry_policy": Mock(),
            "speculative_execution_policy": Mock(),
        }
        profile = ExecutionProfile(**policies)
        assert {name: getattr(profile, name) for name in policies} == policies
        translator, cipher = Mock(), Mock(spec=ColumnEncryptionPolicy)
        cluster = Cluster(connection_class=Mock(), address_translator=translator, column_encryption_policy=cipher)
        assert (cluster.address_translator, cluster.column_encryption_policy) == (translator, cipher)
        assert Cluster(connection_class=AsyncoreConnection).connection_class is AsyncoreConnection
        assert Cluster(contact_points={"127.0.0.1": "a name"}).endpoints_resolved  # by its names, as there

    def test_what_is_no_distance_is_warned_of_once(self, caplog: pytest.LogCaptureFixture) -> None:
        class Far(RoundRobinPolicy):
            def distance(self, host: Any) -> Any:
                return 99

        cluster = Cluster(execution_profiles={EXEC_PROFILE_DEFAULT: ExecutionProfile(Far())})
        for address in ("127.0.0.1", "127.0.0.2"):
            assert cluster.profile_manager.distance(Host(address)) == HostDistance.IGNORED
        warned = [record.getMessage() for record in caplog.records if "HostDistance" in record.getMessage()]
        assert len(warned) == 1
        assert "Far.distance" in warned[0]
        assert "99" in warned[0]

    def test_row_factory_is_kept_as_it_is(self) -> None:
        assert ExecutionProfile(row_factory=dict_factory).row_factory is dict_factory


class TestTls:
    """`ssl_options`, which become a context that does what they say."""

    def context(self, **options: Any) -> ssl.SSLContext:
        from cassandra._cluster.tls import context_of

        return context_of(options)

    def test_nothing_is_verified_unless_asked(self) -> None:
        assert self.context().verify_mode == ssl.CERT_NONE

    def test_required_means_required(self) -> None:
        """E4 of docs/promises.md."""
        assert self.context(cert_reqs=ssl.CERT_REQUIRED).verify_mode == ssl.CERT_REQUIRED
        assert self.context(cert_reqs=ssl.CERT_NONE).verify_mode == ssl.CERT_NONE

    def test_one_version(self) -> None:
        context = self.context(ssl_version=ssl.PROTOCOL_TLSv1_2)
        assert context.minimum_version == context.maximum_version == ssl.TLSVersion.TLSv1_2

    def test_host_name(self) -> None:
        assert self.context(check_hostname=True, cert_reqs=ssl.CERT_REQUIRED).check_hostname
        with pytest.raises(ValueError, match="check_hostname"):
            self.context(check_hostname=True)

    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("server_side", True, ValueError),
            ("ssl_version", "x", ValueError),
            ("ssl_version", 99, ValueError),
            ("ssl_version", ssl.PROTOCOL_TLS_SERVER, ValueError),
            ("server_hostname", 5, TypeError),
            ("cert_reqs", "x", ValueError),
        ],
    )
    def test_options_that_cannot_be_obeyed(self, name: str, value: Any, error: type[Exception]) -> None:
        with pytest.raises(error, match=f"ssl_options: {name}"):
            self.context(**{name: value})

    def test_a_server_name_beside_a_context(self) -> None:
        with pytest.raises(TypeError, match="server_hostname"):
            Cluster(ssl_context=ssl.create_default_context(), ssl_options={"server_hostname": 5})

    def test_options_of_wrap_socket_that_change_nothing(self) -> None:
        assert self.context(server_side=False, do_handshake_on_connect=False, suppress_ragged_eofs=True)

    def test_versions_by_number_and_any(self) -> None:
        assert self.context(ssl_version=int(ssl.PROTOCOL_TLSv1_2)).maximum_version == ssl.TLSVersion.TLSv1_2
        assert self.context(ssl_version=ssl.TLSVersion.TLSv1_3).minimum_version == ssl.TLSVersion.TLSv1_3
        for any_version in (None, ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLS_CLIENT):
            assert self.context(ssl_version=any_version).maximum_version == self.context().maximum_version

    def test_a_loud_warning_where_nothing_is_verified(self, caplog: pytest.LogCaptureFixture) -> None:
        with pytest.warns(DeprecationWarning), pytest.warns(UserWarning, match="ssl_options verify nothing") as caught:
            Cluster(ssl_options={})
        assert {warning.filename for warning in caught} == {__file__}
        assert "ssl_options verify nothing" in caplog.text
        caplog.clear()
        with pytest.warns(DeprecationWarning) as only:
            Cluster(ssl_options={"cert_reqs": ssl.CERT_REQUIRED})
        assert len(only) == 1
        assert caplog.text == ""

    def test_bad_options_are_refused_at_once(self) -> None:
        with pytest.warns(DeprecationWarning, match="ssl_options"), pytest.raises(TypeError, match="no_such_option"):
            Cluster(ssl_options={"no_such_option": 1})
        with pytest.warns(DeprecationWarning, match="ssl_options"), pytest.raises(OSError):
            Cluster(ssl_options={"ca_certs": "/no/such/file"})
        with pytest.raises(ValueError, match="keyfile"):
            self.context(keyfile="/no/such/file")

    def test_a_context_is_taken_as_it_is(self) -> None:
        context = ssl.create_default_context()
        assert Cluster(ssl_context=context).ssl_context is context

    def test_options_in_the_place_of_a_context(self) -> None:
        with pytest.warns(DeprecationWarning), pytest.warns(UserWarning, match="verify nothing"):
            cluster = Cluster(ssl_context={"cert_reqs": ssl.CERT_NONE})
        assert cluster.ssl_options == {"cert_reqs": ssl.CERT_NONE}


@pytest.mark.parametrize("count", ["core_connections_per_host", "max_connections_per_host"])
def test_connection_counts_of_old_protocols(count: str) -> None:
    cluster = Cluster()
    assert getattr(cluster, f"get_{count}")(0) in (2, 8)
    with pytest.raises(UnsupportedOperation, match=f"set_{count}"):
        getattr(cluster, f"set_{count}")(0, 3)


def test_a_version_in_the_making() -> None:
    cluster = Cluster(protocol_version=6, allow_beta_protocol_version=True)
    with pytest.raises(ProtocolVersionNotSpoken, match="protocol version 6 is not supported") as caught:
        cluster.connect()
    assert isinstance(caught.value, NoHostAvailable)
    assert isinstance(caught.value, UnsupportedOperation)
