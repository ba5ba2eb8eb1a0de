"""`Session.execute_graph`, for a server that has graphs: there is none."""

from __future__ import annotations

from typing import Any, NoReturn

from cassandra._cluster.defaults import EXEC_PROFILE_GRAPH_DEFAULT
from cassandra._graph.absent import refuse


class GraphRequests:
    """The methods of a session that say so."""

    def execute_graph(
        self,
        query: Any,
        parameters: Any = None,
        trace: bool = False,
        execution_profile: Any = EXEC_PROFILE_GRAPH_DEFAULT,
        execute_as: str | None = None,
    ) -> NoReturn:
        """UnsupportedOperation: Apache Cassandra has no graphs."""
        refuse("Session.execute_graph")

    def execute_graph_async(
        self,
        query: Any,
        parameters: Any = None,
        trace: bool = False,
        execution_profile: Any = EXEC_PROFILE_GRAPH_DEFAULT,
        execute_as: str | None = None,
    ) -> NoReturn:
        """UnsupportedOperation: Apache Cassandra has no graphs."""
        refuse("Session.execute_graph_async")
