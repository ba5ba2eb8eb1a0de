"""`ColumnEncryptionPolicy`: encryption of single columns by the client. The interface only; ciphers are elsewhere."""

from __future__ import annotations

from typing import Any, NamedTuple

from cassandra._exported import exported_by


@exported_by("cassandra.policies")
class ColDesc(NamedTuple):
    """Names a column."""

    ks: str
    table: str
    col: str


@exported_by("cassandra.policies")
class ColumnEncryptionPolicy:
    """Says which columns are encrypted, and encrypts and decrypts their values. Subclass it."""

    def encrypt(self, coldesc: ColDesc, obj_bytes: bytes) -> bytes:
        """The encrypted form of a value in wire form."""
        raise NotImplementedError

    def decrypt(self, coldesc: ColDesc, encrypted_bytes: bytes) -> bytes:
        """The wire form of an encrypted value."""
        raise NotImplementedError

    def add_column(self, coldesc: ColDesc, key: bytes) -> None:
        """Have a column encrypted with a key."""
        raise NotImplementedError

    def contains_column(self, coldesc: ColDesc) -> bool:
        """Whether a column is encrypted."""
        raise NotImplementedError

    def encode_and_encrypt(self, coldesc: ColDesc, obj: Any) -> bytes:
        """A Python value in encrypted wire form."""
        raise NotImplementedError

    def column_type(self, coldesc: ColDesc) -> Any:
        """The class of `cassandra.cqltypes` of what is encrypted; on the server the column is a blob."""
        raise NotImplementedError
