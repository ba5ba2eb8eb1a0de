"""`cassandra.cqltypes`: the registry, the names of types, and what programs do with the classes."""

import datetime
import struct
import uuid

import pytest
from cassandra import cqltypes, util
from cassandra._cluster.preparing import on_the_wire
from cassandra._types.class_of import class_of
from cassandra.cqltypes import (
    CassandraTypeType,
    DateRangeType,
    Int32Type,
    ListType,
    LongType,
    MapType,
    UserType,
    UTF8Type,
    VectorType,
    cql_typename,
    cql_types_from_string,
    cqltype_to_python,
    is_counter_type,
    is_reversed_casstype,
    lookup_casstype,
    lookup_casstype_simple,
    mkUnrecognizedType,
    parse_casstype_args,
    python_to_cqltype,
    strip_frozen,
)

PREFIX = "org.apache.cassandra.db.marshal."

CQL_NAMES = {
    "AsciiType": "ascii",
    "BooleanType": "boolean",
    "ByteType": "tinyint",
    "BytesType": "blob",
    "CounterColumnType": "counter",
    "DateRangeType": "daterange",
    "DateType": "timestamp",
    "DecimalType": "decimal",
    "DoubleType": "double",
    "DurationType": "duration",
    "FloatType": "float",
    "InetAddressType": "inet",
    "Int32Type": "int",
    "IntegerType": "varint",
    "LongType": "bigint",
    "ShortType": "smallint",
    "SimpleDateType": "date",
    "TimeType": "time",
    "TimeUUIDType": "timeuuid",
    "TimestampType": "timestamp",
    "UTF8Type": "text",
    "UUIDType": "uuid",
    "VarcharType": "varchar",
}


@pytest.mark.parametrize(("class_name", "cql_name"), CQL_NAMES.items())
def test_a_class_knows_its_names(class_name, cql_name):
    kind = getattr(cqltypes, class_name)
    assert kind.cassname == kind.cass_parameterized_type() == class_name
    assert kind.cass_parameterized_type(full=True) == PREFIX + class_name
    assert kind.typename == kind.cql_parameterized_type() == cql_name
    assert lookup_casstype(class_name) is lookup_casstype(PREFIX + class_name) is kind
    assert repr(kind) == f"<class 'cassandra.cqltypes.{class_name}'>"
    assert kind.__module__ == "cassandra.cqltypes"


NESTED = [
    ("ListType(Int32Type)", "list<int>"),
    ("SetType(UTF8Type)", "set<text>"),
    ("MapType(UTF8Type, FrozenType(ListType(Int32Type)))", "map<text, frozen<list<int>>>"),
    ("TupleType(Int32Type, UTF8Type)", "frozen<tuple<int, text>>"),
    ("ReversedType(Int32Type)", f"{PREFIX}ReversedType<int>"),
    (
        "CompositeType(Int32Type, UTF8Type)",
        f"'{PREFIX}CompositeType({PREFIX}Int32Type, {PREFIX}UTF8Type)'",
    ),
    ("VectorType(FloatType , 3)", f"{PREFIX}VectorType<float, 3>"),
    ("VectorType(VectorType(FloatType , 2) , 3)", f"{PREFIX}VectorType<{PREFIX}VectorType<float, 2>, 3>"),
]


@pytest.mark.parametrize(("class_name", "cql_name"), NESTED)
def test_nested_types_are_parsed_and_printed(class_name, cql_name):
    kind = lookup_casstype(class_name)
    assert kind.cass_parameterized_type() == class_name
    assert kind.cql_parameterized_type() == cql_typename(class_name) == cql_name
    assert lookup_casstype(kind.cass_parameterized_type(full=True)).cass_parameterized_type() == class_name
    assert lookup_casstype(class_name.replace(" ", "")).cass_parameterized_type() == class_name


def test_names_of_fields_in_class_names():
    dynamic = lookup_casstype("DynamicCompositeType(b=>BytesType,a=>AsciiType)")
    assert dynamic.fieldnames == ["b", "a"]
    assert (
        dynamic.cql_parameterized_type()
        == f"'{PREFIX}DynamicCompositeType(b=>{PREFIX}BytesType, a=>{PREFIX}AsciiType)'"
    )
    columns = lookup_casstype("ColumnToCollectionType(6162:ListType(Int32Type))")
    assert columns.fieldnames == ["6162"]


