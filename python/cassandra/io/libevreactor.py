"""`cassandra.io.libevreactor`: this file only names what another holds."""

import logging

from cassandra._connection.event_loops import LibevConnection

log = logging.getLogger(__name__)

__all__ = ["LibevConnection"]
