"""`GraphOptions` and graph statements: they can be made, copied and looked at; no session runs them."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from warnings import warn

from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._exported import exported_by
from cassandra._query.simple import SimpleStatement


@exported_by("cassandra.datastax.graph.query")
class GraphProtocol:
    """How results are written."""

    GRAPHSON_1_0: Final = b"graphson-1.0"
    GRAPHSON_2_0: Final = b"graphson-2.0"
    GRAPHSON_3_0: Final = b"graphson-3.0"


OPTIONS: Final = {
    "graph_name": "graph-name",
    "graph_source": "graph-source",
    "graph_language": "graph-language",
    "graph_read_consistency_level": "graph-read-consistency",
    "graph_write_consistency_level": "graph-write-consistency",
    "graph_protocol": "graph-results",
}
"""The attributes, and what servers call them."""

DESCRIBED: Final = tuple((name, name.replace("_", " "), called) for name, called in OPTIONS.items())
"""The same as tuples, with a word of what each is."""

LEVELS: Final = ("graph_read_consistency_level", "graph_write_consistency_level")


def written(name: str, value: Any) -> Any:
    """A value as servers are told it."""
    if name in LEVELS:
        return ConsistencyLevel.value_to_name[value].encode()
    return value if isinstance(value, bytes) else str(value).encode()


@exported_by("cassandra.datastax.graph.query")
class GraphOptions:
    """Which graph, in which language, at which consistency levels."""

    DEFAULT_GRAPH_LANGUAGE: ClassVar[bytes] = b"gremlin-groovy"
    DEFAULT_GRAPH_PROTOCOL: ClassVar[bytes] = GraphProtocol.GRAPHSON_1_0

    def __init__(self, **kwargs: Any) -> None:
        self._graph_options: dict[str, bytes] = {}
        self.graph_source = b"g"
        self.graph_language = self.DEFAULT_GRAPH_LANGUAGE
        for name, value in kwargs.items():
            if name not in OPTIONS:
                warn(f"Unknown keyword argument received for GraphOptions: {name}", stacklevel=2)
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in OPTIONS:
            raise AttributeError(name)
        value = self._graph_options.get(OPTIONS[name])
        return ConsistencyLevel.name_to_value[value.decode()] if value is not None and name in LEVELS else value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in OPTIONS:
            object.__setattr__(self, name, value)
        elif value is None:
            self._graph_options.pop(OPTIONS[name], None)
        else:
            self._graph_options[OPTIONS[name]] = written(name, value)

    def __delattr__(self, name: str) -> None:
        if name in OPTIONS:
            self._graph_options.pop(OPTIONS[name], None)
        else:
            object.__delattr__(self, name)

    def copy(self) -> GraphOptions:
        """Options of their own with the same values."""
        other = type(self)()
        other._graph_options = dict(self._graph_options)
        return other

    def update(self, options: GraphOptions) -> None:
        """Take over what other options say."""
        self._graph_options.update(options._graph_options)

    def get_options_map(self, other_options: GraphOptions | None = None) -> dict[str, bytes]:
        """What servers are told; `other_options` count more."""
        return {**self._graph_options, **(other_options._graph_options if other_options else {})}

    def set_graph_protocol(self, protocol: bytes) -> None:
        """Set how results are written."""
        self.graph_protocol = protocol

    def set_source_default(self) -> None:
        """Use the source called `default`."""
        self.graph_source = b"default"

    def set_source_analytics(self) -> None:
        """Use the source for analytics, `a`."""
        self.graph_source = b"a"

    def set_source_graph(self) -> None:
        """Use the source for traversals, `g`."""
        self.graph_source = b"g"

    @property
    def is_default_source(self) -> bool:
        """Whether the source is `default`."""
        return bool(self.graph_source in (b"default", None))

    @property
    def is_analytics_source(self) -> bool:
        """Whether the source is the one for analytics."""
        return bool(self.graph_source == b"a")

    @property
    def is_graph_source(self) -> bool:
        """Whether the source is the one for traversals."""
        return bool(self.graph_source == b"g")


@exported_by("cassandra.datastax.graph.query")
class GraphStatement(SimpleStatement):
    """A traversal."""

    @property
    def query(self) -> str:
        """The text of the traversal."""
        return self._query_string

    def __str__(self) -> str:
        return f'<GraphStatement query="{self.query}">'

    __repr__ = __str__


@exported_by("cassandra.datastax.graph.query")
class SimpleGraphStatement(GraphStatement):
    """A traversal as text."""