def test_user_types():
    address = lookup_casstype("UserType(ks,61646472,73:UTF8Type,6e:FrozenType(ListType(Int32Type)))")
    assert issubclass(address, UserType)
    assert (address.keyspace, address.typename, address.fieldnames) == ("ks", "addr", ("s", "n"))
    assert address.cql_parameterized_type() == "frozen<addr>"
    assert address.cassname == "UserType"
    assert address.mapped_class is None
    again = UserType.make_udt_class("ks", "addr", address.fieldnames, address.subtypes)
    assert again is address
    UserType.evict_udt_class("ks", "addr")
    assert UserType.make_udt_class("ks", "addr", address.fieldnames, address.subtypes) is not address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        ")",
        "A(" * 100,
        "ListType(Int32Type))",
        "ListType(a, b)",
        "MapType(Int32Type)",
        "UserType(ks)",
        "UserType(ks,61,zz:Int32Type)",
        "UserType(ks,ff)",
        "UserType(ks,zz)",
        "VectorType(FloatType)",
        "VectorType(FloatType, 0)",
        "VectorType(FloatType, 2147483648)",
        "VectorType(FloatType, x)",
        "a(b)(c)",
        "'com.foo.Bar'",
        "list<int>",
    ],
)
def test_what_is_no_type(text):
    with pytest.raises(ValueError, match="Don't know how to parse type string"):
        lookup_casstype(text)


def test_unknown_types_are_bytes_under_their_name():
    unknown = lookup_casstype("com.example.Unknown")
    assert unknown is lookup_casstype("com.example.Unknown")
    assert unknown.typename == unknown.cql_parameterized_type() == "'com.example.Unknown'"
    assert unknown.from_binary(b"abc", 4) == unknown.to_binary(b"abc", 4) == b"abc"
    assert mkUnrecognizedType("com.example.Other").cassname == "com.example.Other"
    assert lookup_casstype("com.example.Nested(Int32Type)").subtypes == [Int32Type]


def test_a_class_is_its_own():
    assert lookup_casstype(Int32Type) is Int32Type
    assert lookup_casstype_simple(PREFIX + "Int32Type") is Int32Type
    assert parse_casstype_args("Int32Type") is Int32Type


def test_parameters():
    numbers = ListType.apply_parameters([Int32Type])
    assert issubclass(numbers, ListType) and list(numbers.subtypes) == [Int32Type]
    assert numbers.from_binary(numbers.to_binary([1], 4), 4) == [1]
    for kind, types in ((ListType, []), (MapType, [Int32Type]), (Int32Type, [Int32Type])):
        with pytest.raises(ValueError, match=f"{kind.typename} types require"):
            kind.apply_parameters(types)
    for unparameterized in (ListType, MapType, cqltypes.SetType, cqltypes.TupleType, UserType):
        with pytest.raises(NotImplementedError, match="can't serialize unparameterized"):
            unparameterized.to_binary([1], 4)
        with pytest.raises(NotImplementedError, match="can't deserialize unparameterized"):
            unparameterized.from_binary(bytes(4), 4)


def test_serial_sizes():
    sizes = {name: getattr(cqltypes, name).serial_size() for name in CQL_NAMES}
    assert {name: size for name, size in sizes.items() if size is not None} == {
        "BooleanType": 1,
        "CounterColumnType": 8,
        "DateType": 8,
        "DoubleType": 8,
        "FloatType": 4,
        "Int32Type": 4,
        "LongType": 8,
        "TimeUUIDType": 16,
        "TimestampType": 8,
        "UUIDType": 16,
    }
    assert VectorType.apply_parameters([Int32Type, 3]).serial_size() == 12
    assert VectorType.apply_parameters([UTF8Type, "3"]).serial_size() is None


