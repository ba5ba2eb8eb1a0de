"""`FieldMapping`: what instances of models and of user-defined types share, a mapping of names to values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any


class FieldMapping:
    """Named values, each of which a value manager holds."""

    _values: dict[str, Any]

    def _fields_of(self) -> Mapping[str, Any]:
        """The columns by name."""
        raise NotImplementedError

    def _begin(self, values: Mapping[str, Any]) -> None:
        """Take the values, and the defaults of those that were not given."""
        self._values = {}
        for name, column in self._fields_of().items():
            given = name in values
            value = values[name] if given else column.get_default()
            if value is not None or column._is_mutable:
                value = column.to_python(value)
            manager = column.value_manager(self, column, value)
            manager.explicit = given
            self._values[name] = manager

    def _copied(self) -> Any:
        """The same values in an object of its own."""
        made = copy(self)
        made._values = {}
        for name, manager in self._values.items():
            made._values[name] = copy(manager)
            made._values[name].instance = made
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields_of())

    def __len__(self) -> int:
        return len(self._fields_of())

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            raise TypeError(f"names are text, not {type(key).__name__}")
        if key not in self._fields_of():
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: Any, val: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"names are text, not {type(key).__name__}")
        if key not in self._fields_of():
            raise KeyError(key)
        setattr(self, key, val)

    def keys(self) -> list[str]:
        """The names."""
        return list(self._fields_of())

    def values(self) -> list[Any]:
        """The values, in the order of the names."""
        return [getattr(self, name) for name in self._fields_of()]

    def items(self) -> list[tuple[str, Any]]:
        """The names and values."""
        return [(name, getattr(self, name)) for name in self._fields_of()]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return False
        names = self.keys()
        if set(names) != set(other.keys()):
            return False
        return all(getattr(self, name, None) == getattr(other, name, None) for name in names)

    def __ne__(self, other: object) -> bool:
        return not self == other
