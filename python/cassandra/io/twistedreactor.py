"""`cassandra.io.twistedreactor`: this file only names what another holds."""

import logging

from cassandra._connection.event_loops import TwistedConnection

log = logging.getLogger(__name__)

__all__ = ["TwistedConnection"]