def test_kinds_of_types():
    assert is_counter_type("CounterColumnType") and is_counter_type(cqltypes.CounterColumnType)
    assert not is_counter_type("LongType") and not is_counter_type(LongType)
    assert is_reversed_casstype(lookup_casstype("ReversedType(Int32Type)"))
    assert not is_reversed_casstype(Int32Type)


@pytest.mark.parametrize(
    ("text", "words", "nested", "stripped"),
    [
        ("int", ["int"], ["int"], "int"),
        ("list<int>", ["list", "int"], ["list", ["int"]], "list<int>"),
        (
            "map<text, frozen<list<int>>>",
            ["map", "text", "list", "int"],
            ["map", ["text", "frozen", ["list", ["int"]]]],
            "map<text, list<int>>",
        ),
        ("vector<float, 3>", ["vector", "float", "3"], ["vector", ["float", "3"]], "vector<float, 3>"),
        ('frozen<"My, <Type>">', [], ["frozen", ['"My, <Type>"']], '"My, <Type>"'),
        ("'org.x'", [], ["'org.x'"], "'org.x'"),
    ],
)
def test_types_in_cql_are_taken_apart(text, words, nested, stripped):
    assert cql_types_from_string(text) == words
    assert cqltype_to_python(text) == nested
    assert python_to_cqltype(nested) == text
    assert strip_frozen(text) == stripped


@pytest.mark.parametrize("text", ["", "list<int", "list<int>>", '"open', "a<" * 1000])
def test_what_is_no_type_in_cql(text):
    with pytest.raises(ValueError):
        cqltype_to_python(text)


def test_a_programs_own_class_registers_itself():
    class OwnText(UTF8Type):
        typename = "owntext"

        @staticmethod
        def deserialize(byts, protocol_version):
            return byts.decode().upper()

    assert lookup_casstype("OwnText") is OwnText
    assert cqltypes._cqltypes["owntext"] is OwnText
    assert OwnText.from_binary(b"a", 4) == "A"
    assert OwnText.to_binary("a", 4) == b"a"
    assert lookup_casstype("TupleType(OwnText, UTF8Type)").from_binary(b"\0\0\0\1a\0\0\0\1a", 4) == ("A", "a")
    assert isinstance(OwnText, CassandraTypeType)


def test_what_is_put_on_timestamps_is_not_put_on_time_uuids(monkeypatch):
    made = uuid.uuid1()
    monkeypatch.setattr(cqltypes.DateType, "deserialize", staticmethod(lambda byts, version: "patched"))
    assert cqltypes.DateType.from_binary(bytes(8), 4) == "patched"
    assert cqltypes.TimestampType.from_binary(bytes(8), 4) == "patched"
    assert cqltypes.TimeUUIDType.from_binary(made.bytes, 4) == made
    assert lookup_casstype("ListType(TimeUUIDType)").from_binary(struct.pack(">ii", 1, 16) + made.bytes, 4) == [made]


def test_a_private_class_does_not():
    class _Hidden(UTF8Type):
        pass

    assert "_Hidden" not in cqltypes._casstypes


def test_a_patched_from_binary_counts_inside_other_types(monkeypatch):
    monkeypatch.setattr(Int32Type, "from_binary", classmethod(lambda cls, byts, version: "patched"))
    assert lookup_casstype("ListType(Int32Type)").from_binary(struct.pack(">iii", 1, 4, 5), 4) == ["patched"]
    monkeypatch.undo()
    assert lookup_casstype("ListType(Int32Type)").from_binary(struct.pack(">iii", 1, 4, 5), 4) == [5]


def test_a_registered_class_of_a_user_type_can_be_set():
    class Value:
        def __init__(self, **fields):
            self.fields = fields

    kind = UserType.make_udt_class("ks", "mapped", ("a",), (Int32Type,))
    assert kind.from_binary(struct.pack(">ii", 4, 5), 4) == (5,)
    kind.mapped_class = Value
    assert kind.from_binary(struct.pack(">ii", 4, 5), 4).fields == {"a": 5}


