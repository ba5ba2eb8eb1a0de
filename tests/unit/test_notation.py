"""`cassandra.protocol`'s readers and writers, by bytes that the specification's section 3 gives."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from cassandra import protocol

PAIRS: list[tuple[str, Any, str]] = [
    ("int", -2, "fffffffe"),
    ("short", 0xFFFE, "fffe"),
    ("byte", -3, "fd"),
    ("consistency_level", 6, "0006"),
    ("string", "é", "0002c3a9"),
    ("longstring", "ab", "000000026162"),
    ("stringlist", ["a", "b"], "0002000161000162"),
    ("stringmap", {"a": "b"}, "0001000161000162"),
    ("stringmultimap", {"a": ["b", "c"]}, "00010001610002000162000163"),
    ("bytesmap", {"a": b"x", "b": None}, "00020001610000000178000162ffffffff"),
    ("value", b"xy", "000000027879"),
    ("value", None, "ffffffff"),
    ("inet", ("127.0.0.1", 9042), "047f00000100002352"),
    ("inet", ("::1", 1), "1000000000000000000000000000000001" + "00000001"),
    ("uint_le", 258, "02010000"),
]


def pair(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return getattr(protocol, f"read_{name}"), getattr(protocol, f"write_{name}")


@pytest.mark.parametrize(("name", "value", "content"), PAIRS)
def test_both_ways(name: str, value: Any, content: str) -> None:
    read, write = pair(name)
    out = BytesIO()
    write(out, value)
    assert out.getvalue().hex() == content
    source = BytesIO(out.getvalue() + b"more")
    assert read(source) == value
    assert source.read() == b"more"


@pytest.mark.parametrize(("name", "content"), [(name, content) for name, _, content in PAIRS])
def test_every_truncation_is_an_error(name: str, content: str) -> None:
    read, _ = pair(name)
    whole = bytes.fromhex(content)
    for length in range(len(whole)):
        with pytest.raises((EOFError, ValueError)):
            read(BytesIO(whole[:length]))


def test_what_has_no_place() -> None:
    with pytest.raises(ValueError, match="4 or 16 bytes, not 5"):
        protocol.read_inet(BytesIO(b"\x05aaaaabbbb"))
    with pytest.raises(OverflowError):
        protocol.write_short(BytesIO(), 65_536)
    out = BytesIO()
    protocol.write_value(out, protocol._UNSET_VALUE)
    assert out.getvalue().hex() == "fffffffe"
