"""`cassandra.query`: statements, parameters, row factories and traces. This file only names what others hold."""

import logging

from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._errors.driver import OperationTimedOut
from cassandra._policies.column_encryption import ColDesc
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
from cassandra._util.time_uuid import unix_time_from_uuid1
from cassandra.encoder import Encoder, ValueSequence

log = logging.getLogger(__name__)

_UNSET_VALUE = UNSET_VALUE

__all__ = [
    "BatchStatement",
    "BatchType",
    "BoundStatement",
    "ColDesc",
    "ConsistencyLevel",
    "Encoder",
    "FETCH_SIZE_UNSET",
    "HostTargetingStatement",
    "OperationTimedOut",
    "PreparedStatement",
    "QueryTrace",
    "SimpleStatement",
    "Statement",
    "TraceEvent",
    "TraceUnavailable",
    "UNSET_VALUE",
    "Unset",
    "ValueSequence",
    "_clean_column_name",
    "bind_params",
    "dict_factory",
    "named_tuple_factory",
    "ordered_dict_factory",
    "tuple_factory",
    "unix_time_from_uuid1",
]
