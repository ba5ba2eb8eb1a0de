"""Names that programs import where cassandra-driver has them by accident, and modules that come with others."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from cassandra.cluster import Cluster, ContinuousPagingOptions

ELSEWHERE = {
    "cassandra.cluster": "ConsistencyLevel PreparedStatement DefaultConnection ErrorMessage NeverRetryPolicy UserType",
    "cassandra.cqlengine.columns": "get_total_seconds UserType",
    "cassandra.cqlengine.connection": "Cluster ConsistencyLevel dict_factory",
    "cassandra.cqlengine.models": "CQLEngineException ValidationError protect_name",
    "cassandra.cqlengine.query": "SimpleStatement conn check_applied columns SelectStatement EqualsOperator",
    "cassandra.cython_deps": "HAVE_CYTHON HAVE_NUMPY",
    "cassandra.metadata": "protect_name protect_value cql_keywords_reserved dict_factory",
    "cassandra.protocol": "ProtocolVersion InternalError QueryMessage UUIDType int32_unpack",
    "cassandra.util": "OrderedDict",
}


GRAPH = "Edge GraphOptions GraphProtocol Path Result SimpleGraphStatement Vertex VertexProperty GraphSON3Reader"
ELSEWHERE |= {
    "cassandra.datastax.cloud": "CloudConfig get_cloud_config",
    "cassandra.datastax.graph": GRAPH,
    "cassandra.datastax.graph.fluent": "DseGraph HAVE_GREMLIN",
    "cassandra.datastax.graph.graphson": "GraphSON1Serializer GraphSON2Reader",
    "cassandra.datastax.graph.query": "GraphOptions Result graph_result_row_factory single_object_row_factory",
    "cassandra.datastax.graph.types": "Edge Path Vertex VertexProperty",
    "cassandra.graph": GRAPH,
}


@pytest.mark.parametrize("module", ELSEWHERE)
def test_they_are_there(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in ELSEWHERE[module].split() if not hasattr(found, name)] == []


def test_the_cluster_brings_its_neighbours() -> None:
    program = "import cassandra.cluster; print(cassandra.connection.ConnectionBusy, cassandra.protocol.InternalError)"
    program += "; print(cassandra.query, cassandra.marshal, cassandra.type_codes)"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=60)


def test_both_kinds_of_metadata_are_switched_by_one_call_that_warns() -> None:
    with Cluster() as cluster:
        with pytest.warns(DeprecationWarning, match="schema_metadata_enabled"):
            cluster.set_meta_refresh_enabled(False)
        assert (cluster.schema_metadata_enabled, cluster.token_metadata_enabled) == (False, False)


def test_options_of_continuous_pages_are_held() -> None:
    assert not ContinuousPagingOptions().page_unit_bytes()
    assert ContinuousPagingOptions(ContinuousPagingOptions.PagingUnit.BYTES).page_unit_bytes()
    with pytest.raises(ValueError, match="max_queue_size"):
        ContinuousPagingOptions(max_queue_size=1)
