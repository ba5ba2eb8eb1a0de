"""`cassandra.io.eventletreactor`: this file only names what another holds."""

import logging

from cassandra._connection.event_loops import EventletConnection

log = logging.getLogger(__name__)

__all__ = ["EventletConnection"]
