"""Retry: what to do when a request failed. The decisions that matter to most programs."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

from cassandra._cql.write_type import WriteType
from cassandra._exported import exported_by

Decision: TypeAlias = "tuple[int, int | None]"
"""What to do, and the consistency level to do it with; None for the level that the request had."""


@exported_by("cassandra.policies")
class RetryPolicy:
    """Decides what happens to a request that failed. This one retries once, and only where that is likely to help.

    Subclass it for other decisions. Each method returns one of the constants here, and a consistency level. The engine
    sends a request that may have run again only if it is idempotent, unless a policy of the program's own asks for it.
    """

    RETRY: ClassVar[int] = 0
    """Send it again to the same host."""

    RETHROW: ClassVar[int] = 1
    """Raise the error."""

    IGNORE: ClassVar[int] = 2
    """Return an empty result in the place of the error."""

    RETRY_NEXT_HOST: ClassVar[int] = 3
    """Send it to the next host of the query plan."""

    def on_read_timeout(
        self,
        query: Any,
        consistency: int,
        required_responses: int,
        received_responses: int,
        data_retrieved: bool,
        retry_num: int,
    ) -> Decision:
        """Too few replicas answered a read. Again, once, if enough did and only the data was missing."""
        if retry_num == 0 and received_responses >= required_responses and not data_retrieved:
            return self.RETRY, consistency
        return self.RETHROW, None

    def on_write_timeout(
        self,
        query: Any,
        consistency: int,
        write_type: int,
        required_responses: int,
        received_responses: int,
        retry_num: int,
    ) -> Decision:
        """Too few replicas acknowledged a write. Again, once, if it was the log of a batch."""
        if retry_num == 0 and write_type == WriteType.BATCH_LOG:
            return self.RETRY, consistency
        return self.RETHROW, None

    def on_unavailable(
        self, query: Any, consistency: int, required_replicas: int, alive_replicas: int, retry_num: int
    ) -> Decision:
        """Too few replicas were alive. Once, another coordinator may see more of them."""
        return (self.RETRY_NEXT_HOST, None) if retry_num == 0 else (self.RETHROW, None)

    def on_request_error(self, query: Any, consistency: int, error: Exception, retry_num: int) -> Decision:
        """The host was overloaded, starting or failing, or the connection to it broke. Another host may do better."""
        return self.RETRY_NEXT_HOST, None


@exported_by("cassandra.policies")
class FallthroughRetryPolicy(RetryPolicy):
    """Never retries, so that all errors reach the program."""

    def on_read_timeout(self, *args: Any, **kwargs: Any) -> Decision:
        return self.RETHROW, None

    def on_write_timeout(self, *args: Any, **kwargs: Any) -> Decision:
        return self.RETHROW, None

    def on_unavailable(self, *args: Any, **kwargs: Any) -> Decision:
        return self.RETHROW, None

    def on_request_error(self, *args: Any, **kwargs: Any) -> Decision:
        return self.RETHROW, None


@exported_by("cassandra.policies")
class NeverRetryPolicy(RetryPolicy):
    """Never retries what a replica decided; a host that could not serve at all still passes on to the next."""

    def on_read_timeout(self, *args: Any, **kwargs: Any) -> Decision:
        return self.RETHROW, None

    def on_write_timeout(self, *args: Any, **kwargs: Any) -> Decision:
        return self.RETHROW, None

    def on_unavailable(self, *args: Any, **kwargs: Any) -> Decision:
        return self.RETHROW, None
