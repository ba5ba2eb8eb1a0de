"""`cassandra.pool`: nodes as a program sees them. This file only names what others hold."""

import logging

from cassandra._errors.connection import NoConnectionsAvailable
from cassandra._pool.host import Host

log = logging.getLogger(__name__)

__all__ = ["Host", "NoConnectionsAvailable"]
