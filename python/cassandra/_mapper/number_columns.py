"""Columns of numbers."""

from __future__ import annotations

from decimal import Decimal as _Decimal
from decimal import InvalidOperation
from typing import Any

from cassandra._exported import exported_by
from cassandra._mapper.column import Column
from cassandra._mapper.value_managers import CounterValueManager
from cassandra.cqlengine import ValidationError

exported = exported_by("cassandra.cqlengine.columns")


class WholeNumber(Column):
    """A whole number; what `int` takes is read."""

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise ValidationError(f"{self.column_name} can't be converted to integral value") from None

    def to_python(self, value: Any) -> Any:
        return self.validate(value)

    def to_database(self, value: Any) -> Any:
        return self.validate(value)


@exported
class Integer(WholeNumber):
    """A whole number of 32 bits."""

    db_type = "int"


@exported
class TinyInt(Integer):
    """A whole number of 8 bits."""

    db_type = "tinyint"


@exported
class SmallInt(Integer):
    """A whole number of 16 bits."""

    db_type = "smallint"


@exported
class BigInt(Integer):
    """A whole number of 64 bits."""

    db_type = "bigint"


@exported
class VarInt(WholeNumber):
    """A whole number of any size."""

    db_type = "varint"


@exported
class Counter(Integer):
    """A counter. It begins at zero, and an update adds the difference."""

    db_type = "counter"
    value_manager = CounterValueManager

    def __init__(self, index: bool = False, db_field: str | None = None, required: bool = False) -> None:
        super().__init__(primary_key=False, partition_key=False, index=index, db_field=db_field, required=required)


@exported
class BaseFloat(Column):
    """A floating-point number."""

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValidationError(f"{self.column_name} is not a valid float") from None

    def to_python(self, value: Any) -> Any:
        return self.validate(value)

    def to_database(self, value: Any) -> Any:
        return self.validate(value)


@exported
class Float(BaseFloat):
    """A floating-point number of 32 bits."""

    db_type = "float"


@exported
class Double(BaseFloat):
    """A floating-point number of 64 bits."""

    db_type = "double"


@exported
class Decimal(Column):
    """A decimal number of any size. A float is taken as it prints."""

    db_type = "decimal"

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        try:
            return _Decimal(repr(value)) if isinstance(value, float) else _Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            raise ValidationError(f"{self.column_name} can't be coerced to decimal") from None

    def to_python(self, value: Any) -> Any:
        return self.validate(value)

    def to_database(self, value: Any) -> Any:
        return self.validate(value)
