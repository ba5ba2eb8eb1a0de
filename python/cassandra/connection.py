"""`cassandra.connection`: end points and what goes wrong on a connection. This file only names what others hold."""

import logging

from cassandra._connection.endpoint_factories import DefaultEndPointFactory, EndPointFactory, SniEndPointFactory
from cassandra._connection.endpoints import DefaultEndPoint, EndPoint, SniEndPoint, UnixSocketEndPoint
from cassandra._connection.event_loops import Connection
from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._errors.connection import (
    ConnectionBusy,
    ConnectionException,
    ConnectionShutdown,
    CrcMismatchException,
    ProtocolError,
    ProtocolVersionUnsupported,
)
from cassandra._errors.driver import AuthenticationFailed, OperationTimedOut
from cassandra._errors.server import ErrorMessage, InvalidRequestException, ProtocolException

log = logging.getLogger(__name__)

__all__ = [
    "AuthenticationFailed",
    "Connection",
    "ConnectionBusy",
    "ConnectionException",
    "ConnectionShutdown",
    "ConsistencyLevel",
    "CrcMismatchException",
    "DefaultEndPoint",
    "DefaultEndPointFactory",
    "EndPoint",
    "EndPointFactory",
    "ErrorMessage",
    "InvalidRequestException",
    "OperationTimedOut",
    "ProtocolError",
    "ProtocolException",
    "ProtocolVersion",
    "ProtocolVersionUnsupported",
    "SniEndPoint",
    "SniEndPointFactory",
    "UnixSocketEndPoint",
]
