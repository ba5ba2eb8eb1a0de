"""Load balancing policies by their plans, as cassandra-driver 3.30 makes them."""

import logging
from itertools import pairwise
from typing import Any
from unittest.mock import Mock, call, patch

import pytest
from cassandra.connection import DefaultEndPoint
from cassandra.policies import (
    DCAwareRoundRobinPolicy,
    DefaultLoadBalancingPolicy,
    DSELoadBalancingPolicy,
    HostDistance,
    HostFilterPolicy,
    RackAwareRoundRobinPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
    WhiteListRoundRobinPolicy,
)
from cassandra.pool import Host
from cassandra.query import HostTargetingStatement, SimpleStatement

from tests.support.hosts import make_host, plan, six

LOCAL, REMOTE, IGNORED = HostDistance.LOCAL, HostDistance.REMOTE, HostDistance.IGNORED


class Cluster:
    def __init__(self, *contact_points: int, replicas: list[Host] | None = None) -> None:
        self.endpoints_resolved = [DefaultEndPoint(f"127.0.0.{number}") for number in contact_points]
        self.metadata = Mock()
        self.metadata.get_replicas.return_value = replicas or []


class TestRoundRobin:
    def test_each_plan_begins_with_the_next_host(self) -> None:
        policy = RoundRobinPolicy()
        policy.populate(None, six())
        plans = [plan(policy) for _ in range(6)]
        assert all(sorted(one) == list(range(6)) for one in plans)
        assert sorted(one[0] for one in plans) == list(range(6))
        for one, following in pairwise(plans):
            assert one[1:] + one[:1] == following

    def test_hosts_come_and_go(self) -> None:
        hosts = six()
        policy = RoundRobinPolicy()
        policy.populate(None, hosts[:2])
        policy.on_down(hosts[0])
        assert plan(policy) == [1]
        policy.on_add(hosts[3])
        policy.on_up(hosts[0])
        policy.on_up(hosts[0])
        policy.on_remove(hosts[1])
        assert sorted(plan(policy)) == [0, 3]

    def test_empty(self) -> None:
        assert plan(RoundRobinPolicy()) == []
        assert RoundRobinPolicy().distance(make_host(1)) == LOCAL

    def test_plan_outlives_changes(self) -> None:
        hosts = six()
        policy = RoundRobinPolicy()
        policy.populate(None, hosts)
        drawn = policy.make_query_plan()
        first = next(drawn)
        for host in hosts:
            policy.on_down(host)
        assert len([first, *drawn]) == 6


