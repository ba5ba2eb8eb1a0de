"""Clauses that change collections and counters: only what differs from what is stored is written.

Each is a list of parts, such as `"s" = "s" + %(3)s`: a text with a place for each value, and the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from cassandra._exported import exported_by
from cassandra._mapper import collection_columns as columns
from cassandra._mapper.clauses import AssignmentClause

exported = exported_by("cassandra.cqlengine.statements")

ADDED = '"{field}" = "{field}" + {0}'
REMOVED = '"{field}" = "{field}" - {0}'
PUT_BEFORE = '"{field}" = {0} + "{field}"'
REPLACED = '"{field}" = {0}'
SET_AT = '"{field}"[{0}] = {1}'


class Part(NamedTuple):
    """One assignment. One that is `idle` has nothing to say, and is left out of a statement."""

    form: str
    values: tuple[Any, ...]
    idle: bool = False


@exported
class ContainerUpdateTypeMapMeta(type):
    """The class of clauses, which knows them by the column that they are for."""

    type_map: ClassVar[dict[type, Any]] = {}
    col_type: Any

    def __init__(cls, name: str, bases: tuple[type, ...], dct: dict[str, Any]) -> None:
        super().__init__(name, bases, dct)
        if getattr(cls, "col_type", None) is not None:
            ContainerUpdateTypeMapMeta.type_map[cls.col_type] = cls


@exported
class ContainerUpdateClause(AssignmentClause, metaclass=ContainerUpdateTypeMapMeta):
    """How a collection becomes another. `operation` says that `value` is added or removed, and not the whole."""

    col_type: ClassVar[Any] = None

    def __init__(self, field: str, value: Any, operation: str | None = None, previous: Any = None) -> None:
        super().__init__(field, value)
        self.previous = previous
        self._operation = operation

    _assignments: Any = None
    """The whole value, where nothing less can be said."""

    def _analyze(self) -> None:
        """Work out what differs."""
        raise NotImplementedError

    def _said(self) -> Sequence[Part]:
        """What was worked out, as assignments."""
        raise NotImplementedError

    def _parts(self) -> Sequence[Part]:
        self._analyze()
        if self._assignments is not None:
            return (Part(REPLACED, (self._assignments,)),)
        return self._said()

    def __unicode__(self) -> str:
        texts, number = [], self.context_id or 0
        for form, values, _ in self._parts():
            places = [f"%({number + place})s" for place in range(len(values))]
            texts.append(form.format(*places, field=self.field))
            number += len(values)
        return ", ".join(texts)

    def get_context_size(self) -> int:
        return sum(len(part.values) for part in self._parts() if not part.idle)

    def update_context(self, ctx: dict[str, Any]) -> None:
        values = [value for part in self._parts() for value in part.values]
        for number, value in enumerate(values, self.context_id):
            ctx[str(number)] = value


@exported
class SetUpdateClause(ContainerUpdateClause):
    """Members that are added and removed; all of them where nothing was there."""

    col_type = columns.Set

    _additions: Any = None
    _removals: Any = None

    def _analyze(self) -> None:
        self._assignments = self._additions = self._removals = None
        value, previous = self.value, self.previous
        if value is None or value == previous:
            return
        if self._operation == "add":
            self._additions = value
        elif self._operation == "remove":
            self._removals = value
        elif previous is None:
            self._assignments = value
        else:
            self._additions = set(value) - set(previous) or None
            self._removals = set(previous) - set(value) or None

    def _said(self) -> Sequence[Part]:
        changes = ((ADDED, self._additions), (REMOVED, self._removals))
        return [Part(form, (members,), not members) for form, members in changes if members is not None]


@exported
class ListUpdateClause(ContainerUpdateClause):
    """Elements in front of and behind those that are stored, where those are still there; else the whole."""

    col_type = columns.List

    _append: Any = None
    _prepend: Any = None

    def _analyze(self) -> None:
        self._assignments = self._append = self._prepend = None
        value, previous = self.value, self.previous
        if value is None or value == previous:
            return
        if self._operation == "append":
            self._append = value
        elif self._operation == "prepend":
            self._prepend = value
        else:
            kept = where_kept(value, previous)
            if kept is None:
                self._assignments = value
            else:
                self._prepend = value[:kept] or None
                self._append = value[kept + len(previous) :] or None

    def _said(self) -> Sequence[Part]:
        changes = ((PUT_BEFORE, self._prepend), (ADDED, self._append))
        return [Part(form, (some,), not some) for form, some in changes if some is not None]


def where_kept(value: Sequence[Any], previous: Sequence[Any] | None) -> int | None:
    """Where in a list the elements of another stand together; None where they do not, or there are none."""
    if not previous or len(previous) > len(value):
        return None
    starts = range(len(value) - len(previous) + 1)
    return next((start for start in starts if value[start : start + len(previous)] == previous), None)


@exported
class MapUpdateClause(ContainerUpdateClause):
    """Keys that get other values. Keys that are no more are another statement's: see `MapDeleteClause`."""

    col_type = columns.Map

    _updates: Any = None
    _removals: Any = None

    @property
    def is_assignment(self) -> bool:
        """Whether the whole map is written: an empty one, where nothing was there."""
        self._analyze()
        return self._assignments is not None

    def _analyze(self) -> None:
        self._assignments = self._updates = self._removals = None
        value = self.value or {}
        if self.previous is None and not value:
            self._assignments = {}
        elif self._operation == "remove":
            self._removals = set(value)
        else:
            self._updates = in_order(self._changed_keys(value)) or None

    def _changed_keys(self, value: Any) -> list[Any]:
        if self._operation == "update":
            # A key without a value is deleted.
            return list(value)
        previous = self.previous or {}
        return [key for key in value if value[key] is not None and previous.get(key) != value[key]]

    def _said(self) -> Sequence[Part]:
        if self._removals is not None:
            return (Part(REMOVED, (self._removals,), not self._removals),)
        return [Part(SET_AT, (key, self.value[key])) for key in self._updates or ()]


def in_order(keys: Iterable[Any]) -> list[Any]:
    """Keys sorted, where they can be, so that equal updates have equal texts."""
    keys = list(keys)
    try:
        return sorted(keys)
    except TypeError:
        return keys


@exported
class CounterUpdateClause(AssignmentClause):
    """The difference to what a counter was."""

    col_type: ClassVar[Any] = None

    def __init__(self, field: str, value: Any, previous: Any = None) -> None:
        super().__init__(field, value)
        self.previous = previous or 0

    def get_context_size(self) -> int:
        return 1

    def update_context(self, ctx: dict[str, Any]) -> None:
        ctx[str(self.context_id)] = abs(self.value - self.previous)

    def __unicode__(self) -> str:
        sign = "-" if self.value < self.previous else "+"
        return f'"{self.field}" = "{self.field}" {sign} %({self.context_id})s'
