"""What an instance of a model holds of one column: its value, and what is stored of it as far as is known."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from cassandra._exported import exported_by


@exported_by("cassandra.cqlengine.columns")
class BaseValueManager:
    """The value of one column of one instance."""

    def __init__(self, instance: Any, column: Any, value: Any) -> None:
        self.instance = instance
        self.column = column
        self.value = value
        self.previous_value: Any = None
        self.explicit = False

    @property
    def deleted(self) -> bool:
        """Whether there was a value, or somebody has said so, and now there is none."""
        was_there = self.explicit or not self.column._val_is_null(self.previous_value)
        return was_there and bool(self.column._val_is_null(self.value))

    @property
    def changed(self) -> bool:
        """Whether it is another than what is stored. A default that nobody has touched is no change."""
        if self.explicit:
            return bool(self.value != self.previous_value)
        if not self.column._is_mutable:
            return False
        stored = self.previous_value
        if stored is None:
            stored = self.column.get_default()
        if self.column._val_is_null(stored) and self.column._val_is_null(self.value):
            return False
        return bool(self.value != stored)

    def reset_previous_value(self) -> None:
        """Take the value for stored."""
        self.previous_value = deepcopy(self.value)
        self.explicit = False

    def getval(self) -> Any:
        """The value."""
        return self.value

    def setval(self, val: Any) -> None:
        """Set it."""
        self.value = val
        self.explicit = True

    def delval(self) -> None:
        """Have none."""
        self.value = None

    def get_property(self) -> property:
        """A property of the value; it can be deleted if the column's can."""

        def read(slf: Any) -> Any:
            return self.getval()

        def write(slf: Any, val: Any) -> None:
            self.setval(val)

        def delete(slf: Any) -> None:
            self.delval()

        return property(read, write, delete) if self.column.can_delete else property(read, write)


@exported_by("cassandra.cqlengine.columns")
class CounterValueManager(BaseValueManager):
    """A counter begins at zero."""

    def __init__(self, instance: Any, column: Any, value: Any) -> None:
        super().__init__(instance, column, value)
        self.value = self.value or 0
        self.previous_value = 0


@exported_by("cassandra.cqlengine.columns")
class UDTValueManager(BaseValueManager):
    """The value of a user-defined type has fields, which may change in place."""

    @property
    def changed(self) -> bool:
        """Whether it is another than what is stored, or some field of it is."""
        if self.explicit:
            return bool(self.value != self.previous_value)
        if self.value is None:
            return self.previous_value is not None
        if self.previous_value is None:
            default = self.column.get_default()
            if default is not None:
                return bool(self.value != default)
        return bool(self.value.has_changed_fields())

    def reset_previous_value(self) -> None:
        if self.value is not None:
            self.value.reset_changed_fields()
        super().reset_previous_value()
