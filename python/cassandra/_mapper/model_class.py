"""`ModelMetaClass`: makes a class of a model of its columns, and refuses what cannot be a table."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from cassandra._exported import exported_by
from cassandra._mapper import query_errors
from cassandra._mapper.collection_columns import BaseContainerColumn, resolve_udts
from cassandra._mapper.column import Column
from cassandra._mapper.column_descriptor import ColumnDescriptor
from cassandra._mapper.number_columns import Counter
from cassandra.cqlengine import CQLEngineException

exported = exported_by("cassandra.cqlengine.models")


@exported
class ModelException(CQLEngineException):
    """Something is wrong with a model."""


@exported
class ModelDefinitionException(ModelException):
    """The class cannot be a model."""


@exported
class PolymorphicModelException(ModelException):
    """A row and the class of its discriminator do not fit."""


@exported
class ModelMetaClass(type):
    """Makes models."""

    @property
    def _table_name(cls) -> str:
        """The name of the table, without its keyspace."""
        name: str = cls._raw_column_family_name()  # type: ignore[attr-defined]
        return name

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        own = {key: value for key, value in attrs.items() if isinstance(value, Column)}
        defined = OrderedDict(sorted(own.items(), key=lambda pair: pair[1]))
        is_abstract = attrs["__abstract__"] = attrs.get("__abstract__", False)
        if attrs.get("__options__") is not None and not isinstance(attrs["__options__"], Mapping):
            raise ModelDefinitionException(f"{name}: __options__ must be a dict of the table's options")
        is_polymorphic_base = any(column.discriminator_column for column in defined.values())
        base = next((base for base in bases if isinstance(base, ModelMetaClass)), None)
        # A subclass has its own objects of its parents' columns: they know where in this model they are.
        inherited: OrderedDict[str, Column] = OrderedDict()
        for parent in reversed(bases):
            inherited.update(getattr(parent, "_defined_columns", {}))
        defined = OrderedDict([*((key, value) for key, value in inherited.items() if key not in own), *defined.items()])
        discriminator = discriminator_of(name, defined)
        is_polymorphic = is_polymorphic_base or bool(getattr(base, "_is_polymorphic", False))
        if is_polymorphic and not is_polymorphic_base:
            shared_table(name, base, attrs)
        refuse_misfits(name, base, defined, is_abstract)
        attrs.update(keys_of(name, defined))
        attrs.update(
            _defined_columns=defined,
            _columns=defined,
            _dynamic_columns={},
            _db_map=names_in_database(name, defined),
            _has_counter=any(isinstance(column, Counter) for column in defined.values()),
            _is_polymorphic=is_polymorphic,
            _is_polymorphic_base=is_polymorphic_base,
            _discriminator_column=discriminator and defined[discriminator],
            _discriminator_column_name=discriminator,
            _discriminator_map={} if is_polymorphic_base else None,
        )
        for key, column in defined.items():
            column.set_column_name(key)
            attrs[key] = ColumnDescriptor(column)
        partition = attrs["_partition_keys"]
        if "pk" not in defined:
            names = list(partition)
            attrs["pk"] = ColumnDescriptor(partition[names[0]]) if len(names) == 1 else property(key_reader(names))
        add_exceptions(bases, attrs)
        # It is of one class only: those below have other rows.
        attrs.setdefault("__discriminator_value__", None)
        attrs.setdefault("__module__", "cassandra.cqlengine.models")
        made = super().__new__(mcs, name, bases, attrs)
        register_types(made)
        return made


def key_reader(names: list[str]) -> Any:
    """What gives the partition key of an instance, where it has several columns."""
    return lambda self: tuple(self._values[name].getval() for name in names)


def register_types(model: Any) -> None:
    """Have the user-defined types of a model's columns be read as their classes, wherever the model lives."""
    found: list[Any] = []
    for column in model._defined_columns.values():
        resolve_udts(column, found)
    for user_type in dict.fromkeys(found):
        user_type.register_for_keyspace(getattr(model, "__keyspace__", None))


