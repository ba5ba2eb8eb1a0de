"""Columns of text, bytes, truth, UUIDs and addresses."""

from __future__ import annotations

from typing import Any
from uuid import UUID as _UUID

from cassandra._exported import exported_by
from cassandra._mapper.column import Column
from cassandra.cqlengine import ValidationError

exported = exported_by("cassandra.cqlengine.columns")


@exported
class Blob(Column):
    """Bytes."""

    db_type = "blob"

    def to_database(self, value: Any) -> Any:
        if not isinstance(value, (bytes, bytearray)):
            raise Exception(f"expecting a binary, got a {type(value)}")
        value = super().to_database(value)
        return bytearray(value)


Bytes = Blob


@exported
class Inet(Column):
    """An address, as text."""

    db_type = "inet"


@exported
class Text(Column):
    """Text. `min_length` and `max_length` are in characters; a required one has at least one character."""

    db_type = "text"

    def __init__(self, min_length: int | None = None, max_length: int | None = None, **kwargs: Any) -> None:
        self.min_length = 1 if min_length is None and kwargs.get("required", False) else min_length
        self.max_length = max_length
        for name, length in (("Minimum", self.min_length), ("Maximum", self.max_length)):
            if length is not None and length < 0:
                raise ValueError(f"{name} length is not allowed to be negative.")
        if self.min_length is not None and max_length is not None and max_length < self.min_length:
            raise ValueError("Maximum length must be greater or equal to minimum length.")
        super().__init__(**kwargs)

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is not None and not isinstance(value, (str, bytearray)):
            raise ValidationError(f"{self.column_name} {type(value)} is not a string")
        length = 0 if value is None else len(value)
        if self.max_length is not None and length > self.max_length:
            raise ValidationError(f"{self.column_name} is longer than {self.max_length} characters")
        too_short = self.min_length is not None and length < self.min_length
        if too_short and not (value is None and not self.required and self.min_length == 0):
            raise ValidationError(f"{self.column_name} is shorter than {self.min_length} characters")
        return value


@exported
class Ascii(Text):
    """Text of ASCII characters only."""

    db_type = "ascii"

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value:
            characters = value if isinstance(value, bytearray) else map(ord, value)
            if any(character > 127 for character in characters):
                raise ValidationError(f"{self.column_name} has characters that are not ASCII")
        return value


@exported
class Boolean(Column):
    """True or false."""

    db_type = "boolean"

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        return value if value is None else bool(value)

    def to_python(self, value: Any) -> Any:
        return self.validate(value)


@exported
class UUID(Column):
    """A UUID; text of one is read."""

    db_type = "uuid"

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None or isinstance(value, _UUID):
            return value
        if isinstance(value, str):
            try:
                return _UUID(value)
            except ValueError:
                pass
        raise ValidationError(f"{self.column_name} is not a valid uuid")

    def to_python(self, value: Any) -> Any:
        return self.validate(value)

    def to_database(self, value: Any) -> Any:
        return self.validate(value)


@exported
class TimeUUID(UUID):
    """A UUID of version 1."""

    db_type = "timeuuid"
