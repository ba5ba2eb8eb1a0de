"""Policies that say when and whether again: reconnection and retry, as cassandra-driver 3.30 makes them."""

from itertools import islice
from typing import Any

import pytest
from cassandra import ConsistencyLevel, WriteType
from cassandra.policies import (
    ConstantReconnectionPolicy,
    DowngradingConsistencyRetryPolicy,
    ExponentialReconnectionPolicy,
    FallthroughRetryPolicy,
    NeverRetryPolicy,
    RetryPolicy,
)


class TestReconnection:
    @pytest.mark.parametrize(
        ("arguments", "waits"),
        [((1.5, 3), [1.5] * 3), ((0, 2), [0, 0]), ((1, None), [1] * 5), ((1, 0), [1] * 5), ((1,), [1] * 5)],
    )
    def test_constant(self, arguments: Any, waits: list[float]) -> None:
        assert list(islice(ConstantReconnectionPolicy(*arguments).new_schedule(), 5)) == waits

    def test_constant_ends_after_64_by_default(self) -> None:
        assert len(list(ConstantReconnectionPolicy(1).new_schedule())) == 64

    def test_exponential_doubles_with_15_percent_of_jitter_and_stays_in_its_bounds(self) -> None:
        policy = ExponentialReconnectionPolicy(2, 60, 8)
        columns = list(zip(*[list(policy.new_schedule()) for _ in range(500)], strict=True))
        expected = [(2, 2.3), (3.4, 4.6), (6.8, 9.2), (13.6, 18.4), (27.2, 36.8), (51, 60), (51, 60), (51, 60)]
        for waits, (least, most) in zip(columns, expected, strict=True):
            assert least <= min(waits)
            assert max(waits) <= most
            assert len(set(waits)) > 1

    def test_exponential_without_end(self) -> None:
        late = list(islice(ExponentialReconnectionPolicy(1, 600, None).new_schedule(), 5000, 5003))
        assert all(510 <= wait <= 600 for wait in late)
        assert list(ExponentialReconnectionPolicy(1, 10, 0).new_schedule()) == []

    @pytest.mark.parametrize(
        "make",
        [
            lambda: ConstantReconnectionPolicy(-1),
            lambda: ConstantReconnectionPolicy(float("nan")),
            lambda: ConstantReconnectionPolicy(float("inf")),
            lambda: ConstantReconnectionPolicy(1, -1),
            lambda: ExponentialReconnectionPolicy(-1, 10),
            lambda: ExponentialReconnectionPolicy(5, 1),
            lambda: ExponentialReconnectionPolicy(1, float("nan")),
            lambda: ExponentialReconnectionPolicy(1, 10, -1),
        ],
    )
    def test_bad_numbers_are_refused(self, make: Any) -> None:
        with pytest.raises(ValueError, match=r"negative|greater"):
            make()


QUORUM = ConsistencyLevel.QUORUM
RETRY, RETHROW, IGNORE, NEXT = (
    RetryPolicy.RETRY,
    RetryPolicy.RETHROW,
    RetryPolicy.IGNORE,
    RetryPolicy.RETRY_NEXT_HOST,
)


def read_timeout(policy: RetryPolicy, received: int, data: bool, number: int = 0, level: int = QUORUM) -> Any:
    return policy.on_read_timeout(
        query=None,
        consistency=level,
        required_responses=2,
        received_responses=received,
        data_retrieved=data,
        retry_num=number,
    )


def write_timeout(policy: RetryPolicy, write_type: int, received: int = 1, number: int = 0, level: int = QUORUM) -> Any:
    return policy.on_write_timeout(
        query=None,
        consistency=level,
        write_type=write_type,
        required_responses=2,
        received_responses=received,
        retry_num=number,
    )


def unavailable(policy: RetryPolicy, alive: int, number: int = 0, level: int = QUORUM) -> Any:
    return policy.on_unavailable(
        query=None, consistency=level, required_replicas=2, alive_replicas=alive, retry_num=number
    )


def request_error(policy: RetryPolicy, number: int = 0) -> Any:
    return policy.on_request_error(query=None, consistency=QUORUM, error=Exception(), retry_num=number)


