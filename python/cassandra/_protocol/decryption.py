"""Rows of which some columns are encrypted: the policy decrypts them, and says what they are.

On the server an encrypted column is a blob. Whose values it holds, only the policy of the cluster knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cassandra._errors.driver import DriverException
from cassandra._policies.column_encryption import ColDesc


class Decryption:
    """How the rows of one result are read: which places in a row hold something encrypted."""

    def __init__(self, policy: Any, columns: Iterable[Sequence[Any]]) -> None:
        named = {place: ColDesc(*column[:3]) for place, column in enumerate(columns)}
        self._policy = policy
        self._names = {place: name for place, name in named.items() if policy.contains_column(name)}
        self._types = {place: policy.column_type(name) for place, name in self._names.items()}

    def __bool__(self) -> bool:
        return bool(self._names)

    def types(self, stored: Sequence[Any]) -> list[Any]:
        """The classes of the columns, those of what is encrypted in the place of blobs."""
        return [self._types.get(place, kind) for place, kind in enumerate(stored)]

    def rows(self, rows: Iterable[Sequence[Any]], protocol_version: int) -> list[tuple[Any, ...]]:
        """The rows with what was encrypted decrypted; null stays null."""
        return [tuple(self._row(row, protocol_version)) for row in rows]

    def _row(self, row: Sequence[Any], version: int) -> list[Any]:
        values = list(row)
        for place, name in self._names.items():
            if values[place] is not None:
                values[place] = self._value(name, self._types[place], values[place], version)
        return values

    def _value(self, name: ColDesc, kind: Any, cell: Any, version: int) -> Any:
        try:
            return kind.from_binary(self._policy.decrypt(name, cell), version)
        except Exception as error:
            # Another key, or bytes that were never encrypted.
            raise DriverException(
                f'Failed decrypting result column "{name.col}" of table {name.ks}.{name.table}: '
                f"{type(error).__name__}: {error}"
            ) from error
