"""Execution profiles, and the parameters of a cluster that they take the place of."""

from __future__ import annotations

import warnings
from typing import Any
from unittest.mock import Mock

import pytest
from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, _ConfigMode
from cassandra.io.asyncorereactor import AsyncoreConnection
from cassandra.policies import (
    ColumnEncryptionPolicy,
    DCAwareRoundRobinPolicy,
    HostDistance,
    NoSpeculativeExecutionPolicy,
    RetryPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import Host
from cassandra.query import dict_factory


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
