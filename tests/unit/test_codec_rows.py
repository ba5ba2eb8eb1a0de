"""Pages of rows to Python rows: the row factories, cells that are wrong, classes that a program replaced."""

import collections
import gc
import pickle
import struct
import warnings

import pytest
from cassandra import DriverException
from cassandra._native import RowDecoder
from cassandra.cqltypes import DateType, Int32Type, ListType, UserType, VarcharType, lookup_casstype
from cassandra.query import dict_factory, named_tuple_factory, ordered_dict_factory, tuple_factory


def page(*rows):
    cells = (cell for row in rows for cell in row)
    return b"".join(struct.pack(">i", -1) if cell is None else struct.pack(">i", len(cell)) + cell for cell in cells)


ROWS = page((b"\0\0\0\1", b"a"), (None, None), (b"", b""))
DECODED = [(1, "a"), (None, None), (None, "")]


@pytest.fixture
def decoder():
    return RowDecoder([("id", "Int32Type"), ("name", "UTF8Type")])


def test_tuples(decoder):
    rows = decoder.decode(ROWS, 3, tuple_factory)
    assert type(rows) is list
    assert rows == DECODED
    assert {type(row) for row in rows} == {tuple}


def test_named_tuples(decoder):
    rows = decoder.decode(ROWS, 3, named_tuple_factory)
    assert rows == DECODED
    assert rows[0].id == 1 and rows[0].name == "a"
    assert type(rows[0]) is type(named_tuple_factory(["id", "name"], [(1, "a")])[0])
    assert rows[0]._replace(id=2) == (2, "a")
    assert rows[0]._asdict() == {"id": 1, "name": "a"}
    assert repr(rows[0]) == "Row(id=1, name='a')"
    assert pickle.loads(pickle.dumps(rows[0])) == rows[0]
    del rows
    gc.collect()


def test_dicts(decoder):
    rows = decoder.decode(ROWS, 3, dict_factory)
    assert rows == [dict(zip(("id", "name"), row, strict=True)) for row in DECODED]
    assert {type(row) for row in rows} == {dict}
    rows = decoder.decode(ROWS, 3, ordered_dict_factory)
    assert {type(row) for row in rows} == {collections.OrderedDict}
    assert list(rows[0].items()) == [("id", 1), ("name", "a")]


def test_of_equal_names_the_last_wins_in_a_dict():
    twice = RowDecoder([("a", "ByteType"), ("a", "ByteType")])
    assert twice.decode(page((b"\1", b"\2")), 1, dict_factory) == [{"a": 2}]
    assert twice.decode(page((b"\1", b"\2")), 1, named_tuple_factory)[0]._fields == ("a", "a_")


def test_any_other_factory_gets_names_and_tuples(decoder):
    seen = []

    def factory(names, rows):
        seen.append((names, rows))
        return "whatever"

    assert decoder.decode(ROWS, 3, factory) == "whatever"
    assert seen == [(["id", "name"], DECODED)]


def test_a_factory_that_wraps_ours_is_called(decoder):
    calls = []

    def wrapped(names, rows):
        calls.append(names)
        return dict_factory(names, rows)

    assert decoder.decode(ROWS, 3, wrapped)[0] == {"id": 1, "name": "a"}
    assert calls == [["id", "name"]]


def test_a_custom_class_of_any_name_is_bytes():
    for class_name in ("org.example.Plain", "org.example.Odd&Name+1", "org.example.With(Int32Type)"):
        decoder = RowDecoder([("c", class_name)])
        assert decoder.decode(page((b"ab",), (None,)), 2, tuple_factory) == [(b"ab",), (None,)]
        assert decoder.column_types[0].cassname.startswith("org.example.")


def test_no_rows(decoder):
    for factory in (tuple_factory, named_tuple_factory, dict_factory, ordered_dict_factory):
        assert decoder.decode(b"", 0, factory) == []


def test_names_and_types():
    decoder = RowDecoder([("a", "Int32Type"), ("b", "ListType(UTF8Type)"), ("c", "org.example.Unknown")])
    assert decoder.column_names == ["a", "b", "c"]
    number, texts, unknown = decoder.column_types
    assert number is Int32Type
    assert issubclass(texts, ListType) and list(texts.subtypes) == [VarcharType]
    assert texts.cql_parameterized_type() == "list<varchar>"
    assert unknown.typename == "'org.example.Unknown'"
    with pytest.raises(ValueError):
        RowDecoder([("a", "ListType(")])


