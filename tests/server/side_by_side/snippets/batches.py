"""Batches: kinds, mixed statements, conditions, counters, what is refused."""

from cassandra import ConsistencyLevel
from cassandra.query import BatchStatement, BatchType, SimpleStatement

from tests.server.side_by_side.stage import attempt, connected, show

with connected() as session:
    session.execute("CREATE TABLE t (p int, c int, v text, PRIMARY KEY (p, c))")
    session.execute("CREATE TABLE n (p int PRIMARY KEY, c counter)")
    insert = session.prepare("INSERT INTO t (p, c, v) VALUES (?, ?, ?)")
    batch = BatchStatement(consistency_level=ConsistencyLevel.ONE)
    batch.add(insert, (1, 1, "prepared"))
    batch.add(insert.bind((1, 2, "bound")))
    batch.add(SimpleStatement("INSERT INTO t (p, c, v) VALUES (%s, %s, %s)"), (1, 3, "it's simple"))
    batch.add("INSERT INTO t (p, c, v) VALUES (1, 4, 'text')")
    batch.add("INSERT INTO t (p, c, v) VALUES (%(p)s, %(c)s, 'named')", {"p": 1, "c": 5})
    show("batch", len(batch), str(batch), batch.batch_type, batch.consistency_level)
    show("result", session.execute(batch).all())
    show("rows", [tuple(row) for row in session.execute("SELECT * FROM t")])
    batch.clear()
    show("cleared", len(batch), session.execute(batch).all())
    batch.add_all([insert, "DELETE FROM t WHERE p = %s AND c = %s"], [(2, 1, "a"), (1, 1)])
    session.execute(batch)
    show("rows", [tuple(row) for row in session.execute("SELECT * FROM t")])
    for kind in (BatchType.LOGGED, BatchType.UNLOGGED, BatchType.COUNTER):
        show("kind", kind, str(kind), repr(kind), kind.value, kind == int(kind.value))
    counters = BatchStatement(batch_type=BatchType.COUNTER)
    counters.add("UPDATE n SET c = c + %s WHERE p = 1", [5])
    counters.add(session.prepare("UPDATE n SET c = c + ? WHERE p = ?"), [6, 1])
    session.execute(counters)
    show("counter", session.execute("SELECT c FROM n WHERE p = 1").one())
    wrong = BatchStatement()
    wrong.add("UPDATE n SET c = c + 1 WHERE p = 1")
    attempt("counter in logged", session.execute, wrong)
    wrong = BatchStatement()
    wrong.add("SELECT * FROM t")
    attempt("select", session.execute, wrong)
    conditional = BatchStatement()
    conditional.add("INSERT INTO t (p, c, v) VALUES (3, 1, 'x') IF NOT EXISTS")
    conditional.add("INSERT INTO t (p, c, v) VALUES (3, 2, 'y')")
    result = session.execute(conditional)
    show("applied", result.was_applied, result.one())
    result = session.execute(conditional)
    show("not applied", result.was_applied, result.one(), result.column_names)
    attempt("too few", lambda: BatchStatement().add(insert, (1,)))
    attempt("too many", lambda: BatchStatement().add(insert, (1, 2, "a", 4)))
    attempt("wrong type", lambda: BatchStatement().add(insert, ("a", 2, "a")))
    attempt("bound with parameters", lambda: BatchStatement().add(insert.bind((1, 2, "a")), (1, 2, "b")))

    unlogged = BatchStatement(
        BatchType.UNLOGGED, serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL, custom_payload={"a": b"b"}
    )
    show(
        "attributes",
        unlogged.batch_type,
        unlogged.serial_consistency_level,
        unlogged.custom_payload,
        unlogged.routing_key,
        unlogged.keyspace,
    )
    unlogged.add(insert, (9, 9, "nine"))
    show("routing", unlogged.routing_key, unlogged.keyspace)
    future = session.execute_async(unlogged)
    show("payload", future.result().all(), future.custom_payload)
    big = BatchStatement(BatchType.UNLOGGED)
    for number in range(40):
        big.add(insert, (number, 1, "x" * 300))
    future = session.execute_async(big)
    future.result()
    show("warnings", [warning.split(" is of size")[0] for warning in future.warnings or ()])
    session.execute(
        "BEGIN BATCH INSERT INTO t (p, c, v) VALUES (77, 1, %s);"
        " INSERT INTO t (p, c, v) VALUES (77, 2, %s); APPLY BATCH",
        ("q1", "q2"),
    )
    show("as text", session.execute("SELECT v FROM t WHERE p = 77").all())
    for level in ("ANY", "ONE"):
        batch = BatchStatement(consistency_level=getattr(ConsistencyLevel, level))
        batch.add(insert, (5, 5, level))
        show(level, session.execute(batch).all())
