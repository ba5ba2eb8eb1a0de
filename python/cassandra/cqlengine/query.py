"""`cassandra.cqlengine.query`: queries and batches of models. This file only names what others hold."""

import logging

from cassandra._mapper.batch import BatchQuery, BatchType, ContextQuery
from cassandra._mapper.column_descriptor import AbstractQueryableColumn
from cassandra._mapper.model_query import ModelQuerySet, ResultObject, SimpleQuerySet
from cassandra._mapper.query_errors import (
    DoesNotExist,
    IfExistsWithCounterColumn,
    IfNotExistsWithCounterColumn,
    LWTException,
    MultipleObjectsReturned,
    QueryException,
    check_applied,
)
from cassandra._mapper.query_set import AbstractQuerySet
from cassandra._mapper.row_query import DMLQuery

# Programs import these here too.
from cassandra.cqlengine import CQLEngineException, UnicodeMixin, ValidationError, columns
from cassandra.cqlengine import connection as conn
from cassandra.cqlengine.functions import BaseQueryFunction, QueryValue, Token
from cassandra.cqlengine.operators import (
    BaseWhereOperator,
    ContainsOperator,
    EqualsOperator,
    GreaterThanOperator,
    GreaterThanOrEqualOperator,
    InOperator,
    LessThanOperator,
    LessThanOrEqualOperator,
)
from cassandra.cqlengine.statements import (
    BaseCQLStatement,
    ConditionalClause,
    DeleteStatement,
    InsertStatement,
    MapDeleteClause,
    SelectStatement,
    UpdateStatement,
    WhereClause,
)
from cassandra.query import BatchStatement, SimpleStatement

log = logging.getLogger(__name__)

__all__ = [
    "UnicodeMixin",
    "BaseQueryFunction",
    "QueryValue",
    "Token",
    "BaseWhereOperator",
    "ContainsOperator",
    "EqualsOperator",
    "GreaterThanOperator",
    "GreaterThanOrEqualOperator",
    "InOperator",
    "LessThanOperator",
    "LessThanOrEqualOperator",
    "BaseCQLStatement",
    "ConditionalClause",
    "DeleteStatement",
    "InsertStatement",
    "MapDeleteClause",
    "SelectStatement",
    "UpdateStatement",
    "WhereClause",
    "BatchStatement",
    "AbstractQuerySet",
    "AbstractQueryableColumn",
    "BatchQuery",
    "BatchType",
    "CQLEngineException",
    "ContextQuery",
    "DMLQuery",
    "DoesNotExist",
    "IfExistsWithCounterColumn",
    "IfNotExistsWithCounterColumn",
    "LWTException",
    "ModelQuerySet",
    "MultipleObjectsReturned",
    "QueryException",
    "ResultObject",
    "SimpleQuerySet",
    "SimpleStatement",
    "ValidationError",
    "check_applied",
    "columns",
    "conn",
]
