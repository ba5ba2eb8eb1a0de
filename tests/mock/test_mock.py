"""The client of the mock, without any driver: what is told reaches the nodes, and what went wrong comes back."""

from __future__ import annotations

import socket
import struct

import pytest

from tests.support.mock import (
    MockCluster,
    MockError,
    any_request,
    body,
    close,
    error,
    keyspace,
    opcode,
    query,
    raw,
    reset,
    rows,
    silence,
    void,
)

OPTIONS, STARTUP, QUERY = 0x05, 0x01, 0x07
ERROR, READY, SUPPORTED, RESULT = 0x00, 0x02, 0x06, 0x08


class Connection:
    """A connection of protocol version 4, ready for queries."""

    def __init__(self, cluster: MockCluster, node: int = 0) -> None:
        self.socket = socket.create_connection((cluster.contact_points[node], cluster.port), 5)
        assert self.ask(STARTUP, b"\0\x01\0\x0bCQL_VERSION\0\x053.0.0")[0] == READY

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, kind: int, content: bytes = b"") -> None:
        self.socket.sendall(struct.pack(">BBhBi", 4, 0, 0, kind, len(content)) + content)

    def read(self, length: int) -> bytes:
        read = b""
        while len(read) < length:
            part = self.socket.recv(length - len(read))
            if not part:
                raise EOFError
            read += part
        return read

    def receive(self) -> tuple[int, bytes]:
        _, _, _, kind, length = struct.unpack(">BBhBi", self.read(9))
        return kind, self.read(length)

    def ask(self, kind: int, content: bytes = b"") -> tuple[int, bytes]:
        self.send(kind, content)
        return self.receive()

    def query(self, text: str) -> tuple[int, bytes]:
        encoded = text.encode()
        return self.ask(QUERY, struct.pack(">i", len(encoded)) + encoded + b"\0\x01\0")


def test_rules_are_added_counted_and_taken_away() -> None:
    with MockCluster(2) as cluster, Connection(cluster) as connection:
        first = cluster.on(query("FROM t"), void())
        second = cluster.on(query("FROM t", nth=2), error("overloaded", "too much"))
        assert [connection.query("SELECT a FROM t")[0] for _ in range(3)] == [RESULT, ERROR, RESULT]
        assert (cluster.used(first), cluster.used(second)) == (2, 1)
        assert cluster.remove(second)
        assert not cluster.remove(second)
        assert cluster.count(query("FROM t")) == 3
        assert cluster.count_by_node(query("FROM t")) == [3, 0]
        assert cluster.count_by_statement(query("FROM t")) == {"SELECT a FROM t": 3}
        last = cluster.received(query("FROM t"))[-1]
        assert (last["opcode"], last["node"], last["parameters"]["consistency"]) == ("QUERY", 0, "ONE")
        cluster.clear_received()
        assert cluster.count() == 0


def test_rows_are_written_as_their_types_say() -> None:
    columns = [("a", "list<int>"), ("b", "blob"), ("c", "text")]
    with MockCluster() as cluster, Connection(cluster) as connection:
        cluster.on(query("FROM t"), rows(columns, [[[1, 2], b"\xff", None], [[], b"", "é"]]))
        kind, content = connection.query("SELECT * FROM t")
        assert kind == RESULT
        two = struct.pack(">iiiiii", 20, 2, 4, 1, 4, 2)
        first = two + b"\0\0\0\x01\xff" + b"\xff" * 4
        second = struct.pack(">ii", 4, 0) + b"\0\0\0\0" + b"\0\0\0\x02" + "é".encode()
        assert content.endswith(struct.pack(">i", 2) + first + second)
        with pytest.raises(MockError, match="is no int"):
            cluster.on(query("FROM t"), rows([("a", "int")], [["x"]]))


def test_connections_end_as_told() -> None:
    with MockCluster() as cluster:
        cluster.on(query("closes"), close())
        cluster.on(query("resets"), reset())
        cluster.on(query("speaks"), raw(b"HTTP/1.1 400\r\n\r\n", then="close"))
        cluster.on(query("lies"), body("RESULT", b"\0\0\0\x63"))
        with Connection(cluster) as connection, pytest.raises(EOFError):
            connection.query("closes")
        with Connection(cluster) as connection, pytest.raises(ConnectionResetError):
            connection.query("resets")
        with Connection(cluster) as connection:
            connection.send(QUERY, struct.pack(">i", 6) + b"speaks" + b"\0\x01\0")
            assert connection.read(8) == b"HTTP/1.1"
        with Connection(cluster) as connection:
            assert connection.query("lies") == (RESULT, b"\0\0\0\x63")


def test_nodes_come_and_go() -> None:
    with MockCluster(2) as cluster:
        node = cluster.nodes[1]
        with Connection(cluster, 1) as connection:
            assert (node.connections, node.accepted) == (1, 1)
            node.stop()
            with pytest.raises(EOFError):
                connection.receive()
            with pytest.raises(ConnectionRefusedError):
                Connection(cluster, 1)
        node.listen()
        with Connection(cluster, 1) as connection:
            node.pause()
            connection.send(OPTIONS)
            connection.socket.settimeout(0.1)
            with pytest.raises(TimeoutError):
                connection.receive()
            node.resume()
            connection.socket.settimeout(5)
            assert connection.receive()[0] == SUPPORTED
            node.reset_connections()
            with pytest.raises(ConnectionResetError):
                connection.receive()
        with Connection(cluster) as connection:
            cluster.on(query("FROM t"), silence())
            connection.send(QUERY, struct.pack(">i", 15) + b"SELECT a FROM t" + b"\0\x01\0")
            assert cluster.wait_for(query("FROM t"), 1)
            assert not cluster.wait_for(query("FROM t"), 2, seconds=0.05)


def test_what_it_pretends_to_be_can_change() -> None:
    with MockCluster(newest=4, keyspaces=[keyspace("shop")], cluster_name="before") as cluster:
        with Connection(cluster) as connection:
            local = "SELECT cluster_name FROM system.local"
            assert connection.query(local)[1].endswith(b"\0\0\0\x06before")
            cluster.change(cluster_name="after")
            assert connection.query(local)[1].endswith(b"\0\0\0\x05after")
            assert connection.query("USE shop")[0] == RESULT
            assert connection.query("USE other")[0] == ERROR
        assert cluster.count(opcode("STARTUP")) == 1


def test_what_cannot_be_done_is_said() -> None:
    with MockCluster() as cluster:
        with pytest.raises(MockError, match="dealy"):
            cluster.on(any_request(), void(dealy=1))
        with pytest.raises(MockError, match="nope"):
            cluster.on(any_request(nope=1), void())
        with pytest.raises(MockError, match="overlooked"):
            cluster.on(any_request(), error("overlooked"))
        with pytest.raises(MockError, match="loopback"):
            MockCluster(address="192.0.2.1")
        cluster.stop()
        with pytest.raises(MockError, match="no cluster"):
            cluster.count()
