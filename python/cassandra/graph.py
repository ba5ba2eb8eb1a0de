"""Graphs of DataStax Enterprise, of which Apache Cassandra has none.

Statements, options, profiles and results can be made and looked at; whatever would ask a server raises
`UnsupportedOperation`.
"""

from cassandra.datastax.graph.graphson import (
    GraphSON1Deserializer,
    GraphSON1Serializer,
    GraphSON2Deserializer,
    GraphSON2Reader,
    GraphSON2Serializer,
    GraphSON3Deserializer,
    GraphSON3Reader,
    GraphSON3Serializer,
)
from cassandra.datastax.graph.query import (
    GraphOptions,
    GraphProtocol,
    GraphStatement,
    Result,
    SimpleGraphStatement,
    graph_graphson2_row_factory,
    graph_graphson3_row_factory,
    graph_object_row_factory,
    graph_result_row_factory,
    single_object_row_factory,
)
from cassandra.datastax.graph.types import (
    Edge,
    Element,
    Path,
    Vertex,
    VertexProperty,
)

__all__ = [
    "Edge",
    "Element",
    "GraphOptions",
    "GraphProtocol",
    "GraphSON1Deserializer",
    "GraphSON1Serializer",
    "GraphSON2Deserializer",
    "GraphSON2Reader",
    "GraphSON2Serializer",
    "GraphSON3Deserializer",
    "GraphSON3Reader",
    "GraphSON3Serializer",
    "GraphStatement",
    "Path",
    "Result",
    "SimpleGraphStatement",
    "Vertex",
    "VertexProperty",
    "graph_graphson2_row_factory",
    "graph_graphson3_row_factory",
    "graph_object_row_factory",
    "graph_result_row_factory",
    "single_object_row_factory",
]
