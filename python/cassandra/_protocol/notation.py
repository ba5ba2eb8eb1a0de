"""The words of the specification's section 3, read from and written to files of bytes.

For programs that read RESULT themselves; the engine does not pass here. Whoever reads past the end gets an `EOFError`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from typing import IO, Any

from cassandra._query.unset import UNSET_VALUE


def exactly(f: IO[bytes], length: int) -> bytes:
    """So many bytes."""
    found = f.read(length)
    if len(found) != length:
        raise EOFError(f"{length} bytes were to be read, and {len(found)} were left")
    return found


def read_byte(f: IO[bytes]) -> int:
    """A byte with a sign."""
    return int.from_bytes(exactly(f, 1), "big", signed=True)


def write_byte(f: IO[bytes], b: int) -> None:
    """A byte with a sign."""
    f.write(b.to_bytes(1, "big", signed=True))


def read_int(f: IO[bytes]) -> int:
    """An [int]."""
    return int.from_bytes(exactly(f, 4), "big", signed=True)


def write_int(f: IO[bytes], i: int) -> None:
    """An [int]."""
    f.write(i.to_bytes(4, "big", signed=True))


def write_uint(f: IO[bytes], i: int) -> None:
    """Four bytes without a sign."""
    f.write(i.to_bytes(4, "big"))


def read_uint_le(f: IO[bytes], size: int = 4) -> int:
    """A number without a sign, its least byte first."""
    return int.from_bytes(exactly(f, size), "little")


def write_uint_le(f: IO[bytes], i: int, size: int = 4) -> None:
    """A number without a sign, its least byte first."""
    f.write(i.to_bytes(size, "little"))


def write_long(f: IO[bytes], i: int) -> None:
    """A [long]."""
    f.write(i.to_bytes(8, "big", signed=True))


def read_short(f: IO[bytes]) -> int:
    """A [short]: two bytes without a sign."""
    return int.from_bytes(exactly(f, 2), "big")


def write_short(f: IO[bytes], s: int) -> None:
    """A [short]."""
    f.write(s.to_bytes(2, "big"))


def read_consistency_level(f: IO[bytes]) -> int:
    """A [consistency]."""
    return read_short(f)


def write_consistency_level(f: IO[bytes], cl: int) -> None:
    """A [consistency]."""
    write_short(f, cl)


def read_binary_string(f: IO[bytes]) -> bytes:
    """[short bytes]."""
    return exactly(f, read_short(f))


def read_string(f: IO[bytes]) -> str:
    """A [string]."""
    return read_binary_string(f).decode("utf8")


def write_string(f: IO[bytes], s: str | bytes) -> None:
    """A [string]."""
    content = s.encode("utf8") if isinstance(s, str) else s
    write_short(f, len(content))
    f.write(content)


def read_binary_longstring(f: IO[bytes]) -> bytes:
    """Bytes after an [int] that is their length."""
    return exactly(f, max(read_int(f), 0))


def read_longstring(f: IO[bytes]) -> str:
    """A [long string]."""
    return read_binary_longstring(f).decode("utf8")


def write_longstring(f: IO[bytes], s: str | bytes) -> None:
    """A [long string]."""
    content = s.encode("utf8") if isinstance(s, str) else s
    write_int(f, len(content))
    f.write(content)


def read_stringlist(f: IO[bytes]) -> list[str]:
    """A [string list]."""
    return [read_string(f) for _ in range(read_short(f))]


def write_stringlist(f: IO[bytes], stringlist: Iterable[str]) -> None:
    """A [string list]."""
    strings = list(stringlist)
    write_short(f, len(strings))
    for string in strings:
        write_string(f, string)


def read_stringmap(f: IO[bytes]) -> dict[str, str]:
    """A [string map]."""
    return {read_string(f): read_string(f) for _ in range(read_short(f))}


def write_stringmap(f: IO[bytes], strmap: Mapping[str, str]) -> None:
    """A [string map]."""
    write_short(f, len(strmap))
    for key, value in strmap.items():
        write_string(f, key)
        write_string(f, value)


def read_stringmultimap(f: IO[bytes]) -> dict[str, list[str]]:
    """A [string multimap]."""
    return {read_string(f): read_stringlist(f) for _ in range(read_short(f))}


def write_stringmultimap(f: IO[bytes], strmmap: Mapping[str, Iterable[str]]) -> None:
    """A [string multimap]."""
    write_short(f, len(strmmap))
    for key, strings in strmmap.items():
        write_string(f, key)
        write_stringlist(f, strings)


def read_bytesmap(f: IO[bytes]) -> dict[str, bytes | None]:
    """A [bytes map]."""
    return {read_string(f): read_value(f) for _ in range(read_short(f))}


def write_bytesmap(f: IO[bytes], bytesmap: Mapping[str, bytes | None]) -> None:
    """A [bytes map]."""
    write_short(f, len(bytesmap))
    for key, value in bytesmap.items():
        write_string(f, key)
        write_value(f, value)


def read_value(f: IO[bytes]) -> bytes | None:
    """[bytes]; None for null."""
    length = read_int(f)
    return None if length < 0 else exactly(f, length)


def write_value(f: IO[bytes], v: Any) -> None:
    """A [value]: bytes, None for null, or what stands for a value that is not set."""
    if v is None:
        write_int(f, -1)
    elif v is UNSET_VALUE:
        write_int(f, -2)
    else:
        write_int(f, len(v))
        f.write(v)


def read_inet_addr_only(f: IO[bytes]) -> str:
    """An [inetaddr]."""
    size = read_byte(f)
    if size not in (4, 16):
        raise ValueError(f"an address has 4 or 16 bytes, not {size}")
    return socket.inet_ntop(socket.AF_INET if size == 4 else socket.AF_INET6, exactly(f, size))


def read_inet(f: IO[bytes]) -> tuple[str, int]:
    """An [inet]: address and port."""
    return read_inet_addr_only(f), read_int(f)


def write_inet(f: IO[bytes], addrtuple: tuple[str, int]) -> None:
    """An [inet]."""
    address, port = addrtuple
    content = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    write_byte(f, len(content))
    f.write(content)
    write_int(f, port)


def read_error_code_map(f: IO[bytes]) -> dict[str, int]:
    """A [reasonmap] (v5): the code of each replica's failure."""
    return {read_inet_addr_only(f): read_short(f) for _ in range(read_int(f))}


def read_uuid_bytes(f: IO[bytes]) -> bytes:
    """The sixteen bytes of a [uuid]."""
    return exactly(f, 16)
