"""Names of graphs: they can be imported and made, and whatever would ask a server says that there is none."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from cassandra import ConsistencyLevel, UnsupportedOperation
from cassandra.cluster import (
    EXEC_PROFILE_GRAPH_DEFAULT,
    Cluster,
    GraphAnalyticsExecutionProfile,
    GraphExecutionProfile,
    Session,
)
from cassandra.datastax.graph.fluent import DseGraph
from cassandra.graph import (
    Edge,
    GraphOptions,
    GraphProtocol,
    GraphSON3Reader,
    Path,
    Result,
    SimpleGraphStatement,
    Vertex,
    VertexProperty,
    graph_graphson3_row_factory,
    graph_object_row_factory,
    graph_result_row_factory,
    single_object_row_factory,
)
from cassandra.policies import NeverRetryPolicy, RoundRobinPolicy
from cassandra.query import SimpleStatement

VERTEX = {
    "id": 1,
    "label": "person",
    "type": "vertex",
    "properties": {"name": [{"value": "a", "properties": {"z": 1}}]},
}
ENDS = {"inV": 1, "inVLabel": "a", "outV": 2, "outVLabel": "b"}
EDGE = {"id": 3, "label": "knows", "type": "edge", "properties": {"since": 5}, **ENDS}


@pytest.mark.parametrize(
    "use",
    [
        lambda: Session.execute_graph(Mock(), "g.V()"),
        lambda: Session.execute_graph_async(Mock(), "g.V()"),
        lambda: DseGraph.traversal_source(),
        lambda: DseGraph.query_from_traversal(None),
        lambda: DseGraph.create_execution_profile("g"),
        lambda: DseGraph.batch(),
        lambda: GraphSON3Reader({}),
        lambda: graph_graphson3_row_factory(["gremlin"], []),
    ],
)
def test_what_would_need_a_server_says_so(use: Any) -> None:
    with pytest.raises(UnsupportedOperation, match="Apache Cassandra, which this package is for, has none"):
        use()


def test_profiles_can_be_given_to_a_cluster() -> None:
    options = GraphOptions(graph_name="g1")
    graph = GraphExecutionProfile(RoundRobinPolicy(), graph_options=options)
    assert (graph.request_timeout, type(graph.retry_policy)) == (30.0, NeverRetryPolicy)
    assert graph.graph_options is options
    assert graph.row_factory is graph_object_row_factory
    with Cluster(execution_profiles={EXEC_PROFILE_GRAPH_DEFAULT: graph}) as cluster:
        assert cluster.profile_manager.profiles[EXEC_PROFILE_GRAPH_DEFAULT] is graph
    analytics = GraphAnalyticsExecutionProfile()
    assert (analytics.request_timeout, analytics.graph_options.graph_source) == (7 * 86_400, b"a")


def test_options() -> None:
    options = GraphOptions(graph_name="g1", graph_read_consistency_level=ConsistencyLevel.QUORUM)
    assert options.get_options_map() == {
        "graph-source": b"g",
        "graph-language": b"gremlin-groovy",
        "graph-name": b"g1",
        "graph-read-consistency": b"QUORUM",
    }
    assert (options.graph_name, options.graph_read_consistency_level) == (b"g1", ConsistencyLevel.QUORUM)
    assert (options.graph_protocol, options.is_graph_source, options.is_default_source) == (None, True, False)
    other = options.copy()
    other.set_graph_protocol(GraphProtocol.GRAPHSON_2_0)
    other.set_source_default()
    del other.graph_name
    assert (options.graph_protocol, options.graph_name, other.graph_name) == (None, b"g1", None)
    assert other.is_default_source
    options.update(other)
    assert options.get_options_map(GraphOptions(graph_source="x"))["graph-source"] == b"x"
    assert options.graph_protocol == b"graphson-2.0"
    with pytest.warns(UserWarning, match="Unknown keyword argument received for GraphOptions: nope"):
        GraphOptions(nope=1)
    with pytest.raises(AttributeError):
        _ = GraphOptions().nope


@pytest.mark.parametrize(
    ("choose", "source", "is_one"),
    [
        (GraphOptions.set_source_default, b"default", (True, False, False)),
        (GraphOptions.set_source_analytics, b"a", (False, True, False)),
        (GraphOptions.set_source_graph, b"g", (False, False, True)),
    ],
)
def test_a_source_is_chosen(choose: Any, source: bytes, is_one: tuple[bool, ...]) -> None:
    options = GraphOptions(graph_source="another")
    assert (options.is_default_source, options.is_analytics_source, options.is_graph_source) == (False,) * 3
    choose(options)
    assert (options.graph_source, options.get_options_map()["graph-source"]) == (source, source)
    assert (options.is_default_source, options.is_analytics_source, options.is_graph_source) == is_one


def test_without_a_source_it_is_the_default() -> None:
    options = GraphOptions()
    options.graph_source = None
    assert (options.is_default_source, options.is_graph_source) == (True, False)


def test_statements() -> None:
    statement = SimpleGraphStatement("g.V()", consistency_level=ConsistencyLevel.ONE)
    assert isinstance(statement, SimpleStatement)
    assert (statement.query, str(statement)) == ("g.V()", '<GraphStatement query="g.V()">')


def test_elements() -> None:
    vertex = Result(VERTEX).as_vertex()
    assert vertex == Vertex(**VERTEX)
    assert vertex.properties == {"name": [VertexProperty("name", "a", {"z": 1})]}
    assert repr(vertex) == "Vertex(1, 'person', 'vertex', {'name': [VertexProperty('name', 'a', {'z': 1})]})"
    edge = Result(EDGE).as_edge()
    assert (edge.inV, edge.outVLabel, edge == Edge(**EDGE), edge != vertex) == (1, "b", True, True)
    path = Result({"labels": [["a"]], "objects": [VERTEX, 5]}).as_path()
    assert path.objects[0] == vertex
    assert Path([], [Result(1)]).objects == [Result(1)]
    assert (path.labels, path.objects[1], path == Path([["a"]], [VERTEX, 5])) == ([["a"]], Result(5), True)
    for make, kind in ((Result(5).as_vertex, "Vertex"), (Result({}).as_edge, "Edge"), (Result([]).as_path, "Path")):
        with pytest.raises(TypeError, match=f"Could not create {kind} from"):
            make()
    with pytest.raises(TypeError, match="Attempted to create vertex from edge"):
        Vertex(1, "a", "edge", {})


def test_elements_have_what_they_were_made_of() -> None:
    edge = Edge(**EDGE)
    assert vars(edge) == EDGE
    assert str(edge) == str(EDGE)
    # A copy of their own.
    assert edge.properties is not EDGE["properties"]
    vertex = Vertex(**VERTEX)
    assert (vertex.id, vertex.label, vertex.type) == (1, "person", "vertex")
    assert str(vertex) == str(vars(vertex))
    name = VertexProperty("name", "a", {"z": 1})
    assert (name.label, name.value, name.properties) == ("name", "a", {"z": 1})
    assert VertexProperty("name", "a").properties == {}
    # One that is a property already is kept as it is.
    assert Vertex(1, "person", "vertex", {"name": [name]}).properties["name"][0] is name
    assert Vertex(1, "person", "vertex", None).properties == {}
    assert str(Path([["a"]], [1])) == "{'labels': [['a']], 'objects': [Result(1)]}"


def test_results() -> None:
    result = Result({"a": 1, "b": [1, 2]})
    assert (result.a, result["b"], Result([7])[0], str(result), repr(Result(5))) == (
        1,
        [1, 2],
        7,
        "{'a': 1, 'b': [1, 2]}",
        "Result(5)",
    )
    with pytest.raises(AttributeError, match="no top-level attribute 'c'"):
        _ = result.c
    for wrong in (lambda: Result(5).a, lambda: Result(5)[0], lambda: result[0], lambda: Result([1])["a"]):
        with pytest.raises(ValueError, match=r"accessed as a dict|cannot be indexed by"):
            wrong()
    lines = [('{"result": 5}',), ('{"result": {"id": 1, "label": "l", "type": "vertex"}}',)]
    assert next(iter(graph_result_row_factory(["gremlin"], lines))) == Result(5)
    assert [type(one).__name__ for one in graph_object_row_factory(["gremlin"], lines)] == ["Result", "Vertex"]
    assert single_object_row_factory(["a"], [(1,), (2,)]) == [1, 2]
