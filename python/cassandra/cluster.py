"""`cassandra.cluster`: the front door. This file only names what the private packages hold."""

import logging
from warnings import warn

# Programs that import this module reach for these by their full names, as `cassandra.protocol.ErrorMessage`.
import cassandra.connection
import cassandra.cqltypes
import cassandra.marshal
import cassandra.protocol
import cassandra.query
import cassandra.type_codes  # noqa: F401
from cassandra._cluster.cluster import Cluster
from cassandra._cluster.continuous_paging import ContinuousPagingOptions
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
from cassandra._cluster.exit import CONNECTED
from cassandra._cluster.paged_result import PagedResult
from cassandra._cluster.profile import ExecutionProfile, ProfileManager, default_lbp_factory
from cassandra._cluster.response_future import ResponseFuture
from cassandra._cluster.result_set import ResultSet
from cassandra._cluster.session import Session
from cassandra._connection.endpoint_factories import DefaultEndPointFactory, SniEndPointFactory

# Programs import these here too, where cassandra-driver has them by accident.
from cassandra._connection.endpoints import DefaultEndPoint, EndPoint
from cassandra._connection.engine_owned import ConnectionHeartbeat, _Scheduler
from cassandra._connection.event_loops import DefaultConnection
from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._cql.schema_change import SchemaTargetType
from cassandra._errors.connection import (
    ConnectionBusy,
    ConnectionException,
    ConnectionShutdown,
    NoConnectionsAvailable,
    ProtocolVersionUnsupported,
)
from cassandra._errors.driver import (
    AuthenticationFailed,
    DependencyException,
    DriverException,
    OperationTimedOut,
    UnresolvableContactPoints,
    UnsupportedOperation,
)
from cassandra._errors.server import (
    ErrorMessage,
    IsBootstrappingErrorMessage,
    OverloadedErrorMessage,
    PreparedQueryNotFound,
    ProtocolException,
    ReadTimeoutErrorMessage,
    ServerError,
    TruncateError,
    UnavailableErrorMessage,
    WriteTimeoutErrorMessage,
)
from cassandra._errors.session import (
    KeyspaceNotUsed,
    NoHostAvailable,
    PlanExhausted,
    ProtocolVersionNotSpoken,
    QueryExhausted,
    UserTypeDoesNotExist,
)
from cassandra._graph.profiles import GraphAnalyticsExecutionProfile, GraphExecutionProfile
from cassandra._graph.result import (
    graph_graphson2_row_factory,
    graph_graphson3_row_factory,
    graph_object_row_factory,
)
from cassandra._graph.statement import GraphOptions, GraphProtocol, GraphStatement, SimpleGraphStatement
from cassandra._protocol.handler import ProtocolHandler
from cassandra._protocol.result_message import ResultMessage
from cassandra._query.batch import BatchStatement
from cassandra._query.bound import BoundStatement
from cassandra._query.host_targeting import HostTargetingStatement
from cassandra._query.placeholders import bind_params
from cassandra._query.prepared import PreparedStatement
from cassandra._query.rows import dict_factory, named_tuple_factory, tuple_factory
from cassandra._query.simple import SimpleStatement
from cassandra._query.trace import QueryTrace, TraceUnavailable
from cassandra._query.unset import FETCH_SIZE_UNSET
from cassandra.auth import PlainTextAuthProvider
from cassandra.cqltypes import UserType
from cassandra.encoder import Encoder
from cassandra.metadata import Metadata, protect_name
from cassandra.metrics import Metrics
from cassandra.policies import (
    DCAwareRoundRobinPolicy,
    DefaultLoadBalancingPolicy,
    ExponentialReconnectionPolicy,
    HostDistance,
    IdentityTranslator,
    NeverRetryPolicy,
    NoSpeculativeExecutionPlan,
    NoSpeculativeExecutionPolicy,
    RetryPolicy,
    SimpleConvictionPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import Host, HostConnection, HostConnectionPool
from cassandra.timestamps import MonotonicTimestampGenerator
from cassandra.util import Version

log = logging.getLogger(__name__)

_NOT_SET = NOT_SET
_clusters_for_shutdown = CONNECTED
_ConfigMode = ConfigMode

__all__ = [
    "graph_object_row_factory",
    "graph_graphson3_row_factory",
    "graph_graphson2_row_factory",
    "SimpleGraphStatement",
    "GraphStatement",
    "GraphProtocol",
    "GraphOptions",
    "GraphExecutionProfile",
    "GraphAnalyticsExecutionProfile",
    "DependencyException",
    "ErrorMessage",
    "IsBootstrappingErrorMessage",
    "OverloadedErrorMessage",
    "PreparedQueryNotFound",
    "ProtocolException",
    "ReadTimeoutErrorMessage",
    "ServerError",
    "TruncateError",
    "UnavailableErrorMessage",
    "WriteTimeoutErrorMessage",
    "UserType",
    "NeverRetryPolicy",
    "Version",
    "Cluster",
    "Session",
    "ResponseFuture",
    "ResultSet",
    "PagedResult",
    "ExecutionProfile",
    "ProfileManager",
    "ContinuousPagingOptions",
    "ControlConnection",
    "KeyspaceNotUsed",
    "NoHostAvailable",
    "PlanExhausted",
    "ProtocolVersionNotSpoken",
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
    "AuthenticationFailed",
    "BatchStatement",
    "BoundStatement",
    "ConnectionBusy",
    "ConnectionException",
    "ConnectionHeartbeat",
    "ConnectionShutdown",
    "ConsistencyLevel",
    "DCAwareRoundRobinPolicy",
    "DefaultConnection",
    "DefaultEndPoint",
    "DefaultEndPointFactory",
    "DefaultLoadBalancingPolicy",
    "DriverException",
    "Encoder",
    "EndPoint",
    "ExponentialReconnectionPolicy",
    "Host",
    "HostConnection",
    "HostConnectionPool",
    "HostDistance",
    "HostTargetingStatement",
    "IdentityTranslator",
    "Metadata",
    "Metrics",
    "MonotonicTimestampGenerator",
    "NoConnectionsAvailable",
    "NoSpeculativeExecutionPlan",
    "NoSpeculativeExecutionPolicy",
    "OperationTimedOut",
    "PlainTextAuthProvider",
    "PreparedStatement",
    "ProtocolHandler",
    "ProtocolVersion",
    "ProtocolVersionUnsupported",
    "QueryTrace",
    "ResultMessage",
    "RetryPolicy",
    "SchemaTargetType",
    "SimpleConvictionPolicy",
    "SimpleStatement",
    "SniEndPointFactory",
    "TokenAwarePolicy",
    "TraceUnavailable",
    "UnresolvableContactPoints",
    "UnsupportedOperation",
    "_Scheduler",
    "bind_params",
    "dict_factory",
    "named_tuple_factory",
    "protect_name",
    "tuple_factory",
    "warn",
]
