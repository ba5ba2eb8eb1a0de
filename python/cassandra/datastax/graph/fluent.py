"""Traversals as Python calls: `DseGraph` can be imported, and says that it is not here when it is used."""

from __future__ import annotations

from typing import Any, NoReturn

from cassandra._graph.absent import refuse

HAVE_GREMLIN = False


class DseGraph:
    """Makes traversals for a server of DataStax Enterprise."""

    @staticmethod
    def traversal_source(*args: Any, **kwargs: Any) -> NoReturn:
        """UnsupportedOperation."""
        refuse("DseGraph.traversal_source")

    @staticmethod
    def query_from_traversal(*args: Any, **kwargs: Any) -> NoReturn:
        """UnsupportedOperation."""
        refuse("DseGraph.query_from_traversal")

    @staticmethod
    def create_execution_profile(*args: Any, **kwargs: Any) -> NoReturn:
        """UnsupportedOperation."""
        refuse("DseGraph.create_execution_profile")

    @staticmethod
    def batch(*args: Any, **kwargs: Any) -> NoReturn:
        """UnsupportedOperation."""
        refuse("DseGraph.batch")


__all__ = ["HAVE_GREMLIN", "DseGraph"]
