"""Row factories: those that come with the driver, odd column names, and a program's own."""

import warnings
from collections import OrderedDict

from cassandra.query import dict_factory, named_tuple_factory, ordered_dict_factory, tuple_factory

from tests.server.side_by_side.stage import attempt, connected, show

warnings.simplefilter("ignore")
with connected() as session:
    session.execute(
        'CREATE TABLE odd (k int PRIMARY KEY, "Mixed Case" int, "class" text, "1st" int, "_x" int, "Ünï" int,'
        ' "a.b" int, "a b" int)'
    )
    session.execute(
        'INSERT INTO odd (k, "Mixed Case", "class", "1st", "_x", "Ünï", "a.b", "a b")'
        " VALUES (0, 1, 'c', 2, 3, 4, 5, 6)"
    )
    for factory in (named_tuple_factory, tuple_factory, dict_factory, ordered_dict_factory):
        session.row_factory = factory
        result = session.execute("SELECT * FROM odd")
        row = result.one()
        show(factory.__name__, type(row).__name__, row, result.column_names)
    session.row_factory = named_tuple_factory
    for text in (
        "SELECT k, k FROM odd",
        "SELECT k AS a, k AS a FROM odd",
        "SELECT count(*), max(k), cast(k as text) FROM odd",
        'SELECT k AS "from", k AS "Row" FROM odd',
        "SELECT token(k) > 0 FROM odd",
        "SELECT JSON k FROM odd",
        'SELECT ttl("class"), writetime("_x") IS NULL FROM odd',
        'SELECT k AS "" FROM odd',
        "SELECT (int) k, [k, k], {k}, (k, k) FROM odd",
    ):
        attempt(text, lambda text=text: (lambda row: (row, getattr(row, "_fields", None)))(session.execute(text).one()))

    def generator(names, rows):
        for row in rows:
            yield OrderedDict(zip(names, row, strict=True))

    session.row_factory = generator
    result = session.execute('SELECT k, "_x" FROM odd')
    show("generator", list(result))

    class Person:
        def __init__(self, names, values):
            self.__dict__.update(zip(names, values, strict=True))

    session.row_factory = lambda names, rows: [Person(names, row) for row in rows]
    show("objects", session.execute('SELECT k, "class" FROM odd').one().__dict__)
    session.row_factory = lambda names, rows: {"names": names, "rows": rows}
    result = session.execute('SELECT k, "class" FROM odd')
    show("one dict", result.current_rows if hasattr(result, "current_rows") else result)
    session.row_factory = lambda names, rows: 1 / 0
    attempt("raises", session.execute, "SELECT k FROM odd")
    session.row_factory = tuple_factory
    show("applied", session.execute("INSERT INTO odd (k) VALUES (1) IF NOT EXISTS").was_applied)
    session.row_factory = dict_factory
    show("applied", session.execute("INSERT INTO odd (k) VALUES (1) IF NOT EXISTS").was_applied)
    session.row_factory = generator
    attempt(
        "applied with a factory", lambda: session.execute("INSERT INTO odd (k) VALUES (1) IF NOT EXISTS").was_applied
    )
    attempt("applied of a select", lambda: session.execute("SELECT * FROM odd").was_applied)
