"""Hosts, pools and settings as a program sees them, on mock nodes."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from cassandra import ConsistencyLevel
from cassandra.cluster import Cluster, ExecutionProfile, Session
from cassandra.query import QueryTrace, TraceUnavailable, dict_factory

from tests.support.mock import MockCluster, query, rows, silence
from tests.support.statements import COLUMNS


class TestViews:
    def test_pools(self, cluster: Cluster, session: Session) -> None:
        session.execute("SELECT 1")
        pools = session.get_pools()
        assert {pool.host for pool in pools} == session.hosts
        assert all(pool.open_count == 1 and not pool.is_shutdown for pool in pools)
        assert set(session.get_pool_state()) == session.hosts
        assert cluster.control_connection in cluster.get_connection_holders()

    def test_hosts(self, cluster: Cluster, session: Session, mock: MockCluster) -> None:
        hosts = cluster.metadata.all_hosts()
        assert sorted(host.address for host in hosts) == sorted(mock.contact_points)
        assert all(host.is_up and host.datacenter and host.rack and host.release_version for host in hosts)
        first = hosts[0]
        assert cluster.metadata.get_host(first.address) is first
        assert cluster.metadata.get_host(first.endpoint) is first
        assert cluster.metadata.get_host("127.9.9.9") is None
        assert cluster.metadata.get_host_by_host_id(first.host_id) is first

    def test_control_connection(self, cluster: Cluster, session: Session) -> None:
        host = cluster.get_control_connection_host()
        assert host in cluster.metadata.all_hosts()
        assert cluster.control_connection._connection.host == host.address

    @pytest.mark.parametrize("form", ["page", "reference"])
    def test_adding_and_removing_a_host(self, cluster: Cluster, session: Session, form: str) -> None:
        told: list[tuple[str, Any]] = []

        class Listener:
            def on_add(self, host: Any) -> None:
                told.append(("add", host))

            def on_remove(self, host: Any) -> None:
                told.append(("remove", host))

            def on_up(self, host: Any) -> None: ...

            def on_down(self, host: Any) -> None: ...

        listener = Listener()
        cluster.register_listener(listener)
        if form == "page":
            host, is_new = cluster.add_host(address="127.9.9.9", datacenter="dc9", rack="r9", signal=True)
        else:
            host, is_new = cluster.add_host("127.9.9.9", "dc9", "r9")
        assert (is_new, host.datacenter, host.rack) == (True, "dc9", "r9")
        assert cluster.add_host("127.9.9.9")[1] is False
        cluster.remove_host(host)
        cluster.unregister_listener(listener)
        assert told == [("add", host), ("remove", host)]
        assert host not in cluster.metadata.all_hosts()
        with pytest.raises(TypeError):
            cluster.add_host(5)

    def test_legacy_settings(self, mock: MockCluster) -> None:
        with Cluster(mock.contact_points, port=mock.port) as cluster:
            session = cluster.connect()
            session.row_factory = dict_factory
            session.default_timeout = 3.0
            session.default_serial_consistency_level = ConsistencyLevel.LOCAL_SERIAL
            with pytest.warns(DeprecationWarning, match="Setting the consistency level at the session level"):
                session.default_consistency_level = ConsistencyLevel.QUORUM
            mock.on(query("SELECT legacy"), rows(COLUMNS, [[1, "a"]]))
            assert session.execute("SELECT legacy").one() == {"k": 1, "v": "a"}
            assert mock.received(query("SELECT legacy"))[-1]["parameters"]["consistency"] == "QUORUM"
            for name, value in (("default_timeout", -1), ("row_factory", 5), ("default_serial_consistency_level", 4)):
                with pytest.raises((TypeError, ValueError), match=name):
                    setattr(session, name, value)

    def test_legacy_settings_leave_no_choice_of_a_profile(self, mock: MockCluster) -> None:
        with Cluster(mock.contact_points, port=mock.port) as cluster:
            session = cluster.connect()
            session.default_timeout = 3
            assert repr(session.default_timeout) == "3"
            for given in ("a name", ExecutionProfile()):
                with pytest.raises(ValueError, match="Cannot specify execution_profile while using legacy parameters"):
                    session.execute("SELECT 1", execution_profile=given)
            # What the package itself reads is no matter of the program's settings.
            mock.on(query("system_traces"), silence())
            with pytest.raises(TraceUnavailable, match=r"within 0\.010000 seconds. Consider raising"):
                QueryTrace(uuid.uuid4(), session).populate(0.01)

    def test_profiles_that_are_not_there(self, cluster: Cluster, session: Session) -> None:
        with pytest.raises(
            ValueError, match='Invalid execution_profile: "x"; valid profiles are: EXEC_PROFILE_DEFAULT'
        ):
            session.execute("SELECT 1", execution_profile="x")

    @pytest.mark.filterwarnings("ignore:Setting the consistency level")
    def test_legacy_settings_and_profiles_do_not_mix(self, session: Session) -> None:
        levels = {"default_consistency_level": 1, "default_serial_consistency_level": 8}
        for name, value in {"row_factory": dict_factory, "default_timeout": 3.0, **levels}.items():
            with pytest.raises(ValueError, match=f"Cannot set Session.{name} while using"):
                setattr(session, name, value)
