"""What the tests of sessions on mock nodes run, and how they wait."""

from __future__ import annotations

import time
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT, ExecutionProfile, Session
from cassandra.policies import RoundRobinPolicy

COLUMNS = [("k", "int"), ("v", "text")]
INSERT = "INSERT INTO ks.t (k, v) VALUES (?, ?)"
SELECT = "SELECT k, v FROM ks.t WHERE k = ?"
AMONG = "SELECT k, v FROM ks.t WHERE k IN ? AND v = ?"


def profiles(**settings: Any) -> dict[Any, ExecutionProfile]:
    """A default profile that goes round all nodes, with these settings."""
    settings.setdefault("load_balancing_policy", RoundRobinPolicy())
    return {EXEC_PROFILE_DEFAULT: ExecutionProfile(**settings)}


def with_profile(session: Session, **settings: Any) -> Any:
    """The default profile with these settings, for one request."""
    return session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, **settings)


def wait_until(condition: Any, seconds: float = 100.0) -> None:
    """Wait for something that happens by itself: at once, but where the machine has other things to do."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)
