"""`cassandra.io.asyncorereactor`: this file only names what another holds."""

import logging

from cassandra._connection.event_loops import AsyncoreConnection

log = logging.getLogger(__name__)

__all__ = ["AsyncoreConnection"]
