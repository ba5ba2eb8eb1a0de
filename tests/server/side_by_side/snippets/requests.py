"""What a request carries and brings back: payloads, traces, warnings, conditions; and who is told of it."""

import time
import uuid

from cassandra import ConsistencyLevel
from cassandra.query import QueryTrace, SimpleStatement, TraceUnavailable

from tests.server.side_by_side.stage import attempt, connected, refused, show, until


class Analyzer:
    def __init__(self, session):
        self.seen = []
        session.add_request_init_listener(self.on_request)

    def on_request(self, future):
        future.add_callbacks(self.on_success, self.on_error, callback_args=(future,), errback_args=(future,))

    def on_success(self, rows, future):
        self.seen.append(("success", future.request_encoded_size > 20))

    def on_error(self, error, future):
        self.seen.append(("error", type(error).__name__, future.request_encoded_size > 20))


with connected() as session:
    session.execute("CREATE TABLE t (k int PRIMARY KEY, v int)")
    session.use_client_timestamp = False
    analyzer = Analyzer(session)
    session.execute("SELECT * FROM t")
    attempt("wrong", session.execute, "SELECT nothing FROM t")
    prepared = session.prepare("SELECT * FROM t WHERE k = ?")
    session.execute(prepared, [1])
    until(analyzer.seen, 3)
    time.sleep(0.2)  # for what must not come
    show("listener", analyzer.seen)
    session.remove_request_init_listener(analyzer.on_request)
    attempt("not there", session.remove_request_init_listener, analyzer.on_request)
    future = session.execute_async("SELECT * FROM t", custom_payload={"one": b"1", "two": b"\x00\xff"})
    show("payload", future.result().all(), sorted((future.custom_payload or {}).items()))
    statement = SimpleStatement("SELECT * FROM t", custom_payload={"mine": b"a"})
    future = session.execute_async(statement, custom_payload={"more": b"b"})
    future.result()
    show("both", sorted((future.custom_payload or {}).items()))
    prepared = session.prepare("SELECT * FROM t WHERE k = ?", custom_payload={"p": b"q"})
    show("of a prepared one", session.execute(prepared, [1]).all())
    result = session.execute("SELECT * FROM t", trace=True)
    trace = result.get_query_trace()
    show(
        "trace",
        type(trace).__name__,
        trace.request_type,
        sorted(trace.parameters),
        trace.coordinator,
        type(trace.duration).__name__,
    )
    show(
        "its start",
        type(trace.started_at).__name__,
        trace.started_at.tzinfo,
        len(trace.events) > 1,
        type(trace.trace_id).__name__,
    )
    event = trace.events[0]
    show(
        "event",
        type(event).__name__,
        bool(event.description),
        type(event.datetime).__name__,
        event.source,
        type(event.source_elapsed).__name__,
    )
    show("traces", len(result.get_all_query_traces()), result.response_future.get_query_trace_ids() == [trace.trace_id])
    untraced = session.execute("SELECT * FROM t")
    show("untraced", untraced.get_query_trace(), untraced.get_all_query_traces())
    show("class", TraceUnavailable.__mro__[1].__name__)
    # By its class: the reference's words depend on whether the time ended in a read or between two.
    refused("unknown", lambda: QueryTrace(uuid.UUID(int=1), session).populate(0.05))
    for level in ("ONE", "LOCAL_QUORUM", "ALL"):
        statement = SimpleStatement(
            "INSERT INTO t (k, v) VALUES (1, 1)", consistency_level=getattr(ConsistencyLevel, level)
        )
        show(level, session.execute(statement).all(), str(statement), repr(statement))
    serial = SimpleStatement("INSERT INTO t (k) VALUES (1)", consistency_level=ConsistencyLevel.SERIAL)
    attempt("serial as normal", session.execute, serial)
    attempt("wrong serial", SimpleStatement, "SELECT 1", serial_consistency_level=ConsistencyLevel.ONE)
    result = session.execute("INSERT INTO t (k, v) VALUES (5, 5) IF NOT EXISTS")
    show("applied", result.was_applied, result.one(), result.column_names)
    result = session.execute("INSERT INTO t (k, v) VALUES (5, 6) IF NOT EXISTS")
    show("not applied", result.was_applied, result.one(), result.column_names)
    update = session.prepare("UPDATE t SET v = ? WHERE k = ? IF v = ?")
    show("prepared", session.execute(update, (8, 5, 5)).was_applied, session.execute(update, (8, 5, 7)).one())
    attempt("of a select", lambda: session.execute("SELECT * FROM t").was_applied)
    host = session.cluster.metadata.all_hosts()[0]
    attempt("host", lambda: session.execute("SELECT k FROM t WHERE k = 5", host=host).all())
    attempt("positional", lambda: session.execute("SELECT k FROM t WHERE k = 5", None, 5.0, False, {"a": b"b"}).all())
    future = session.execute_async("SELECT avg(k) FROM t")
    future.result()
    show("warnings", future.warnings)
