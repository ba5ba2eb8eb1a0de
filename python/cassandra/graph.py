"""Graphs of DataStax Enterprise, of which Apache Cassandra has none.

Statements, options, profiles and results can be made and looked at; whatever would ask a server raises
`UnsupportedOperation`.
"""

from cassandra.datastax.graph import *  # noqa: F403 - all of its names, which are in its `__all__`
from cassandra.datastax.graph import __all__ as __all__
