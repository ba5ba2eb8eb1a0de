"""Tokens: where a partition is on the ring, by each of the server's partitioners."""

from __future__ import annotations

from binascii import unhexlify
from functools import total_ordering
from hashlib import md5
from typing import Any, Final

from cassandra._exported import exported_by
from cassandra.murmur3 import murmur3

MIN_LONG: Final = -(2**63)
MAX_LONG: Final = 2**63 - 1


@exported_by("cassandra.metadata")
class NoMurmur3(Exception):
    """Never raised: the hash is always there."""


@total_ordering
@exported_by("cassandra.metadata")
class Token:
    """A place on the ring."""

    def __init__(self, token: Any) -> None:
        self.value = token

    @classmethod
    def hash_fn(cls, key: bytes) -> Any:
        """The value of the token of a partition key in wire form."""
        return key

    @classmethod
    def from_key(cls, key: bytes) -> Token:
        """The token of a partition key in wire form."""
        return cls(cls.hash_fn(key))

    @classmethod
    def from_string(cls, token_string: str) -> Token:
        """The token that a server writes like this in `system.peers`."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and bool(self.value == other.value)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        return bool(self.value < other.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {self.value!r}>" if self._is_bytes() else f"<{type(self).__name__}: {self.value}>"
        )

    def _is_bytes(self) -> bool:
        return isinstance(self.value, bytes)

    __str__ = __repr__


@exported_by("cassandra.metadata")
class HashToken(Token):
    """A token that is a number."""

    @classmethod
    def from_string(cls, token_string: str) -> Token:
        return cls(int(token_string))


@exported_by("cassandra.metadata")
class Murmur3Token(HashToken):
    """A token of `Murmur3Partitioner`."""

    def __init__(self, token: int | str) -> None:
        super().__init__(int(token))

    @classmethod
    def hash_fn(cls, key: bytes) -> int:
        # The least number is no token: the server keeps it for the start of the ring.
        hashed = murmur3(key)
        return MAX_LONG if hashed == MIN_LONG else hashed


@exported_by("cassandra.metadata")
class MD5Token(HashToken):
    """A token of `RandomPartitioner`."""

    @classmethod
    def hash_fn(cls, key: bytes | str) -> int:
        # A key is bytes; text is what programs try it with.
        plain = key.encode() if isinstance(key, str) else key
        return abs(int.from_bytes(md5(plain, usedforsecurity=False).digest(), "big", signed=True))


@exported_by("cassandra.metadata")
class BytesToken(Token):
    """A token of `ByteOrderedPartitioner`: the key itself."""

    @classmethod
    def from_string(cls, token_string: str) -> Token:
        return cls(unhexlify(token_string))
