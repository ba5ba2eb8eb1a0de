"""Hosts and end points."""

import pickle
import socket
from typing import Any
from unittest.mock import Mock, patch
from uuid import UUID

import pytest
from cassandra import UnresolvableContactPoints
from cassandra.connection import (
    DefaultEndPoint,
    DefaultEndPointFactory,
    EndPoint,
    EndPointFactory,
    SniEndPoint,
    SniEndPointFactory,
    UnixSocketEndPoint,
)
from cassandra.policies import ConvictionPolicy, IdentityTranslator, SimpleConvictionPolicy
from cassandra.pool import Host
from cassandra.query import BatchStatement, BoundStatement, PreparedStatement

HOST_ID = UUID(int=7)


class TestHost:
    def test_made_as_cassandra_driver_does(self) -> None:
        host = Host(DefaultEndPoint("127.0.0.1", 9043), SimpleConvictionPolicy, "dc", "r", HOST_ID)
        assert (host.address, host.datacenter, host.rack, host.host_id) == ("127.0.0.1", "dc", "r", HOST_ID)
        assert host.endpoint.port == 9043
        assert isinstance(host.conviction_policy, SimpleConvictionPolicy)
        assert host.conviction_policy.host is host
        assert (str(host), repr(host)) == ("127.0.0.1:9043", "<Host: 127.0.0.1:9043 dc>")

    @pytest.mark.parametrize(
        ("arguments", "keywords", "datacenter", "rack"),
        [
            (("127.0.0.1",), {}, None, None),
            (("127.0.0.1", "dc"), {}, "dc", None),
            (("127.0.0.1", "dc", "r"), {}, "dc", "r"),
            (("127.0.0.1", None, "r"), {}, None, "r"),
            (("127.0.0.1", "dc"), {"rack": "r"}, "dc", "r"),
            (("127.0.0.1",), {"datacenter": "dc", "rack": "r"}, "dc", "r"),
            ((), {"address": "127.0.0.1", "datacenter": "dc", "rack": "r"}, "dc", "r"),
            ((), {"endpoint": "127.0.0.1", "datacenter": "dc"}, "dc", None),
        ],
    )
    def test_made_by_address(self, arguments: Any, keywords: Any, datacenter: str | None, rack: str | None) -> None:
        host = Host(*arguments, **keywords)
        assert (host.address, host.endpoint.port) == ("127.0.0.1", 9042)
        assert (host.datacenter, host.rack) == (datacenter, rack)

    def test_needs_an_end_point(self) -> None:
        with pytest.raises(ValueError, match="endpoint"):
            Host(None, SimpleConvictionPolicy)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="conviction_policy_factory"):
            Host("127.0.0.1", None)

    def test_nothing_is_known_at_first(self) -> None:
        host = Host("127.0.0.1")
        assert host.is_up is None
        assert host.release_version is None
        assert host.broadcast_rpc_address is None

    def test_identity_is_the_end_point(self) -> None:
        host = Host("127.0.0.1", "dc")
        assert host == Host("127.0.0.1", SimpleConvictionPolicy, "other")
        assert hash(host) == hash(Host("127.0.0.1"))
        assert host == "127.0.0.1"
        assert host != "127.0.0.2"
        assert host != Host(DefaultEndPoint("127.0.0.1", 9043))
        assert sorted([Host("127.0.0.2"), host]) == [host, Host("127.0.0.2")]
        assert host <= Host("127.0.0.1") < Host("127.0.0.2")

    def test_made_of_nothing_or_of_what_is_no_address(self) -> None:
        with pytest.raises(TypeError, match="not both"):
            Host("127.0.0.1", address="127.0.0.1")
        with pytest.raises(TypeError, match="needs an endpoint"):
            Host()
        for wrong in (5, 5.0, b"127.0.0.1", ("127.0.0.1", 9042), []):
            with pytest.raises(TypeError, match=f"endpoint.*not {type(wrong).__name__}"):
                Host(wrong, SimpleConvictionPolicy)  # type: ignore[arg-type]
        assert Host(Mock(), Mock()).is_up is None

    def test_a_factory_gives_a_conviction_policy(self) -> None:
        for wrong in (lambda host: None, lambda host: 5, lambda host: object()):
            with pytest.raises(TypeError, match="conviction_policy_factory must give a ConvictionPolicy"):
                Host("127.0.0.1", wrong)  # type: ignore[arg-type,return-value]

    def test_up_and_down(self) -> None:
        resets = []

        class Policy(ConvictionPolicy):
            def add_failure(self, connection_exc: BaseException) -> bool:
                return isinstance(connection_exc, OSError)

            def reset(self) -> None:
                resets.append(self.host)

        host = Host("127.0.0.1", Policy)
        host.set_up()
        assert host.is_up is True
        assert resets == [host]
        host.set_down()
        assert host.is_up is False
        assert host.signal_connection_failure(OSError())
        assert not host.signal_connection_failure(ValueError())

    def test_place_can_change_by_one_way_only(self) -> None:
        host = Host("127.0.0.1", "dc", "r")
        host.set_location_info("dc2", "r2")
        assert (host.datacenter, host.rack) == ("dc2", "r2")
        with pytest.raises(AttributeError):
            host.datacenter = "dc3"  # type: ignore[misc]

    def test_reconnection_handler(self) -> None:
        host = Host("127.0.0.1")
        assert host.get_and_set_reconnection_handler("first") is None
        assert host.is_currently_reconnecting()
        assert host.get_and_set_reconnection_handler(None) == "first"
        assert not host.is_currently_reconnecting()

    def test_survives_pickle(self) -> None:
        host = Host("127.0.0.1", "dc", "r")
        host.set_up()
        again = pickle.loads(pickle.dumps(host))
        assert (again, again.datacenter, again.is_up) == (host, "dc", True)
        again.set_up()
        assert again.get_and_set_reconnection_handler("x") is None


