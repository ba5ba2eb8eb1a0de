"""`%s` parameters: no value can become CQL, whatever it is and whatever stands around it."""

import datetime as dt
import ipaddress
import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from cassandra.encoder import Encoder, ValueSequence
from cassandra.query import bind_params
from cassandra.util import Date, Duration, OrderedMap, Point, Time
from cql_lexer import structure, tokens
from hypothesis import given, settings
from hypothesis import strategies as st
from liars import Liar, LyingFloat, LyingInt

# Values made to get out of a literal, and values of every kind; each comes with a harmless one of its shape.
HOSTILE = st.one_of(
    st.text(alphabet=st.sampled_from(list("'\"$-/*%;\n\r\\ ()[]{}0a\x00\u2019\u2018\u02bc\uff07")), max_size=12),
    st.text(max_size=12),
    st.sampled_from(["' OR '1'='1", "'; DROP TABLE t; --", "$$", "/*", "*/", "--", "\\'", "''", "%s", "%(a)s", "%"]),
)
SCALARS: st.SearchStrategy[tuple[Any, Any]] = st.one_of(
    HOSTILE.map(lambda text: (text, "a")),
    HOSTILE.map(lambda text: (Liar(text), "a")),
    st.binary(max_size=8).map(lambda blob: (blob, b"a")),
    st.integers().map(lambda number: (number, 1)),
    st.integers().map(lambda number: (LyingInt(number), 1)),
    st.floats().map(lambda number: (number, 1.5)),
    st.decimals(places=None).filter(lambda number: not number.is_snan()).map(lambda number: (number, Decimal("1.5"))),
    st.uuids().map(lambda value: (value, uuid.UUID(int=1))),
    st.datetimes().map(lambda value: (value, dt.datetime(2020, 1, 1))),
    st.dates().map(lambda value: (value, dt.date(2020, 1, 1))),
    st.times().map(lambda value: (value, dt.time(1))),
    st.ip_addresses().map(lambda value: (value, ipaddress.ip_address("1.2.3.4"))),
    st.integers(-(2**31), 2**31 - 1).map(lambda days: (Date(days), Date(5))),
    st.integers(0, Time.DAY - 1).map(lambda nanoseconds: (Time(nanoseconds), Time(5))),
    st.integers(0, 2**31 - 1).map(lambda count: (Duration(count, 1, count), Duration(1, 1, 1))),
    st.just((None, None)),
)


def collections_of(values: st.SearchStrategy[tuple[Any, Any]]) -> st.SearchStrategy[tuple[Any, Any]]:
    lists = st.lists(values, max_size=4)

    def as_collection(make: Callable[[list[Any]], Any]) -> st.SearchStrategy[tuple[Any, Any]]:
        return lists.map(lambda pairs: (make([hostile for hostile, _ in pairs]), make([plain for _, plain in pairs])))

    return st.one_of(
        as_collection(list),
        as_collection(tuple),
        as_collection(ValueSequence),
        lists.map(
            lambda pairs: (
                OrderedMap((index, hostile) for index, (hostile, _) in enumerate(pairs)),
                OrderedMap((index, plain) for index, (_, plain) in enumerate(pairs)),
            )
        ),
        HOSTILE.flatmap(lambda key: values.map(lambda pair: ({key: pair[0]}, {"k": pair[1]}))),
    )


TEMPLATES = [
    "SELECT * FROM t WHERE k = %s",
    "INSERT INTO t (a, b) VALUES (%s, 'lit''eral') IF NOT EXISTS",
    "UPDATE t SET a = a -%s WHERE k = $$ it's $$ -- comment",
    "/* it's */ DELETE FROM t WHERE k IN %s AND c = 5 // last",
    'SELECT "it\'s" FROM t WHERE a=%s;',
]


@settings(max_examples=500, deadline=None)
@given(pair=st.recursive(SCALARS, collections_of, max_leaves=6), template=st.sampled_from(TEMPLATES))
def test_no_value_changes_the_structure_of_a_statement(pair: tuple[Any, Any], template: str) -> None:
    hostile, plain = pair
    written = bind_params(template, (hostile,), Encoder())
    assert structure(written) == structure(bind_params(template, (plain,), Encoder()))


