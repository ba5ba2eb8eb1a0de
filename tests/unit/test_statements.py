"""Statements and binding, as programs written for cassandra-driver 3.30 know them."""

import copy
import pickle
from collections import OrderedDict, UserDict, defaultdict
from typing import Any

import pytest
from cassandra import ConsistencyLevel
from cassandra._cql.column import ColumnMetadata
from cassandra.cqltypes import UTF8Type
from cassandra.query import (
    FETCH_SIZE_UNSET,
    UNSET_VALUE,
    BatchStatement,
    BatchType,
    BoundStatement,
    HostTargetingStatement,
    PreparedStatement,
    SimpleStatement,
    Statement,
)
from prepared import COLUMNS, ONE, THREE, TWO, prepared


class RetryAlways:
    on_read_timeout = None


class TestSimpleStatement:
    def test_what_nobody_set_is_left_to_the_session(self) -> None:
        statement = SimpleStatement("SELECT 1")
        assert statement.fetch_size is FETCH_SIZE_UNSET
        assert statement.is_idempotent is False
        for option in ("consistency_level", "serial_consistency_level", "retry_policy", "keyspace", "custom_payload"):
            assert getattr(statement, option) is None
        assert statement.routing_key is None

    @pytest.mark.parametrize("name", ["is_idempotent", "routing_key", "keyspace", "custom_payload"])
    @pytest.mark.parametrize("value", [5, object(), 5.0], ids=lambda value: type(value).__name__)
    def test_options_that_cannot_be_meant_are_refused_by_name(self, name: str, value: Any) -> None:
        with pytest.raises(TypeError, match=f"{name} must be .*not {type(value).__name__}"):
            SimpleStatement("SELECT 1", **{name: value})

    def test_options_as_programs_give_them(self) -> None:
        """cassandra-driver takes text for a routing key, and a number for a flag."""
        statement = SimpleStatement("SELECT 1", routing_key="käy", is_idempotent=1)  # type: ignore[arg-type]
        assert (statement.routing_key, statement._said_idempotent()) == ("käy", True)
        assert SimpleStatement("SELECT 1", routing_key=bytearray(b"k")).routing_key == b"k"
        assert SimpleStatement("SELECT 1", routing_key=[b"a", "b"]).routing_key == b"\x00\x01a\x00\x00\x01b\x00"  # type: ignore[list-item]
        with pytest.raises(TypeError, match=r"routing_key must be .*not int"):
            statement.routing_key = [b"a", 5]  # type: ignore[list-item]
        statement.is_idempotent = 0  # type: ignore[assignment]
        assert statement._said_idempotent() is False

    def test_saying_no_is_not_saying_nothing(self) -> None:
        assert SimpleStatement("x")._said_idempotent() is None
        assert SimpleStatement("x", is_idempotent=False)._said_idempotent() is False
        assert SimpleStatement("x", is_idempotent=True)._said_idempotent() is True
        statement = prepared()
        assert (statement.is_idempotent, statement._said_idempotent()) == (False, None)
        assert statement.bind((1, "a", 3))._said_idempotent() is None
        statement.is_idempotent = False
        assert statement.bind((1, "a", 3))._said_idempotent() is False

    def test_options_in_their_order(self) -> None:
        retry = RetryAlways()
        statement = SimpleStatement("x", retry, 1, b"3", 8, 5, "ks", {"a": b""}, True)
        assert statement.retry_policy is retry
        assert (statement.consistency_level, statement.routing_key, statement.serial_consistency_level) == (1, b"3", 8)
        assert (statement.fetch_size, statement.keyspace, statement.custom_payload) == (5, "ks", {"a": b""})
        assert statement.is_idempotent is True

    def test_text(self) -> None:
        assert repr(SimpleStatement("SELECT 1", consistency_level=1)) == (
            '<SimpleStatement query="SELECT 1", consistency=ONE>'
        )
        assert str(SimpleStatement("x")) == '<SimpleStatement query="x", consistency=Not Set>'

    def test_query_string_cannot_be_set(self) -> None:
        with pytest.raises(AttributeError):
            SimpleStatement("x").query_string = "y"  # type: ignore[misc]

    @pytest.mark.parametrize("level", [0, 10, 99, "x"])
    def test_only_serial_levels_are_serial(self, level: Any) -> None:
        with pytest.raises(ValueError, match="SERIAL"):
            SimpleStatement("x", serial_consistency_level=level)

    def test_serial_level_can_be_taken_back(self) -> None:
        statement = SimpleStatement("x", serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL)
        assert statement.serial_consistency_level == 9
        del statement.serial_consistency_level
        assert statement.serial_consistency_level is None

    def test_retry_policy_is_checked(self) -> None:
        with pytest.raises(ValueError, match="RetryPolicy"):
            SimpleStatement("x", retry_policy="now")
        with pytest.raises(ValueError, match="RetryPolicy"):
            BoundStatement(prepared(), retry_policy="now")

    def test_survives_pickle(self) -> None:
        statement = SimpleStatement("x", consistency_level=1, routing_key=[b"a", b"b"])
        assert vars(pickle.loads(pickle.dumps(statement))) == vars(statement)


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        (b"abc", b"abc"),
        (None, None),
        ([b"a", b"bc"], b"\x00\x01a\x00\x00\x02bc\x00"),
        ((b"1",), b"\x00\x011\x00"),
        ([], None),
    ],
)
def test_routing_key(given: Any, wire: bytes | None) -> None:
    assert SimpleStatement("x", routing_key=given).routing_key == wire
    statement = Statement()
    statement.routing_key = given
    assert statement.routing_key == wire
    del statement.routing_key
    assert statement.routing_key is None


