"""Execution profiles for graphs: they can be made and given to a cluster; no request uses them."""

from __future__ import annotations

from typing import Any

from cassandra._cluster.defaults import NOT_SET
from cassandra._cluster.profile import ExecutionProfile, default_lbp_factory
from cassandra._exported import exported_by
from cassandra._graph.result import graph_object_row_factory
from cassandra._graph.statement import GraphOptions
from cassandra._policies.retry import NeverRetryPolicy

WEEK = 7 * 24 * 3600.0


@exported_by("cassandra.cluster")
class GraphExecutionProfile(ExecutionProfile):
    """How traversals would be run."""

    graph_options: GraphOptions

    def __init__(
        self,
        load_balancing_policy: Any = NOT_SET,
        retry_policy: Any = None,
        consistency_level: int = NOT_SET,
        serial_consistency_level: int | None = None,
        request_timeout: float | None = 30.0,
        row_factory: Any = None,
        graph_options: GraphOptions | None = None,
        continuous_paging_options: Any = None,
    ) -> None:
        super().__init__(
            load_balancing_policy,
            NeverRetryPolicy() if retry_policy is None else retry_policy,
            consistency_level,
            serial_consistency_level,
            request_timeout,
            graph_object_row_factory if row_factory is None else row_factory,
            continuous_paging_options=continuous_paging_options,
        )
        self.graph_options = GraphOptions() if graph_options is None else graph_options


@exported_by("cassandra.cluster")
class GraphAnalyticsExecutionProfile(GraphExecutionProfile):
    """The same for analytics, which take longer."""

    def __init__(
        self,
        load_balancing_policy: Any = None,
        retry_policy: Any = None,
        consistency_level: int = NOT_SET,
        serial_consistency_level: int | None = None,
        request_timeout: float | None = WEEK,
        row_factory: Any = None,
        graph_options: GraphOptions | None = None,
    ) -> None:
        super().__init__(
            default_lbp_factory() if load_balancing_policy is None else load_balancing_policy,
            retry_policy,
            consistency_level,
            serial_consistency_level,
            request_timeout,
            row_factory,
            graph_options,
        )
        self.graph_options.set_source_analytics()
