"""`cassandra.connection`: end points and what goes wrong on a connection. This file only names what others hold."""

import logging

from cassandra._connection.endpoint_factories import DefaultEndPointFactory, EndPointFactory, SniEndPointFactory
from cassandra._connection.endpoints import DefaultEndPoint, EndPoint, SniEndPoint, UnixSocketEndPoint
from cassandra._connection.event_loops import Connection
from cassandra._errors.connection import (
    ConnectionBusy,
    ConnectionException,
    ConnectionShutdown,
    CrcMismatchException,
    ProtocolError,
    ProtocolVersionUnsupported,
)

log = logging.getLogger(__name__)

__all__ = [
    "Connection",
    "ConnectionBusy",
    "ConnectionException",
    "ConnectionShutdown",
    "CrcMismatchException",
    "DefaultEndPoint",
    "DefaultEndPointFactory",
    "EndPoint",
    "EndPointFactory",
    "ProtocolError",
    "ProtocolVersionUnsupported",
    "SniEndPoint",
    "SniEndPointFactory",
    "UnixSocketEndPoint",
]