PIECES = [
    "'",
    "''",
    '"',
    "$$",
    "/*",
    "*/",
    "--",
    "//",
    ";",
    "\n",
    "\r",
    "\\",
    "%s",
    "%",
    "\x00",
    "\u2019",
    "a",
    "0",
    " OR ",
]
SEED = 20_240_229


def random_pair(source: random.Random, depth: int) -> tuple[Any, Any]:
    """A hostile value and a harmless one of the same shape."""
    kind = source.randrange(12 if depth else 8)
    text = "".join(source.choices(PIECES, k=source.randrange(8)))
    number = source.randrange(-(2**70), 2**70)
    if kind < 3:
        return (Liar(text) if kind else text), "a"
    if kind == 3:
        return LyingInt(number), 1
    if kind == 4:
        return LyingFloat(source.choice([number / 7, float("nan"), float("-inf"), 1e-300])), 1.5
    if kind == 5:
        return text.encode(), b"a"
    if kind == 6:
        return Duration(number & 0xFF, 1, number & 0xFFFF), Duration(1, 1, 1)
    if kind == 7:
        return Point(text, number), Point(1, 2)  # type: ignore[arg-type]
    pairs = [random_pair(source, depth - 1) for _ in range(source.randrange(4))]
    if kind == 8:
        keys = [(Liar(f"{index}{text}"), f"{index}") for index in range(len(pairs))]
        both = list(zip(keys, pairs, strict=True))
        return {key[0]: pair[0] for key, pair in both}, {key[1]: pair[1] for key, pair in both}
    make = (list, tuple, ValueSequence)[kind - 9]
    return make([hostile for hostile, _ in pairs]), make([plain for _, plain in pairs])


def test_ten_thousand_values_change_no_structure() -> None:
    """P4: the same over more cases than a shrinking generator affords. The seed is fixed: a failure repeats."""
    source = random.Random(SEED)
    for case in range(10_000):
        template = source.choice(TEMPLATES)
        hostile, plain = random_pair(source, depth=3)
        written = bind_params(template, (hostile,), Encoder())
        assert structure(written) == structure(bind_params(template, (plain,), Encoder())), f"case {case}: {written!r}"


@settings(max_examples=500, deadline=None)
@given(text=HOSTILE)
def test_text_reads_back_as_it_was(text: str) -> None:
    [(kind, literal)] = tokens(Encoder().cql_encode_all_types(text))
    assert kind == "text"
    assert literal[1:-1].replace("''", "'") == text


@pytest.mark.parametrize("end", ["\n", "\r"])
@pytest.mark.parametrize("template", ["*//*%s", "/*/*/--%s", "a*//*/*/ %s", "'' --%s", "$$'$$//%s", "/*'*/--%s"])
def test_what_ends_a_comment_is_refused_inside_of_it(template: str, end: str) -> None:
    assert bind_params(template, ("a",), Encoder()) == template.replace("%s", "'a'")
    with pytest.raises(ValueError, match="inside a literal, a quoted name or a comment"):
        bind_params(template, (f"a{end}; DROP TABLE t",), Encoder())


@pytest.mark.parametrize("template", ["/*/*/%s", "/**/%s", "/***/%s", "--*/\n%s", "'/*'%s", "*/%s", '"--"%s'])
def test_what_only_looks_like_a_comment_is_none(template: str) -> None:
    assert bind_params(template, ("a*/\n",), Encoder()) == template.replace("%s", "'a*/\n'")


@settings(max_examples=500, deadline=None)
@given(
    template=st.lists(
        st.sampled_from(["'", '"', "$$", "--", "//", "/*", "*/", "\n", "%s", "%%", " ", "a", "-", "1"]), max_size=10
    ).map("".join),
    text=HOSTILE,
)
def test_no_template_lets_text_out(template: str, text: str) -> None:
    """Whatever the text around a placeholder: the value is refused, or it is where a harmless one would be."""
    count = template.replace("%%", "").count("%s")
    try:
        written = bind_params(template, (text,) * count, Encoder())
    except ValueError:
        return
    harmless = bind_params(template, ("a",) * count, Encoder()) if count else written
    try:
        expected = structure(harmless)
    except Exception:
        return  # the text around it is no CQL to begin with
    assert structure(written) == expected