def test_component_of_a_routing_key_has_a_limit() -> None:
    with pytest.raises(ValueError, match="65535"):
        SimpleStatement("x", routing_key=[b"a" * 65536, b"b"])


def test_marks_stay_themselves_when_copied() -> None:
    for mark in (UNSET_VALUE, FETCH_SIZE_UNSET):
        assert copy.deepcopy([mark])[0] is mark
        assert pickle.loads(pickle.dumps(mark)) is mark
    assert repr(UNSET_VALUE) == "UNSET_VALUE"


class TestBinding:
    def test_values_are_in_wire_form_at_once(self) -> None:
        bound = prepared().bind((1, "a", 3))
        assert bound.values == [ONE, b"a", THREE]
        assert bound.raw_values == (1, "a", 3)
        assert bound.routing_key == ONE
        assert bound.keyspace == "ks"
        assert str(bound) == "<BoundStatement query=\"INSERT\", values=(1, 'a', 3), consistency=Not Set>"

    @pytest.mark.parametrize("kind", [dict, OrderedDict, UserDict])
    def test_values_by_name(self, kind: Any) -> None:
        bound = prepared().bind(kind({"v": 3, "id": 1, "name": "a", "other": object()}))
        assert bound.values == [ONE, b"a", THREE]
        assert bound.raw_values == [1, "a", 3]

    def test_what_is_left_out_is_unset(self) -> None:
        assert prepared().bind((1, "a")).values == [ONE, b"a", UNSET_VALUE]
        assert prepared().bind({"id": 1, "v": 2}).values == [ONE, UNSET_VALUE, TWO]
        assert prepared().bind((1, UNSET_VALUE, None)).values == [ONE, UNSET_VALUE, None]

    def test_protocol_3_has_no_unset_values(self) -> None:
        old = prepared(protocol_version=3)
        assert old.bind((1, "a")).values == [ONE, b"a"]
        with pytest.raises(KeyError, match="name"):
            old.bind({"id": 1, "v": 2})
        with pytest.raises(ValueError, match="protocol version"):
            old.bind((1, UNSET_VALUE, 3))

    @pytest.mark.parametrize("values", [None, (), {}, (UNSET_VALUE, "a"), {"name": "a"}])
    def test_partition_key_must_be_there(self, values: Any) -> None:
        with pytest.raises(ValueError, match="routing key 'id'"):
            prepared().bind(values)

    def test_each_column_of_the_partition_key_must_be_there(self) -> None:
        composite = prepared(routing_key_indexes=[0, 1])
        assert composite.bind((1, "a")).routing_key == b"\x00\x04\x00\x00\x00\x01\x00\x00\x01a\x00"
        with pytest.raises(ValueError, match="routing key 'name'"):
            composite.bind((1,))

    def test_null_in_the_partition_key_gives_no_routing_key(self) -> None:
        assert prepared().bind((None, "a", 3)).routing_key is None

    def test_without_markers(self) -> None:
        bare = prepared(column_metadata=[], routing_key_indexes=None)
        assert bare.bind(None).values == []
        assert bare.bind(()).routing_key is None
        with pytest.raises(ValueError, match="got 1, expected 0"):
            bare.bind((1,))

    def test_too_many_values(self) -> None:
        with pytest.raises(ValueError, match=r"Too many arguments provided to bind\(\) \(got 4, expected 3\)"):
            prepared().bind((1, "a", 3, 4))

    @pytest.mark.parametrize("values", ["abc", b"abc", 5, iter((1, "a", 3))])
    def test_values_must_be_a_sequence_or_a_dict(self, values: Any) -> None:
        with pytest.raises(TypeError, match=r"sequence or a dict|no len"):
            prepared().bind(values)

    @pytest.mark.parametrize(
        ("values", "column", "kind"),
        [(("x", "a", 3), "id", "str"), ((1, 5, 3), "name", "int"), ((2**40, "a", 3), "id", "int")],
    )
    def test_wrong_type_names_column_and_types_and_not_the_value(self, values: Any, column: str, kind: str) -> None:
        with pytest.raises(TypeError) as refused:
            prepared().bind(values)
        text = str(refused.value)
        assert text.startswith(f'Received an argument of invalid type for column "{column}". Expected: <class ')
        assert f"Got: <class '{kind}'>; (" in text

    def test_refused_values_leave_the_statement_as_it_was(self) -> None:
        bound = prepared().bind((1, "a", 3))
        with pytest.raises(TypeError):
            bound.bind(("x", "a", 3))
        assert (bound.values, bound.routing_key) == ([ONE, b"a", THREE], ONE)

    def test_binding_again_gives_another_routing_key(self) -> None:
        bound = prepared().bind((1, "a", 3))
        assert bound.routing_key == ONE
        assert bound.bind((2, "a", 3)) is bound
        assert bound.routing_key == TWO
        named = BoundStatement(prepared(), routing_key=b"own").bind((1, "a", 3))
        assert named.routing_key == b"own"

    def test_options_come_from_the_prepared_statement(self) -> None:
        statement = prepared()
        statement.consistency_level, statement.serial_consistency_level, statement.fetch_size = 4, 8, 7
        statement.custom_payload, statement.is_idempotent = {"a": b"b"}, True
        statement.retry_policy = RetryAlways()
        bound = statement.bind((1, "a", 3))
        assert (bound.consistency_level, bound.serial_consistency_level, bound.fetch_size) == (4, 8, 7)
        assert (bound.custom_payload, bound.is_idempotent) == ({"a": b"b"}, True)
        assert bound.retry_policy is statement.retry_policy
        own = BoundStatement(statement, None, 1, None, 9, None, "other", {"c": b""})
        assert (own.consistency_level, own.serial_consistency_level, own.fetch_size) == (1, 9, None)
        assert (own.keyspace, own.custom_payload) == ("other", {"c": b""})

    def test_encrypted_column_is_encrypted_by_its_policy(self) -> None:
        class Backwards:
            def contains_column(self, column: Any) -> bool:
                return column == ("ks", "t", "v")

            def column_type(self, column: Any) -> Any:
                return UTF8Type

            def encrypt(self, column: Any, plain: bytes) -> bytes:
                return plain[::-1]

        bound = prepared(column_encryption_policy=Backwards()).bind((1, "abc", "abc"))
        assert bound.values == [ONE, b"abc", b"cba"]

    def test_text_before_binding(self) -> None:
        assert str(BoundStatement(prepared())) == '<BoundStatement query="INSERT", values=(), consistency=Not Set>'


