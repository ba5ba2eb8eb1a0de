"""The nodes do what the other tests of this folder rely on, seen without a driver."""

from __future__ import annotations

import contextlib
import socket
import ssl

import pytest

from tests.support.nodes import Nodes, NodesError

OPTIONS = bytes([4, 0, 0, 1, 5, 0, 0, 0, 0])
SUPPORTED = 6


def ask(nodes: Nodes, number: int, timeout: float = 30.0, context: ssl.SSLContext | None = None) -> int:
    """The opcode that node ``number`` answers to OPTIONS."""
    address = nodes.contact_points[number - 1]
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection((address, nodes.port), timeout))
        if context is not None:
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname=address))
        connection.sendall(OPTIONS)
        header = connection.recv(9)
        if len(header) < 5:
            raise ConnectionResetError("the node closed the connection")
        return header[4]


def test_nodes_crash_hang_and_come_back(breakable_nodes: Nodes) -> None:
    assert [ask(breakable_nodes, number) for number in (1, 2, 3)] == [SUPPORTED] * 3
    breakable_nodes.kill(2)
    with pytest.raises(ConnectionRefusedError):
        ask(breakable_nodes, 2)
    breakable_nodes.pause(3)
    with pytest.raises(TimeoutError):
        ask(breakable_nodes, 3, timeout=0.5)
    breakable_nodes.start(2)
    assert ask(breakable_nodes, 2) == SUPPORTED
    breakable_nodes.resume(3)
    assert ask(breakable_nodes, 3) == SUPPORTED


def test_what_cannot_be_done_is_said(breakable_nodes: Nodes) -> None:
    with pytest.raises(NodesError, match="running already"):
        breakable_nodes.start(1)
    with pytest.raises(NodesError, match="no node 4"):
        breakable_nodes.kill(4)


def test_nodes_that_cannot_be_had_fail_at_once(node: Nodes) -> None:
    with pytest.raises(NodesError, match="ended with 1"), Nodes(address=node.contact_points[0]):
        pass


def test_tls_is_verified_by_name_and_authority(tls_node: Nodes) -> None:
    assert tls_node.credentials == ("cassandra", "cassandra")
    good = ssl.create_default_context(cafile=tls_node.ca)
    assert ask(tls_node, 1, context=good) == SUPPORTED
    other = ssl.create_default_context(cafile=str(tls_node.certificates / "other-ca.pem"))
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(tls_node, 1, context=other)


def test_a_certificate_is_asked_for(client_certificate_node: Nodes) -> None:
    context = ssl.create_default_context(cafile=client_certificate_node.ca)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(client_certificate_node, 1, context=context)
    context.load_cert_chain(client_certificate_node.certificate, client_certificate_node.key)
    assert ask(client_certificate_node, 1, context=context) == SUPPORTED
