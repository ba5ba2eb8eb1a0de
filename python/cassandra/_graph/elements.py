"""What a graph is made of: vertices, edges, their properties, and paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cassandra._exported import exported_by


class Compared:
    """Equal to another of the same class with the same attributes; shown by them."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(value) for value in vars(self).values())})"


@exported_by("cassandra.datastax.graph.types")
class Element(Compared):
    """A vertex or an edge."""

    element_type: str | None = None

    def __init__(self, id: Any, label: str, type: str, properties: Any) -> None:
        if type != self.element_type:
            raise TypeError(f"Attempted to create {self.element_type} from {type} element")
        self.id = id
        self.label = label
        self.type = type
        self.properties = self._properties_of(properties)

    @staticmethod
    def _properties_of(given: Any) -> Any:
        return dict(given)

    def __str__(self) -> str:
        return str(vars(self))


@exported_by("cassandra.datastax.graph.types")
class VertexProperty(Compared):
    """A value of a vertex, which may have properties of its own."""

    def __init__(self, label: str, value: Any, properties: Mapping[str, Any] | None = None) -> None:
        self.label = label
        self.value = value
        self.properties = dict(properties or {})


@exported_by("cassandra.datastax.graph.types")
class Vertex(Element):
    """A vertex: its `properties` are lists of `VertexProperty`, by name."""

    element_type = "vertex"

    @staticmethod
    def _properties_of(given: Any) -> Any:
        return {name: [property_of(name, one) for one in values] for name, values in dict(given or {}).items()}


def property_of(name: str, given: Any) -> VertexProperty:
    """A property as servers describe it, `{"value": …, "properties": …}`."""
    if isinstance(given, VertexProperty):
        return given
    return VertexProperty(name, given["value"], given.get("properties"))


@exported_by("cassandra.datastax.graph.types")
class Edge(Element):
    """An edge, from the vertex `outV` to the vertex `inV`."""

    element_type = "edge"

    def __init__(
        self, id: Any, label: str, type: str, properties: Any, inV: Any, inVLabel: str, outV: Any, outVLabel: str
    ) -> None:
        super().__init__(id, label, type, properties)
        self.inV = inV
        self.inVLabel = inVLabel
        self.outV = outV
        self.outVLabel = outVLabel


@exported_by("cassandra.datastax.graph.types")
class Path(Compared):
    """A way through the graph: the elements on it, and the labels of its steps."""

    def __init__(self, labels: Iterable[Any], objects: Iterable[Any]) -> None:
        from cassandra._graph.result import Result

        self.labels = labels
        self.objects = [one if isinstance(one, Element) else Result.made_of(one) for one in objects]

    def __str__(self) -> str:
        return str(vars(self))
