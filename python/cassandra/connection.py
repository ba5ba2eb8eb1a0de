"""`cassandra.connection`: end points and what goes wrong on a connection. This file only names what others hold."""

import logging

from cassandra._connection.endpoint_factories import DefaultEndPointFactory, EndPointFactory, SniEndPointFactory
from cassandra._connection.endpoints import DefaultEndPoint, EndPoint, SniEndPoint, UnixSocketEndPoint
from cassandra._connection.engine_owned import ConnectionHeartbeat, Timer, TimerManager, _Frame
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

HEADER_DIRECTION_FROM_CLIENT = 0x00
HEADER_DIRECTION_TO_CLIENT = 0x80
HEADER_DIRECTION_MASK = 0x80
PROTOCOL_VERSION_MASK = 0x7F

locally_supported_compressions = ("lz4", "snappy")
"""The engine has both, whatever is installed."""

__all__ = [
    "AuthenticationFailed",
    "Connection",
    "ConnectionBusy",
    "ConnectionException",
    "ConnectionHeartbeat",
    "ConnectionShutdown",
    "ConsistencyLevel",
    "CrcMismatchException",
    "DefaultEndPoint",
    "DefaultEndPointFactory",
    "EndPoint",
    "EndPointFactory",
    "ErrorMessage",
    "HEADER_DIRECTION_FROM_CLIENT",
    "HEADER_DIRECTION_MASK",
    "HEADER_DIRECTION_TO_CLIENT",
    "PROTOCOL_VERSION_MASK",
    "InvalidRequestException",
    "OperationTimedOut",
    "ProtocolError",
    "ProtocolException",
    "ProtocolVersion",
    "ProtocolVersionUnsupported",
    "SniEndPoint",
    "SniEndPointFactory",
    "Timer",
    "TimerManager",
    "UnixSocketEndPoint",
    "_Frame",
    "locally_supported_compressions",
]
