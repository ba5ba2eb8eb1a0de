"""`cassandra.cqlengine.named`: tables by name, without a model: `NamedTable("ks", "users").filter(id=5)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cassandra._mapper import query_errors
from cassandra._mapper.column_descriptor import AbstractQueryableColumn
from cassandra._mapper.model_query import SimpleQuerySet
from cassandra._mapper.query_errors import DoesNotExist, MultipleObjectsReturned
from cassandra.cqlengine import CQLEngineException
from cassandra.cqlengine.columns import Column
from cassandra.cqlengine.connection import get_cluster
from cassandra.cqlengine.models import BaseModel, UsingDescriptor
from cassandra.metadata import protect_name


class QuerySetDescriptor:
    """`objects`: a fresh query each time."""

    def __get__(self, obj: Any, model: Any) -> Any:
        if obj is None:
            raise CQLEngineException("NamedTable.objects is a query of one table: ask an instance for it")
        return SimpleQuerySet(obj)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Never called: for tools that look for what a call takes."""
        raise NotImplementedError


class NamedColumn(AbstractQueryableColumn):
    """A column by name, for conditions."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __unicode__(self) -> str:
        return self.name

    def _get_column(self) -> Any:
        return self

    @property
    def db_field_name(self) -> str:
        """The name."""
        return self.name

    @property
    def cql(self) -> str:
        """The name in CQL."""
        return self.get_cql()

    def get_cql(self) -> str:
        """The name in CQL."""
        return f'"{self.name}"'

    def to_database(self, val: Any) -> Any:
        """The value as it is: nothing is known of its type."""
        return val


class NamedTable:
    """A table by name."""

    __abstract__: ClassVar[bool] = False
    __compute_routing_key__: ClassVar[bool] = False

    objects: ClassVar[Any] = QuerySetDescriptor()
    _partition_key_index: ClassVar[Any] = None

    DoesNotExist = query_errors.DoesNotExist
    MultipleObjectsReturned = query_errors.MultipleObjectsReturned

    def __init__(self, keyspace: str | None, name: str) -> None:
        self.keyspace = keyspace
        self.name = name
        self._connection: Any = None

    @property
    def _partition_keys(self) -> Mapping[str, Any]:
        """The columns of the partition key, as the schema has them."""
        keyspaces = get_cluster(self._get_connection()).metadata.keyspaces
        columns = keyspaces[self.keyspace].tables[self.name].partition_key
        return {column.name: self.column(column.name) for column in columns}

    def _get_column_of_filter(self, name: str) -> NamedColumn:
        return self.column(name)

    def _get_connection(self) -> Any:
        return self._connection

    @property
    def __name__(self) -> str:
        return self.name

    def column(self, name: str) -> NamedColumn:
        """A column of this name."""
        return NamedColumn(name)

    def column_family_name(self, include_keyspace: bool = True) -> str:
        """The table's name in CQL."""
        name = protect_name(self.name)
        return f"{protect_name(self.keyspace)}.{name}" if include_keyspace and self.keyspace else name

    def _get_column(self, name: str) -> NamedColumn:
        return self.column(name)

    def all(self) -> Any:
        """A query of all rows."""
        return self.objects.all()

    def filter(self, *args: Any, **kwargs: Any) -> Any:
        """A query of the rows for which conditions hold."""
        return self.objects.filter(*args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """The one row for which conditions hold."""
        return self.objects.get(*args, **kwargs)

    def using(self, *args: Any, **kwargs: Any) -> Any:
        """A query over another connection."""
        return self.objects.using(*args, **kwargs)


class NamedKeyspace:
    """A keyspace by name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def table(self, name: str) -> NamedTable:
        """A table of it."""
        return NamedTable(self.name, name)


__all__ = [
    "get_cluster",
    "BaseModel",
    "Column",
    "UsingDescriptor",
    "DoesNotExist",
    "MultipleObjectsReturned",
    "NamedColumn",
    "NamedKeyspace",
    "NamedTable",
    "QuerySetDescriptor",
    "SimpleQuerySet",
]