class TestEndPoints:
    def test_address_and_port(self) -> None:
        point = DefaultEndPoint("127.0.0.1")
        assert (point.address, point.port, point.resolve()) == ("127.0.0.1", 9042, ("127.0.0.1", 9042))
        assert (point.ssl_options, point.socket_family) == (None, socket.AF_UNSPEC)
        assert (str(point), repr(point)) == ("127.0.0.1:9042", "<DefaultEndPoint: 127.0.0.1:9042>")
        assert point == DefaultEndPoint("127.0.0.1")
        assert point != DefaultEndPoint("127.0.0.1", 9043)
        assert point != "127.0.0.1"
        assert point < DefaultEndPoint("127.0.0.1", 9043) < DefaultEndPoint("127.0.0.2")
        with pytest.raises(TypeError):
            point < "127.0.0.2"  # type: ignore[operator]  # noqa: B015

    def test_unix_socket(self) -> None:
        point = UnixSocketEndPoint("/run/c.sock")
        assert (point.address, point.port, point.resolve()) == ("/run/c.sock", None, ("/run/c.sock", None))
        assert point.socket_family == socket.AF_UNIX
        assert str(point) == "/run/c.sock"
        assert hash(point) == hash(UnixSocketEndPoint("/run/c.sock"))
        assert sorted([DefaultEndPoint("127.0.0.1"), point]) == [point, DefaultEndPoint("127.0.0.1")]

    def test_proxy_takes_its_addresses_by_turns(self) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 9999)) for address in ("127.0.0.2", "127.0.0.1")]
        point = SniEndPoint("proxy", "node", 9999, init_index=1)
        assert point.ssl_options == {"server_hostname": "node"}
        assert str(point) == "proxy:9999:node"
        assert point == SniEndPoint("proxy", "node", 9999)
        assert point < SniEndPoint("proxy", "node2", 9999)
        with patch("socket.getaddrinfo", return_value=found):
            assert [point.resolve()[0] for _ in range(3)] == ["127.0.0.2", "127.0.0.1", "127.0.0.2"]

    def test_proxy_that_cannot_be_resolved(self) -> None:
        with (
            patch("socket.getaddrinfo", side_effect=socket.gaierror(-2, "unknown")),
            pytest.raises(UnresolvableContactPoints, match="proxy"),
        ):
            SniEndPoint("proxy", "node").resolve()

    def test_what_a_subclass_must_say(self) -> None:
        for ask in (lambda: EndPoint().address, lambda: EndPoint().resolve(), lambda: EndPointFactory().create({})):
            with pytest.raises(NotImplementedError):
                ask()


class Cluster:
    address_translator = IdentityTranslator()


class TestFactories:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ({"rpc_address": "127.0.0.1"}, "127.0.0.1:9042"),
            ({"native_address": "127.0.0.2", "native_port": 77, "rpc_address": "127.0.0.1"}, "127.0.0.2:77"),
            ({"native_transport_address": "127.0.0.4"}, "127.0.0.4:9042"),
            ({"rpc_address": "127.0.0.1", "rpc_port": 88}, "127.0.0.1:88"),
            ({"peer": "127.0.0.3"}, "127.0.0.3:9042"),
            ({"rpc_address": "0.0.0.0", "peer": "127.0.0.3"}, "127.0.0.3:9042"),
            ({"native_address": "::", "peer": "::1", "native_port": 5}, "::1:5"),
            ({"rpc_address": None, "peer": "127.0.0.3", "native_port": 0}, "127.0.0.3:9042"),
        ],
    )
    def test_row_of_a_peer(self, row: dict[str, Any], expected: str) -> None:
        assert str(DefaultEndPointFactory().configure(Cluster()).create(row)) == expected

    def test_port_and_translator_of_the_cluster(self) -> None:
        class Shift(IdentityTranslator):
            def translate(self, addr: str) -> str:
                return addr.replace("127", "128")

        class Translated:
            address_translator = Shift()

        factory = DefaultEndPointFactory(port=5).configure(Translated())
        assert str(factory.create({"rpc_address": "127.0.0.1"})) == "128.0.0.1:5"

    def test_row_without_address(self) -> None:
        with pytest.raises(ValueError, match="address"):
            DefaultEndPointFactory().configure(Cluster()).create({})

    def test_nodes_behind_a_proxy(self) -> None:
        factory = SniEndPointFactory("proxy", 123)
        assert str(factory.create({"host_id": HOST_ID})) == f"proxy:123:{HOST_ID}"
        assert str(factory.create_from_sni("x")) == "proxy:123:x"
        with pytest.raises(ValueError, match="host_id"):
            factory.create({})


def test_mock_made_by_a_class_knows_its_fields() -> None:
    for kind, fields in (
        (Host, ("endpoint", "lock", "address", "is_up")),
        (PreparedStatement, ("query_id", "column_metadata", "result_metadata_id", "keyspace")),
        (BoundStatement, ("prepared_statement", "values", "routing_key")),
        (BatchStatement, ("batch_type", "serial_consistency_level")),
    ):
        mock = Mock(spec=kind)
        for field in fields:
            assert hasattr(mock, field)
