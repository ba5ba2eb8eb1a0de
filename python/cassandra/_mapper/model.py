"""`Model`: a class for a table, whose instances are rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cassandra._exported import exported_by
from cassandra._mapper import query_errors
from cassandra._mapper.batch import BatchQuery
from cassandra._mapper.model_class import (
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
from cassandra._mapper.model_table import ModelTable
from cassandra._mapper.row_query import DMLQuery
from cassandra.cluster import _NOT_SET
from cassandra.cqlengine import CQLEngineException, ValidationError

exported = exported_by("cassandra.cqlengine.models")


@exported
class BaseModel(ModelTable):
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

    __options__: ClassVar[Mapping[str, Any] | None] = None
    """The options of the table, which `sync_table` sets."""

    __abstract__: ClassVar[bool] = False
    """Whether it is only to derive from."""

    __queryset__: ClassVar[Any] = ModelQuerySet
    __dmlquery__: ClassVar[Any] = DMLQuery

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

    def _get_connection_of(self) -> Any:
        """The name of the connection of this instance."""
        return self._connection or self.__connection__

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


@exported
class Model(BaseModel, metaclass=ModelMetaClass):
    """Derive from it, and give it columns: the class stands for a table, and its instances for rows."""

    __abstract__ = True
