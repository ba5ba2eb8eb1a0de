"""Paging: by itself, by hand across requests, in callbacks."""

import threading

from cassandra.query import BatchStatement, SimpleStatement

from tests.server.side_by_side.stage import attempt, connected, refused, show

with connected() as session:
    session.execute("CREATE TABLE many (p int, c int, PRIMARY KEY (p, c))")
    insert = session.prepare("INSERT INTO many (p, c) VALUES (0, ?)")
    batch = BatchStatement()
    for number in range(25):
        batch.add(insert, [number])
    session.execute(batch)
    statement = SimpleStatement("SELECT c FROM many WHERE p = 0", fetch_size=10)
    result = session.execute(statement)
    show("first page", len(result.current_rows), result.has_more_pages, type(result.paging_state).__name__)
    show("all", [row.c for row in result])
    show("afterwards", result.has_more_pages, result.paging_state, list(result), result.current_rows)
    # By hand: each page in a request of its own, as of a web page.
    state, pages = None, []
    while True:
        page = session.execute(statement, paging_state=state)
        pages.append([row.c for row in page.current_rows])
        state = page.paging_state
        if not state:
            break
    show("by hand", pages)
    result = session.execute(statement)
    result.fetch_next_page()
    show("second page", [row.c for row in result.current_rows], result.has_more_pages)
    result.fetch_next_page()
    show("third page", [row.c for row in result.current_rows], result.has_more_pages)
    attempt("no more", result.fetch_next_page)
    show("no more", result.current_rows)
    result = session.execute(statement)
    attempt("index", lambda: result[3])
    attempt("again", lambda: result[12])
    result = session.execute(statement)
    show("begun", next(iter(result)))
    attempt("index after", lambda: result[1])
    show("bool", bool(result), bool(session.execute("SELECT * FROM many WHERE p = 1")))
    whole = session.execute("SELECT c FROM many WHERE p = 0 LIMIT 3")
    show("equal", whole == [(0,), (1,), (2,)], whole[0], whole[-1], whole[1:])

    attempt("one", session.execute(statement).one)
    show("all()", len(session.execute(statement).all()))
    session.default_fetch_size = 7
    show("default", len(session.execute("SELECT * FROM many").current_rows))
    bound = session.prepare("SELECT c FROM many WHERE p = ?")
    bound.fetch_size = 20
    show("prepared", len(session.execute(bound, [0]).current_rows), len(session.execute(bound.bind([0])).all()))
    bound.fetch_size = None
    show("not set", len(session.execute(bound, [0]).current_rows))
    session.default_fetch_size = None
    show("none", len(session.execute("SELECT * FROM many").current_rows))

    done, seen = threading.Event(), []
    future = session.execute_async(statement)

    def page(rows):
        seen.append([row.c for row in rows])
        if future.has_more_pages:
            future.start_fetching_next_page()
        else:
            done.set()

    future.add_callbacks(page, lambda error: (seen.append(error), done.set()))
    done.wait(20)
    show("callbacks", seen)
    refused("exhausted", future.start_fetching_next_page)
