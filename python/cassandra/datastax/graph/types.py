"""What a graph is made of."""

from cassandra._graph.elements import Edge, Element, Path, Vertex, VertexProperty

__all__ = ["Edge", "Element", "Path", "Vertex", "VertexProperty"]
