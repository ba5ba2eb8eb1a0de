"""`cassandra.metrics`: counts of a cluster's requests. This file only names what others hold."""

from cassandra._cluster.metrics import Metrics

__all__ = ["Metrics"]
