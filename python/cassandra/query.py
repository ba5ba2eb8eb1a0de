"""`cassandra.query`: statements, parameters, row factories and traces. This file only names what others hold."""

import logging

from cassandra._query.batch import BatchStatement, BatchType
from cassandra._query.bound import BoundStatement
from cassandra._query.host_targeting import HostTargetingStatement
from cassandra._query.placeholders import bind_params
from cassandra._query.prepared import PreparedStatement
from cassandra._query.rows import (
    clean_column_name as _clean_column_name,
)
from cassandra._query.rows import (
    dict_factory,
    named_tuple_factory,
    ordered_dict_factory,
    tuple_factory,
)
from cassandra._query.simple import SimpleStatement
from cassandra._query.statement import Statement
from cassandra._query.trace import QueryTrace, TraceEvent, TraceUnavailable
from cassandra._query.unset import FETCH_SIZE_UNSET, UNSET_VALUE, Unset
from cassandra.encoder import Encoder, ValueSequence

log = logging.getLogger(__name__)

_UNSET_VALUE = UNSET_VALUE

__all__ = [
    "FETCH_SIZE_UNSET",
    "UNSET_VALUE",
    "BatchStatement",
    "BatchType",
    "BoundStatement",
    "Encoder",
    "HostTargetingStatement",
    "PreparedStatement",
    "QueryTrace",
    "SimpleStatement",
    "Statement",
    "TraceEvent",
    "TraceUnavailable",
    "Unset",
    "ValueSequence",
    "_clean_column_name",
    "bind_params",
    "dict_factory",
    "named_tuple_factory",
    "ordered_dict_factory",
    "tuple_factory",
]
