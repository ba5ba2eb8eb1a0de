"""The codec under generated input: nothing crashes it, what it writes it reads back, and it keeps nothing."""

import datetime
import decimal
import gc
import ipaddress
import os
import random
import struct
import sys
import uuid

import pytest
from cassandra import DriverException
from cassandra._cql.column import ColumnMetadata
from cassandra._native import Binder, RowDecoder
from cassandra.cqltypes import lookup_casstype
from cassandra.query import dict_factory, named_tuple_factory, tuple_factory
from cassandra.util import Date, Duration, Time

CASES = int(os.environ.get("HELENUS_CODEC_CASES", "4000"))

FINITE = decimal.Context(prec=60)


def text(generator):
    return "".join(chr(generator.choice([0, 65, 0xE4, 0x20AC, 0x1D11E, 39])) for _ in range(generator.randrange(6)))


def moment(generator):
    return datetime.datetime(1, 1, 1) + datetime.timedelta(milliseconds=generator.randrange(315_537_897_600_000))


def duration(generator):
    sign = generator.choice([-1, 1])
    return Duration(*(sign * generator.randrange(2**bits) for bits in (31, 31, 63)))


def signed(bits):
    return lambda generator: generator.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1)) >> generator.randrange(bits)


SCALARS = {
    "AsciiType": lambda generator: text(generator).encode("ascii", "ignore").decode(),
    "BooleanType": lambda generator: generator.random() < 0.5,
    "ByteType": signed(8),
    "BytesType": lambda generator: generator.randbytes(generator.randrange(5)),
    "DateType": moment,
    "DecimalType": lambda generator: FINITE.create_decimal(
        (generator.randrange(2), (1, 2, 0), generator.randrange(-99, 99))
    ),
    "DoubleType": lambda generator: generator.choice([0.0, 1.5, 1e300, float("inf")]),
    "DurationType": duration,
    "FloatType": lambda generator: generator.choice([0.0, 1.5, float("-inf")]),
    "InetAddressType": lambda generator: str(
        ipaddress.ip_address(generator.choice([2**31, 2**127]) + generator.randrange(99))
    ),
    "Int32Type": signed(32),
    "IntegerType": signed(300),
    "LongType": signed(64),
    "ShortType": signed(16),
    "SimpleDateType": lambda generator: Date(signed(32)(generator)),
    "TimeType": lambda generator: Time(generator.randrange(86_400_000_000_000)),
    "TimeUUIDType": lambda generator: uuid.UUID(int=generator.getrandbits(128)),
    "UTF8Type": text,
    "UUIDType": lambda generator: uuid.UUID(int=generator.getrandbits(128)),
}


def typed_value(generator, depth=3):
    """A Java class name, and a function that makes values of it."""
    kind = generator.choice(["scalar"] * 3 + ["list", "set", "map", "tuple", "vector"]) if depth else "scalar"
    if kind == "scalar":
        name = generator.choice(list(SCALARS))
        return name, lambda: SCALARS[name](generator)
    name, make = typed_value(generator, depth - 1)
    other, make_other = typed_value(generator, depth - 1)
    if kind == "map":
        name = generator.choice(["UTF8Type", "Int32Type", "UUIDType"])
        return f"MapType({name}, {other})", lambda: {SCALARS[name](generator): make_other() for _ in range(3)}
    if kind == "set":
        name = generator.choice(["UTF8Type", "LongType", "UUIDType", "InetAddressType"])
        return f"SetType({name})", lambda: {SCALARS[name](generator) for _ in range(3)}
    if kind == "tuple":
        return f"TupleType({name}, {other})", lambda: (make(), make_other())
    count = generator.randrange(1, 4)
    if kind == "vector":
        return f"VectorType({name}, {count})", lambda: [make() for _ in range(count)]
    return f"FrozenType(ListType({name}))", lambda: [make() for _ in range(count)]


