"""Policies by their decisions, as cassandra-driver 3.30 makes them; `test_load_balancing.py` has the plans of hosts."""

import pickle
from typing import Any
from unittest.mock import Mock, call, patch

import pytest
from cassandra import OperationTimedOut
from cassandra.policies import (
    AddressTranslator,
    Budget,
    ColDesc,
    ColumnEncryptionPolicy,
    ConstantSpeculativeExecutionPolicy,
    ConvictionPolicy,
    DCAwareRoundRobinPolicy,
    EC2MultiRegionTranslator,
    ExponentialReconnectionPolicy,
    HostStateListener,
    IdentityTranslator,
    LoadBalancingPolicy,
    NoSpeculativeExecutionPolicy,
    ReconnectionPolicy,
    RetryPolicy,
    RoundRobinPolicy,
    SimpleConvictionPolicy,
    SpeculativeExecutionPlan,
    SpeculativeExecutionPolicy,
    WrapperPolicy,
)

from tests.support.hosts import make_host, plan, six


def test_wrapper_passes_on() -> None:
    child = Mock()
    wrapper: Any = WrapperPolicy(child)
    wrapper.distance(1)
    wrapper.on_up(2)
    wrapper.on_down(3)
    wrapper.on_add(4)
    wrapper.on_remove(5)
    wrapper.populate(6, 7)
    assert child.method_calls == [
        call.distance(1),
        call.on_up(2),
        call.on_down(3),
        call.on_add(4),
        call.on_remove(5),
        call.populate(6, 7),
    ]


@pytest.mark.parametrize(
    "unfinished",
    [
        lambda: LoadBalancingPolicy().distance(make_host(1)),
        lambda: LoadBalancingPolicy().populate(None, []),
        lambda: LoadBalancingPolicy().make_query_plan(),
        lambda: HostStateListener().on_up(make_host(1)),
        lambda: HostStateListener().on_down(make_host(1)),
        lambda: HostStateListener().on_add(make_host(1)),
        lambda: HostStateListener().on_remove(make_host(1)),
        lambda: ReconnectionPolicy().new_schedule(),
        lambda: SpeculativeExecutionPolicy().new_plan(None, None),
        lambda: SpeculativeExecutionPlan().next_execution(None),
        lambda: ConvictionPolicy(make_host(1)).add_failure(Exception()),
        lambda: ConvictionPolicy(make_host(1)).reset(),
        lambda: AddressTranslator().translate("a"),
        lambda: ColumnEncryptionPolicy().encrypt(ColDesc("a", "b", "c"), b""),
        lambda: WrapperPolicy(RoundRobinPolicy()).make_query_plan(),
    ],
)
def test_what_a_subclass_must_say(unfinished: Any) -> None:
    with pytest.raises(NotImplementedError):
        unfinished()


class Subclass(RoundRobinPolicy):
    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Any:
        return reversed(list(super().make_query_plan(working_keyspace, query)))


def test_subclass_of_a_built_in_policy() -> None:
    policy = Subclass()
    policy.populate(None, six())
    assert sorted(plan(policy)) == list(range(6))


def test_speculative_execution() -> None:
    plan = ConstantSpeculativeExecutionPolicy(0.5, 2).new_plan("ks", None)
    assert [plan.next_execution("host") for _ in range(4)] == [0.5, 0.5, -1, -1]
    assert NoSpeculativeExecutionPolicy().new_plan("ks", None).next_execution("host") == -1
    with pytest.raises(ValueError, match="NaN"):
        ConstantSpeculativeExecutionPolicy(float("nan"), 1)


def test_conviction() -> None:
    policy = SimpleConvictionPolicy(make_host(1))
    assert policy.add_failure(ConnectionResetError())
    assert not policy.add_failure(OperationTimedOut())
    policy.reset()


def test_translators() -> None:
    assert IdentityTranslator().translate("127.0.0.1") == "127.0.0.1"
    with patch("socket.getfqdn", return_value="localhost"):
        assert EC2MultiRegionTranslator().translate("192.0.2.1") in ("127.0.0.1", "::1")
    with patch("socket.getfqdn", side_effect=lambda address: address):
        assert EC2MultiRegionTranslator().translate("192.0.2.1") == "192.0.2.1"


def test_policies_without_locks_survive_pickle() -> None:
    for policy in (RetryPolicy(), ExponentialReconnectionPolicy(1, 10), ConstantSpeculativeExecutionPolicy(1, 2)):
        assert vars(pickle.loads(pickle.dumps(policy))) == vars(policy)
    assert RetryPolicy.__module__ == DCAwareRoundRobinPolicy.__module__ == "cassandra.policies"


def test_a_budget() -> None:
    assert (Budget().share, Budget().per_second) == (0.1, 10.0)
    budget = Budget(1, per_second=0)
    assert repr(budget) == "Budget(share=1.0, per_second=0.0)"
    assert pickle.loads(pickle.dumps(budget)) == budget != Budget()
    assert len({budget, Budget(1, 0), Budget(0, 1)}) == 2
    assert Budget.__module__ == "cassandra.policies"
    with pytest.raises(AttributeError):
        budget.share = 2  # type: ignore[misc]


@pytest.mark.parametrize("name", ["share", "per_second"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "1", None, True], ids=repr)
def test_a_budget_that_means_nothing(name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        Budget(**{name: value})
