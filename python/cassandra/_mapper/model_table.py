"""Of a model, what stands for its table: the names, the columns, and the classes whose rows share it."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cassandra._mapper.column import Column
from cassandra._mapper.field_mapping import FieldMapping
from cassandra._mapper.model_class import ModelDefinitionException, ModelException, PolymorphicModelException
from cassandra._mapper.names import table_name
from cassandra.cqlengine import CQLEngineException
from cassandra.metadata import protect_name


class ModelTable(FieldMapping):
    """What a class of models says of its table."""

    __table_name__: ClassVar[str | None] = None
    """The table's name, where it is not made of the class's."""

    __table_name_case_sensitive__: ClassVar[bool] = False
    """Whether the name keeps its capitals."""

    __keyspace__: ClassVar[str | None] = None
    """The keyspace, where it is not the default one."""

    __connection__: ClassVar[Any] = None
    """The name of the connection, where it is not the default one."""

    __discriminator_value__: ClassVar[Any] = None
    """What rows of this class have in the discriminator column of its base."""

    __compute_routing_key__: ClassVar[bool] = True
    """Whether statements know the partition that they are for, so that they go to a replica."""

    _columns: ClassVar[Mapping[str, Column]] = OrderedDict()
    _primary_keys: ClassVar[Mapping[str, Column]]
    _partition_keys: ClassVar[Mapping[str, Column]]
    _partition_key_index: ClassVar[Mapping[str, int]] = {}
    _db_map: ClassVar[Mapping[str, str]] = {}
    _has_counter: ClassVar[bool] = False
    _is_polymorphic: ClassVar[bool] = False
    _is_polymorphic_base: ClassVar[bool] = False
    _discriminator_column: ClassVar[Any] = None
    _discriminator_column_name: ClassVar[str | None] = None
    _discriminator_map: ClassVar[dict[Any, Any] | None] = None
    _has_warned: ClassVar[bool] = False

    @classmethod
    def _discover_polymorphic_submodels(cls) -> None:
        if not cls._is_polymorphic_base:
            raise ModelException("_discover_polymorphic_submodels can only be called on polymorphic base classes")

        def discover(model: Any) -> None:
            if not model._is_polymorphic_base and model.__discriminator_value__ is not None:
                cls._add_submodel(model)
            for below in model.__subclasses__():
                discover(below)

        discover(cls)

    @classmethod
    def _add_submodel(cls, model: Any) -> None:
        if cls._discriminator_map is None:
            raise ModelDefinitionException(f"{cls.__name__} has no discriminator column")
        cls._discriminator_map[model.__discriminator_value__] = model

    @classmethod
    def _get_model_by_discriminator_value(cls, key: Any) -> Any:
        if not cls._is_polymorphic_base:
            raise ModelException("_get_model_by_discriminator_value can only be called on polymorphic base classes")
        return (cls._discriminator_map or {}).get(key)

    @classmethod
    def _base_of_polymorphs(cls) -> Any:
        return next(base for base in cls.__mro__ if base.__dict__.get("_is_polymorphic_base"))

    @classmethod
    def _construct_instance(cls, values: Mapping[str, Any]) -> Any:
        """The instance of a row, whose names are the database's."""
        values = {cls._db_map.get(name, name): value for name, value in values.items()}
        klass: Any = cls._class_of_row(values) if cls._is_polymorphic else cls
        # Rows of a shared table have columns of other classes too.
        made = klass(**{name: value for name, value in values.items() if name in klass._columns})
        made._set_persisted(force=True)
        return made

    @classmethod
    def _class_of_row(cls, values: Mapping[str, Any]) -> Any:
        name = cls._discriminator_column_name or ""
        key = values.get(name)
        if key is None:
            raise PolymorphicModelException("discriminator value was not found in values")
        base = cls._base_of_polymorphs()
        found = base._get_model_by_discriminator_value(key)
        if found is None:
            base._discover_polymorphic_submodels()
            found = base._get_model_by_discriminator_value(key)
        if found is None:
            raise PolymorphicModelException(f"unrecognized discriminator column {key} for class {base.__name__}")
        if not issubclass(found, cls):
            raise PolymorphicModelException(f"{found.__name__} is not a subclass of {cls.__name__}")
        return found

    @classmethod
    def _get_keyspace(cls) -> str | None:
        """The keyspace of the table."""
        from cassandra.cqlengine import models

        return cls.__keyspace__ or models.DEFAULT_KEYSPACE

    @classmethod
    def _get_connection(cls) -> Any:
        """The name of the connection."""
        return cls.__connection__

    @classmethod
    def _get_column(cls, name: str) -> Any:
        """The column of an attribute's name. KeyError where there is none."""
        return cls._columns[name]

    @classmethod
    def _get_column_of_filter(cls, name: str) -> Any:
        """The column of a name in a filter, which may be the table's; None where there is none."""
        return cls._columns.get(name) or cls._get_column_by_db_name(name)

    @classmethod
    def _get_column_by_db_name(cls, name: str) -> Any:
        """The column of a name in the table."""
        return cls._columns.get(cls._db_map.get(name, name))

    @classmethod
    def _raw_column_family_name(cls) -> str:
        name = cls.__table_name__
        if name and cls.__table_name_case_sensitive__:
            if not cls._has_warned:
                cls._has_warned = True
                warn_of_case_sensitivity(4)
            return name
        if name:
            if name != name.lower():
                warn_of_case(cls)
            return name.lower()
        if cls._is_polymorphic and not cls._is_polymorphic_base:
            shared: str = cls._base_of_polymorphs()._raw_column_family_name()
            return shared
        return table_name(cls.__name__)

    @classmethod
    def column_family_name(cls, include_keyspace: bool = True) -> str:
        """The table's name in CQL, with its keyspace. CQLEngineException where there is none."""
        name = protect_name(cls._raw_column_family_name())
        if not include_keyspace:
            return name
        keyspace = cls._get_keyspace()
        if not keyspace:
            raise CQLEngineException(
                "Model keyspace is not set and no default is available. Set model keyspace or setup connection "
                "before attempting to generate a query."
            )
        return f"{protect_name(keyspace)}.{name}"

    @classmethod
    def _routing_key_from_values(cls, pk_values: Sequence[Any], protocol_version: int) -> Any:
        """The bytes of a partition key: a list where it has several columns."""
        if not cls.__compute_routing_key__:
            return None
        columns = cls._partition_keys.values()
        parts = [
            column.cql_type.to_binary(value, protocol_version) for column, value in zip(columns, pk_values, strict=True)
        ]
        return parts if len(parts) > 1 else parts[0]


def warn_of_case(model: Any) -> None:
    """Say, once for each model, that capitals in the name of its table are lost."""
    if not model._has_warned:
        model._has_warned = True
        warnings.warn(
            "Model __table_name__ will be case sensitive by default in 4.0. You should fix the __table_name__ value of "
            f"the '{model.__name__}' model.",
            UserWarning,
            stacklevel=4,
        )


def warn_of_case_sensitivity(stacklevel: int) -> None:
    """Say that the attribute is on its way out."""
    text = "Model __table_name_case_sensitive__ will be removed in 4.0."
    warnings.warn(text, PendingDeprecationWarning, stacklevel=stacklevel)
