"""`DowngradingConsistencyRetryPolicy`: rather less consistency than an error. Deprecated in the reference too."""

from __future__ import annotations

import warnings
from typing import Any

from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._cql.write_type import WriteType
from cassandra._exported import exported_by
from cassandra._policies.retry import Decision, RetryPolicy


@exported_by("cassandra.policies")
class DowngradingConsistencyRetryPolicy(RetryPolicy):
    """Retries once with the highest level that the replicas which answered can give.

    What was written or read then holds less than was asked for, and nobody is told: know what it means before use.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        warnings.warn(
            "DowngradingConsistencyRetryPolicy is deprecated and will be removed in the next major release.",
            DeprecationWarning,
            stacklevel=2,
        )

    def _downgraded(self, replicas: int) -> Decision:
        if replicas >= 3:
            return self.RETRY, ConsistencyLevel.THREE
        if replicas == 2:
            return self.RETRY, ConsistencyLevel.TWO
        if replicas == 1:
            return self.RETRY, ConsistencyLevel.ONE
        return self.RETHROW, None

    def on_read_timeout(
        self,
        query: Any,
        consistency: int,
        required_responses: int,
        received_responses: int,
        data_retrieved: bool,
        retry_num: int,
    ) -> Decision:
        """With the level of those that answered; at the same level where only the data was missing."""
        if retry_num != 0 or ConsistencyLevel.is_serial(consistency):
            return self.RETHROW, None
        if received_responses < required_responses:
            return self._downgraded(received_responses)
        return (self.RETHROW, None) if data_retrieved else (self.RETRY, consistency)

    def on_write_timeout(
        self,
        query: Any,
        consistency: int,
        write_type: int,
        required_responses: int,
        received_responses: int,
        retry_num: int,
    ) -> Decision:
        """A write that some replica has is taken for done; an unlogged batch goes again with the level of those."""
        if retry_num != 0:
            return self.RETHROW, None
        if write_type in (WriteType.SIMPLE, WriteType.BATCH, WriteType.COUNTER):
            return (self.IGNORE, None) if received_responses > 0 else (self.RETHROW, None)
        if write_type == WriteType.UNLOGGED_BATCH:
            return self._downgraded(received_responses)
        if write_type == WriteType.BATCH_LOG:
            return self.RETRY, consistency
        return self.RETHROW, None

    def on_unavailable(
        self, query: Any, consistency: int, required_replicas: int, alive_replicas: int, retry_num: int
    ) -> Decision:
        """With the level of those that are alive."""
        if retry_num != 0:
            return self.RETHROW, None
        if ConsistencyLevel.is_serial(consistency):
            return self.RETRY_NEXT_HOST, None
        return self._downgraded(alive_replicas)
