"""Models: what can be one, what an instance knows of its changes, and the types in them."""

from __future__ import annotations

import warnings
from collections import namedtuple
from collections.abc import Iterator
from typing import Any

import pytest
from cassandra.cqlengine import CQLEngineException, ValidationError, connection
from cassandra.cqlengine import columns as c
from cassandra.cqlengine.management import sync_table
from cassandra.cqlengine.models import BaseModel, Model, ModelDefinitionException, ModelException, ModelMetaClass
from cassandra.cqlengine.query import ContextQuery, IfNotExistsWithCounterColumn, LWTException, QueryException
from cassandra.cqlengine.usertype import UserType, UserTypeDefinitionException

from tests.support.mapper import Answer, FakeSession, Person, Visits, fake_session


@pytest.fixture
def session() -> Iterator[FakeSession]:
    with fake_session() as made:
        yield made


def model(**attributes: Any) -> Any:
    return type("Made", (Model,), attributes)


def key() -> c.Column:
    return c.Integer(primary_key=True)


@pytest.mark.parametrize(
    ("attributes", "error", "why"),
    [
        ({"a": c.Text()}, ModelDefinitionException, "primary key"),
        ({"a": key(), "save": c.Text()}, ModelDefinitionException, "save"),
        ({"a": key(), "b": c.Text(db_field="a")}, ModelException, "more than once"),
        ({"a": key(), "b": c.Text(primary_key=True, clustering_order="up")}, ModelException, "clustering order"),
        ({"a": key(), "b": c.Counter(), "d": c.Text()}, ModelDefinitionException, "counter"),
        (
            {"a": key(), "b": c.Text(discriminator_column=True), "d": c.Text(discriminator_column=True)},
            ModelDefinitionException,
            "only one discriminator_column",
        ),
        ({"a": key(), "b": c.List(c.Text, discriminator_column=True)}, ModelDefinitionException, "discriminator"),
        ({"a": key(), "__options__": 5}, ModelDefinitionException, "__options__"),
    ],
)
def test_what_cannot_be_a_model(attributes: dict[str, Any], error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        model(**attributes)


@pytest.mark.parametrize("name", ["objects", "filter", "get", "ttl"])
def test_columns_that_hide_what_a_model_has(name: str) -> None:
    with pytest.raises(ModelDefinitionException, match=f"column '{name}' conflicts with built-in attribute/method"):
        type("Bad", (Model,), {"id": key(), name: c.Text()})


def test_one_warning_of_case_in_each_sync_and_none_of_models_that_are_moved(session: FakeSession) -> None:
    plain = type("Plain", (Model,), {"id": key(), "__keyspace__": "ks"})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with ContextQuery(plain, keyspace="other") as moved:
            assert moved.column_family_name() == "other.plain"
        assert caught == []
        with pytest.raises(CQLEngineException):
            sync_table(type("Bare", (Model,), {"__abstract__": True, "__table_name_case_sensitive__": True}))
    assert [warning.category for warning in caught] == [PendingDeprecationWarning]


def test_names_of_tables() -> None:
    assert Person.column_family_name() == "ks.person"
    long = type("HTTPThingX" * 8, (Model,), {"id": key(), "__keyspace__": "Ks"})
    assert len(long.column_family_name(include_keyspace=False)) <= 48
    case = type("X", (Model,), {"id": key(), "__table_name__": "Odd", "__table_name_case_sensitive__": True})
    with pytest.warns(PendingDeprecationWarning, match="__table_name_case_sensitive__ will be removed in 4.0"):
        assert case.column_family_name(include_keyspace=False) == '"Odd"'
    # Once for each model.
    assert case.column_family_name(include_keyspace=False) == '"Odd"'
    with pytest.warns(UserWarning, match="case sensitive"):
        lost = type("Y", (Model,), {"id": key(), "__table_name__": "Odd"}).column_family_name(include_keyspace=False)
    assert lost == "odd"
    with pytest.raises(CQLEngineException, match="keyspace"):
        case.column_family_name()


def test_an_instance_is_a_mapping() -> None:
    person = Person(id=1, day="x")
    assert person.keys() == ["id", "day", "name", "tags", "facts", "age"]
    assert (person["name"], len(person), person == Person(id=1, day="x")) == ("nobody", 6, True)
    assert repr(person) == "Person(id=1, day='x', name='nobody', tags=set(), facts={}, age=None)"
    assert str(person) == "Person <id=1, day=x>"
    with pytest.raises(KeyError):
        person["nothing"]
    with pytest.raises(TypeError):
        person[5]
    with pytest.raises(AttributeError, match="cannot delete"):
        del person.id


def test_a_new_instance_is_inserted_with_its_defaults(session: FakeSession) -> None:
    Person.create(id=1, day="x", tags={"a"})
    assert session.executed == [
        (
            'INSERT INTO ks.person ("id", "day", "called", "tags") VALUES (%(0)s, %(1)s, %(2)s, %(3)s)',
            {"0": 1, "1": "x", "2": "nobody", "3": {"a"}},
        )
    ]
    assert session.statements[0].routing_key == b"\0\0\0\1"
    with pytest.raises(ValidationError, match="nothing"):
        Person.create(nothing=5)


def test_only_changes_are_stored(session: FakeSession) -> None:
    row = {"id": 1, "day": "x", "called": "Ann", "tags": {"a", "b"}, "facts": {"k": 1, "l": 2}, "age": 5}
    session.answers.append(Answer([row]))
    person = Person.objects.get(id=1, day="x")
    assert person.get_changed_columns() == []
    person.save()
    assert len(session.executed) == 1
    person.tags.add("c")
    del person.facts["l"]
    person.age = None
    assert person.get_changed_columns() == ["tags", "facts", "age"]
    person.save()
    assert session.executed[1:] == [
        (
            'UPDATE ks.person SET "tags" = "tags" + %(0)s WHERE "id" = %(1)s AND "day" = %(2)s',
            {"0": {"c"}, "1": 1, "2": "x"},
        ),
        (
            'DELETE "facts"[%(0)s], "age" FROM ks.person WHERE "id" = %(1)s AND "day" = %(2)s',
            {"0": "l", "1": 1, "2": "x"},
        ),
    ]
    assert person.get_changed_columns() == []


def test_update_refuses_keys_and_unknown_columns(session: FakeSession) -> None:
    person = Person(id=1, day="x")
    for values in ({"id": 5}, {"nothing": 5}):
        with pytest.raises(ValidationError):
            person.update(**values)
    for values in ({"id": 5}, {"nothing": 5}, {"facts__remove": {"k": 1}}):
        with pytest.raises(ValidationError):
            Person.objects(id=1, day="x").update(**values)
    with pytest.raises(QueryException, match="append"):
        Person.objects(id=1, day="x").update(age__append=5)
    assert session.executed == []


def test_blind_updates(session: FakeSession) -> None:
    Person.objects(id=1, day="x").ttl(60).update(name="Bob", tags__add={"z"}, facts__update={"k": None}, age=None)
    assert session.executed == [
        (
            'UPDATE ks.person USING TTL 60 SET "called" = %(2)s, "tags" = "tags" + %(3)s, "facts"[%(4)s] = %(5)s '
            'WHERE "id" = %(0)s AND "day" = %(1)s',
            {"0": 1, "1": "x", "2": "Bob", "3": {"z"}, "4": "k", "5": None},
        ),
        ('DELETE "age" FROM ks.person WHERE "id" = %(0)s AND "day" = %(1)s', {"0": 1, "1": "x"}),
    ]


def test_under_conditions_all_is_one_statement(session: FakeSession) -> None:
    Person.objects(id=1, day="x").iff(age=5).update(age=6, name=None)
    text = 'UPDATE ks.person SET "age" = %(3)s, "called" = %(4)s WHERE "id" = %(0)s AND "day" = %(1)s IF "age" = %(2)s'
    assert session.executed == [(text, {"0": 1, "1": "x", "2": 5, "3": 6, "4": None})]
    refused = Answer([{"[applied]": False, "age": 7}])
    refused.was_applied = False
    session.answers.append(refused)
    with pytest.raises(LWTException) as raised:
        Person.objects(id=1, day="x").iff(age__ne=5).delete()
    assert raised.value.existing == {"[applied]": False, "age": 7}
    assert session.executed[-1][0].endswith('IF "age" != %(2)s')


def test_counters_begin_at_zero_and_are_added_to(session: FakeSession) -> None:
    visits = Visits.create(id=1, count=5)
    visits.count -= 2
    visits.save()
    assert [text for text, _ in session.executed] == [
        'UPDATE ks.visits SET "count" = "count" + %(0)s WHERE "id" = %(1)s',
        'UPDATE ks.visits SET "count" = "count" - %(0)s WHERE "id" = %(1)s',
    ]
    assert [values["0"] for _, values in session.executed] == [5, 2]
    with pytest.raises(IfNotExistsWithCounterColumn):
        Visits.if_not_exists()


def test_models_in_another_keyspace() -> None:
    with ContextQuery(Person, keyspace="other") as moved:
        assert moved.column_family_name() == "other.person"
        assert str(moved.objects(id=1)).split(" FROM ")[1].startswith("other.person")
    assert Person.column_family_name() == "ks.person"
    with pytest.raises(ValueError, match="Model"):
        ContextQuery(5)


def test_user_types() -> None:
    class Address(UserType):
        street = c.Text(db_field="s")
        number = c.Integer(default=1)

    address = Address(s="Main")
    assert (address.street, address.s, address["number"], Address.type_name()) == ("Main", "Main", 1, "address")
    assert address.has_changed_fields()
    address.reset_changed_fields()
    assert not address.has_changed_fields()
    address.street = "Side"
    assert address.has_changed_fields()
    with pytest.raises(ValidationError):
        Address(street=5).validate()
    with pytest.raises(UserTypeDefinitionException, match="conflicts"):
        type("Bad", (UserType,), {"a": c.Text(), "b": c.Text(db_field="a")})
    with pytest.raises(UserTypeDefinitionException, match="validate"):
        type("Bad", (UserType,), {"validate": c.Text()})


def test_the_types_of_a_model_are_registered_where_it_lives(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Inner(UserType):
        a = c.Integer()

    class Outer(UserType):
        inner = c.List(c.UserDefinedType(Inner))

    model(id=key(), outer=c.Map(c.Text, c.UserDefinedType(Outer)), __keyspace__="elsewhere")
    assert session.registered == [("elsewhere", "inner", Inner), ("elsewhere", "outer", Outer)]
    monkeypatch.setattr("cassandra.cqlengine.models.DEFAULT_KEYSPACE", "usual")
    model(id=key(), inner=c.UserDefinedType(Inner))
    assert session.registered[2:] == [("usual", "inner", Inner)]
    later = FakeSession()
    connection.register_connection("later", session=later)
    assert ("elsewhere", "outer", Outer) in later.registered
    connection.unregister_connection("later")


def test_a_value_of_a_type_that_was_not_registered_is_taken_by_its_fields() -> None:
    class Point(UserType):
        x = c.Integer(db_field="across")
        y = c.Integer()

    read = c.UserDefinedType(Point).to_python(namedtuple("point", "across y")(1, None))
    assert (type(read), read.x, read.y) == (Point, 1, None)


def test_a_model_that_is_defined_connects_to_nothing() -> None:
    connection.register_connection("lazy", ["127.0.0.1"], lazy_connect=True, default=True)
    try:

        class Lazy(UserType):
            a = c.Integer()

        model(id=key(), lazy=c.UserDefinedType(Lazy))
        assert connection._connections["lazy"].cluster is None
    finally:
        connection.unregister_connection("lazy")


def test_without_a_connection() -> None:
    with pytest.raises(CQLEngineException, match="doesn't exist"):
        Person.objects.count()
    with pytest.raises(CQLEngineException, match="auth_provider"):
        connection.register_connection("x", ["127.0.0.1"], cluster_options={"username": "a", "password": "b"})
    with pytest.raises(CQLEngineException, match="exclusive"):
        connection.register_connection("x", ["127.0.0.1"], session=object())
    connection.unregister_connection("never there")


def test_a_program_may_derive_from_the_base_with_a_metaclass_of_its_own(session: FakeSession) -> None:
    class Naming(ModelMetaClass):
        def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
            return super().__new__(mcs, name, bases, {**attrs, "seen": True})

    class Own(BaseModel, metaclass=Naming):
        __keyspace__ = "ks"
        id = c.Integer(primary_key=True)

    with ContextQuery(Own, keyspace="other") as moved:
        moved.create(id=1)
    assert session.executed[0][0] == 'INSERT INTO other.own ("id") VALUES (%(0)s)'
    assert moved.seen


def test_a_collection_that_was_read_may_be_changed_in_place(session: FakeSession) -> None:
    session.answers.append(Answer([{"id": 1, "day": "x", "tags": {"a"}, "facts": {"k": 1}}]))
    person = Person.objects.get(id=1, day="x")
    person.tags.add("b")
    person.facts["k"] = 2
    assert person.get_changed_columns() == ["tags", "facts"]
