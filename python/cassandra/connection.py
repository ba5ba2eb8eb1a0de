"""`cassandra.connection`: end points and what goes wrong on a connection. This file only names what others hold."""

from cassandra._errors.connection import (
    ConnectionBusy,
    ConnectionException,
    ConnectionShutdown,
    CrcMismatchException,
    ProtocolError,
    ProtocolVersionUnsupported,
)

__all__ = [
    "ConnectionBusy",
    "ConnectionException",
    "ConnectionShutdown",
    "CrcMismatchException",
    "ProtocolError",
    "ProtocolVersionUnsupported",
]
