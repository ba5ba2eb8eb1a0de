"""`Model`: a class for a table, whose instances are rows."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cassandra._exported import exported_by
from cassandra._mapper import query_errors
from cassandra._mapper.batch import BatchQuery
from cassandra._mapper.column import Column
from cassandra._mapper.field_mapping import FieldMapping
from cassandra._mapper.model_class import (
    ModelDefinitionException,
    ModelException,
    ModelMetaClass,
    PolymorphicModelException,
)
from cassandra._mapper.model_descriptors import (
    ConditionalDescriptor,
    ConsistencyDescriptor,
    IfExistsDescriptor,
    IfNotExistsDescriptor,
    QuerySetDescriptor,
    TimestampDescriptor,
    TTLDescriptor,
    UsingDescriptor,
    hybrid_classmethod,
)
from cassandra._mapper.model_query import ModelQuerySet
from cassandra._mapper.names import table_name
from cassandra._mapper.row_query import DMLQuery
from cassandra.cluster import _NOT_SET
from cassandra.cqlengine import CQLEngineException, ValidationError
from cassandra.metadata import protect_name

exported = exported_by("cassandra.cqlengine.models")


@exported
class BaseModel(FieldMapping):
    """What models do. `Model` is the class to derive from."""

    class DoesNotExist(query_errors.DoesNotExist):
        """`get` found no row."""

    class MultipleObjectsReturned(query_errors.MultipleObjectsReturned):
        """`get` found more than one row."""

    objects: ClassVar[Any] = QuerySetDescriptor()
    ttl: ClassVar[Any] = TTLDescriptor()
    consistency: ClassVar[Any] = ConsistencyDescriptor()
    iff: ClassVar[Any] = ConditionalDescriptor()
    timestamp: ClassVar[Any] = TimestampDescriptor()
    if_not_exists: ClassVar[Any] = IfNotExistsDescriptor()
    if_exists: ClassVar[Any] = IfExistsDescriptor()
    using: ClassVar[Any] = UsingDescriptor()

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

    __options__: ClassVar[Mapping[str, Any] | None] = None
    """The options of the table, which `sync_table` sets."""

    __compute_routing_key__: ClassVar[bool] = True
    """Whether statements know the partition that they are for, so that they go to a replica."""

    __abstract__: ClassVar[bool] = False
    """Whether it is only to derive from."""

    __queryset__: ClassVar[Any] = ModelQuerySet
    __dmlquery__: ClassVar[Any] = DMLQuery

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

    _ttl: Any = None
    _timestamp: Any = None
    _consistency: Any = None
    _conditional: Any = None
    _if_not_exists = False
    _if_exists = False
    _batch: Any = None
    _timeout: Any = _NOT_SET
    _connection: Any = None
    _is_persisted = False

    def __init__(self, **values: Any) -> None:
        self._ttl = None
        self._timestamp = None
        self._conditional = None
        self._batch = None
        self._timeout = _NOT_SET
        self._is_persisted = False
        self._connection = None
        self._begin(values)

    def _fields_of(self) -> Mapping[str, Any]:
        return self._columns

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        pairs = (f"{key}={getattr(self, key)!r}" for key in self._columns)
        return f"{type(self).__name__}({', '.join(pairs)})"

    def __str__(self) -> str:
        pairs = (f"{key}={getattr(self, key)}" for key in self._primary_keys)
        return f"{type(self).__name__} <{', '.join(pairs)}>"

    # The class and its table

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
        klass = cls._class_of_row(values) if cls._is_polymorphic else cls
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

    def _get_connection_of(self) -> Any:
        """The name of the connection of this instance."""
        return self._connection or self.__connection__

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

    # Rows

    def validate(self) -> None:
        """Check all values. ValidationError where one does not fit its column."""
        for name, column in self._columns.items():
            manager = self._values[name]
            value = getattr(self, name)
            if value is None and not manager.explicit and column.has_default:
                value = column.get_default()
            # That it was checked is no reason to take it for set.
            manager.value = column.validate(value)

    def _as_dict(self) -> dict[str, Any]:
        """The values as the database has them."""
        return {name: column.to_database(getattr(self, name)) for name, column in self._columns.items()}

    def _can_update(self) -> bool:
        """Whether the row is stored, and under the key that it has now."""
        return self._is_persisted and not any(self._values[name].changed for name in self._primary_keys)

    def get_changed_columns(self) -> list[str]:
        """The names of the columns whose values are others than those that are stored."""
        return [name for name, manager in self._values.items() if manager.changed]

    @classmethod
    def create(cls, **kwargs: Any) -> Any:
        """Make a row of values and store it."""
        extra = set(kwargs) - set(cls._columns)
        if extra:
            raise ValidationError(f"Incorrect columns passed: {extra}")
        return cls.objects.create(**kwargs)

    @classmethod
    def all(cls) -> Any:
        """A query of all rows."""
        return cls.objects.all()

    @classmethod
    def filter(cls, *args: Any, **kwargs: Any) -> Any:
        """A query of the rows for which conditions hold."""
        return cls.objects.filter(*args, **kwargs)

    @classmethod
    def get(cls, *args: Any, **kwargs: Any) -> Any:
        """The one row for which conditions hold."""
        return cls.objects.get(*args, **kwargs)

    def _dml(self) -> Any:
        return self.__dmlquery__(
            type(self),
            self,
            batch=self._batch,
            ttl=self._ttl,
            timestamp=self._timestamp,
            consistency=self._consistency,
            if_not_exists=self._if_not_exists,
            conditional=self._conditional,
            timeout=self._timeout,
            if_exists=self._if_exists,
        )

    def timeout(self, timeout: float | None) -> Any:
        """Have the next statement with a timeout in seconds; not in a batch."""
        if self._batch is not None:
            raise AssertionError("Setting Timeout on the model is not supported with batch queries.")
        self._timeout = timeout
        return self

    def _put_discriminator(self, doing: str) -> None:
        if not self._is_polymorphic:
            return
        if self._is_polymorphic_base:
            raise PolymorphicModelException(f"cannot {doing} polymorphic base model")
        setattr(self, self._discriminator_column_name or "", self.__discriminator_value__)

    def save(self) -> Any:
        """Store the row: all its values, or where it is known what is stored, those that have changed."""
        self._put_discriminator("save")
        self.validate()
        self._dml().save()
        self._set_persisted()
        self._timestamp = None
        return self

    def update(self, **values: Any) -> Any:
        """Give columns other values and store those that have changed. ValidationError for a key's column."""
        for name, value in values.items():
            column = self._columns.get(name)
            where = f"{type(self).__module__}.{type(self).__name__}"
            if column is None:
                raise ValidationError(f"{where} has no column named: {name}")
            if column.is_primary_key:
                if value == getattr(self, name):
                    continue
                raise ValidationError(f"Cannot apply update to primary key '{name}' for {where}")
            setattr(self, name, value)
        self._put_discriminator("update")
        self.validate()
        self._dml().update()
        self._set_persisted()
        self._timestamp = None
        return self

    def delete(self) -> None:
        """Delete the row."""
        self._dml().delete()

    def _set_persisted(self, force: bool = False) -> None:
        # What is deferred to a batch will be stored; what it is to be now is what the next change is compared with.
        for manager in self._values.values():
            if manager.explicit or manager.changed or force or not self._is_persisted:
                manager.reset_previous_value()
        self._is_persisted = True

    @classmethod
    def _class_batch(cls, batch: Any) -> Any:
        return cls.objects.batch(batch)

    def _inst_batch(self, batch: Any) -> Any:
        if self._timeout is not _NOT_SET:
            raise AssertionError("Cannot use batch() together with timeout: a batch has its own")
        if batch is not None and not isinstance(batch, BatchQuery):
            raise CQLEngineException("batch_obj must be a BatchQuery instance or None")
        if self._connection:
            raise CQLEngineException("Cannot specify a connection on model in batch mode.")
        self._batch = batch
        return self

    batch: ClassVar[Any] = hybrid_classmethod(_class_batch.__func__, _inst_batch)  # type: ignore[attr-defined]


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


@exported
class Model(BaseModel, metaclass=ModelMetaClass):
    """Derive from it, and give it columns: the class stands for a table, and its instances for rows."""

    __abstract__ = True
