"""`Result`: one result of a traversal; and the row factories that make it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cassandra._exported import exported_by
from cassandra._graph.absent import refuse
from cassandra._graph.elements import Edge, Path, Vertex


@exported_by("cassandra.datastax.graph.query")
class Result:
    """A value; its parts are attributes where it is a dict, and items."""

    value: Any = None
    """What was read."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not isinstance(self.value, dict):
            raise ValueError("Value cannot be accessed as a dict")
        if name not in self.value:
            raise AttributeError(f"Result has no top-level attribute {name!r}")
        return self.value[name]

    def __getitem__(self, item: Any) -> Any:
        is_index = isinstance(self.value, list) and isinstance(item, int)
        if is_index or (isinstance(self.value, dict) and not isinstance(item, int)):
            return self.value[item]
        raise ValueError(f"Result cannot be indexed by {item!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"Result({self.value!r})"

    @staticmethod
    def made_of(value: Any) -> Any:
        """A vertex or an edge where a value describes one, else a `Result`."""
        if isinstance(value, Result):
            return value
        kind = value.get("type") if isinstance(value, dict) else None
        if kind == "vertex":
            return Result(value).as_vertex()
        return Result(value).as_edge() if kind == "edge" else Result(value)

    def as_vertex(self) -> Vertex:
        """The value as a vertex. TypeError where it is none."""
        try:
            value = self.value
            return Vertex(value["id"], value["label"], value["type"], value.get("properties"))
        except (KeyError, TypeError, AttributeError):
            raise self._is_no("Vertex") from None

    def as_edge(self) -> Edge:
        """The value as an edge. TypeError where it is none."""
        try:
            value = self.value
            ends = (value["inV"], value["inVLabel"], value["outV"], value["outVLabel"])
            return Edge(value["id"], value["label"], value["type"], value.get("properties", {}), *ends)
        except (KeyError, TypeError, AttributeError):
            raise self._is_no("Edge") from None

    def as_path(self) -> Path:
        """The value as a path. TypeError where it is none."""
        try:
            return Path(self.value["labels"], self.value["objects"])
        except (KeyError, TypeError, AttributeError):
            raise self._is_no("Path") from None

    def _is_no(self, kind: str) -> TypeError:
        return TypeError(f"Could not create {kind} from {self!r}")


@exported_by("cassandra.datastax.graph.query")
def single_object_row_factory(column_names: Sequence[str], rows: Iterable[Any]) -> list[Any]:
    """The first value of each row, as it is."""
    return [row[0] for row in rows]


@exported_by("cassandra.datastax.graph.query")
def graph_result_row_factory(column_names: Sequence[str], rows: Iterable[Any]) -> Iterator[Result]:
    """A `Result` for each row of JSON."""
    return (Result(json.loads(row[0])["result"]) for row in rows)


@exported_by("cassandra.datastax.graph.query")
def graph_object_row_factory(column_names: Sequence[str], rows: Iterable[Any]) -> Iterator[Any]:
    """A vertex, an edge, a path or a `Result` for each row, as its value says."""
    for result in graph_result_row_factory(column_names, rows):
        is_path = isinstance(result.value, dict) and {"labels", "objects"} <= set(result.value)
        yield result.as_path() if is_path else Result.made_of(result.value)


@exported_by("cassandra.datastax.graph.query")
def graph_graphson2_row_factory(column_names: Sequence[str], rows: Iterable[Any]) -> Any:
    """UnsupportedOperation: GraphSON 2 is not read here."""
    refuse("graph_graphson2_row_factory")


@exported_by("cassandra.datastax.graph.query")
def graph_graphson3_row_factory(column_names: Sequence[str], rows: Iterable[Any]) -> Any:
    """UnsupportedOperation: GraphSON 3 is not read here."""
    refuse("graph_graphson3_row_factory")
