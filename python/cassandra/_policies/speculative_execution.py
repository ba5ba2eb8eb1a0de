"""Speculative execution: asking another node as well when the first takes long. Only for idempotent statements."""

from __future__ import annotations

from typing import Any

from cassandra._exported import exported_by


@exported_by("cassandra.policies")
class SpeculativeExecutionPlan:
    """The waits before further executions of one request."""

    def next_execution(self, host: Any) -> float:
        """Seconds to wait before the next execution, counted from now; negative for no further one."""
        raise NotImplementedError


@exported_by("cassandra.policies")
class SpeculativeExecutionPolicy:
    """Makes a plan for each request."""

    def new_plan(self, keyspace: str | None, statement: Any) -> SpeculativeExecutionPlan:
        """The plan of one request."""
        raise NotImplementedError


@exported_by("cassandra.policies")
class NoSpeculativeExecutionPlan(SpeculativeExecutionPlan):
    """No further execution."""

    def next_execution(self, host: Any) -> float:
        return -1


@exported_by("cassandra.policies")
class NoSpeculativeExecutionPolicy(SpeculativeExecutionPolicy):
    """Never asks a second node."""

    def new_plan(self, keyspace: str | None, statement: Any) -> SpeculativeExecutionPlan:
        return NoSpeculativeExecutionPlan()


@exported_by("cassandra.policies")
class ConstantSpeculativeExecutionPolicy(SpeculativeExecutionPolicy):
    """Asks another node after each `delay` seconds, at most `max_attempts` times."""

    class ConstantSpeculativeExecutionPlan(SpeculativeExecutionPlan):
        """The plan of one request."""

        def __init__(self, delay: float, max_attempts: int) -> None:
            self.delay = delay
            self.remaining = max_attempts

        def next_execution(self, host: Any) -> float:
            if self.remaining <= 0:
                return -1
            self.remaining -= 1
            return self.delay

    def __init__(self, delay: float, max_attempts: int) -> None:
        # A negative delay means no further execution; NaN would mean nothing at all.
        if delay != delay:
            raise ValueError("delay must be a number of seconds; got NaN")
        self.delay = delay
        self.max_attempts = max_attempts

    def new_plan(self, keyspace: str | None, statement: Any) -> SpeculativeExecutionPlan:
        return self.ConstantSpeculativeExecutionPlan(self.delay, self.max_attempts)