class TestDCAware:
    def test_local_hosts_go_round_and_some_of_each_other_datacenter_follow(self) -> None:
        hosts = six()
        policy = DCAwareRoundRobinPolicy("dc1", used_hosts_per_remote_dc=1)
        policy.populate(Cluster(0), hosts)
        plans = [plan(policy) for _ in range(3)]
        assert {tuple(sorted(one[:3])) for one in plans} == {(0, 1, 2)}
        assert sorted(one[0] for one in plans) == [0, 1, 2]
        assert [one[3:] for one in plans] == [[3]] * 3
        assert [policy.distance(host) for host in hosts] == [LOCAL] * 3 + [REMOTE, IGNORED, IGNORED]

    def test_by_default_no_remote_host_is_used(self) -> None:
        hosts = six()
        policy = DCAwareRoundRobinPolicy("dc1")
        policy.populate(Cluster(0), hosts)
        assert sorted(plan(policy)) == [0, 1, 2]
        assert policy.distance(hosts[3]) == IGNORED

    def test_next_remote_host_steps_in(self) -> None:
        hosts = six()
        policy = DCAwareRoundRobinPolicy("dc1", 1)
        policy.populate(Cluster(), hosts)
        policy.on_down(hosts[3])
        assert plan(policy)[3:] == [4]
        policy.on_add(make_host(9, "dc3"))
        assert plan(policy)[3:] == [4, 9]

    def test_datacenter_is_learned_from_a_contact_point(self, caplog: pytest.LogCaptureFixture) -> None:
        policy = DCAwareRoundRobinPolicy()
        unknown = make_host(4)
        policy.populate(Cluster(4), [unknown])
        assert (policy.local_dc, plan(policy), policy.distance(unknown)) == ("", [4], LOCAL)
        with caplog.at_level(logging.INFO, logger="cassandra.policies"):
            policy.on_add(make_host(9, "other"))
            assert policy.local_dc == ""
            unknown.set_location_info("dc7", "r")
            policy.on_up(unknown)
            policy.on_up(make_host(4, "dc8"))
        assert policy.local_dc == "dc7"
        assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [
            "Using datacenter 'dc7' for DCAwareRoundRobinPolicy"
        ]

    def test_datacenter_that_is_known_at_the_start_is_learned_at_once(self) -> None:
        policy = DCAwareRoundRobinPolicy()
        policy.populate(Cluster(5), six())
        assert policy.local_dc == "dc2"
        assert sorted(plan(policy)) == [3, 4, 5]

    def test_datacenter_that_was_given_stays(self) -> None:
        policy = DCAwareRoundRobinPolicy("dc1")
        policy.populate(Cluster(5), six())
        policy.on_up(make_host(5, "dc2"))
        assert policy.local_dc == "dc1"

    def test_datacenter_without_hosts(self) -> None:
        policy = DCAwareRoundRobinPolicy("nowhere")
        policy.populate(Cluster(0), six())
        assert plan(policy) == []

    def test_host_that_moves_is_in_one_datacenter_only(self) -> None:
        hosts = six()
        policy = DCAwareRoundRobinPolicy("dc1", 3)
        policy.populate(Cluster(), hosts)
        hosts[3].set_location_info("dc1", "r0")
        policy.on_up(hosts[3])
        assert sorted(plan(policy)) == [0, 1, 2, 3, 4, 5]
        assert sorted(plan(policy)[:4]) == [0, 1, 2, 3]

    def test_host_that_is_gone_is_in_no_plan(self) -> None:
        hosts = six()
        policy = DCAwareRoundRobinPolicy("dc1", 3)
        policy.populate(Cluster(), hosts)
        for host in hosts[1:]:
            policy.on_remove(host)
        assert plan(policy) == [0]


def test_rack_aware_asks_the_rack_first() -> None:
    policy = RackAwareRoundRobinPolicy("dc1", "r0", used_hosts_per_remote_dc=1)
    policy.populate(Cluster(), six())
    for _ in range(4):
        drawn = plan(policy)
        assert sorted(drawn[:2]) == [0, 2]
        assert drawn[2:] == [1, 3]
    with pytest.raises(ValueError, match="local_rack"):
        RackAwareRoundRobinPolicy("dc1", "")


class TestWhiteList:
    def test_only_the_hosts_of_the_list(self) -> None:
        hosts = six()
        policy = WhiteListRoundRobinPolicy(["127.0.0.1", "127.0.0.2"])
        policy.populate(None, hosts)
        policy.on_up(hosts[0])
        policy.on_add(hosts[3])
        assert sorted(plan(policy)) == [1, 2]
        assert [policy.distance(host) for host in hosts[:3]] == [IGNORED, LOCAL, LOCAL]
        policy.on_down(hosts[1])
        assert plan(policy) == [2]
        policy.on_up(hosts[1])
        assert sorted(plan(policy)) == [1, 2]

    def test_names_are_looked_up(self) -> None:
        assert "127.0.0.1" in WhiteListRoundRobinPolicy(["localhost"])._allowed_hosts_resolved

    def test_one_string_is_no_list(self) -> None:
        with pytest.raises(TypeError, match="list"):
            WhiteListRoundRobinPolicy("127.0.0.1")


