"""What the objects that a program gives must be able to do, whatever class they are of.

A TypeError names the parameter and what is missing.
Only what is asked of every such object is looked for: a policy of a program's own need not have been derived from ours.
"""

from __future__ import annotations

from typing import Any

from cassandra._connection.event_loops import Connection


def refuse_class(name: str, policy: Any) -> Any:
    """TypeError for a policy's class in the place of an instance."""
    if isinstance(policy, type):
        raise TypeError(f"{name} should not be a class, it should be an instance of that class")
    return policy


def able(name: str, given: Any, wanted: str, *methods: str) -> Any:
    """What was given, which has these methods."""
    refuse_class(name, given)
    for method in methods:
        # Text has a `translate` of its own.
        if isinstance(given, (str, bytes)) or not callable(getattr(given, method, None)):
            raise TypeError(f"{name} must be {wanted}, which has {method}, not {type(given).__name__}")
    return given


def load_balancing(name: str, given: Any) -> Any:
    """A load-balancing policy."""
    return able(name, given, "a LoadBalancingPolicy", "make_query_plan", "distance")


def retry(name: str, given: Any) -> Any:
    """A retry policy."""
    return able(name, given, "a RetryPolicy", "on_read_timeout")


def speculative_execution(name: str, given: Any) -> Any:
    """A speculative execution policy."""
    return able(name, given, "a SpeculativeExecutionPolicy", "new_plan")


def column_encryption(name: str, given: Any) -> Any:
    """A column encryption policy."""
    return able(name, given, "a ColumnEncryptionPolicy", "contains_column", "encrypt", "decrypt")


def connection_class(name: str, given: Any) -> Any:
    """A class of connections, or something that makes them; a class of another driver's kind has a `factory`."""
    is_other = isinstance(given, type) and not issubclass(given, Connection) and not hasattr(given, "factory")
    if is_other or not callable(given):
        what = f"the class {given.__name__}" if is_other else type(given).__name__
        raise TypeError(f"{name} must be a class derived from cassandra.connection.Connection, not {what}")
    return given
