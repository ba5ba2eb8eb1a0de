"""`AES256ColumnEncryptionPolicy`: AES-256 in CBC mode, by the package `cryptography`, which has to be installed.

An encrypted value is the initialization vector and then the ciphertext, padded as PKCS #7 says: what cassandra-driver
writes from its 3.28 on.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._exported import exported_by
from cassandra._policies.column_encryption import ColDesc, ColumnEncryptionPolicy
from cassandra.cqltypes import _cqltypes

AES256_BLOCK_SIZE: Final = 128
AES256_BLOCK_SIZE_BYTES: Final = AES256_BLOCK_SIZE // 8
AES256_KEY_SIZE: Final = 256
AES256_KEY_SIZE_BYTES: Final = AES256_KEY_SIZE // 8


@exported_by("cassandra.column_encryption.policies")
class ColData(NamedTuple):
    """The key of a column, and the class of what is encrypted."""

    key: bytes
    type: Any

    def __repr__(self) -> str:
        return f"ColData(key=…, type={self.type!r})"


@exported_by("cassandra.column_encryption.policies")
class AES256ColumnEncryptionPolicy(ColumnEncryptionPolicy):
    """Encrypts columns with a key each. `iv` is 16 bytes, at random for each policy where it is not given.

    Under one initialization vector the same value has the same encrypted form: that shows who has equal values, and is
    what lets a server compare them.
    """

    mode = modes.CBC

    def __init__(self, iv: bytes | None = None) -> None:
        if iv is not None and len(iv) != AES256_BLOCK_SIZE_BYTES:
            raise ValueError(
                "This policy uses AES-256 with CBC mode and therefore expects a 128-bit initialization vector"
            )
        self.iv = os.urandom(AES256_BLOCK_SIZE_BYTES) if iv is None else iv
        self._columns: dict[ColDesc, ColData] = {}

    def add_column(self, coldesc: ColDesc, key: bytes, type: str) -> None:  # type: ignore[override]
        """Have a column encrypted with a key of 32 bytes; `type` is the CQL type of what is encrypted."""
        if coldesc is None:
            raise ValueError("ColDesc supplied to add_column cannot be None")
        if key is None:
            raise ValueError("Key supplied to add_column cannot be None")
        if type is None:
            raise ValueError("Type supplied to add_column cannot be None")
        if type not in _cqltypes:
            raise ValueError(f"Type {type} is not a supported type")
        if len(key) != AES256_KEY_SIZE_BYTES:
            raise ValueError(
                f"AES256 column encryption policy expects a 256-bit encryption key, not one of {len(key)} bytes"
            )
        self._columns[coldesc] = ColData(bytes(key), _cqltypes[type])

    def contains_column(self, coldesc: ColDesc) -> bool:
        return coldesc in self._columns

    def column_type(self, coldesc: ColDesc) -> Any:
        return self._of(coldesc).type

    def encode_and_encrypt(self, coldesc: ColDesc, obj: Any) -> bytes:
        if coldesc is None:
            raise ValueError("ColDesc supplied to encode_and_encrypt cannot be None")
        if obj is None:
            raise ValueError("Object supplied to encode_and_encrypt cannot be None")
        return self.encrypt(coldesc, self._of(coldesc).type.serialize(obj, ProtocolVersion.MAX_SUPPORTED))

    def encrypt(self, coldesc: ColDesc, obj_bytes: bytes) -> bytes:
        padder = padding.PKCS7(AES256_BLOCK_SIZE).padder()
        padded = padder.update(obj_bytes) + padder.finalize()
        encryptor = self._build_cipher(self._of(coldesc).key, self.iv).encryptor()
        encrypted: bytes = self.iv + encryptor.update(padded) + encryptor.finalize()
        return encrypted

    def decrypt(self, coldesc: ColDesc, encrypted_bytes: bytes) -> bytes:
        iv, content = encrypted_bytes[:AES256_BLOCK_SIZE_BYTES], encrypted_bytes[AES256_BLOCK_SIZE_BYTES:]
        decryptor = self._build_cipher(self._of(coldesc).key, iv).decryptor()
        padded = decryptor.update(content) + decryptor.finalize()
        unpadder = padding.PKCS7(AES256_BLOCK_SIZE).unpadder()
        found: bytes = unpadder.update(padded) + unpadder.finalize()
        return found

    def _of(self, coldesc: ColDesc) -> ColData:
        try:
            return self._columns[coldesc]
        except KeyError:
            raise ValueError(f"Could not find column {coldesc}") from None

    @classmethod
    def cache_info(cls) -> Any:
        """How the cache of ciphers does."""
        return cls._build_cipher.cache_info()

    @staticmethod
    @lru_cache(maxsize=128)
    def _build_cipher(key: bytes, iv: bytes) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES256(key), modes.CBC(iv))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._columns)} columns>"
