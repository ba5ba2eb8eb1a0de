"""Every parameter of `Cluster`: what it takes, and the clear error for what it cannot."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from cassandra import DriverException, UnresolvableContactPoints, UnsupportedOperation
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable, ProtocolVersionNotSpoken
from cassandra.connection import DefaultEndPoint
from cassandra.policies import Budget, ConstantReconnectionPolicy, RetryPolicy, RoundRobinPolicy

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
