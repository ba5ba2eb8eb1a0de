"""Futures: callbacks, chains of statements in callbacks, errors, many at once."""

import threading

from cassandra.concurrent import execute_concurrent, execute_concurrent_with_args
from cassandra.query import SimpleStatement

from tests.server.side_by_side.stage import attempt, connected, refused, show, until

with connected() as session:
    session.execute("CREATE TABLE t (k int PRIMARY KEY, v int)")
    insert = session.prepare("INSERT INTO t (k, v) VALUES (?, ?)")
    select = session.prepare("SELECT * FROM t WHERE k = ?")
    # A chain: each callback runs the next statement.
    done, trail = threading.Event(), []

    def step(rows, number):
        trail.append((number, rows))
        if number == 4:
            done.set()
        elif number % 2 == 0:
            session.execute_async(insert, (number, number)).add_callback(step, number + 1)
        else:
            session.execute_async(select, (number - 1,)).add_callback(step, number + 1)

    session.execute_async(select, [99]).add_callback(step, 0)
    show("chain", done.wait(60), trail)
    future, seen = session.execute_async(select, [0]), []
    show(
        "returns",
        future.add_callback(lambda rows, *args, **kwargs: seen.append((rows, args, kwargs)), 1, a=2) is future,
    )
    result = future.result()
    until(seen, 1)
    future.add_callback(lambda rows: seen.append(("late", rows)))
    until(seen, 2)
    show("callbacks", seen, result.one(), type(result).__name__, type(future.result()).__name__)
    failing, errors = session.execute_async("SELECT nothing FROM t"), []
    failing.add_errback(lambda error, *args: errors.append((type(error).__name__, args)), "extra")
    attempt("failing", failing.result)
    attempt("twice", failing.result)
    until(errors, 1)
    failing.add_callbacks(errors.append, lambda error: errors.append("late"))
    until(errors, 2)
    show("errors", errors)
    show(
        "attributes",
        future.has_more_pages,
        future.warnings,
        future.custom_payload,
        failing.query.query_string,
        future.is_schema_agreed,
    )
    wrote = []
    session.execute_async(insert, (50, 50)).add_callbacks(wrote.append, wrote.append)
    until(wrote, 1)
    show("a write", wrote)
    first = execute_concurrent(
        session, [(insert, (number, number)) for number in range(5)] + [("SELECT v FROM t WHERE k = %s", (50,))]
    )
    show(
        "concurrent",
        [(one.success, list(one.result_or_exc)) for one in first],
        type(first).__name__,
        type(first[0]).__name__,
    )
    mixed = execute_concurrent(session, [("SELECT nothing FROM t", ()), (select, (3,))], raise_on_first_error=False)
    show("mixed", [(success, type(result).__name__) for success, result in mixed], mixed[1][1].one())
    attempt("raises", execute_concurrent, session, [("SELECT nothing FROM t", ())])
    pairs = execute_concurrent_with_args(session, select, [(number,) for number in range(3)], concurrency=2)
    show("with arguments", [result.one() for success, result in pairs])
    text = SimpleStatement("SELECT v FROM t WHERE k = %s")
    pairs = execute_concurrent_with_args(session, text, ([number] for number in range(3)), results_generator=True)
    show("generator", [result.one() for success, result in pairs])
    show("none", list(execute_concurrent(session, [])), list(execute_concurrent_with_args(session, select, [])))
    attempt("concurrency", execute_concurrent, session, [(insert, (1, 1))], concurrency=0)
    attempt("wrong values", execute_concurrent_with_args, session, insert, [("a", "b")])
    kept = attempt(
        "kept",
        lambda: [
            one.success
            for one in execute_concurrent_with_args(session, insert, [("a", "b"), (1, 1)], raise_on_first_error=False)
        ],
    )
    show("no timeout", session.execute(select, [1], timeout=None).one())
    refused("too large", session.execute, insert, (2**40, 1))
