"""`Session.client_protocol_handler`: a program's own reading of rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import DriverException, UnsupportedOperation
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.cqltypes import Int32Type
from cassandra.policies import RoundRobinPolicy
from cassandra.protocol import LazyProtocolHandler, NumpyProtocolHandler, ProtocolHandler, ResultMessage, read_int
from cassandra.query import tuple_factory

from tests.support.mock import MockCluster, binding, execute, query, rows

ID = uuid.UUID(int=7)
COLUMNS = [
    ("k", "int"),
    ("l", "list<text>"),
    ("m", "map<int, frozen<tuple<int, text>>>"),
    ("u", "uuid"),
    ("v", "vector<float, 2>"),
]
ROWS = [[1, ["a", "b"], {"hex": "00000000"}, str(ID), [1.0, 2.0]], [2, None, None, None, None]]
VALUES = [(1, ["a", "b"], {}, ID, [1.0, 2.0]), (2, None, None, None, None)]


class RawMessage(ResultMessage):
    def recv_results_rows(
        self, f: Any, protocol_version: Any, user_type_map: Any, result_metadata: Any, column_encryption_policy: Any
    ) -> None:
        self.recv_results_metadata(f, user_type_map)
        columns = self.column_metadata or result_metadata
        self.parsed_rows = [self.recv_row(f, len(columns)) for _ in range(read_int(f))]
        self.column_names = [column[2] for column in columns]
        self.column_types = [column[3] for column in columns]


class PlainMessage(ResultMessage):
    """Reads as ours does, but is not ours."""


def handler(message: type[ResultMessage]) -> type[ProtocolHandler]:
    opcodes = ProtocolHandler.message_types_by_opcode.copy()  # type: ignore[attr-defined]
    opcodes[message.opcode] = message
    return type("Handler", (ProtocolHandler,), {"message_types_by_opcode": opcodes})


@pytest.fixture(params=[3, 4, 5])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    profile = ExecutionProfile(RoundRobinPolicy(), row_factory=tuple_factory)
    with MockCluster(1, bindings=[binding("SELECT k", [])]) as mock:
        mock.on(query("FROM t"), rows(COLUMNS, ROWS))
        mock.on(execute("FROM t"), rows(COLUMNS, ROWS))
        mock.on(
            query("FROM numbers"), rows([("n", "int"), ("b", "bigint"), ("t", "text")], [[1, 2, "x"], [3, None, "y"]])
        )
        mock.on(query("FROM many"), rows([("n", "int")], [[number] for number in range(25)]))
        with Cluster(
            mock.contact_points,
            port=mock.port,
            protocol_version=request.param,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        ) as cluster:
            yield cluster.connect()


def test_raw_cells_and_back(session: Session) -> None:
    assert list(session.execute("SELECT * FROM t")) == VALUES
    session.client_protocol_handler = handler(RawMessage)
    found = session.execute("SELECT * FROM t")
    assert found.column_names == ["k", "l", "m", "u", "v"]
    assert found.column_types[0] is Int32Type
    first = found.one()
    assert (first[0], first[3]) == (b"\0\0\0\1", ID.bytes)
    session.client_protocol_handler = ProtocolHandler
    assert list(session.execute("SELECT * FROM t")) == VALUES


@pytest.mark.parametrize("is_prepared", [False, True])
def test_reading_in_python_gives_what_the_engine_gives(session: Session, is_prepared: bool) -> None:
    statement = session.prepare("SELECT k FROM t") if is_prepared else "SELECT * FROM t"
    by_engine = session.execute(statement)
    session.client_protocol_handler = handler(PlainMessage)
    found = session.execute(statement)
    said = [[kind.cql_parameterized_type() for kind in result.column_types] for result in (found, by_engine)]
    assert said[0] == said[1]
    assert [tuple(map(plain, row)) for row in found] == [tuple(map(plain, row)) for row in by_engine]


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else dict(value) if hasattr(value, "items") else value


def test_own_type_codes(session: Session) -> None:
    class Backwards(Int32Type):
        typename = "backwards"

        @staticmethod
        def deserialize(byts: bytes, protocol_version: int) -> int:
            return -int.from_bytes(byts, "big")

    class Message(ResultMessage):
        type_codes = ResultMessage.type_codes | {0x09: Backwards}

    session.client_protocol_handler = handler(Message)
    assert [row[0] for row in session.execute("SELECT n FROM numbers")] == [-1, -3]


def test_what_the_package_itself_reads_does_not_pass_there(session: Session) -> None:
    class Refusing(ProtocolHandler):
        @classmethod
        def decode_message(cls, *args: Any, **kwargs: Any) -> Any:
            raise LookupError("not for me")

    session.client_protocol_handler = Refusing
    assert session._dict_rows("SELECT n FROM numbers", (), 5)  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="not for me"):
        session.execute("SELECT n FROM numbers")
    with pytest.raises(LookupError, match="not for me"):
        session.execute_concurrent_with_args(session.prepare("SELECT k FROM t"), [()])
    session.client_protocol_handler = ProtocolHandler
    assert len(session.execute("SELECT n FROM numbers").all()) == 2


def test_lazily(session: Session) -> None:
    session.client_protocol_handler = LazyProtocolHandler
    session.default_fetch_size = 10
    found = session.execute("SELECT n FROM many")
    assert iter(found.current_rows) is found.current_rows
    assert found.has_more_pages
    assert [row[0] for row in found] == list(range(25))


def test_by_numpy(session: Session) -> None:
    numpy = pytest.importorskip("numpy")
    session.client_protocol_handler = NumpyProtocolHandler
    page = session.execute("SELECT n, b, t FROM numbers").one()
    assert (page["n"].dtype, page["n"].tolist()) == (numpy.dtype(">i4"), [1, 3])
    assert (page["b"].dtype, page["b"].tolist()) == (numpy.dtype(">i8"), [2, None])
    assert (page["t"].dtype, page["t"].tolist()) == (numpy.dtype(object), ["x", "y"])


def test_there_is_no_numpy_handler_without_numpy() -> None:
    from cassandra import protocol

    assert (NumpyProtocolHandler is not None) == protocol.HAVE_NUMPY


def test_what_would_write_requests_is_refused(session: Session) -> None:
    class Writing(ProtocolHandler):
        @classmethod
        def encode_message(cls, *args: Any) -> bytes:
            return b""

    session.client_protocol_handler = Writing
    with pytest.raises(UnsupportedOperation, match="Writing overrides encode_message"):
        session.execute("INSERT INTO t (k) VALUES (1)")
    session.client_protocol_handler = object()
    with pytest.raises(TypeError, match="client_protocol_handler"):
        session.execute("SELECT * FROM t")


@pytest.mark.parametrize("cut", [0, 3, 7, 20, 60])
def test_bodies_that_are_cut_short(cut: int) -> None:
    body = bytes.fromhex("00000002 00000001 00000001 0001 6b 0001 74 0001 6e 0009 00000001 00000004 00000007")
    message = ProtocolHandler.decode_message(5, {}, 0, 0, 8, body, None, None)
    assert message.parsed_rows == [(7,)]
    if cut < len(body):
        with pytest.raises((EOFError, DriverException)):
            ProtocolHandler.decode_message(5, {}, 0, 0, 8, body[:cut], None, None)


def test_types_nested_too_deep_and_unknown_ones() -> None:
    """W8 of docs/promises.md."""

    def described(option: str) -> bytes:
        return bytes.fromhex("00000002 00000001 00000001 0001 6b 0001 74 0001 6e" + option + "00000000")

    with pytest.raises(ValueError, match="deeper than 64"):
        ProtocolHandler.decode_message(5, {}, 0, 0, 8, described("0020" * 2000), None, None)
    with pytest.raises(ValueError, match="no type of code 0x0099"):
        ProtocolHandler.decode_message(5, {}, 0, 0, 8, described("0099"), None, None)
