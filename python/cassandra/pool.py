"""`cassandra.pool`: nodes as a program sees them. This file only names what others hold."""

import logging

from cassandra._cluster.pools import HostConnection, HostConnectionPool
from cassandra._connection.endpoints import DefaultEndPoint, EndPoint
from cassandra._errors.connection import ConnectionException, NoConnectionsAvailable
from cassandra._errors.driver import AuthenticationFailed
from cassandra._policies.load_balancing import HostDistance
from cassandra._pool.host import Host

log = logging.getLogger(__name__)

__all__ = [
    "AuthenticationFailed",
    "ConnectionException",
    "DefaultEndPoint",
    "EndPoint",
    "Host",
    "HostConnection",
    "HostConnectionPool",
    "HostDistance",
    "NoConnectionsAvailable",
]