BROKEN = [
    (page((b"\0\0\0\1", b"\xff")), 'column "name" of type (text|varchar): .*utf-8'),
    (page((b"\0\0\1", b"a")), 'column "id" of type int: .*requires a buffer of 4 bytes, not 3'),
    (struct.pack(">i", -2) + page((b"a",)), 'column "id" of type int: .*not set'),
    (struct.pack(">i", -3) + page((b"a",)), 'column "id" of type int: .*no length -3'),
    (struct.pack(">i", 2**31 - 1) + page((b"a",)), 'column "id" of type int: .*are left'),
    (page((b"\0\0\0\1",)), "cannot be in 8 bytes|are left|due"),
]


@pytest.mark.parametrize("factory", [tuple_factory, named_tuple_factory, dict_factory, ordered_dict_factory])
@pytest.mark.parametrize(("cells", "why"), BROKEN)
def test_a_cell_that_is_wrong_fails_its_page_only(decoder, cells, why, factory):
    """W6 of docs/promises.md."""
    with pytest.raises(DriverException, match=why):
        decoder.decode(cells, 1, factory)
    assert len(decoder.decode(ROWS, 3, factory)) == 3


def test_more_rows_than_bytes_are_refused_at_once(decoder):
    with pytest.raises(DriverException, match="rows of 2 columns"):
        decoder.decode(ROWS, 2**31 - 1, tuple_factory)
    with pytest.raises(DriverException, match="rows of 0 columns"):
        RowDecoder([]).decode(b"", 5, tuple_factory)


def test_a_timestamp_out_of_range_does_not_fail_the_page():
    """W9 of docs/promises.md."""
    decoder = RowDecoder([("t", "DateType")])
    rows = decoder.decode(page((struct.pack(">q", 2**63 - 1),), (bytes(8),)), 2, tuple_factory)
    assert rows[0] == (2**63 - 1,)
    assert rows[1][0].year == 1970


class TestUserTypes:
    CLASS_NAME = "UserType(ks,61646472,73:UTF8Type,6e:Int32Type)"
    CELL = bytes.fromhex("00000001 61 00000004 00000007")

    def test_are_namedtuples(self):
        rows = RowDecoder([("a", self.CLASS_NAME)]).decode(page((self.CELL,)), 1, tuple_factory)
        assert rows == [(("a", 7),)]
        assert rows[0][0].s == "a"
        assert pickle.loads(pickle.dumps(rows[0][0])) == ("a", 7)

    def test_are_of_the_registered_class(self):
        class Address:
            def __init__(self, s, n):
                self.s, self.n = s, n

        user_types = {"ks": {"addr": Address}}
        inside = f"ListType(FrozenType({self.CLASS_NAME}))"
        decoder = RowDecoder([("a", self.CLASS_NAME), ("l", inside)], user_types)
        in_list = b"\0\0\0\1" + struct.pack(">i", len(self.CELL)) + self.CELL
        [(alone, [inner])] = decoder.decode(page((self.CELL, in_list)), 1, tuple_factory)
        for address in (alone, inner):
            assert type(address) is Address and (address.s, address.n) == ("a", 7)
        # Another cluster of the same process has registered nothing.
        [(plain,)] = RowDecoder([("a", self.CLASS_NAME)]).decode(page((self.CELL,)), 1, tuple_factory)
        assert plain == ("a", 7)

    def test_a_constructor_that_raises_is_told_with_its_column(self):
        def refuse(**fields):
            raise RuntimeError("not today")

        decoder = RowDecoder([("a", self.CLASS_NAME)], {"ks": {"addr": refuse}})
        with pytest.raises(DriverException, match=r'column "a".*not today') as caught:
            decoder.decode(page((self.CELL,)), 1, tuple_factory)
        assert isinstance(caught.value.__cause__, RuntimeError)

    def test_one_that_is_altered_gets_new_fields(self):
        first = UserType.make_udt_class("ks", "altered", ("a",), (Int32Type,))
        assert UserType.make_udt_class("ks", "altered", ("a",), (Int32Type,)) is first
        second = UserType.make_udt_class("ks", "altered", ("a", "b"), (Int32Type, Int32Type))
        assert second is not first and second.fieldnames == ("a", "b")

    def test_names_that_python_lacks(self):
        odd = UserType.make_udt_class("ks", "odd name", ("a", "_b", "class", "a"), (Int32Type,) * 4)
        value = odd.from_binary(bytes.fromhex("00000004 0000002a"), 4)
        assert value._fields == ("a", "field_1_", "field_2_", "field_3_")
        assert odd.to_binary(value, 4) == bytes.fromhex("00000004 0000002a ffffffff ffffffff ffffffff")