class TestHostFilter:
    def test_hosts_that_the_predicate_refuses(self) -> None:
        hosts = six()
        policy = HostFilterPolicy(RoundRobinPolicy(), lambda host: host.address.endswith("1"))
        policy.populate(Cluster(), hosts)
        assert plan(policy) == [1]
        assert [policy.distance(host) for host in hosts[:2]] == [IGNORED, LOCAL]

    def test_everything_else_is_the_childs(self) -> None:
        child = Mock()
        policy = HostFilterPolicy(child, lambda host: True)
        policy.on_up(1)  # type: ignore[arg-type]
        policy.on_add(2, 3, more=4)  # type: ignore[arg-type]
        policy.on_down(3)  # type: ignore[arg-type]
        policy.on_remove(4)  # type: ignore[arg-type]
        policy.check_supported()
        policy.populate("cluster", [])
        child.make_query_plan.return_value = [1, 2]
        assert list(policy.make_query_plan("ks", query="q")) == [1, 2]  # type: ignore[comparison-overlap]
        assert child.method_calls == [
            call.on_up(1),
            call.on_add(2, 3, more=4),
            call.on_down(3),
            call.on_remove(4),
            call.check_supported(),
            call.populate(cluster="cluster", hosts=[]),
            call.make_query_plan(working_keyspace="ks", query="q"),
        ]

    def test_predicate_is_asked_each_time_and_cannot_be_set(self) -> None:
        allowed = {"127.0.0.1"}
        policy = HostFilterPolicy(RoundRobinPolicy(), lambda host: host.address in allowed)
        policy.populate(Cluster(), six())
        assert plan(policy) == [1]
        allowed.add("127.0.0.4")
        assert sorted(plan(policy)) == [1, 4]
        with pytest.raises(AttributeError):
            policy.predicate = None  # type: ignore[misc, assignment]
        with pytest.raises(TypeError, match="predicate"):
            HostFilterPolicy(RoundRobinPolicy(), None)  # type: ignore[arg-type]


class TestTokenAware:
    QUERY = SimpleStatement("x", routing_key=b"k", keyspace="ks")

    def aware(self, child: Any, *replicas: Host, **options: Any) -> tuple[TokenAwarePolicy, Cluster]:
        cluster = Cluster(replicas=list(replicas))
        policy = TokenAwarePolicy(child, **options)
        policy.populate(cluster, six())
        return policy, cluster

    def test_replicas_come_first_in_their_order(self) -> None:
        hosts = six()
        policy, cluster = self.aware(RoundRobinPolicy(), hosts[4], hosts[2])
        for _ in range(3):
            drawn = plan(policy, "other", self.QUERY)
            assert drawn[:2] == [4, 2]
            assert sorted(drawn) == list(range(6))
        cluster.metadata.get_replicas.assert_called_with("ks", b"k")

    def test_keyspace_of_the_session_is_used_where_the_query_has_none(self) -> None:
        policy, cluster = self.aware(RoundRobinPolicy(), six()[4])
        assert plan(policy, "session", SimpleStatement("x", routing_key=b"k"))[0] == 4
        cluster.metadata.get_replicas.assert_called_with("session", b"k")

    @pytest.mark.parametrize(
        ("keyspace", "query"),
        [(None, None), ("ks", None), (None, SimpleStatement("x", routing_key=b"k")), ("ks", SimpleStatement("x"))],
    )
    def test_without_key_or_keyspace_the_plan_is_the_childs(self, keyspace: str | None, query: Any) -> None:
        policy, cluster = self.aware(RoundRobinPolicy(), six()[4])
        assert sorted(plan(policy, keyspace, query)) == list(range(6))
        cluster.metadata.get_replicas.assert_not_called()

    def test_local_replicas_first_and_remote_ones_in_their_place(self) -> None:
        hosts = six()
        policy, _ = self.aware(DCAwareRoundRobinPolicy("dc1", 3), hosts[3], hosts[2])
        drawn = plan(policy, None, self.QUERY)
        assert drawn[0] == 2
        assert sorted(drawn[1:3]) == [0, 1]
        assert drawn[3:] == [3, 4, 5]

    @pytest.mark.parametrize("is_up", [False, None])
    def test_replica_that_is_not_up_is_left_out(self, is_up: bool | None) -> None:
        hosts = six()
        hosts[4].is_up = is_up
        policy, _ = self.aware(RoundRobinPolicy(), hosts[4], hosts[2])
        drawn = plan(policy, None, self.QUERY)
        assert drawn[0] == 2
        assert 4 not in drawn

    def test_ignored_replica_is_left_out(self) -> None:
        child = Mock()
        hosts = six()
        distances = {hosts[0]: IGNORED, hosts[1]: LOCAL, hosts[2]: REMOTE}
        child.distance.side_effect = distances.get
        child.make_query_plan.return_value = hosts[:3]
        policy, _ = self.aware(child, *hosts[:3])
        assert plan(policy, None, self.QUERY) == [1, 2]
        child.make_query_plan.assert_called_once_with("ks", self.QUERY)

    def test_child_is_not_asked_for_a_plan_before_the_replicas_are_used_up(self) -> None:
        child = Mock()
        child.distance.return_value = LOCAL
        policy, _ = self.aware(child, six()[2])
        drawn = iter(policy.make_query_plan("ks", self.QUERY))
        assert next(drawn) == six()[2]
        child.make_query_plan.assert_not_called()

    def test_shuffle_is_that_of_the_public_module(self) -> None:
        hosts = six()
        replicas = [hosts[2], hosts[4]]
        policy, _ = self.aware(RoundRobinPolicy(), *replicas, shuffle_replicas=True)
        with patch("cassandra.policies.shuffle", side_effect=list.reverse) as shuffle:
            assert plan(policy, None, self.QUERY)[:2] == [4, 2]
        shuffle.assert_called_once()

    def test_partitioner_that_is_not_known_is_not_supported(self) -> None:
        policy, cluster = self.aware(RoundRobinPolicy())
        policy.check_supported()
        cluster.metadata.can_support_partitioner.return_value = False
        with pytest.raises(RuntimeError, match="partitioner"):
            policy.check_supported()

    def test_before_the_cluster_is_known(self) -> None:
        assert plan(TokenAwarePolicy(RoundRobinPolicy()), None, self.QUERY) == []

    def test_what_the_engine_would_choose_is_shuffled_here(self) -> None:
        hosts = six()
        policy, _ = self.aware(RoundRobinPolicy(), hosts[2], hosts[4], avoid_slow_replicas=True)
        with patch("cassandra.policies.shuffle", side_effect=list.reverse) as shuffle:
            assert plan(policy, None, self.QUERY)[:2] == [4, 2]
        shuffle.assert_called_once()
        with pytest.raises(TypeError, match="avoid_slow_replicas"):
            TokenAwarePolicy(RoundRobinPolicy(), avoid_slow_replicas="yes")  # type: ignore[arg-type]


