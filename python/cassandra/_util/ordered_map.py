"""`OrderedMap`: a CQL map as a Python value, in the server's order, whose keys need not be hashable."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, Set, ValuesView
from typing import Any

from cassandra._exported import exported_by
from cassandra._util.sorted_set import SortedSet


class ByEquality:
    """Stands in a dict for a key that cannot be hashed, and is found by `==`."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __hash__(self) -> int:
        return hash(type(self.key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByEquality) and bool(self.key == other.key)


def hashable(key: Any) -> Any:
    """The key, or something hashable that is equal where the keys are: a list counts as a tuple, sets as one kind."""
    try:
        hash(key)
    except TypeError:
        if isinstance(key, (list, tuple)):
            return tuple(hashable(item) for item in key)
        if isinstance(key, (SortedSet, Set)):
            return frozenset(hashable(item) for item in key)
        if isinstance(key, Mapping):
            return OrderedMap, frozenset((hashable(name), hashable(value)) for name, value in key.items())
        return ByEquality(key)
    return key


@exported_by("cassandra.util")
class OrderedMap(Mapping[Any, Any]):
    """A mapping in the order of insertion. Keys may be lists, sets and mappings.

    Two of them are equal only in the same order; a dict is equal in any order.
    """

    _items: list[tuple[Any, Any]]
    # From hashable(key) to the place in _items. Made when it is first needed: many maps are only read through.
    _index: dict[Any, int] | None

    def __init__(self, *args: Mapping[Any, Any] | Iterable[tuple[Any, Any]], **kwargs: Any) -> None:
        if len(args) > 1:
            raise TypeError(f"expected at most 1 arguments, got {len(args)}")
        self._items = []
        self._index = {}
        for given in args:
            for key, value in given.items() if isinstance(given, Mapping) else given:
                self._insert(key, value)
        for name, value in kwargs.items():
            self._insert(name, value)

    def _places(self) -> dict[Any, int]:
        if self._index is None:
            self._index = {hashable(key): place for place, (key, _) in enumerate(self._items)}
        return self._index

    def _place(self, key: Any) -> int | None:
        return self._places().get(hashable(key))

    def _insert(self, key: Any, value: Any) -> None:
        place = self._place(key)
        if place is None:
            self._places()[hashable(key)] = len(self._items)
            self._items.append((key, value))
        else:
            self._items[place] = (key, value)

    __setitem__ = _insert

    def __getitem__(self, key: Any) -> Any:
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        return self._items[place][1]

    def __delitem__(self, key: Any) -> None:
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        del self._items[place]
        self._index = None

    def __iter__(self) -> Iterator[Any]:
        for key, _ in self._items:
            yield key

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> ItemsView[Any, Any]:
        """The pairs, in order."""
        return Pairs(self)

    def values(self) -> ValuesView[Any]:
        """The values, in the order of their keys."""
        return Values(self)

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OrderedMap):
            return self._items == other._items
        if isinstance(other, Mapping):
            return len(other) == len(self) and all(key in self and self[key] == other[key] for key in other)
        if isinstance(other, (list, tuple)):
            return self._items == list(other)
        return False

    def popitem(self) -> tuple[Any, Any]:
        """Take the last pair out and return it; KeyError when there is none."""
        if not self._items:
            raise KeyError("popitem(): the map is empty")
        pair = self._items.pop()
        self._index = None
        return pair

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"

    def __str__(self) -> str:
        return "{" + ", ".join(f"{key!r}: {value!r}" for key, value in self._items) + "}"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_index": None}


class Pairs(ItemsView[Any, Any]):
    """The pairs of a map, read without an index."""

    _mapping: OrderedMap

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield from self._mapping._items


class Values(ValuesView[Any]):
    """The values of a map, read without an index."""

    _mapping: OrderedMap

    def __iter__(self) -> Iterator[Any]:
        for _, value in self._mapping._items:
            yield value


@exported_by("cassandra.util")
class OrderedMapSerializedKey(OrderedMap):
    """The map that a query returns. It also finds a key by any Python value that means the same in CQL."""

    def __init__(self, cass_type: Any, protocol_version: int) -> None:
        super().__init__()
        self.cass_key_type = cass_type
        self.protocol_version = protocol_version

    @classmethod
    def _from_sorted_pairs(
        cls, pairs: list[tuple[Any, Any]], cass_key_type: Any = None, protocol_version: int = 0
    ) -> OrderedMapSerializedKey:
        """A map of pairs that a server sent, with distinct keys. The list is kept."""
        made = cls.__new__(cls)
        made._items = pairs
        made._index = None
        made.cass_key_type = cass_key_type
        made.protocol_version = protocol_version
        return made

    def _insert_unchecked(self, key: Any, flat_key: bytes, value: Any) -> None:
        self._insert(key, value)

    def _place(self, key: Any) -> int | None:
        place = super()._place(key)
        if place is not None or self.cass_key_type is None or not self._items:
            return place
        # 1577934245678 is a key of map<timestamp, …> too: go by what the type makes of it.
        kind, version = self.cass_key_type, self.protocol_version
        try:
            same = kind.from_binary(kind.to_binary(key, version), version)
        except Exception:
            return None
        return super()._place(same)