class TestPrepared:
    def test_text(self) -> None:
        statement = prepared()
        statement.consistency_level = ConsistencyLevel.QUORUM
        assert repr(statement) == '<PreparedStatement query="INSERT", consistency=QUORUM>'

    def test_routing_key_index(self) -> None:
        statement = prepared(routing_key_indexes=[2, 0])
        assert [statement.is_routing_key_index(index) for index in range(3)] == [True, False, True]
        assert not prepared(routing_key_indexes=None).is_routing_key_index(0)

    def test_partition_key_out_of_the_schema(self) -> None:
        class Named:
            def __init__(self, name: str) -> None:
                self.name = name

        class Schema:
            def __init__(self, *key: str) -> None:
                table = type("Table", (), {"partition_key": [Named(name) for name in key]})
                self.keyspaces = {"ks": type("Keyspace", (), {"tables": {"t": table}})}

        def indexes(pk_indexes: Any, schema: Any, columns: Any = COLUMNS) -> Any:
            made = PreparedStatement.from_message(b"id", columns, pk_indexes, schema, "q", "ks", 3, "rm", b"rmid")
            assert (made.result_metadata, made.result_metadata_id, made.query_string) == ("rm", b"rmid", "q")
            return made.routing_key_indexes

        assert indexes([1], None) == [1]
        assert indexes(None, Schema("name", "id")) == [1, 0]
        assert indexes(None, Schema("missing")) is None
        assert indexes(None, type("Empty", (), {"keyspaces": {}})) is None
        assert indexes(None, None, []) is None


class TestHostTargeting:
    def test_is_the_statement_with_a_host(self) -> None:
        inner = SimpleStatement("SELECT 1", consistency_level=1)
        aimed: Any = HostTargetingStatement(inner, "host")
        assert isinstance(aimed, SimpleStatement)
        assert isinstance(aimed, HostTargetingStatement)
        assert (aimed.target_host, aimed.query_string, aimed.consistency_level) == ("host", "SELECT 1", 1)
        assert str(aimed) == str(inner)

    def test_leaves_the_inner_statement_alone(self) -> None:
        inner = prepared().bind((1, "a", 3))
        aimed: Any = HostTargetingStatement(inner, "host")
        aimed.fetch_size = 8
        assert inner.fetch_size is FETCH_SIZE_UNSET
        assert type(inner) is BoundStatement
        assert aimed.routing_key == ONE


def test_public_module() -> None:
    for kind in (SimpleStatement, PreparedStatement, BoundStatement, BatchStatement, BatchType):
        assert kind.__module__ == "cassandra.query"
    assert ColumnMetadata.__module__ == "cassandra.protocol"


@pytest.mark.parametrize("version", [3, 4, 5])
def test_values_of_a_defaultdict_are_bound_and_shown(version: int) -> None:
    bound = prepared(protocol_version=version).bind(defaultdict(lambda: 3, id=1, name="x"))
    assert bound.values == [ONE, b"x", THREE]
    assert list(bound.raw_values) == [1, "x", 3]
