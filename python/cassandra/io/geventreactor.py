"""`cassandra.io.geventreactor`: this file only names what another holds."""

import logging

from cassandra._connection.event_loops import GeventConnection

log = logging.getLogger(__name__)

__all__ = ["GeventConnection"]
