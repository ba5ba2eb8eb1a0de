"""Exceptions of the engine with hosts in the place of addresses."""

from __future__ import annotations

from typing import Any

from cassandra._errors.driver import OperationTimedOut
from cassandra._errors.session import NoHostAvailable, PlanExhausted


def with_hosts(error: BaseException, cluster: Any) -> BaseException:
    """The exception as a program expects it: hosts are `Host` objects wherever they are known."""
    registry = cluster._registry
    if isinstance(error, PlanExhausted):
        errors = {registry.at_address(address): cause for address, cause in error.errors.items()}  # type: ignore[union-attr]
        return PlanExhausted(error.args[0], errors, registry.at_address(error.last_host))
    if isinstance(error, NoHostAvailable):
        errors = {registry.at_address(address): cause for address, cause in error.errors.items()}  # type: ignore[union-attr]
        return NoHostAvailable(error.args[0], errors)
    if isinstance(error, OperationTimedOut) and isinstance(error.last_host, str):
        return OperationTimedOut(error.errors, registry.at_address(error.last_host))
    return error
