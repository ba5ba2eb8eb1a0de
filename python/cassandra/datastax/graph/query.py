"""Graph statements, their options and results."""

from cassandra._graph.result import (
    Result,
    graph_graphson2_row_factory,
    graph_graphson3_row_factory,
    graph_object_row_factory,
    graph_result_row_factory,
    single_object_row_factory,
)
from cassandra._graph.statement import DESCRIBED as _graph_options
from cassandra._graph.statement import GraphOptions, GraphProtocol, GraphStatement, SimpleGraphStatement

__all__ = [
    "GraphOptions",
    "GraphProtocol",
    "GraphStatement",
    "Result",
    "SimpleGraphStatement",
    "_graph_options",
    "graph_graphson2_row_factory",
    "graph_graphson3_row_factory",
    "graph_object_row_factory",
    "graph_result_row_factory",
    "single_object_row_factory",
]
