"""Batches, as programs written for cassandra-driver 3.30 know them."""

import pickle
from typing import Any

import pytest
from cassandra.query import UNSET_VALUE, BatchStatement, BatchType, SimpleStatement
from prepared import ONE, THREE, TWO, prepared


class TestBatch:
    def test_statements_of_every_kind(self) -> None:
        batch = BatchStatement(BatchType.COUNTER, consistency_level=1)
        assert batch.add("a") is batch
        batch.add("b %s", (5,)).add(SimpleStatement("c %(n)s"), {"n": "it's"}).add(prepared(), (1, "a", 3))
        batch.add(prepared().bind((2, UNSET_VALUE, None)))
        assert batch._statements_and_parameters == [
            (False, "a", ()),
            (False, "b 5", ()),
            (False, "c 'it''s'", ()),
            (True, b"\x01\x02", [ONE, b"a", THREE]),
            (True, b"\x01\x02", [TWO, UNSET_VALUE, None]),
        ]
        assert str(batch) == "<BatchStatement type=COUNTER, statements=5, consistency=ONE>"

    def test_percent_needs_doubling_only_with_parameters(self) -> None:
        assert BatchStatement().add("a '%'")._statements_and_parameters == [(False, "a '%'", ())]
        with pytest.raises(ValueError, match="%"):
            BatchStatement().add("a '%' %s", (1,))

    @pytest.mark.parametrize("statement", [None, 5, BatchStatement()])
    def test_other_things_are_refused(self, statement: Any) -> None:
        with pytest.raises(TypeError, match=type(statement).__name__):
            BatchStatement().add(statement)

    def test_bound_statement_takes_no_parameters(self) -> None:
        with pytest.raises(ValueError, match="BoundStatement"):
            BatchStatement().add(prepared().bind((1, "a", 3)), (1,))

    def test_length_travels_in_two_bytes(self) -> None:
        batch = BatchStatement()
        for _ in range(65535):
            batch.add("x")
        with pytest.raises(ValueError, match="65535"):
            batch.add("x")
        assert len(batch) == 65535

    def test_keyspace_and_routing_key_of_the_first_that_has_both(self) -> None:
        batch = BatchStatement()
        batch.add(SimpleStatement("x", keyspace="k1")).add(SimpleStatement("x", routing_key=b"1"))
        assert (batch.keyspace, batch.routing_key) == (None, None)
        batch.add(SimpleStatement("x", keyspace="k2", routing_key=[b"2", b"3"])).add(prepared(), (1, "a", 3))
        assert (batch.keyspace, batch.routing_key) == ("k2", b"\x00\x012\x00\x00\x013\x00")

    def test_custom_payloads_come_together(self) -> None:
        batch = BatchStatement(custom_payload={"a": b"1"}).add(SimpleStatement("x", custom_payload={"b": b"2"}))
        assert batch.custom_payload == {"a": b"1", "b": b"2"}

    def test_clear(self) -> None:
        batch = BatchStatement(consistency_level=1, custom_payload={"a": b"1"}).add(prepared(), (1, "a", 3))
        batch.clear()
        assert (len(batch), bool(batch), batch.keyspace, batch.routing_key) == (0, False, None, None)
        assert (batch.consistency_level, batch.custom_payload) == (1, {})

    def test_add_all(self) -> None:
        batch = BatchStatement().add_all(["a %s", "b"], [(1,), None])
        assert batch._statements_and_parameters == [(False, "a 1", ()), (False, "b", ())]
        assert len(BatchStatement().add_all(iter([prepared()] * 2), ((n, "a", 3) for n in range(2)))) == 2

    @pytest.mark.parametrize("parameters", [[None], iter([None])])
    def test_no_statement_of_add_all_is_dropped(self, parameters: Any) -> None:
        batch = BatchStatement()
        with pytest.raises(ValueError, match="2 statements"):
            batch.add_all(["a", "b"], parameters)
        assert len(batch) == 0

    def test_encoder_of_the_session(self) -> None:
        class Mine:
            @staticmethod
            def cql_encode_all_types(value: Any) -> str:
                return "MINE"

        class Session:
            encoder = Mine()

        assert BatchStatement(session=Session()).add("%s", (1,))._statements_and_parameters[0][1] == "MINE"

    def test_types(self) -> None:
        assert [(str(kind), repr(kind), kind.value) for kind in (BatchType.LOGGED, BatchType.COUNTER)] == [
            ("LOGGED", "BatchType.LOGGED", 0),
            ("COUNTER", "BatchType.COUNTER", 2),
        ]
        assert pickle.loads(pickle.dumps(BatchType.UNLOGGED)) is BatchType.UNLOGGED
