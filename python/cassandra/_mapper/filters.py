"""Conditions as keywords: `age__gt=5` is the column `age`, the operator `gt` and the value 5."""

from __future__ import annotations

from typing import Any

from cassandra._mapper.clauses import WhereClause
from cassandra._mapper.query_errors import QueryException
from cassandra.cqlengine.functions import BaseQueryFunction, Token
from cassandra.cqlengine.operators import BaseWhereOperator, ContainsOperator, EqualsOperator, InOperator


def split(keyword: str) -> tuple[str, str | None]:
    """The column's name and the operator's, if there is one."""
    name, mark, operator = keyword.rpartition("__")
    # A name may begin with two underscores of its own.
    return (name, operator) if mark and name else (keyword, None)


def condition(model: Any, keyword: str, value: Any, known: dict[str, Any]) -> WhereClause:
    """The condition of a keyword and its value. What it says of rows that will be found is put into `known`."""
    name, symbol = split(keyword)
    operator = BaseWhereOperator.get_operator(symbol or "EQ")() if (symbol or "").lower() != "token" else None
    if operator is None:
        # `pk__token=Token(…)` is an equality.
        name, operator = keyword, EqualsOperator()
    if name == "pk__token":
        return token_condition(model, operator, value)
    column = model._get_column_of_filter(name)
    if column is None:
        raise QueryException(f"Can't resolve column name: '{name}'")
    if isinstance(value, Token):
        raise QueryException(f"Virtual column 'pk__token' is what Token() is compared with, not the column {name!r}")
    if isinstance(operator, InOperator):
        if not isinstance(value, (list, tuple)):
            raise QueryException("IN queries must use a list/tuple value")
        written: Any = [column.to_database(item) for item in value]
    elif isinstance(value, BaseQueryFunction):
        written = value
    elif isinstance(operator, ContainsOperator):
        written = contained(column, value)
    else:
        written = column.to_database(value)
        if symbol is None:
            known[column.db_field_name] = value
    return WhereClause(column.db_field_name, operator, written)


def contained(column: Any, value: Any) -> Any:
    """What a collection is asked for: a member, or a value of a map."""
    inner = getattr(column, "value_col", None)
    return value if inner is None else inner.to_database(value)


def token_condition(model: Any, operator: Any, value: Any) -> WhereClause:
    """The token of the partition key, compared with that of values."""
    if not isinstance(value, Token):
        raise QueryException("Can't resolve column name: 'pk__token'")
    columns = list(model._partition_keys.values())
    if len(columns) != len(value.value):
        raise QueryException(
            f"Token() received {len(value.value)} arguments but model has {len(columns)} partition keys"
        )
    value.set_columns(columns)
    names = ", ".join(column.cql for column in columns)
    return WhereClause(f"token({names})", operator, value, quote_field=False)
