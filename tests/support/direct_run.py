"""What the tests of statements that the engine runs directly share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cassandra._cluster.direct_run import DirectPlan
from cassandra.cluster import Cluster, Session
from cassandra.policies import RoundRobinPolicy

from tests.support.mock import MockCluster, execute


@contextmanager
def legacy_cluster(mock: MockCluster) -> Iterator[Cluster]:
    """A cluster with parameters of the old kind, and nothing received yet."""
    mock.clear_received()
    with pytest.warns(DeprecationWarning):
        cluster = Cluster(mock.contact_points, port=mock.port, load_balancing_policy=RoundRobinPolicy())
    with cluster:
        yield cluster


def count_direct(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The results that were made directly."""
    made: list[Any] = []
    whole = DirectPlan.execute

    def counting(self: DirectPlan, session: Session, parameters: Any) -> Any:
        result = whole(self, session, parameters)
        if result is not None:
            made.append(result)
        return result

    monkeypatch.setattr(DirectPlan, "execute", counting)
    return made


def asked(mock: MockCluster, text: str) -> list[dict[str, Any]]:
    """The parameters of each EXECUTE of this text, but for its timestamp."""
    received = [dict(request["parameters"]) for request in mock.received(execute(text))]
    for parameters in received:
        parameters.pop("timestamp", None)
    return received
