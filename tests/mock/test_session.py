"""`Session` on mock nodes: running statements, and the end of sessions and clusters."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from cassandra import ConsistencyLevel, DriverException, InvalidRequest, UnsupportedOperation
from cassandra.cluster import Cluster, KeyspaceNotUsed, NoHostAvailable, ResponseFuture, Session
from cassandra.query import BatchStatement, SimpleStatement

from tests.support.mock import MockCluster, error, execute, keyspace, prepare, query, rows, statement, usual
from tests.support.statements import COLUMNS, INSERT, SELECT, profiles


class TestStatements:
    def test_rows_by_attribute(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"], [2, "b"]]))
        result = session.execute("SELECT k, v FROM ks.t")
        assert [(row.k, row.v) for row in result] == [(1, "a"), (2, "b")]
        assert result.column_names == ["k", "v"]
        assert [kind.typename for kind in result.column_types or ()] == ["int", "varchar"]

    def test_parameters_are_quoted(self, mock: MockCluster, session: Session) -> None:
        class Hostile(str):
            def __str__(self) -> str:
                return "x' OR '1'='1"

        session.execute("SELECT a FROM t WHERE b = %s AND c = %(c)s".replace("%(c)s", "%s"), ["it's", Hostile("y")])
        session.execute("SELECT a FROM t WHERE b = %(b)s", {"b": 5})
        texts = [request["statements"][0] for request in mock.received(query("SELECT a FROM t"))]
        assert texts[-2:] == ["SELECT a FROM t WHERE b = 'it''s' AND c = 'y'", "SELECT a FROM t WHERE b = 5"]

    def test_prepared(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute("SELECT k, v"), rows(COLUMNS, [[7, "seven"]]))
        prepared = session.prepare(SELECT)
        assert prepared.query_string == SELECT
        assert [column.name for column in prepared.column_metadata] == ["k"]
        assert prepared.routing_key_indexes == [0]
        assert session.execute(prepared, [7]).one() == (7, "seven")
        assert session.execute(prepared.bind({"k": 7})).one().v == "seven"

    def test_markers_in_plain_text_are_prepared_once(self, mock: MockCluster, session: Session) -> None:
        """E20 of docs/promises.md."""
        mock.on(execute("SELECT k, v"), rows(COLUMNS, [[7, "seven"]]))
        before = mock.count(prepare(SELECT))
        for _ in range(3):
            assert session.execute(SELECT, [7]).one().v == "seven"
        assert mock.count(prepare(SELECT)) - before <= 3  # at most once per node
        assert not mock.received(query(SELECT))

    def test_batch(self, mock: MockCluster, session: Session) -> None:
        prepared = session.prepare(INSERT)
        batch = BatchStatement(consistency_level=ConsistencyLevel.QUORUM)
        batch.add(prepared, (1, "one")).add("INSERT INTO ks.t (k, v) VALUES (2, 'two')")
        session.execute(batch)
        seen = mock.received(statement("INSERT INTO ks.t"))[-1]
        assert seen["opcode"] == "BATCH"
        assert len(seen["statements"]) == 2

    def test_a_pickled_prepared_statement(self, mock: MockCluster, session: Session) -> None:
        import pickle

        mock.on(execute("SELECT k, v"), rows(COLUMNS, [[7, "seven"]]))
        prepared = pickle.loads(pickle.dumps(session.prepare(SELECT)))
        assert session.execute(prepared, [7]).one().v == "seven"

    @pytest.mark.parametrize("wrong", [5, None, object(), b"SELECT"])
    def test_what_is_no_statement(self, session: Session, wrong: Any) -> None:
        with pytest.raises(TypeError, match="statements"):
            session.execute(wrong)
        assert session.execute("SELECT 1") is not None

    @pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "5", 1e300])
    def test_bad_timeouts(self, session: Session, wrong: Any) -> None:
        with pytest.raises((TypeError, ValueError), match="timeout"):
            session.execute("SELECT 1", timeout=wrong)

    @pytest.mark.parametrize("size", [0, -1, 2**31, "5", 1.5])
    def test_bad_fetch_sizes(self, session: Session, size: Any) -> None:
        """C3 of docs/promises.md."""
        with pytest.raises((TypeError, ValueError), match="fetch_size"):
            session.execute(SimpleStatement("SELECT 1", fetch_size=size))

    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            ("paging_state", 5),
            ("paging_state", "x"),
            ("custom_payload", 5),
            ("custom_payload", {"a": 5}),
            ("custom_payload", {5: b"a"}),
        ],
    )
    def test_bad_options(self, session: Session, name: str, wrong: Any) -> None:
        with pytest.raises(TypeError, match=name):
            session.execute("SELECT 1", **{name: wrong})
        assert session.execute("SELECT 1") is not None

    @pytest.mark.parametrize("wrong", [99, -1, "ONE", 1.5])
    def test_bad_consistency_levels(self, session: Session, wrong: Any) -> None:
        """C3 of docs/promises.md."""
        with pytest.raises((TypeError, ValueError), match="consistency_level"):
            session.execute(SimpleStatement("SELECT 1", consistency_level=wrong))

    def test_a_bad_default_fetch_size(self, session: Session) -> None:
        session.default_fetch_size = -5
        with pytest.raises(ValueError, match="fetch_size"):
            session.execute("SELECT 1")

    def test_keyspaces(self, mock: MockCluster, session: Session) -> None:
        session.set_keyspace('we"ird')
        assert session.keyspace == 'we"ird'
        session.execute("USE other")
        assert session.keyspace == "other"
        with pytest.raises(TypeError, match="keyspace"):
            session.set_keyspace(5)  # type: ignore[arg-type]

    def test_a_keyspace_at_connect_that_is_not_there(self, mock: MockCluster, cluster: Cluster) -> None:
        mock.on(query("USE"), error("invalid", "Keyspace 'nowhere' does not exist"))
        with pytest.raises(NoHostAvailable) as caught:
            cluster.connect("nowhere")
        told = "Unable to connect to any servers using keyspace 'nowhere'"
        assert caught.value.args == (told, sorted(mock.contact_points))
        assert isinstance(caught.value, KeyspaceNotUsed)
        assert isinstance(caught.value, InvalidRequest)
        assert isinstance(caught.value.__cause__, InvalidRequest)
        copied = pickle.loads(pickle.dumps(caught.value))
        assert (copied.args, copied.errors) == (caught.value.args, caught.value.errors)

    def test_a_keyspace_at_connect_is_quoted(self, cluster: Cluster) -> None:
        with cluster.connect('a"; DROP') as session:
            assert session.keyspace == 'a"; DROP'

    def test_one_host(self, session: Session) -> None:
        for host in session.hosts:
            assert session.execute("SELECT 1", host=host).response_future.coordinator_host == host
        with pytest.raises(ValueError, match="no host"):
            session.execute("SELECT 1", host="127.9.9.9")

    def test_trace(self, session: Session) -> None:
        future = session.execute_async("SELECT 1", trace=True)
        future.result()
        assert len(future.get_query_trace_ids()) == 1
        assert session.execute("SELECT 1").get_query_trace() is None

    def test_custom_payload(self, mock: MockCluster, session: Session) -> None:
        session.execute("SELECT payload", custom_payload={"a": b"1"})
        assert mock.received(query("SELECT payload"))[-1]["payload"] == [["a", "31"]]

    def test_timestamps(self, mock: MockCluster, session: Session) -> None:
        session.execute("INSERT INTO ks.stamped (k) VALUES (1)")
        session.use_client_timestamp = False
        session.execute("INSERT INTO ks.stamped (k) VALUES (1)")
        seen = [request["parameters"]["timestamp"] for request in mock.received(query("ks.stamped"))]
        assert isinstance(seen[-2], int)
        assert seen[-1] is None

    def test_execute_goes_by_execute_async(self, cluster: Cluster, mock: MockCluster) -> None:
        asked: list[str] = []

        class Mine(Session):
            def execute_async(self, query: Any, *args: Any, **kwargs: Any) -> ResponseFuture:
                asked.append(query)
                return super().execute_async(query, *args, **kwargs)

        with Mine(cluster) as session:
            session.execute("SELECT 1")
        assert asked == ["SELECT 1"]


class TestEnd:
    def test_shutdown(self, mock: MockCluster) -> None:
        cluster = Cluster(mock.contact_points, port=mock.port, execution_profiles=profiles())
        with cluster.connect() as session:
            pass
        assert session.is_shutdown
        assert not cluster.is_shutdown
        other = cluster.connect()
        cluster.shutdown()
        cluster.shutdown()
        for closed in (session, other):
            assert closed.is_shutdown
            closed.shutdown()
            for call in (closed.execute, closed.prepare):
                with pytest.raises(DriverException, match="already shut down"):
                    call("SELECT 1")
        with pytest.raises(DriverException, match="already shut down"):
            cluster.connect()

    def test_nobody_there(self, mock: MockCluster) -> None:
        with pytest.raises(NoHostAvailable, match="Unable to connect to any servers") as caught:
            Cluster([mock.contact_points[0]], port=1, execution_profiles=profiles()).connect()
        assert isinstance(caught.value.errors, dict)
        assert list(caught.value.errors) == [f"{mock.contact_points[0]}:1"]
        assert isinstance(next(iter(caught.value.errors.values())), ConnectionRefusedError)

    def test_a_version_that_nobody_speaks(self) -> None:
        """C3 of docs/promises.md."""
        for version in (1, 2, 66):
            # As cassandra-driver has it, and as what it is.
            with pytest.raises(UnsupportedOperation, match=f"protocol version {version} is not supported") as caught:
                Cluster(protocol_version=version).connect()
            assert isinstance(caught.value, NoHostAvailable)
            assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)

    def test_stepping_down_from_a_default_version(self) -> None:
        with MockCluster(1, newest=3) as mock:
            settings = {"port": mock.port, "execution_profiles": profiles(), "protocol_version": 5}
            with Cluster(mock.contact_points, is_default_protocol_version=True, **settings) as cluster:
                cluster.connect()
                assert cluster.protocol_version == 3
            with pytest.raises(NoHostAvailable):
                Cluster(mock.contact_points, **settings).connect()


def test_a_custom_payload_with_a_statement_to_prepare(mock: MockCluster, session: Session) -> None:
    mock.on(prepare("SELECT payload"), usual(payload={"answer": b"42", "none": None}))
    prepared = session.prepare("SELECT payload FROM t", custom_payload={"asked": b"6 * 7", "empty": None})
    assert prepared.custom_payload == {"answer": b"42", "none": None}
    asked = mock.received(prepare("SELECT payload"))[0]["payload"]
    assert asked == [["asked", b"6 * 7".hex()], ["empty", None]]
    assert session.prepare("SELECT no payload FROM t").custom_payload is None
    for wrong in ({"a": 5}, {5: b"a"}, "text"):
        with pytest.raises((TypeError, ValueError), match="custom_payload"):
            session.prepare("SELECT payload FROM t", custom_payload=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [3, 4, 5])
def test_a_keyspace_of_one_statement(version: int) -> None:
    with MockCluster(1, keyspaces=[keyspace("ks"), keyspace("other")]) as mock:
        with Cluster(mock.contact_points, port=mock.port, protocol_version=version) as cluster:
            session = cluster.connect("ks")
            session.execute(SimpleStatement("SELECT own", keyspace="other"))
        (received,) = mock.received(query("SELECT own"))
        assert received["keyspace"] == ("other" if version == 5 else "ks")
