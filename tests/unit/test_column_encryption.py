"""AES-256 for single columns: what cassandra-driver wrote is read, and what it cannot do is an error."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from cassandra import DriverException
from cassandra._protocol.decryption import Decryption
from cassandra.column_encryption.policies import AES256_KEY_SIZE_BYTES, AES256ColumnEncryptionPolicy
from cassandra.cqltypes import BytesType, Int32Type
from cassandra.policies import ColDesc

COLUMN = ColDesc("ks", "t", "c")
OTHER = ColDesc("ks", "t", "other")
KEY = bytes(range(32))
IV = bytes(range(100, 116))
# Written by cassandra-driver 3.30.1 with this key and vector.
THOUSAND = bytes.fromhex("6465666768696a6b6c6d6e6f70717273eb73dd79ac510fa4b4e39522544e9536")


@pytest.fixture
def policy() -> AES256ColumnEncryptionPolicy:
    made = AES256ColumnEncryptionPolicy(iv=IV)
    made.add_column(COLUMN, KEY, "int")
    return made


def test_the_form_of_cassandra_driver(policy: AES256ColumnEncryptionPolicy) -> None:
    assert policy.encode_and_encrypt(COLUMN, 1000) == THOUSAND
    other = AES256ColumnEncryptionPolicy()
    other.add_column(COLUMN, KEY, "int")
    assert Int32Type.from_binary(other.decrypt(COLUMN, THOUSAND), 5) == 1000
    assert (policy.column_type(COLUMN).typename, policy.contains_column(OTHER)) == ("int", False)


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 1000])
def test_lengths(policy: AES256ColumnEncryptionPolicy, length: int) -> None:
    value = bytes(length)
    assert policy.decrypt(COLUMN, policy.encrypt(COLUMN, value)) == value


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((None, KEY, "int"), "ColDesc"),
        ((COLUMN, None, "int"), "Key"),
        ((COLUMN, KEY, None), "Type"),
        ((COLUMN, KEY, "nonsense"), "nonsense"),
        ((COLUMN, KEY[:-1], "int"), "not one of 31 bytes"),
    ],
)
def test_columns_that_cannot_be(arguments: tuple[Any, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        AES256ColumnEncryptionPolicy().add_column(*arguments)


def test_what_cannot_be_encrypted_or_read(policy: AES256ColumnEncryptionPolicy) -> None:
    for call in (
        lambda: policy.encrypt(OTHER, b""),
        lambda: policy.decrypt(OTHER, THOUSAND),
        lambda: policy.column_type(OTHER),
        lambda: policy.encode_and_encrypt(COLUMN, None),
        lambda: policy.encode_and_encrypt(None, 5),  # type: ignore[arg-type]
        lambda: policy.decrypt(COLUMN, b"short"),
        lambda: policy.decrypt(COLUMN, THOUSAND[:-1]),
        lambda: AES256ColumnEncryptionPolicy(iv=b"short"),
    ):
        with pytest.raises(ValueError, match=r".+"):
            call()


def test_keys_are_not_shown(policy: AES256ColumnEncryptionPolicy) -> None:
    assert len(KEY) == AES256_KEY_SIZE_BYTES
    shown = f"{policy!r} {policy._columns!r} {vars(policy)!r}"
    assert str(KEY) not in shown
    assert KEY.hex() not in shown


class Hidden(NamedTuple):
    """A policy that a test can read: it turns bytes round."""

    columns: frozenset[ColDesc]

    def contains_column(self, coldesc: ColDesc) -> bool:
        return coldesc in self.columns

    def column_type(self, coldesc: ColDesc) -> Any:
        return Int32Type

    def decrypt(self, coldesc: ColDesc, encrypted: bytes) -> bytes:
        return encrypted[::-1]


def test_rows_are_decrypted_where_the_policy_says_so() -> None:
    columns = [("ks", "t", "id", "Int32Type"), ("ks", "t", "c", "BytesType"), ("ks", "t", "other", "BytesType")]
    reading = Decryption(Hidden(frozenset({COLUMN})), columns)
    assert reading
    assert reading.types([Int32Type, BytesType, BytesType]) == [Int32Type, Int32Type, BytesType]
    assert reading.rows([(1, b"\x05\0\0\0", b"ab"), (2, None, None)], 5) == [(1, 5, b"ab"), (2, None, None)]
    assert not Decryption(Hidden(frozenset({OTHER})), columns[:2])
    with pytest.raises(DriverException, match=r'"c" of table ks\.t'):
        reading.rows([(1, 5, None)], 5)
