"""Statements of the mapper: their text, and the values by number."""

from __future__ import annotations

from typing import Any

import pytest
from cassandra.cqlengine import ValidationError
from cassandra.cqlengine import operators as op
from cassandra.cqlengine.functions import MaxTimeUUID, MinTimeUUID, Token
from cassandra.cqlengine.statements import (
    AssignmentClause,
    ConditionalClause,
    CounterUpdateClause,
    DeleteStatement,
    InsertStatement,
    ListUpdateClause,
    MapDeleteClause,
    MapUpdateClause,
    SelectStatement,
    SetUpdateClause,
    StatementException,
    UpdateStatement,
    WhereClause,
)
from cassandra.encoder import Encoder
from cassandra.query import bind_params

WHERE = WhereClause("a", op.EqualsOperator(), 1)


def shown(statement: Any) -> tuple[str, dict[str, Any]]:
    return str(statement), statement.get_context()


def test_select() -> None:
    both = [WHERE, WhereClause("b", op.GreaterThanOperator(), 5)]
    assert shown(SelectStatement("t")) == ("SELECT * FROM t", {})
    query = SelectStatement("t", ["x", "y"], where=both, order_by=['"b" DESC'], limit=5, allow_filtering=True)
    assert shown(query) == (
        'SELECT "x", "y" FROM t WHERE "a" = %(0)s AND "b" > %(1)s ORDER BY "b" DESC LIMIT 5 ALLOW FILTERING',
        {"0": 1, "1": 5},
    )
    assert str(SelectStatement("t", count=True, order_by=["x"])) == "SELECT COUNT(*) FROM t"
    assert str(SelectStatement("t", distinct_fields=["p"])) == 'SELECT DISTINCT "p" FROM t'


def test_the_values_of_in_stand_in_parentheses_whatever_they_are() -> None:
    query = SelectStatement("t", where=[WhereClause("a", op.InOperator(), ["x' OR 1=1", (1, "b")])])
    encoder = Encoder()
    encoder.mapping[tuple] = encoder.cql_encode_tuple
    text = bind_params(str(query), query.get_context(), encoder)
    assert text == "SELECT * FROM t WHERE \"a\" IN ('x'' OR 1=1', (1, 'b'))"


def test_insert() -> None:
    fields = [AssignmentClause("a", 1), AssignmentClause("b", 2)]
    insert = InsertStatement("t", fields, ttl=60, timestamp=5, if_not_exists=True)
    text = 'INSERT INTO t ("a", "b") VALUES (%(0)s, %(1)s) IF NOT EXISTS USING TTL 60 AND TIMESTAMP 5'
    assert shown(insert) == (text, {"0": 1, "1": 2})
    with pytest.raises(StatementException):
        InsertStatement("t", where=[WHERE])


def test_update_and_its_numbers() -> None:
    update = UpdateStatement("t", [AssignmentClause("b", 2)], [WHERE], ttl=60, conditionals=[ConditionalClause("c", 3)])
    assert shown(update) == (
        'UPDATE t USING TTL 60 SET "b" = %(2)s WHERE "a" = %(0)s IF "c" = %(1)s',
        {"0": 1, "1": 3, "2": 2},
    )
    update.update_context_id(7)
    assert shown(update)[1] == {"7": 1, "8": 2, "9": 3}
    assert str(UpdateStatement("t", [AssignmentClause("b", 2)], [WHERE], if_exists=True)).endswith(" IF EXISTS")


def test_delete() -> None:
    delete = DeleteStatement("t", ["x", MapDeleteClause("m", {1: 2}, {1: 2, 3: 4, 5: 6})], [WHERE], timestamp=9)
    text = 'DELETE "x", "m"[%(1)s], "m"[%(2)s] FROM t USING TIMESTAMP 9 WHERE "a" = %(0)s'
    assert shown(delete) == (text, {"0": 1, "1": 3, "2": 5})
    with pytest.raises(StatementException):
        DeleteStatement("t", [5])


@pytest.mark.parametrize(
    ("clause", "text", "values"),
    [
        (SetUpdateClause("s", {1}), '"s" = %(0)s', [{1}]),
        (SetUpdateClause("s", {1, 2}, previous={2, 3}), '"s" = "s" + %(0)s, "s" = "s" - %(1)s', [{1}, {3}]),
        (SetUpdateClause("s", {1}, operation="remove"), '"s" = "s" - %(0)s', [{1}]),
        (SetUpdateClause("s", {1}, previous={1}), "", []),
        (ListUpdateClause("l", [1, 2, 3], previous=[2]), '"l" = %(0)s + "l", "l" = "l" + %(1)s', [[1], [3]]),
        (ListUpdateClause("l", [1, 2], previous=[2, 1]), '"l" = %(0)s', [[1, 2]]),
        (ListUpdateClause("l", [1, 2], operation="prepend"), '"l" = %(0)s + "l"', [[1, 2]]),
        (MapUpdateClause("m", {}), '"m" = %(0)s', [{}]),
        (MapUpdateClause("m", {2: "b", 1: "a"}, previous={2: "b"}), '"m"[%(0)s] = %(1)s', [1, "a"]),
        (MapUpdateClause("m", {1: None}, operation="update"), '"m"[%(0)s] = %(1)s', [1, None]),
        (MapUpdateClause("m", {1: None}, operation="remove"), '"m" = "m" - %(0)s', [{1}]),
        (CounterUpdateClause("n", 5, previous=2), '"n" = "n" + %(0)s', [3]),
        (CounterUpdateClause("n", 2, previous=5), '"n" = "n" - %(0)s', [3]),
    ],
)
def test_only_what_differs_is_written(clause: Any, text: str, values: list[Any]) -> None:
    clause.set_context_id(0)
    context: dict[str, Any] = {}
    clause.update_context(context)
    assert str(clause) == text
    assert context == {str(number): value for number, value in enumerate(values)}
    assert clause.get_context_size() == len(values)


def test_functions_count_their_values() -> None:
    query = SelectStatement(
        "t", where=[WhereClause("token(a, b)", op.GreaterThanOperator(), Token(1, 2), False), WHERE]
    )
    assert shown(query) == (
        'SELECT * FROM t WHERE token(a, b) > token(%(0)s, %(1)s) AND "a" = %(2)s',
        {"0": 1, "1": 2, "2": 1},
    )
    for function in (MinTimeUUID, MaxTimeUUID):
        with pytest.raises(ValidationError, match="datetime"):
            function("2020-01-01")


def test_operators() -> None:
    assert op.BaseWhereOperator.get_operator("gte") is op.GreaterThanOrEqualOperator
    with pytest.raises(op.QueryOperatorException, match="nonsense"):
        op.BaseWhereOperator.get_operator("nonsense")
    with pytest.raises(StatementException, match="operator"):
        WhereClause("a", "=", 1)