class TestDefaultPolicy:
    def targeted(self, target: Host | None) -> tuple[list[int], Mock, Mock]:
        child = Mock()
        child.make_query_plan.return_value = six()[:2]
        cluster = Cluster()
        cluster.metadata.get_host.return_value = target
        policy = DefaultLoadBalancingPolicy(child)
        policy.populate(cluster, [])
        query = HostTargetingStatement(SimpleStatement("x", keyspace="own"), "127.0.0.5")
        return plan(policy, "ks", query), child, cluster.metadata

    def test_target_comes_first_and_once(self) -> None:
        drawn, child, metadata = self.targeted(six()[5])
        assert drawn == [5, 0, 1]
        metadata.get_host.assert_called_once_with("127.0.0.5")
        assert child.make_query_plan.call_args.args[0] == "own"
        assert self.targeted(six()[1])[0] == [1, 0]

    def test_target_that_is_down_or_unknown(self) -> None:
        assert self.targeted(make_host(5, up=False))[0] == [0, 1]
        assert self.targeted(None)[0] == [0, 1]

    def test_statement_without_target(self) -> None:
        child = Mock()
        child.make_query_plan.return_value = six()[:2]
        policy = DefaultLoadBalancingPolicy(child)
        assert plan(policy, "ks", SimpleStatement("x")) == [0, 1]
        assert plan(policy) == [0, 1]

    def test_former_name_warns(self) -> None:
        with pytest.warns(DeprecationWarning, match="DefaultLoadBalancingPolicy"):
            assert isinstance(DSELoadBalancingPolicy(RoundRobinPolicy()), DefaultLoadBalancingPolicy)