def test_timestamps_as_text():
    interpret = cqltypes.DateType.interpret_datestring
    assert interpret("2012-01-02T03:04+0200") == 1325466240000.0
    assert interpret("2012-01-02 03:04:05-01:00") == 1325477045000.0
    local = datetime.datetime(2012, 1, 2).astimezone().timestamp() * 1000
    assert interpret("2012-01-02") == pytest.approx(local, abs=3_600_000)
    for text in ("", "x", "2012", "2012-01-02 25:00"):
        with pytest.raises(ValueError, match="as a date"):
            interpret(text)


GEOMETRY = [
    ("PointType", util.Point(1.0, 2.0), "0101000000 000000000000f03f 0000000000000040"),
    ("LineStringType", util.LineString(), "0102000000 00000000"),
    ("LineStringType", util.LineString([(1.0, 2.0)]), "0102000000 01000000 000000000000f03f 0000000000000040"),
    ("PolygonType", util.Polygon(), "0103000000 00000000"),
    (
        "PolygonType",
        util.Polygon([(0.0, 0.0)], [[(0.0, 2.0)]]),
        "0103000000 02000000 01000000" + "00" * 16 + "01000000" + "00" * 8 + "0000000000000040",
    ),
]


@pytest.mark.parametrize(("class_name", "value", "text"), GEOMETRY)
def test_geometric_types(class_name, value, text):
    kind = lookup_casstype(class_name)
    assert kind.from_binary(bytes.fromhex(text), 4) == value
    assert kind.to_binary(value, 4) == bytes.fromhex(text)


def test_geometric_types_in_the_other_order_of_bytes_and_wrong_ones():
    assert cqltypes.PointType.from_binary(bytes.fromhex("00000000013ff00000000000004000000000000000"), 4) == util.Point(
        1.0, 2.0
    )
    for text in ("0102000000" + "00" * 16, "0101000000", "01"):
        with pytest.raises((ValueError, struct.error)):
            cqltypes.PointType.from_binary(bytes.fromhex(text), 4)
    with pytest.raises(ValueError, match="count of 4294967295"):
        cqltypes.LineStringType.from_binary(bytes.fromhex("0102000000ffffffff"), 4)
    with pytest.raises(ValueError, match="count"):
        cqltypes.PolygonType.from_binary(bytes.fromhex("0103000000ffffff7f"), 4)


DAY = util.DateRangeBound(datetime.datetime(2015, 3, 4), "DAY")

DATE_RANGES = [
    (util.DateRange(value=DAY), "00 0000014be214f800 02"),
    (util.DateRange(value=util.OPEN_BOUND), "05"),
    (util.DateRange(lower_bound=util.OPEN_BOUND, upper_bound=util.OPEN_BOUND), "04"),
    (util.DateRange(lower_bound=DAY, upper_bound=util.OPEN_BOUND), "02 0000014be214f800 02"),
]


@pytest.mark.parametrize(("value", "text"), DATE_RANGES)
def test_date_ranges(value, text):
    assert DateRangeType.from_binary(bytes.fromhex(text), 4) == value
    assert DateRangeType.to_binary(value, 4) == bytes.fromhex(text)


@pytest.mark.parametrize("text", ["07", "00", "0400", "00 0000000000000000 09", "01 0000000000000000 02"])
def test_date_ranges_that_are_none(text):
    with pytest.raises(ValueError):
        DateRangeType.from_binary(bytes.fromhex(text), 4)
    with pytest.raises(ValueError, match="expects an object with a value attribute"):
        DateRangeType.to_binary(5, 4)


def test_date_ranges_without_bounds_are_refused():
    class Half:
        value = lower_bound = None

    with pytest.raises(ValueError, match="upper_bound"):
        DateRangeType.to_binary(Half(), 4)


def test_text_inside_of_a_vector_has_the_class_that_servers_name():
    text = ("text",)
    vector = class_of(("vector", ("list", text), 2))
    assert vector.cql_parameterized_type() == "org.apache.cassandra.db.marshal.VectorType<list<text>, 2>"
    assert class_of(("list", text)).cql_parameterized_type() == "list<varchar>"
    assert on_the_wire("ListType(UTF8Type)") == "ListType(VarcharType)"
    assert on_the_wire("VectorType(UTF8Type, 2)") == "VectorType(UTF8Type, 2)"
