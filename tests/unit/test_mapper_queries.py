"""The statements of queries and batches, and what is made of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cassandra.cqlengine import CQLEngineException, functions
from cassandra.cqlengine.models import PolymorphicModelException
from cassandra.cqlengine.operators import QueryOperatorException
from cassandra.cqlengine.query import BatchQuery, QueryException
from cassandra.query import BatchType

from tests.support.mapper import Animal, Answer, Cat, FakeSession, Person, fake_session


@pytest.fixture
def session() -> Iterator[FakeSession]:
    with fake_session() as made:
        yield made


def text_of(query: Any) -> str:
    return str(query).removeprefix("SELECT ").replace(" FROM ks.person", "")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (Person.objects, "* LIMIT 10000"),
        (Person.objects(id=1).limit(None), '"day", "called", "tags", "facts", "age" WHERE "id" = %(0)s'),
        (Person.objects(id__in=[1, 2]).only(["name"]), '"called" WHERE "id" IN %(0)s LIMIT 10000'),
        (Person.filter(Person.id == 1).order_by("-day"), '* WHERE "id" = %(0)s ORDER BY "day" DESC LIMIT 10000'),
        (Person.objects.filter(age=5).allow_filtering().defer(["tags"]).limit(1), None),
        (
            Person.objects.filter(pk__token__gt=functions.Token(1)).limit(5),
            '* WHERE token("id") > token(%(0)s) LIMIT 5',
        ),
        (Person.objects.distinct(), 'DISTINCT "id" LIMIT 10000'),
        (Person.objects.values_list("id", "name"), '"id", "called" LIMIT 10000'),
    ],
)
def test_queries(query: Any, text: str | None) -> None:
    expected = '"id", "day", "called", "facts" WHERE "age" = %(0)s LIMIT 1 ALLOW FILTERING' if text is None else text
    assert text_of(query) == expected


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda q: q.filter(nothing=5), QueryException),
        (lambda q: q.filter(id__nonsense=5), QueryOperatorException),
        (lambda q: q.filter(id__in=5), QueryException),
        (lambda q: q.filter(id=None), CQLEngineException),
        (lambda q: q.filter(5), QueryException),
        (lambda q: q.filter(pk__token__gt=functions.Token(1, 2)), QueryException),
        (lambda q: q.filter(pk__token__gt=5), QueryException),
        (lambda q: q.limit(-1), QueryException),
        (lambda q: q.limit("x"), TypeError),
        (lambda q: q.fetch_size(0), QueryException),
        (lambda q: q.order_by("age"), QueryException),
        (lambda q: q.order_by("nothing"), QueryException),
        (lambda q: q.only(["nothing"]), QueryException),
        (lambda q: q.only(["age"]).only(["id"]), QueryException),
        (lambda q: q.values_list("id", "age", flat=True), TypeError),
        (lambda q: q.iff(5), QueryException),
        (lambda q: q.batch(5), CQLEngineException),
        (lambda q: q.delete(), QueryException),
        (lambda q: str(q.filter(age=5)), QueryException),
        (lambda q: q["x"], TypeError),
    ],
)
def test_queries_that_cannot_be(make: Any, error: type[Exception], session: FakeSession) -> None:
    with pytest.raises(error):
        make(Person.objects)
    assert session.executed == []


def test_steps_leave_a_query_as_it_was(session: FakeSession) -> None:
    base = Person.objects(id=1)
    assert base.filter(day="x") != base
    assert base == Person.objects(id=1)
    assert "day" not in str(base).partition("WHERE")[2]


def test_results_are_read_once_and_as_far_as_asked_for(session: FakeSession) -> None:
    session.answers.append(Answer([{"id": 1, "day": str(i)} for i in range(5)]))
    query = Person.objects(id=1)
    assert query[1].day == "1"
    assert [person.day for person in query[1:3]] == ["1", "2"]
    assert len(query) == 5
    assert query.count() == 5
    assert len(session.executed) == 1
    with pytest.raises(IndexError):
        query[9]
    with pytest.warns(DeprecationWarning, match="indexing"):
        assert query[-1].day == "4"
    with pytest.warns(DeprecationWarning, match="slicing"):
        assert [person.day for person in query[-2:]] == ["3", "4"]


def test_get_wants_one_row(session: FakeSession) -> None:
    with pytest.raises(Person.DoesNotExist):
        Person.get(id=1)
    session.answers.append(Answer([{"id": 1, "day": "a"}, {"id": 1, "day": "b"}]))
    with pytest.raises(Person.MultipleObjectsReturned):
        Person.get(id=1)


def test_rows_become_the_class_of_their_discriminator(session: FakeSession) -> None:
    row = {"id": 1, "kind": "cat", "lives": 9}
    session.answers += [Answer([row]), Answer([{**row, "kind": "dragon"}])]
    found = Animal.objects(id=1).first()
    assert (type(found), found.lives) == (Cat, 9)
    with pytest.raises(PolymorphicModelException, match="dragon"):
        list(Animal.objects(id=1))
    with pytest.raises(PolymorphicModelException, match="base"):
        Animal(id=1).save()
    Cat.create(id=1, lives=9)
    assert session.executed[-1][0].startswith("INSERT INTO ks.animal ")
    assert "cat" in session.executed[-1][1].values()
    assert '"kind" = %(1)s' in str(Cat.objects(id=1)) or '"kind" = %(0)s' in str(Cat.objects(id=1))


def test_batches(session: FakeSession) -> None:
    called: list[int] = []
    with BatchQuery(batch_type=BatchType.UNLOGGED, timestamp=5) as batch:
        batch.add_callback(called.append, 1)
        Person.batch(batch).create(id=1, day="a", name=None)
        Person(id=2, day="b").batch(batch).save()
        assert session.executed == []
    text, values = session.executed[0]
    lines = text.split("\n")
    assert (lines[0], lines[-1]) == ("BEGIN UNLOGGED BATCH USING TIMESTAMP 5", "APPLY BATCH;")
    assert "INSERT" in lines[1]
    assert sorted(values) == [str(number) for number in range(len(values))]
    assert text.count("%(") == len(values)
    assert called == [1]
    with pytest.raises(ZeroDivisionError), BatchQuery() as batch:
        Person.batch(batch).create(id=1, day="a")
        _ = 1 / 0
    assert len(session.executed) == 1
    with pytest.raises(ValueError, match="callable"):
        BatchQuery().add_callback(5)
    with pytest.raises(CQLEngineException, match="batch mode"):
        list(Person.objects.batch(BatchQuery()))
    with pytest.warns(UserWarning, match="executed multiple times"):
        batch.execute()
        batch.execute()
