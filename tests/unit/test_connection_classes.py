"""Connection classes are names to choose by; the engine makes the connections."""

import importlib

import pytest
from cassandra import type_codes
from cassandra.connection import Connection

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
    with pytest.raises(TypeError, match="connection_class"):
        kind()


def test_type_codes_are_those_of_the_specification() -> None:
    assert (type_codes.CUSTOM_TYPE, type_codes.DurationType, type_codes.TupleType) == (0, 0x15, 0x31)
    codes = [value for name, value in vars(type_codes).items() if name.endswith("Type")]
    assert len(codes) == len(set(codes)) == 26
