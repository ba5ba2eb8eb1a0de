"""`cassandra.cqlengine.statements`: statements put together of clauses. This file only names them."""

from cassandra._mapper.clauses import (
    AssignmentClause,
    BaseClause,
    BaseDeleteClause,
    ConditionalClause,
    FieldDeleteClause,
    InQuoter,
    IsNotNull,
    IsNotNullClause,
    MapDeleteClause,
    StatementException,
    ValueQuoter,
    WhereClause,
)
from cassandra._mapper.statements import (
    AssignmentStatement,
    BaseCQLStatement,
    DeleteStatement,
    InsertStatement,
    SelectStatement,
    UpdateStatement,
)
from cassandra._mapper.update_clauses import (
    ContainerUpdateClause,
    ContainerUpdateTypeMapMeta,
    CounterUpdateClause,
    ListUpdateClause,
    MapUpdateClause,
    SetUpdateClause,
)
from cassandra.cqlengine import UnicodeMixin
from cassandra.cqlengine.functions import QueryValue
from cassandra.cqlengine.operators import BaseWhereOperator, EqualsOperator, InOperator, IsNotNullOperator

__all__ = [
    "UnicodeMixin",
    "QueryValue",
    "BaseWhereOperator",
    "EqualsOperator",
    "InOperator",
    "IsNotNullOperator",
    "AssignmentClause",
    "AssignmentStatement",
    "BaseCQLStatement",
    "BaseClause",
    "BaseDeleteClause",
    "ConditionalClause",
    "ContainerUpdateClause",
    "ContainerUpdateTypeMapMeta",
    "CounterUpdateClause",
    "DeleteStatement",
    "FieldDeleteClause",
    "InQuoter",
    "InsertStatement",
    "IsNotNull",
    "IsNotNullClause",
    "ListUpdateClause",
    "MapDeleteClause",
    "MapUpdateClause",
    "SelectStatement",
    "SetUpdateClause",
    "StatementException",
    "UpdateStatement",
    "ValueQuoter",
    "WhereClause",
]
