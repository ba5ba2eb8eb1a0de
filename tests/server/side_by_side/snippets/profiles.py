"""Execution profiles, and the older settings of sessions."""

import os
import warnings

from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import (
    ConstantReconnectionPolicy,
    FallthroughRetryPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
    WhiteListRoundRobinPolicy,
)
from cassandra.query import dict_factory, tuple_factory

from tests.server.side_by_side.stage import attempt, connected, refused, show

default = ExecutionProfile(
    load_balancing_policy=WhiteListRoundRobinPolicy(os.environ["HELENUS_CONTACT_POINTS"].split(",")),
    retry_policy=FallthroughRetryPolicy(),
    consistency_level=ConsistencyLevel.LOCAL_QUORUM,
    serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
    request_timeout=30,
    row_factory=tuple_factory,
)
other = ExecutionProfile(RoundRobinPolicy(), row_factory=dict_factory, request_timeout=20)
profiles = {EXEC_PROFILE_DEFAULT: default, "other": other}
with connected(execution_profiles=profiles, reconnection_policy=ConstantReconnectionPolicy(1, None)) as session:
    session.execute("CREATE TABLE t (k int PRIMARY KEY, v int)")
    session.execute("INSERT INTO t (k, v) VALUES (1, 2)")
    show("default", session.execute("SELECT * FROM t").one())
    show("by name", session.execute("SELECT * FROM t", execution_profile="other").one())
    show("by value", session.execute("SELECT * FROM t", execution_profile=other).one())
    clone = session.execution_profile_clone_update("other", row_factory=tuple_factory, request_timeout=3)
    show(
        "clone",
        session.execute("SELECT * FROM t", execution_profile=clone).one(),
        clone.request_timeout,
        other.request_timeout,
    )
    show("shared", clone.load_balancing_policy is other.load_balancing_policy)
    third = ExecutionProfile(RoundRobinPolicy(), row_factory=lambda names, rows: ["mine"])
    session.cluster.add_execution_profile("third", third)
    show("added", session.execute("SELECT * FROM t", execution_profile="third").one())
    refused("unknown", session.execute, "SELECT * FROM t", execution_profile="nothing")
    refused("unknown clone", session.execution_profile_clone_update, "nothing")
    attempt("again", session.cluster.add_execution_profile, "third", ExecutionProfile())
    for name, value in (
        ("row_factory", dict_factory),
        ("default_timeout", 5),
        ("default_consistency_level", 1),
        ("default_serial_consistency_level", 8),
    ):
        attempt(name, setattr, session, name, value)
    attempt("policy", setattr, session.cluster, "load_balancing_policy", RoundRobinPolicy())
    attempt("retry", setattr, session.cluster, "default_retry_policy", FallthroughRetryPolicy())
    attempt("no such field", session.execution_profile_clone_update, "other", nothing=1)
    show("found", session.get_execution_profile("other") is other)

with connected() as session:
    session.execute("CREATE TABLE t (k int PRIMARY KEY, v int)")
    session.default_consistency_level = ConsistencyLevel.QUORUM
    session.default_serial_consistency_level = ConsistencyLevel.LOCAL_SERIAL
    session.default_timeout = 5
    session.row_factory = dict_factory
    show(
        "legacy",
        session.default_consistency_level,
        session.default_serial_consistency_level,
        session.default_timeout,
        session.row_factory.__name__,
    )
    show("defaults", session.default_fetch_size, session.use_client_timestamp, session.cluster.protocol_version)
    attempt("serial", setattr, session, "default_serial_consistency_level", ConsistencyLevel.ONE)
    attempt("profile by name", session.execute, "SELECT * FROM t", execution_profile="x")
    attempt("profile", session.execute, "SELECT * FROM t", execution_profile=ExecutionProfile())
    attempt("add", session.cluster.add_execution_profile, "x", ExecutionProfile())
    show(
        "policies",
        type(session.cluster.load_balancing_policy).__name__,
        type(session.cluster.default_retry_policy).__name__,
    )

attempt("both", Cluster, execution_profiles={"a": ExecutionProfile()}, load_balancing_policy=RoundRobinPolicy())
attempt("class", Cluster, load_balancing_policy=RoundRobinPolicy)
attempt("retry class", Cluster, default_retry_policy=FallthroughRetryPolicy)
attempt("serial", ExecutionProfile, serial_consistency_level=ConsistencyLevel.ONE)
attempt("points", Cluster, "127.0.0.1")
attempt("none", Cluster, [None])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    Cluster(["127.0.0.1"])
    Cluster(["127.0.0.1"], load_balancing_policy=TokenAwarePolicy(RoundRobinPolicy()))
    Cluster(["127.0.0.1"], default_retry_policy=FallthroughRetryPolicy())
    Cluster()
    show("warnings", [(warning.category.__name__, str(warning.message)) for warning in caught])
profile = ExecutionProfile()
show(
    "a profile",
    profile.consistency_level,
    profile.serial_consistency_level,
    profile.request_timeout,
    profile.row_factory.__name__,
)
show(
    "its policies",
    type(profile.load_balancing_policy).__name__,
    type(profile.retry_policy).__name__,
    type(profile.speculative_execution_policy).__name__,
)
