"""`ResultSet` on mock nodes: pages, row factories, lightweight transactions."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from cassandra.cluster import Cluster, PagedResult, QueryExhausted, Session
from cassandra.query import BatchStatement, dict_factory, named_tuple_factory, ordered_dict_factory, tuple_factory

from tests.support.mock import MockCluster, body, execute, keyspace, query, rows
from tests.support.statements import COLUMNS, SELECT, with_profile


class TestPages:
    @pytest.fixture
    def paged(self, mock: MockCluster, session: Session) -> MockCluster:
        session.default_fetch_size = 10
        mock.on(query("PAGED"), rows(COLUMNS, [[number, "x"] for number in range(25)]))
        return mock

    def keys(self, found: Any) -> list[int]:
        return [row.k for row in found]

    def test_iteration_goes_over_all_pages(self, paged: MockCluster, session: Session) -> None:
        result = session.execute("PAGED")
        assert (len(result), result.has_more_pages, bool(result)) == (10, True, True)
        assert self.keys(result) == list(range(25))
        assert not result
        assert self.keys(PagedResult(session.execute_async("PAGED"), session)) == list(range(25))
        assert self.keys(session.execute("PAGED").all()) == list(range(25))

    def test_each_iterator_has_a_position_of_its_own(self, paged: MockCluster, session: Session) -> None:
        found = PagedResult(session.execute_async("PAGED"), session)
        assert [self.keys(found) for _ in range(3)] == [list(range(25))] * 3
        one, other = iter(found), iter(found)
        assert [next(one).k for _ in range(15)] == list(range(15))
        assert [next(other).k for _ in range(22)] == list(range(22))
        assert self.keys(one) == list(range(15, 25))
        assert self.keys(other) == list(range(22, 25))

    def test_all_rows_whatever_becomes_of_the_future(self, paged: MockCluster, session: Session) -> None:
        future = session.execute_async("PAGED")
        found = PagedResult(future, session)
        assert self.keys(future.result()) == list(range(25))
        assert self.keys(found) == list(range(25))
        assert self.keys(found) == list(range(25))

    def test_each_iterator_of_a_prepared_statement(self, mock: MockCluster, session: Session) -> None:
        mock.on(execute("SELECT k"), rows(COLUMNS, [[number, "x"] for number in range(25)]))
        session.default_fetch_size = 10
        prepared = session.prepare(SELECT)
        for future in (session.execute_async(prepared, [1]), session.execute(prepared, [1]).response_future):
            found = PagedResult(future, session)
            assert [self.keys(found) for _ in range(2)] == [list(range(25))] * 2

    def test_rows_that_can_be_gone_through_once(self, paged: MockCluster, session: Session) -> None:
        profile = with_profile(session, row_factory=lambda names, found: iter(found))
        found = PagedResult(session.execute_async("PAGED", execution_profile=profile), session)
        for _ in range(2):
            assert [row[0] for row in found] == list(range(25))

    def test_the_first_page_whoever_asks_for_the_next_one_meanwhile(
        self, paged: MockCluster, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        future = session.execute_async("PAGED")
        found, result = PagedResult(future, session), future.result

        def overtaken() -> Any:
            answer = result()
            # Another thread, between the end of the wait and what is done with it.
            monkeypatch.undo()
            future.start_fetching_next_page()
            future.result()
            return answer

        monkeypatch.setattr(future, "result", overtaken)
        assert [self.keys(found) for _ in range(2)] == [list(range(25))] * 2

    def test_what_else_has_results(self, session: Session) -> None:
        class Done:
            def result(self) -> list[int]:
                return [1, 2]

        assert list(PagedResult(Done(), session)) == [1, 2]

    def test_page_by_page(self, paged: MockCluster, session: Session) -> None:
        result = session.execute("PAGED")
        assert self.keys(result.current_rows) == list(range(10))
        result.fetch_next_page()
        result.fetch_next_page()
        assert self.keys(result.current_rows) == list(range(20, 25))
        assert not result.has_more_pages
        with pytest.raises(QueryExhausted):
            result.response_future.start_fetching_next_page()

    def test_going_on_at_a_paging_state(self, paged: MockCluster, session: Session) -> None:
        state = session.execute("PAGED").paging_state
        assert self.keys(session.execute("PAGED", paging_state=state)) == list(range(10, 25))

    def test_callbacks_are_told_of_each_page(self, paged: MockCluster, session: Session) -> None:
        pages: list[int] = []
        done = threading.Event()
        future = session.execute_async("PAGED")

        def page(rows: Any) -> None:
            pages.append(len(rows))
            if future.has_more_pages:
                future.start_fetching_next_page()
            else:
                done.set()

        future.add_callback(page)
        assert done.wait(10)
        assert pages == [10, 10, 5]

    def test_indexing_holds_all_pages(self, paged: MockCluster, session: Session) -> None:
        result = session.execute("PAGED")
        with pytest.warns(DeprecationWarning, match=r"ResultSet\.one"):
            assert result[0].k == 0
        assert result[24].k == 24
        assert result == [(number, "x") for number in range(25)]
        iterated = session.execute("PAGED")
        next(iter(iterated))
        with pytest.raises(RuntimeError, match="Cannot use equality operator when results have been iterated"):
            assert iterated == []

    def test_no_paging(self, paged: MockCluster, session: Session) -> None:
        session.default_fetch_size = None
        session.execute("PAGED")
        assert not paged.received(query("PAGED"))[-1]["parameters"]["page_size"]


class TestRowFactories:
    def test_stock_ones(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]]))
        wanted = {
            tuple_factory: (1, "a"),
            named_tuple_factory: (1, "a"),
            dict_factory: {"k": 1, "v": "a"},
            ordered_dict_factory: {"k": 1, "v": "a"},
        }
        for factory, row in wanted.items():
            found = session.execute("SELECT 1", execution_profile=with_profile(session, row_factory=factory))
            assert found.one() == row

    def test_one_that_gives_a_generator(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"], [2, "b"]]))
        profile = with_profile(session, row_factory=lambda names, found: ([*names, *row] for row in found))
        assert list(session.execute("SELECT 1", execution_profile=profile)) == [["k", "v", 1, "a"], ["k", "v", 2, "b"]]
        assert len(session.execute("SELECT 1", execution_profile=profile)) == 2

    def test_one_that_raises(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"]]))

        def raises(names: Any, found: Any) -> Any:
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            session.execute("SELECT 1", execution_profile=with_profile(session, row_factory=raises))
        assert session.execute("SELECT 1").one() == (1, "a")

    def test_a_mapping_that_a_factory_makes_of_all_rows_is_one_row(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("SELECT"), rows(COLUMNS, [[1, "a"], [2, "b"]]))
        profile = with_profile(session, row_factory=lambda names, found: dict(found))
        assert session.execute("SELECT 1", execution_profile=profile).all() == [{1: "a", 2: "b"}]
        profile = with_profile(session, row_factory=lambda names, found: {})
        assert session.execute("SELECT 1", execution_profile=profile).current_rows == []

    @pytest.mark.parametrize("factory", [tuple_factory, named_tuple_factory, dict_factory, ordered_dict_factory])
    @pytest.mark.parametrize("applied", [True, False])
    def test_was_applied(self, mock: MockCluster, session: Session, factory: Any, applied: bool) -> None:
        mock.on(query("LWT"), rows([("[applied]", "boolean"), ("k", "int")], [[applied, 1]]))
        profile = with_profile(session, row_factory=factory)
        assert session.execute("LWT", execution_profile=profile).was_applied is applied

    def test_was_applied_of_batches_and_others(self, mock: MockCluster, session: Session) -> None:
        mock.on(query("LWT"), rows([("[applied]", "boolean"), ("k", "int")], [[False, 1], [False, 2]]))
        assert session.execute("BEGIN BATCH LWT APPLY BATCH").was_applied is False
        with pytest.raises(RuntimeError, match="exactly one row"):
            assert session.execute("LWT").was_applied
        with pytest.raises(RuntimeError, match="No LWT"):
            assert session.execute(BatchStatement().add("INSERT")).was_applied
        profile = with_profile(session, row_factory=lambda names, found: list(found))
        with pytest.raises(RuntimeError, match="row factory"):
            assert session.execute("LWT", execution_profile=profile).was_applied


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


class Registry(dict[str, dict[str, type]]):
    """Counts how often a decoder is made with it."""

    asked = 0

    def get(self, *key: Any) -> Any:
        self.asked += 1
        return super().get(*key)


@pytest.mark.parametrize("version", [4, 5])
def test_a_decoder_is_made_once_for_all_pages(version: int) -> None:
    table = [("k", "int", "partition_key"), ("p", "point", "regular")]
    world = [keyspace("ks", {"t": table}, types={"point": [("x", "int")]})]
    with (
        MockCluster(1, keyspaces=world) as mock,
        Cluster(mock.contact_points, port=mock.port, protocol_version=version) as cluster,
    ):
        session = cluster.connect()
        cluster.register_user_type("ks", "point", Point)
        cluster._user_types = registry = Registry(cluster._user_types)
        prepared = session.prepare("SELECT p FROM ks.t")
        for number in range(20):
            mock.on(execute("SELECT p", nth=number + 1), body("RESULT", page(number, is_last=number == 19)))
        assert [row.p.x for row in session.execute(prepared)] == list(range(20))
        assert registry.asked == 1
        # Another class, another registry: what was made before is not used for it.
        cluster.register_user_type("ks", "point", dict)
        mock.on(execute("SELECT p"), body("RESULT", page(7, is_last=True)))
        assert session.execute(prepared).one().p == {"x": 7}


def page(x: int, *, is_last: bool) -> bytes:
    """One row of one UDT of one int, as RESULT has it, with its metadata."""
    name = b"".join(len(part).to_bytes(2, "big") + part for part in (b"ks", b"t", b"p"))
    kind = b"\0\x30" + b"".join(len(part).to_bytes(2, "big") + part for part in (b"ks", b"point"))
    kind += b"\0\1" + b"\0\1x" + b"\0\x09"
    state = b"" if is_last else b"\0\0\0\1s"
    flags = (1 if is_last else 3).to_bytes(4, "big")
    cell = b"\0\0\0\x08" + b"\0\0\0\4" + x.to_bytes(4, "big")
    return b"\0\0\0\2" + flags + b"\0\0\0\1" + state + name + kind + b"\0\0\0\1" + cell