def discriminator_of(model: str, columns: Mapping[str, Column]) -> str | None:
    """The name of the column that says which class a row is of."""
    found = [key for key, column in columns.items() if column.discriminator_column]
    if len(found) > 1:
        raise ModelDefinitionException(f"only one discriminator_column can be defined in a model, {len(found)} found")
    if found and columns[found[0]].primary_key:
        raise ModelDefinitionException("discriminator columns cannot be part of the primary key")
    if found and isinstance(columns[found[0]], BaseContainerColumn):
        raise ModelDefinitionException("a collection cannot be a discriminator column")
    return found[0] if found else None


def shared_table(name: str, base: Any, attrs: dict[str, Any]) -> None:
    """A class below a polymorphic one lives in its table."""
    attrs["__table_name__"] = base.__table_name__ or base._raw_column_family_name()
    attrs["__table_name_case_sensitive__"] = base.__table_name_case_sensitive__


def refuse_misfits(name: str, base: Any, columns: Mapping[str, Column], is_abstract: bool) -> None:
    """Refuse columns that no table can have, or no model."""
    if base is None or (not columns and is_abstract):
        return
    for key, column in columns.items():
        # Not `hasattr`: looking at `objects` of an abstract model is an error of its own.
        there = [vars(kind)[key] for kind in base.__mro__ if key in vars(kind)]
        is_inherited = any(isinstance(attribute, ColumnDescriptor) for attribute in there)
        if there and not is_inherited and key != "pk":
            raise ModelDefinitionException(f"column '{key}' conflicts with built-in attribute/method")
        if column.clustering_order is not None and column.clustering_order.lower() not in ("asc", "desc"):
            raise ModelException(f"invalid clustering order {column.clustering_order!r} for column '{key}'")
        if isinstance(column, Counter) and column.primary_key:
            raise ModelDefinitionException("counter columns cannot be used as primary keys")
    if is_abstract:
        return
    if not any(column.primary_key for column in columns.values()):
        raise ModelDefinitionException("At least 1 primary key is required.")
    others = [column for column in columns.values() if not column.primary_key]
    if any(isinstance(column, Counter) for column in others) and not all(isinstance(c, Counter) for c in others):
        raise ModelDefinitionException("counter models may not have data columns")


def keys_of(name: str, columns: Mapping[str, Column]) -> dict[str, Any]:
    """The columns of the primary key, of the partition key, and the clustering ones; places in the partition key."""
    primary = OrderedDict((key, column) for key, column in columns.items() if column.primary_key)
    if primary and not any(column.partition_key for column in primary.values()):
        next(iter(primary.values())).partition_key = True
    partition = OrderedDict((key, column) for key, column in primary.items() if column.partition_key)
    for place, column in enumerate(partition.values()):
        column._partition_key_index = place
    return {
        "_primary_keys": primary,
        "_partition_keys": partition,
        "_clustering_keys": OrderedDict((key, column) for key, column in primary.items() if key not in partition),
        "_partition_key_index": {column.db_field_name or key: i for i, (key, column) in enumerate(partition.items())},
    }


def names_in_database(name: str, columns: Mapping[str, Column]) -> dict[str, str]:
    """The attributes' names by those in the table, where they differ."""
    seen: set[str] = set()
    for key, column in columns.items():
        column_name = column.db_field or key
        if column_name in seen:
            raise ModelException(f"{name} defines the column '{column_name}' more than once")
        seen.add(column_name)
    return {column.db_field: key for key, column in columns.items() if column.db_field and column.db_field != key}


def add_exceptions(bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
    """Exceptions of its own, so that a program can tell which model's row is missing."""
    for kind in (query_errors.DoesNotExist, query_errors.MultipleObjectsReturned):
        name = kind.__name__
        parents = tuple(dict.fromkeys(getattr(base, name) for base in bases if hasattr(base, name))) or (kind,)
        attrs.setdefault(name, type(name, parents, {"__module__": "cassandra.cqlengine.models"}))
