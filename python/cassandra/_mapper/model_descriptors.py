"""Attributes of models that mean something else on the class than on an instance: `objects`, `ttl`, `iff` and such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cassandra._exported import exported_by
from cassandra._mapper.query_errors import IfExistsWithCounterColumn, IfNotExistsWithCounterColumn
from cassandra.cqlengine import CQLEngineException

exported = exported_by("cassandra.cqlengine.models")


@exported
class hybrid_classmethod:
    """One method for the class and another for instances."""

    def __init__(self, clsmethod: Callable[..., Any], instmethod: Callable[..., Any]) -> None:
        self.clsmethod = clsmethod
        self.instmethod = instmethod

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self.clsmethod.__get__(owner, owner)
        return self.instmethod.__get__(instance, owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Never called: it is here so that tools see something that can be."""
        raise NotImplementedError


@exported
class QuerySetDescriptor:
    """`objects`: a fresh query of the model's rows each time."""

    def __get__(self, obj: Any, model: Any) -> Any:
        if model.__abstract__:
            raise CQLEngineException("cannot execute queries against abstract models")
        queryset = model.__queryset__(model)
        if model._is_polymorphic and not model._is_polymorphic_base:
            name, column = model._discriminator_column_name, model._discriminator_column
            if column.partition_key or column.has_index:
                # The server can tell the rows of this class from others.
                queryset = queryset.filter(**{name: model.__discriminator_value__})
                queryset._where[-1].is_implied = True
                return queryset
        return queryset

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Never called: for tools that look for what a call takes."""
        raise NotImplementedError


class Setting:
    """Something that is said before a statement: of the class it gives a query with it, of an instance the instance."""

    def on_class(self, model: Any, *args: Any, **kwargs: Any) -> Any:
        """The query with it."""
        raise NotImplementedError

    def on_instance(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Have the instance's next statement with it."""
        raise NotImplementedError

    def __get__(self, instance: Any, model: Any) -> Any:
        if instance is None:
            return lambda *args, **kwargs: self.on_class(model, *args, **kwargs)

        def put(*args: Any, **kwargs: Any) -> Any:
            self.on_instance(instance, *args, **kwargs)
            return instance

        return put

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Never called: for tools that look for what a call takes."""
        raise NotImplementedError


@exported
class TTLDescriptor(Setting):
    """`ttl(seconds)`: what is written is forgotten after so many seconds."""

    def on_class(self, model: Any, ttl: Any = None) -> Any:
        return model.objects.ttl(ttl)

    def on_instance(self, instance: Any, ttl: Any = None) -> None:
        instance._ttl = ttl


@exported
class TimestampDescriptor(Setting):
    """`timestamp(when)`: what is written has this timestamp."""

    def on_class(self, model: Any, timestamp: Any = None) -> Any:
        return model.objects.timestamp(timestamp)

    def on_instance(self, instance: Any, timestamp: Any = None) -> None:
        instance._timestamp = timestamp


@exported
class ConsistencyDescriptor(Setting):
    """`consistency(level)`."""

    def on_class(self, model: Any, consistency: Any = None) -> Any:
        return model.objects.consistency(consistency)

    def on_instance(self, instance: Any, consistency: Any = None) -> None:
        instance._consistency = consistency


@exported
class IfNotExistsDescriptor(Setting):
    """`if_not_exists()`: an insert is applied only where there is no such row."""

    def on_class(self, model: Any, value: bool = True) -> Any:
        refuse_counters(model, IfNotExistsWithCounterColumn)
        return model.objects.if_not_exists()

    def on_instance(self, instance: Any, value: bool = True) -> None:
        refuse_counters(instance, IfNotExistsWithCounterColumn)
        instance._if_not_exists = value


@exported
class IfExistsDescriptor(Setting):
    """`if_exists()`: an update or delete is applied only where there is such a row."""

    def on_class(self, model: Any, value: bool = True) -> Any:
        refuse_counters(model, IfExistsWithCounterColumn)
        return model.objects.if_exists()

    def on_instance(self, instance: Any, value: bool = True) -> None:
        refuse_counters(instance, IfExistsWithCounterColumn)
        instance._if_exists = value


def refuse_counters(model: Any, kind: type[Exception]) -> None:
    """Raise for a model with counters, of which nothing conditional can be asked."""
    if model._has_counter:
        what = "if_not_exists" if kind is IfNotExistsWithCounterColumn else "if_exists"
        raise kind(f"{what} cannot be used with tables containing counter columns")


@exported
class ConditionalDescriptor(Setting):
    """`iff(column=value)`: a write is applied only where the columns have these values."""

    def on_class(self, model: Any, *args: Any, **kwargs: Any) -> Any:
        return model.objects.iff(*args, **kwargs)

    def on_instance(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        # A query of the class reads them; it may be told by an instance too.
        query = type(instance).objects.iff(*args, **kwargs)
        instance._conditional = query._conditional


@exported
class UsingDescriptor(Setting):
    """`using(keyspace, connection)`."""

    def on_class(self, model: Any, keyspace: str | None = None, connection: Any = None) -> Any:
        return model.objects.using(keyspace, connection)

    def on_instance(self, instance: Any, keyspace: str | None = None, connection: Any = None) -> None:
        if keyspace is not None:
            raise CQLEngineException("keyspace cannot be set on an instance: use it on the class")
        instance._connection = connection
