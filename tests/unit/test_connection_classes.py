"""Connection classes are names to choose by; the engine makes the connections."""

import importlib

import pytest
from cassandra import type_codes
from cassandra.cluster import DefaultConnection
from cassandra.connection import Connection, DefaultEndPoint

CLASSES = {
    "asyncore": ("AsyncoreConnection", "thread"),
    "asyncio": ("AsyncioConnection", "thread"),
    "libev": ("LibevConnection", "thread"),
    "twisted": ("TwistedConnection", "thread"),
    "gevent": ("GeventConnection", "gevent"),
    "eventlet": ("EventletConnection", "eventlet"),
}


@pytest.mark.parametrize("loop", CLASSES)
def test_each_name_is_there_and_says_who_waits(loop: str) -> None:
    name, waits_by = CLASSES[loop]
    module = importlib.import_module(f"cassandra.io.{loop}reactor")
    kind = getattr(module, name)
    assert issubclass(kind, Connection)
    assert kind.waits_by == waits_by
    assert kind.__module__ == module.__name__
    kind.initialize_reactor()
    kind.handle_fork()


def test_an_object_of_a_connection_shows_its_end_and_nothing_under_way() -> None:
    class Watched(DefaultConnection):
        pass

    seen = Watched(DefaultEndPoint("127.0.0.1", 9043))
    assert (seen.host, seen.port, seen.in_flight, seen.orphaned_requests) == ("127.0.0.1", 9043, 0, 0)
    assert seen.is_closed and seen.is_defunct
    assert Watched("127.0.0.2").port == 9042
    with pytest.raises(TypeError):
        Watched()


def test_type_codes_are_those_of_the_specification() -> None:
    assert (type_codes.CUSTOM_TYPE, type_codes.DurationType, type_codes.TupleType) == (0, 0x15, 0x31)
    codes = [value for name, value in vars(type_codes).items() if name.endswith("Type")]
    assert len(codes) == len(set(codes)) == 26
