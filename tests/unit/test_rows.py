"""Row factories and traces."""

import datetime as dt
import logging
import pickle
from collections import OrderedDict
from typing import Any
from uuid import UUID

import pytest
from cassandra import OperationTimedOut
from cassandra._query.rows import attribute_names
from cassandra.query import (
    QueryTrace,
    SimpleStatement,
    TraceEvent,
    TraceUnavailable,
    _clean_column_name,
    dict_factory,
    named_tuple_factory,
    ordered_dict_factory,
    tuple_factory,
)

TRACE_ID = UUID("5e0a3c80-0000-11ee-8000-000000000001")


def test_factories() -> None:
    rows = [(1, 2)]
    assert tuple_factory(["a", "b"], rows) is rows
    assert dict_factory(["a", "b"], iter(rows)) == [{"a": 1, "b": 2}]
    [ordered] = ordered_dict_factory(["a", "b"], rows)
    assert type(ordered) is OrderedDict
    assert list(ordered) == ["a", "b"]
    [row] = named_tuple_factory(["a", "b"], iter(rows))
    assert (row.a, row[1], repr(row)) == (1, 2, "Row(a=1, b=2)")


def test_class_of_rows_is_made_once_per_columns() -> None:
    """E17 of docs/promises.md."""
    first, second = (named_tuple_factory(["a", "b"], [(1, 2)])[0] for _ in range(2))
    assert type(first) is type(second)
    assert type(first) is not type(named_tuple_factory(["a", "c"], [(1, 2)])[0])


def test_rows_survive_pickle() -> None:
    [row] = named_tuple_factory(["count(*)", "class"], [(1, 2)])
    again = pickle.loads(pickle.dumps(row))
    assert again == row
    assert type(again) is type(row)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("a", "a"),
        ("_b", "b"),
        ("c_", "c_"),
        ("a b", "a_b"),
        ("a!", "a"),
        ("é", ""),
        ("??", ""),
        ("__", ""),
        ('"q"', "q"),
        ("count(*)", "count"),
        ("system.f(a)", "system_f_a"),
        ("[json]", "json"),
        ("a\nb", "a_b"),
        ("field_0_", "field_0_"),
    ],
)
def test_names_are_cleaned(name: str, cleaned: str) -> None:
    assert _clean_column_name(name) == cleaned


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (["a_dup", "a_dup"], ("a_dup", "a_dup_")),
        (["1x", "class", "def"], ("field_0_", "field_1_", "field_2_")),
        (["count(*)", "?", "!"], ("count", "field_1_", "field_2_")),
        (["x y", "x_y"], ("x_y", "x_y_")),
        (["é"], ("field_0_",)),
        (["z", "z", "z_"], ("z", "z_", "z__")),
    ],
)
def test_unusable_names_get_others_and_one_warning(
    columns: list[str], fields: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="cassandra.query"):
        [row] = named_tuple_factory(columns, [tuple(range(len(columns)))])
        named_tuple_factory(columns, [tuple(range(len(columns)))])
    assert row._fields == fields
    assert len(caplog.records) == 1
    assert "Failed creating named tuple for results with column names" in caplog.text


def test_many_columns_of_one_name_do_not_make_their_names_long() -> None:
    names = attribute_names(["c"] * 20_000)
    assert len(set(names)) == 20_000
    assert names[:3] == ["c", "c_", "c__"]
    assert sum(map(len, names)) < 20 * 20_000


def test_usable_names_give_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    [row] = named_tuple_factory(["_plain", "index"], [(1, 2)])
    assert row._fields == ("plain", "index")
    assert not caplog.records


def test_no_columns() -> None:
    assert named_tuple_factory([], [()]) == [()]


def test_event_of_a_trace() -> None:
    event = TraceEvent("Parsing", TRACE_ID, "127.0.0.1", 1234, "Native-1")
    assert event.datetime == dt.datetime(2023, 5, 31, 22, 13, 27, 279322, tzinfo=dt.timezone.utc)
    assert event.source_elapsed == dt.timedelta(microseconds=1234)
    assert str(event) == "Parsing on 127.0.0.1[Native-1] at 2023-05-31 22:13:27.279322+00:00"
    assert TraceEvent("Parsing", TRACE_ID, "127.0.0.1", None, "Native-1").source_elapsed is None


class Session:
    """Answers reads of the trace tables: incomplete as often as it is told, then complete."""

    def __init__(self, incomplete: int = 0, error: Exception | None = None) -> None:
        self.incomplete = incomplete
        self.error = error
        self.reads: list[tuple[str, int | None, Any]] = []

    def _dict_rows(self, query: SimpleStatement, parameters: Any, timeout: float | None) -> list[dict[str, Any]]:
        assert query.fetch_size is None
        self.reads.append((query.query_string, query.consistency_level, parameters))
        if self.error is not None:
            raise self.error
        if "events" in query.query_string:
            event = {"activity": "Parsing", "event_id": TRACE_ID, "source": "n", "source_elapsed": 5, "thread": "t"}
            return [event]
        self.incomplete -= 1
        if self.incomplete == 1:
            return []
        row = {
            "request": "Execute",
            "started_at": dt.datetime(2020, 1, 1),
            "coordinator": "n",
            "parameters": {"a": "b"},
        }
        return [{**row, "duration": None if self.incomplete >= 0 else 1500, "client": "127.0.0.1"}]


def test_trace_is_read_once_it_is_complete() -> None:
    session = Session(incomplete=3)
    trace = QueryTrace(TRACE_ID, session)
    trace.populate(max_wait=5, query_cl=4)
    assert [read[1:] for read in session.reads] == [(4, (TRACE_ID,))] * 5
    assert (trace.request_type, trace.duration, trace.client) == (
        "Execute",
        dt.timedelta(microseconds=1500),
        "127.0.0.1",
    )
    assert trace.events is not None
    assert [event.description for event in trace.events] == ["Parsing"]
    assert str(trace).startswith(
        f"Execute [{TRACE_ID}] coordinator: n, started at: 2020-01-01 00:00:00, duration: 0:00"
    )


def test_trace_that_is_not_complete_is_taken_when_asked_for() -> None:
    trace = QueryTrace(TRACE_ID, Session(incomplete=1000))
    trace.populate(wait_for_complete=False)
    assert trace.duration is None
    assert trace.coordinator == "n"


@pytest.mark.parametrize("session", [Session(incomplete=10**6), Session(error=OperationTimedOut())])
def test_trace_that_is_not_written_in_time(session: Session) -> None:
    with pytest.raises(TraceUnavailable, match="not available within"):
        QueryTrace(TRACE_ID, session).populate(max_wait=0.02)


def test_trace_before_it_is_read() -> None:
    assert str(QueryTrace(TRACE_ID, Session())) == (
        f"None [{TRACE_ID}] coordinator: None, started at: None, duration: None, parameters: None"
    )
