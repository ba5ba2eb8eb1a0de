"""A `connection_class` of the program's own is called once for each host, and shows what is under way there."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from cassandra.cluster import Cluster, DefaultConnection

from tests.support.mock import MockCluster, query, silence
from tests.support.statements import profiles


def counting() -> Any:
    class Counted(DefaultConnection):
        made: ClassVar[dict[str, Any]] = {}

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            assert self.host not in self.made
            self.made[self.host] = self

    return Counted


def test_each_host_has_one_which_counts(mock: MockCluster) -> None:
    kind = counting()
    with Cluster(mock.contact_points, port=mock.port, connection_class=kind, execution_profiles=profiles()) as cluster:
        session = cluster.connect(wait_for_all_pools=True)
        cluster.connect()
        assert sorted(kind.made) == sorted(mock.contact_points)
        assert not any(made.is_closed for made in kind.made.values())
        mock.on(query("SELECT silent"), silence())
        host = cluster.metadata.get_host(mock.contact_points[1])
        future = session.execute_async("SELECT silent", host=host)
        watched = kind.made[mock.contact_points[1]]
        assert 0 < watched.in_flight < min(watched.max_request_id, watched.max_in_flight)
        del future
    assert all(made.is_closed for made in kind.made.values())


def test_one_that_raises_keeps_nobody_from_the_servers(mock: MockCluster, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(DefaultConnection):
        def __init__(self, *args: Any) -> None:
            raise RuntimeError("mine")

    with Cluster(
        mock.contact_points, port=mock.port, connection_class=Broken, execution_profiles=profiles()
    ) as cluster:
        cluster.connect().execute("SELECT 1")
    assert "connection_class Broken raised" in caplog.text
