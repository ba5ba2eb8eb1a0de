"""Policies of a program's own, and those that come with the driver, asked directly."""

from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, ExecutionProfile
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    DowngradingConsistencyRetryPolicy,
    FallthroughRetryPolicy,
    HostDistance,
    HostFilterPolicy,
    HostStateListener,
    LoadBalancingPolicy,
    RetryPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
    WriteType,
)
from cassandra.query import SimpleStatement

from tests.server.side_by_side.stage import attempt, connected, show


class Recording(LoadBalancingPolicy):
    def __init__(self):
        self.calls, self.hosts = [], []

    def populate(self, cluster, hosts):
        self.calls.append(("populate", len(hosts)))
        self.hosts = list(hosts)

    def distance(self, host):
        return HostDistance.LOCAL

    def make_query_plan(self, working_keyspace=None, query=None):
        told = (
            working_keyspace,
            type(query).__name__,
            getattr(query, "keyspace", None),
            getattr(query, "routing_key", None),
        )
        self.calls.append(("plan", *told))
        return iter(self.hosts)

    def on_up(self, host):
        self.calls.append(("changed", host.address))

    on_add = on_down = on_remove = on_up


class Retrying(RetryPolicy):
    def __init__(self):
        self.asked = []

    def on_unavailable(self, query, consistency, required_replicas, alive_replicas, retry_num):
        level = ConsistencyLevel.value_to_name[consistency]
        self.asked.append((type(query).__name__, level, required_replicas, alive_replicas, retry_num))
        return (self.RETRY, ConsistencyLevel.TWO) if retry_num < 2 else (self.RETHROW, None)


class Lowering(RetryPolicy):
    def on_unavailable(self, query, consistency, required_replicas, alive_replicas, retry_num):
        return self.RETRY, ConsistencyLevel.ONE


class Ignoring(RetryPolicy):
    def on_unavailable(self, *args, **kwargs):
        return self.IGNORE, None


recording, retrying, listener = Recording(), Retrying(), HostStateListener()
own = {"load_balancing_policy": recording}
profiles = {
    EXEC_PROFILE_DEFAULT: ExecutionProfile(retry_policy=retrying, **own),
    "lowering": ExecutionProfile(retry_policy=Lowering(), **own),
    "ignoring": ExecutionProfile(retry_policy=Ignoring(), **own),
    "falling": ExecutionProfile(retry_policy=FallthroughRetryPolicy(), **own),
    "downgrading": ExecutionProfile(retry_policy=DowngradingConsistencyRetryPolicy(), **own),
    "speculating": ExecutionProfile(speculative_execution_policy=ConstantSpeculativeExecutionPolicy(0.001, 3), **own),
    "filtered": ExecutionProfile(HostFilterPolicy(RoundRobinPolicy(), lambda host: True)),
    "aware": ExecutionProfile(TokenAwarePolicy(DCAwareRoundRobinPolicy(local_dc="datacenter1"))),
}
with connected(execution_profiles=profiles) as session:
    session.cluster.register_listener(listener)
    session.execute("CREATE TABLE t (k int PRIMARY KEY, v int)")
    show("populated", ("populate", 1) in recording.calls)
    del recording.calls[:]
    session.execute("SELECT * FROM t WHERE k = 1")
    select = session.prepare("SELECT * FROM t WHERE k = ?")
    session.execute(select, [1])
    # Nobody says what a plan for `prepare` is asked about.
    show("plans", [call for call in recording.calls if call[2] != "NoneType"])
    strong = SimpleStatement("SELECT * FROM t WHERE k = 1", consistency_level=ConsistencyLevel.THREE)
    attempt("retried", session.execute, strong)
    show("asked", retrying.asked)
    for name in ("lowering", "ignoring", "falling", "downgrading"):
        attempt(name, lambda name=name: session.execute(strong, execution_profile=name).all())
    strong.retry_policy = Ignoring()
    attempt("of the statement", lambda: session.execute(strong).all())
    idempotent = SimpleStatement("SELECT * FROM t WHERE k = 1", is_idempotent=True)
    show("speculating", session.execute(idempotent, execution_profile="speculating").all())
    for name in ("filtered", "aware"):
        show(name, session.execute(select, [1], execution_profile=name).all())
    write = SimpleStatement("INSERT INTO t (k) VALUES (1)", consistency_level=ConsistencyLevel.TWO)
    error = attempt("a write", session.execute, write, execution_profile="falling")
    show("its fields", error.consistency, error.required_replicas, error.alive_replicas)
    host = session.cluster.metadata.all_hosts()[0]
    show("host", host.address, host.datacenter, host.rack, host.is_up, host.release_version, str(host), repr(host))
    show(
        "more of it",
        host.broadcast_rpc_address,
        host.broadcast_rpc_port,
        host.dse_version,
        str(host.endpoint),
        host.endpoint.address,
    )
    show("pools", list(session.get_pool_state()) == [host])
    session.cluster.unregister_listener(listener)
    attempt("unregistered", session.cluster.unregister_listener, listener)

policy, query = RetryPolicy(), SimpleStatement("SELECT 1")
show(
    "read",
    [
        policy.on_read_timeout(query, 1, 2, *told)
        for told in ((2, False, 0), (2, True, 0), (1, False, 0), (2, False, 1))
    ],
)
show("write", [policy.on_write_timeout(query, 1, kind, 1, 0, 0) for kind in (WriteType.BATCH_LOG, WriteType.SIMPLE)])
show("unavailable", policy.on_unavailable(query, 1, 2, 1, 0), policy.on_unavailable(query, 1, 2, 1, 1))
show("request error", policy.on_request_error(query, 1, Exception(), 0))
down = DowngradingConsistencyRetryPolicy()
show("downgrading", [down.on_unavailable(query, ConsistencyLevel.QUORUM, 3, alive, 0) for alive in range(4)])
show(
    "downgrading",
    down.on_write_timeout(query, 1, WriteType.UNLOGGED_BATCH, 3, 1, 0),
    down.on_read_timeout(query, 1, 3, 1, False, 0),
)