@pytest.fixture
def generator():
    seed = int(os.environ.get("HELENUS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"HELENUS_SEED={seed}")
    return random.Random(seed)


def test_what_is_written_is_read_back(generator):
    for _ in range(CASES):
        name, make = typed_value(generator)
        kind = lookup_casstype(name)
        value = make()
        written = kind.to_binary(value, 4)
        read = kind.from_binary(written, 4)
        if isinstance(value, (set, dict)):
            assert read == value or (isinstance(value, dict) and len(read) == len(value)), name
        # Whatever the objects are, their bytes are the same again.
        if "SetType" not in name:
            assert kind.to_binary(read, 4) == written or read is None, name


def test_no_bytes_crash_it(generator):
    seen = set()
    for _ in range(CASES * 3):
        name, make = typed_value(generator)
        kind = lookup_casstype(name)
        byts = bytearray(kind.to_binary(make(), 4) if generator.random() < 0.7 else generator.randbytes(20))
        for _ in range(generator.randrange(4)):
            if byts:
                byts[generator.randrange(len(byts))] = generator.choice([0, 1, 0x7F, 0x80, 0xFF])
        del byts[generator.choice([len(byts), generator.randrange(len(byts) + 1)]) :]
        try:
            kind.from_binary(bytes(byts), 4)
            seen.add("read")
        except (ValueError, struct.error, decimal.DecimalException):
            seen.add("refused")
    assert seen == {"read", "refused"}


def test_no_cells_crash_a_page(generator):
    seen = set()
    for _ in range(CASES):
        columns = [(f"c{index}", typed_value(generator)[0]) for index in range(generator.randrange(1, 4))]
        decoder = RowDecoder(columns)
        cells = b"".join(
            struct.pack(">i", generator.choice([-3, -2, -1, 0, 1, 4, 8, 16]))
            + generator.randbytes(generator.choice([0, 4, 8]))
            for _ in range(generator.randrange(8))
        )
        factory = generator.choice([tuple_factory, named_tuple_factory, dict_factory])
        try:
            decoder.decode(cells, generator.choice([0, 1, 2, 2**31 - 1]), factory)
            seen.add("read")
        except DriverException:
            seen.add("refused")
    assert seen == {"read", "refused"}


HOSTILE = [None, True, 0, -1, 2**70, 1.5, float("nan"), "", "x", "\ud800", b"", b"x", [], [None], [[]], (), {}, {1: 2}]
HOSTILE += [set(), {1}, object(), object, print, datetime.datetime.max, datetime.date.min, datetime.time.max]
HOSTILE += [
    datetime.timedelta(1),
    uuid.UUID(int=0),
    decimal.Decimal("sNaN"),
    range(3),
    iter([1]),
    Date(0),
    Time(0),
    NotImplemented,
]


def test_no_objects_crash_it(generator):
    """P6 of docs/promises.md."""
    seen = set()
    for _ in range(CASES * 3):
        name, _make = typed_value(generator)
        value = generator.choice(HOSTILE)
        if generator.random() < 0.4:
            value = generator.choice([[value], (value, value), {5: value}, {"x": value}])
        binder = Binder([ColumnMetadata("ks", "tb", "c", lookup_casstype(name))], None, 4)
        try:
            binder.bind((value,))
            seen.add("written")
        except (TypeError, ValueError, OverflowError):
            seen.add("refused")
    assert seen == {"written", "refused"}


def test_nothing_is_kept():
    columns = [(f"c{index}", name) for index, name in enumerate(SCALARS)]
    columns += [("l", "ListType(UUIDType)"), ("m", "MapType(UTF8Type, Int32Type)"), ("s", "SetType(Int32Type)")]
    generator = random.Random(1)
    row = [SCALARS[name](generator) for _, name in columns[: len(SCALARS)]]
    row += [[uuid.UUID(int=1)], {"a": 1}, {1, 2}]
    row[list(SCALARS).index("TimeUUIDType")] = uuid.uuid1()
    binder = Binder([ColumnMetadata("ks", "tb", name, lookup_casstype(kind)) for name, kind in columns], None, 4)
    decoder = RowDecoder(columns)
    wire = binder.bind(row).wire
    broken = wire[:-1] + b"\xff" * 3

    def round_trip():
        for factory in (tuple_factory, named_tuple_factory, dict_factory):
            decoder.decode(wire, 1, factory)
            with pytest.raises(DriverException):
                decoder.decode(broken[:-4], 1, factory)
        binder.bind(row).values()
        with pytest.raises(TypeError):
            binder.bind([*row[:-1], 5])

    def blocks():
        gc.collect()
        return sys.getallocatedblocks()

    for _ in range(50):
        round_trip()
    before = blocks()
    for _ in range(500):
        round_trip()
    assert blocks() - before < 200