class TestPatchedClasses:
    """A program that replaces `deserialize` sees it called for results (cqlsh does)."""

    @pytest.fixture
    def milliseconds(self, monkeypatch):
        def deserialize(byts, protocol_version):
            warnings.warn("as a number", RuntimeWarning, stacklevel=1)
            return struct.unpack(">q", byts)[0]

        monkeypatch.setattr(DateType, "deserialize", staticmethod(deserialize))

    COLUMNS = (("t", "DateType"), ("l", "ListType(DateType)"), ("n", "Int32Type"))
    ROW = page((bytes(8), bytes.fromhex("00000001 00000008") + bytes(8), b"\0\0\0\5"))

    @pytest.mark.filterwarnings("ignore:as a number")
    def test_a_patched_deserialize_is_called_inside_collections_too(self, milliseconds):
        assert RowDecoder(self.COLUMNS).decode(self.ROW, 1, tuple_factory) == [(0, [0], 5)]

    def test_a_decoder_of_before_is_stale(self, monkeypatch):
        before = RowDecoder(self.COLUMNS)
        assert not before.is_stale
        monkeypatch.setattr(DateType, "deserialize", staticmethod(lambda byts, version: "patched"))
        assert before.is_stale
        assert RowDecoder(self.COLUMNS).decode(self.ROW, 1, tuple_factory) == [("patched", ["patched"], 5)]
        monkeypatch.undo()
        assert RowDecoder(self.COLUMNS).decode(self.ROW, 1, tuple_factory)[0][0].year == 1970

    def test_a_patch_may_call_what_it_replaced(self, monkeypatch):
        original = DateType.deserialize
        monkeypatch.setattr(DateType, "deserialize", staticmethod(lambda byts, version: original(byts, version).year))
        assert RowDecoder(self.COLUMNS).decode(self.ROW, 1, tuple_factory) == [(1970, [1970], 5)]
        assert DateType.from_binary(bytes(8), 4) == 1970

    def test_support_empty_values_can_be_set(self, monkeypatch):
        from cassandra.cqltypes import EMPTY

        monkeypatch.setattr(Int32Type, "support_empty_values", True)
        decoder = RowDecoder([("n", "Int32Type")])
        assert decoder.decode(page((b"",), (None,)), 2, tuple_factory) == [(EMPTY,), (None,)]

    def test_a_class_of_the_same_name_takes_the_place(self):
        registered = lookup_casstype("ShortType")
        try:
            # Registers itself under its name, as the classes of the package do.
            type(registered)("ShortType", (registered,), {"deserialize": staticmethod(lambda byts, version: "mine")})
            assert RowDecoder([("n", "ShortType")]).decode(page((b"\0\1",)), 1, tuple_factory) == [("mine",)]
        finally:
            from cassandra import cqltypes

            cqltypes._casstypes["ShortType"] = cqltypes._cqltypes["smallint"] = registered
            monkey = pytest.MonkeyPatch()
            monkey.setattr(registered, "support_empty_values", False)
            monkey.undo()
        assert RowDecoder([("n", "ShortType")]).decode(page((b"\0\1",)), 1, tuple_factory) == [(1,)]

    def test_an_exception_of_the_patch_is_told_with_its_column(self, monkeypatch):
        def deserialize(byts, protocol_version):
            raise LookupError("no such day")

        monkeypatch.setattr(DateType, "deserialize", staticmethod(deserialize))
        with pytest.raises(DriverException, match=r'column "t" of type timestamp: .*no such day') as caught:
            RowDecoder(self.COLUMNS).decode(self.ROW, 1, tuple_factory)
        assert isinstance(caught.value.__cause__, LookupError)

    def test_an_interrupt_is_not_swallowed(self, monkeypatch):
        def deserialize(byts, protocol_version):
            raise KeyboardInterrupt

        monkeypatch.setattr(DateType, "deserialize", staticmethod(deserialize))
        with pytest.raises(KeyboardInterrupt):
            RowDecoder(self.COLUMNS).decode(self.ROW, 1, tuple_factory)
