"""`cassandra.cluster`: the front door. This file only names what the private packages hold."""

import logging

from cassandra._cluster.cluster import Cluster
from cassandra._cluster.control_view import ControlConnection
from cassandra._cluster.defaults import (
    DEFAULT_MAX_CONNECTIONS_PER_LOCAL_HOST,
    DEFAULT_MAX_CONNECTIONS_PER_REMOTE_HOST,
    DEFAULT_MAX_REQUESTS,
    DEFAULT_MIN_CONNECTIONS_PER_LOCAL_HOST,
    DEFAULT_MIN_CONNECTIONS_PER_REMOTE_HOST,
    DEFAULT_MIN_REQUESTS,
    EXEC_PROFILE_DEFAULT,
    EXEC_PROFILE_GRAPH_ANALYTICS_DEFAULT,
    EXEC_PROFILE_GRAPH_DEFAULT,
    EXEC_PROFILE_GRAPH_SYSTEM_DEFAULT,
    NOT_SET,
    ConfigMode,
)
from cassandra._cluster.paged_result import PagedResult
from cassandra._cluster.profile import ExecutionProfile, ProfileManager, default_lbp_factory
from cassandra._cluster.response_future import ResponseFuture
from cassandra._cluster.result_set import ResultSet
from cassandra._cluster.session import Session
from cassandra._errors.session import NoHostAvailable, PlanExhausted, QueryExhausted, UserTypeDoesNotExist
from cassandra._query.unset import FETCH_SIZE_UNSET

log = logging.getLogger(__name__)

_NOT_SET = NOT_SET
_ConfigMode = ConfigMode

__all__ = [
    "Cluster",
    "Session",
    "ResponseFuture",
    "ResultSet",
    "PagedResult",
    "ExecutionProfile",
    "ProfileManager",
    "ControlConnection",
    "NoHostAvailable",
    "PlanExhausted",
    "QueryExhausted",
    "UserTypeDoesNotExist",
    "EXEC_PROFILE_DEFAULT",
    "EXEC_PROFILE_GRAPH_ANALYTICS_DEFAULT",
    "EXEC_PROFILE_GRAPH_DEFAULT",
    "EXEC_PROFILE_GRAPH_SYSTEM_DEFAULT",
    "default_lbp_factory",
    "DEFAULT_MAX_CONNECTIONS_PER_LOCAL_HOST",
    "DEFAULT_MAX_CONNECTIONS_PER_REMOTE_HOST",
    "DEFAULT_MAX_REQUESTS",
    "DEFAULT_MIN_CONNECTIONS_PER_LOCAL_HOST",
    "DEFAULT_MIN_CONNECTIONS_PER_REMOTE_HOST",
    "DEFAULT_MIN_REQUESTS",
    "FETCH_SIZE_UNSET",
]
