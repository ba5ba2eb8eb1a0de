"""Columns of models: what they take, what they show of it, what they put into statements."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid1

import pytest
from cassandra import util
from cassandra.cqlengine import ValidationError
from cassandra.cqlengine import columns as c
from cassandra.cqlengine.usertype import UserType

SOME_UUID = UUID(int=5)


class Street(UserType):
    name = c.Text()
    number = c.Integer(db_field="no")


@pytest.mark.parametrize(
    ("column", "given", "kept"),
    [
        (c.Integer(), "5", 5),
        (c.VarInt(), 2**90, 2**90),
        (c.Float(), "1.5", 1.5),
        (c.Decimal(), 0.1, Decimal("0.1")),
        (c.Boolean(), 2, True),
        (c.UUID(), str(SOME_UUID), SOME_UUID),
        (c.Set(c.Integer), {"1", 2}, {1, 2}),
        (c.Set(c.Integer, strict=False), [1, 1], {1}),
        (c.List(c.Integer), ("1", 2), [1, 2]),
        (c.Map(c.Text, c.Integer), {"a": "1"}, {"a": 1}),
        (c.Tuple(c.Integer, c.Text), ["1", "b"], (1, "b")),
        (c.Text(), None, None),
    ],
)
def test_what_is_taken(column: c.Column, given: Any, kept: Any) -> None:
    assert column.validate(given) == kept


@pytest.mark.parametrize(
    ("column", "given"),
    [
        (c.Integer(), "x"),
        (c.VarInt(), [1]),
        (c.Float(), "x"),
        (c.Decimal(), "x"),
        (c.UUID(), "x"),
        (c.UUID(), 5),
        (c.Text(), 1),
        (c.Text(max_length=2), "abc"),
        (c.Text(min_length=2), "a"),
        (c.Text(required=True), ""),
        (c.Ascii(), "é"),
        (c.Integer(required=True), None),
        (c.Set(c.Text), ["a"]),
        (c.Set(c.Text), {None}),
        (c.List(c.Text), "abc"),
        (c.List(c.Text), [None]),
        (c.Map(c.Text, c.Text), ["a"]),
        (c.Map(c.Text, c.Text), {None: "a"}),
        (c.Tuple(c.Text), ("a", "b")),
        (c.List(c.Integer), list(range(65_536))),
    ],
)
def test_what_is_refused(column: c.Column, given: Any) -> None:
    column.set_column_name("known_as")
    with pytest.raises(ValidationError):
        column.validate(given)


def test_lengths_that_cannot_be() -> None:
    for lengths in ({"min_length": -1}, {"max_length": -1}, {"min_length": 3, "max_length": 2}):
        with pytest.raises(ValueError, match="length"):
            c.Text(**lengths)


def test_messages_have_the_columns_name_and_not_the_value() -> None:
    column = c.Integer()
    column.set_column_name("age")
    with pytest.raises(ValidationError, match=r"^age ") as raised:
        column.validate("secret")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("column", "given", "shown", "written"),
    [
        (c.Date(), dt.date(2024, 2, 29), util.Date(dt.date(2024, 2, 29)), 2**31 + 19_782),
        (c.Date(), dt.datetime(2024, 2, 29, 5), util.Date(dt.date(2024, 2, 29)), 2**31 + 19_782),
        (c.DateTime(), dt.datetime(1969, 12, 31, 23, 59, 59, 1), dt.datetime(1969, 12, 31, 23, 59, 59, 1), -1000),
        (c.DateTime(), dt.date(1970, 1, 2), dt.datetime(1970, 1, 2), 86_400_000),
        (c.Time(), dt.time(1, 2, 3), util.Time("01:02:03"), util.Time("01:02:03")),
        (c.Blob(), b"ab", b"ab", b"ab"),
        (c.List(c.Date()), [dt.date(1970, 1, 1)], [util.Date(0)], [2**31]),
    ],
)
def test_times_and_days(column: c.Column, given: Any, shown: Any, written: Any) -> None:
    assert column.to_python(given) == shown
    assert column.to_database(given) == written


def test_microseconds_can_be_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c.DateTime, "truncate_microseconds", True)
    assert c.DateTime().to_python(dt.datetime(2020, 1, 1, 0, 0, 0, 1999)).microsecond == 1000


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (c.Integer(), "int"),
        (c.Map(c.Text, c.List(c.Integer)), "map<text, frozen<list<int>>>"),
        (c.List(c.Tuple(c.Integer, c.Text)), "list<frozen<tuple<int, text>>>"),
        (c.Tuple(c.Integer, c.Set(c.Text)), "tuple<int, frozen<set<text>>>"),
        (c.Set(c.Text, primary_key=True), "frozen<set<text>>"),
        (c.List(c.UserDefinedType(Street)), "list<frozen<street>>"),
    ],
)
def test_types_in_cql(column: c.Column, text: str) -> None:
    assert column.db_type == text
    column.set_column_name("a")
    assert column.get_column_def().split() == ['"a"', *text.split()]


def test_what_cannot_be_inside() -> None:
    for make in (lambda: c.Set(c.List(c.Text)), lambda: c.Map(c.Set(c.Text), c.Text), lambda: c.List(int)):
        with pytest.raises(ValidationError):
            make()
    with pytest.raises(ValueError, match="inner type"):
        c.Tuple()


def test_values_of_a_user_type_are_written_without_being_changed() -> None:
    column = c.UserDefinedType(Street)
    street = Street(name="Main", number="5")
    written = column.to_database(street)
    assert (written.name, written.no) == ("Main", 5)
    assert written is not street
    street.name = "Other"
    assert written.name == "Main"


def test_columns_are_in_the_order_of_their_making() -> None:
    first, second = c.Text(), c.Text()
    assert first < second
    assert first != second
    assert len({first, second, first}) == 2


def test_time_uuids_are_uuids() -> None:
    made = uuid1()
    assert c.TimeUUID().to_python(str(made)) == made
