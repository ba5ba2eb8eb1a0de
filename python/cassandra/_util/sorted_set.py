"""`SortedSet`: a CQL set as a Python value, in order, whose members need not be hashable."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import Any, Final
from uuid import UUID

from cassandra._exported import exported_by
from cassandra._util.date import Date
from cassandra._util.time import Time

TOTALLY_ORDERED: Final = frozenset({int, str, bytes, bool, UUID, dt.datetime, dt.date, dt.time, Decimal, Date, Time})
"""Types whose `<` orders any two values, so that a binary search finds a member if there is one. `float` has NaN."""


def order_of(item: Any) -> Any:
    """What an item shares with all others that `<` puts in one order with it; None where there is no such order."""
    kind = type(item)
    if kind in TOTALLY_ORDERED:
        return kind
    if kind in (tuple, list):
        kinds = tuple(map(order_of, item))
        return None if None in kinds else (kind, kinds)
    return None


@exported_by("cassandra.util")
class SortedSet:
    """A set that keeps its members sorted, and that can be indexed. Members need `==`, and `<` to be sorted."""

    __slots__ = ("__weakref__", "_is_mixed", "_items")

    _items: list[Any]
    # Whether the members are of several orders: then a binary search may miss one.
    _is_mixed: bool

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        self._items = []
        self._is_mixed = False
        self.update(iterable)

    @classmethod
    def _from_sorted(cls, items: list[Any]) -> SortedSet:
        """A set of members that a server sent: distinct, and nearly always in Python's order already.

        The list is kept. Its order differs where a server compares otherwise than Python does, as with time UUIDs;
        sorting a sorted list costs little. Members without an order stay as they came.
        """
        made = cls.__new__(cls)
        made._is_mixed = False
        try:
            items.sort()
        except TypeError:
            made._is_mixed = True
        if items and items[-1] != items[-1]:
            # A server has NaN last, and a search by `<` first: there a program has always seen it.
            items.insert(0, items.pop())
        made._items = items
        return made

    def _find(self, item: Any) -> tuple[int, bool]:
        """Where the item is, or where it belongs; and whether it is there."""
        items = self._items
        try:
            index = bisect_left(items, item)
        except TypeError:
            index = len(items)
        if index < len(items) and items[index] == item:
            return index, True
        order = order_of(item)
        if self._is_mixed or order is None or (items and order_of(items[0]) != order):
            for other, member in enumerate(items):
                if member == item:
                    return other, True
        return index, False

    def __contains__(self, item: object) -> bool:
        return self._find(item)[1]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __reversed__(self) -> Iterator[Any]:
        yield from reversed(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __delitem__(self, index: Any) -> None:
        del self._items[index]

    def __repr__(self) -> str:
        return f"SortedSet({self._items!r})"

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SortedSet) and not self._is_mixed:
            return self._items == other._items
        if not isinstance(other, Collection):
            return NotImplemented
        try:
            return len(other) == len(self) and all(item in other for item in self)
        except TypeError:
            # A str is asked for something else than text, or a set for a member that cannot be hashed.
            return False

    def __le__(self, other: Collection[Any]) -> bool:
        return self.issubset(other)

    def __lt__(self, other: Collection[Any]) -> bool:
        return len(other) > len(self) and self.issubset(other)

    def __ge__(self, other: Collection[Any]) -> bool:
        return self.issuperset(other)

    def __gt__(self, other: Collection[Any]) -> bool:
        return len(self) > len(other) and self.issuperset(other)

    def add(self, item: Any) -> None:
        """Put an item in, unless an equal one is there."""
        index, there = self._find(item)
        if not there:
            self._is_mixed |= bool(self._items) and order_of(self._items[0]) != order_of(item)
            self._items.insert(index, item)

    def update(self, *iterables: Iterable[Any]) -> None:
        """Put all items of the iterables in."""
        new = list(chain.from_iterable(iterables))
        kinds = set(map(type, self._items))
        kinds.update(map(type, new))
        if len(kinds) == 1 and kinds <= TOTALLY_ORDERED:
            # All of these can be hashed.
            self._items = sorted({*self._items, *new})
            self._is_mixed = False
            return
        for item in new:
            self.add(item)

    def remove(self, item: Any) -> None:
        """Take an item out; KeyError when it is not there."""
        index, there = self._find(item)
        if not there:
            raise KeyError(str(item))
        del self._items[index]

    def discard(self, item: Any) -> None:
        """Take an item out if it is there."""
        index, there = self._find(item)
        if there:
            del self._items[index]

    def pop(self) -> Any:
        """Take the greatest item out and return it; KeyError when there is none."""
        if not self._items:
            raise KeyError("pop from empty set")
        return self._items.pop()

    def clear(self) -> None:
        """Take all items out."""
        del self._items[:]

    def copy(self) -> SortedSet:
        """Another set with the same items."""
        return self._of(list(self._items))

    def union(self, *others: Iterable[Any]) -> SortedSet:
        """A new set of the items of all."""
        made = self.copy()
        made.update(*others)
        return made

    def intersection(self, *others: Iterable[Any]) -> SortedSet:
        """A new set of the items that all have."""
        wanted = [membership(other) for other in others]
        return self._of([item for item in self._items if all(has(item) for has in wanted)])

    def difference(self, *others: Iterable[Any]) -> SortedSet:
        """A new set of the items that none of the others has."""
        unwanted = [membership(other) for other in others]
        return self._of([item for item in self._items if not any(has(item) for has in unwanted)])

    def symmetric_difference(self, other: Iterable[Any]) -> SortedSet:
        """A new set of the items that exactly one of the two has."""
        theirs = SortedSet(other)
        return self.difference(theirs).union(theirs.difference(self))

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        """Whether the two have no item in common."""
        return not self.intersection(other)

    def issubset(self, other: Iterable[Any]) -> bool:
        """Whether the other has all of these items."""
        return len(self.intersection(other)) == len(self)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Whether all items of the other are here."""
        return all(item in self for item in other)

    def _of(self, items: list[Any]) -> SortedSet:
        made = SortedSet.__new__(SortedSet)
        made._items = items
        made._is_mixed = self._is_mixed
        return made

    def __or__(self, other: Iterable[Any]) -> SortedSet:
        return self.union(other)

    __ror__ = __or__

    def __and__(self, other: Iterable[Any]) -> SortedSet:
        return self.intersection(other)

    __rand__ = __and__

    def __sub__(self, other: Iterable[Any]) -> SortedSet:
        return self.difference(other)

    def __rsub__(self, other: Iterable[Any]) -> SortedSet:
        return SortedSet(other).difference(self)

    def __xor__(self, other: Iterable[Any]) -> SortedSet:
        return self.symmetric_difference(other)

    __rxor__ = __xor__

    def __ior__(self, other: Iterable[Any]) -> SortedSet:
        self.update(other)
        return self

    def __iand__(self, other: Iterable[Any]) -> SortedSet:
        self._items = self.intersection(other)._items
        return self

    def __isub__(self, other: Iterable[Any]) -> SortedSet:
        self._items = self.difference(other)._items
        return self

    def __ixor__(self, other: Iterable[Any]) -> SortedSet:
        self._items = self.symmetric_difference(other)._items
        return self


def membership(items: Iterable[Any]) -> Callable[[Any], bool]:
    """A function that says, as often as it is asked, whether an item is among these."""
    if isinstance(items, (SortedSet, list, tuple, range)):
        return items.__contains__
    if not isinstance(items, (set, frozenset)):
        return SortedSet(items).__contains__

    def has(item: Any) -> bool:
        try:
            return item in items
        except TypeError:
            # It cannot be hashed, hence it is in no set.
            return False

    return has