class TestRetry:
    def test_default_read_timeout(self) -> None:
        policy = RetryPolicy()
        assert read_timeout(policy, 2, False) == (RETRY, QUORUM)
        assert read_timeout(policy, 3, False) == (RETRY, QUORUM)
        for decision in (
            read_timeout(policy, 2, True),
            read_timeout(policy, 1, False),
            read_timeout(policy, 2, False, number=1),
        ):
            assert decision == (RETHROW, None)

    def test_default_write_timeout(self) -> None:
        policy = RetryPolicy()
        for write_type in WriteType.value_to_name:
            expected = (RETRY, QUORUM) if write_type == WriteType.BATCH_LOG else (RETHROW, None)
            assert write_timeout(policy, write_type) == expected
            assert write_timeout(policy, write_type, number=1) == (RETHROW, None)

    def test_default_unavailable_and_request_error(self) -> None:
        policy = RetryPolicy()
        assert unavailable(policy, 1) == (NEXT, None)
        assert unavailable(policy, 1, number=1) == (RETHROW, None)
        assert request_error(policy) == request_error(policy, 5) == (NEXT, None)

    @pytest.mark.parametrize("policy", [FallthroughRetryPolicy(), NeverRetryPolicy()])
    def test_policies_that_never_retry(self, policy: RetryPolicy) -> None:
        assert read_timeout(policy, 2, False) == (RETHROW, None)
        assert write_timeout(policy, WriteType.BATCH_LOG) == (RETHROW, None)
        assert unavailable(policy, 1) == (RETHROW, None)
        expected = (RETHROW, None) if type(policy) is FallthroughRetryPolicy else (NEXT, None)
        assert request_error(policy) == expected

    def downgrading(self) -> DowngradingConsistencyRetryPolicy:
        with pytest.warns(DeprecationWarning, match="deprecated"):
            return DowngradingConsistencyRetryPolicy()

    def test_downgrading_unavailable(self) -> None:
        policy = self.downgrading()
        assert [unavailable(policy, alive) for alive in range(5)] == [
            (RETHROW, None),
            (RETRY, ConsistencyLevel.ONE),
            (RETRY, ConsistencyLevel.TWO),
            (RETRY, ConsistencyLevel.THREE),
            (RETRY, ConsistencyLevel.THREE),
        ]
        assert unavailable(policy, 1, level=ConsistencyLevel.SERIAL) == (NEXT, None)
        assert unavailable(policy, 1, number=1) == (RETHROW, None)

    def test_downgrading_read_timeout(self) -> None:
        policy = self.downgrading()
        assert read_timeout(policy, 1, False) == (RETRY, ConsistencyLevel.ONE)
        assert read_timeout(policy, 2, False) == (RETRY, QUORUM)
        assert read_timeout(policy, 2, True) == (RETHROW, None)
        assert read_timeout(policy, 0, True) == (RETHROW, None)
        assert read_timeout(policy, 1, False, number=1) == (RETHROW, None)
        assert read_timeout(policy, 1, False, level=ConsistencyLevel.LOCAL_SERIAL) == (RETHROW, None)

    @pytest.mark.parametrize(
        ("write_type", "none", "one"),
        [
            (WriteType.SIMPLE, (RETHROW, None), (IGNORE, None)),
            (WriteType.BATCH, (RETHROW, None), (IGNORE, None)),
            (WriteType.COUNTER, (RETHROW, None), (IGNORE, None)),
            (WriteType.UNLOGGED_BATCH, (RETHROW, None), (RETRY, ConsistencyLevel.ONE)),
            (WriteType.BATCH_LOG, (RETRY, QUORUM), (RETRY, QUORUM)),
            (WriteType.CAS, (RETHROW, None), (RETHROW, None)),
            (WriteType.VIEW, (RETHROW, None), (RETHROW, None)),
            (WriteType.CDC, (RETHROW, None), (RETHROW, None)),
        ],
    )
    def test_downgrading_write_timeout(self, write_type: int, none: Any, one: Any) -> None:
        policy = self.downgrading()
        assert write_timeout(policy, write_type, 0) == none
        assert write_timeout(policy, write_type, 1) == one
        assert write_timeout(policy, write_type, 1, number=1) == (RETHROW, None)
