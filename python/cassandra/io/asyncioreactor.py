"""`cassandra.io.asyncioreactor`: this file only names what another holds."""

import logging

from cassandra._connection.event_loops import AsyncioConnection

log = logging.getLogger(__name__)

__all__ = ["AsyncioConnection"]
