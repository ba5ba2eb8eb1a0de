"""`ModelQuerySet`: a query whose results are instances of a model, or some of their values."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from cassandra._exported import exported_by
from cassandra._mapper.clauses import AssignmentClause
from cassandra._mapper.collection_columns import BaseContainerColumn, Map
from cassandra._mapper.query_errors import IfExistsWithCounterColumn, IfNotExistsWithCounterColumn, QueryException
from cassandra._mapper.query_set import AbstractQuerySet
from cassandra._mapper.statements import DeleteStatement, UpdateStatement
from cassandra.cqlengine import ValidationError
from cassandra.cqlengine.functions import BaseQueryFunction
from cassandra.cqlengine.operators import EqualsOperator

NOT_ANSWERABLE = (
    "Where clauses require either  =, a IN or a CONTAINS (collection) comparison with either a primary key or indexed "
    "field. You might want to consider setting custom_index on fields that you manage index outside cqlengine."
)


@exported_by("cassandra.cqlengine.query")
class ModelQuerySet(AbstractQuerySet):
    """A query of the rows of a model."""

    def _validate_select_where(self) -> None:
        columns = [self.model._get_column_by_db_name(clause.field) for clause in self._where]
        keyed = [
            (column, clause)
            for column, clause in zip(columns, self._where, strict=True)
            if column is not None and isinstance(clause.operator, EqualsOperator)
        ]
        has_key = any(column.primary_key or column.has_index for column, _ in keyed)
        has_key = has_key or any(column is not None and column.custom_index for column in columns)
        has_function = any(isinstance(clause.value, BaseQueryFunction) for clause in self._where)
        if not (has_key or has_function or self._allow_filtering):
            raise QueryException(NOT_ANSWERABLE)

    def _select_fields(self) -> list[str]:
        model = self.model
        if not (self._defer_fields or self._only_fields):
            return []
        if model._is_polymorphic_base and not self._only_fields and self._defer_fields <= set(self._deferred_values):
            # Its rows are of other classes, whose columns are not known here.
            return []
        names = [column.db_field_name for column in model._columns.values()]
        names = [name for name in self._only_fields or names if name not in self._defer_fields]
        if not names and self._only_fields:
            only, defer = ", ".join(self._only_fields), ", ".join(sorted(self._defer_fields))
            raise QueryException(f'No fields in select query. Only fields: "{only}", defer fields: "{defer}"')
        if not names:
            # Whether there is such a row is still to be known.
            names = [column.db_field_name for column in model._partition_keys.values()]
        if model._is_polymorphic and model._discriminator_column.db_field_name not in names:
            names.append(model._discriminator_column.db_field_name)
        return names

    def _result_constructor(self) -> Any:
        known = self._deferred_values
        if not self._values_list:
            return lambda row: self.model._construct_instance({**known, **row} if known else row)
        columns = [self.model._get_column_by_db_name(name) for name in self._only_fields]

        def values(row: Mapping[str, Any]) -> Any:
            full = {**known, **row}
            found = [
                column.to_python(full[column.db_field_name]) if column.db_field_name in full else None
                for column in columns
            ]
            return found[0] if self._flat_values_list else found

        return values

    def _get_ordering_condition(self, colname: str) -> tuple[str, str]:
        name, direction = super()._get_ordering_condition(colname)
        column = self.model._columns.get(name)
        if column is None:
            raise QueryException(f"Can't resolve the column name: '{name}'")
        if not column.primary_key:
            raise QueryException(f"Can't order on '{name}', can only order on (clustered) primary keys")
        if name not in self.model._clustering_keys:
            raise QueryException(
                "Can't order by the first primary key (partition key), clustering (secondary) keys only"
            )
        return column.db_field_name, direction

    def values_list(self, *fields: str, **kwargs: Any) -> Any:
        """Lists of the values of these columns; with `flat=True` the values of the one column themselves."""
        flat = kwargs.pop("flat", False)
        if kwargs:
            raise TypeError(f"Unexpected keyword arguments to values_list: {', '.join(kwargs)}")
        if flat and len(fields) > 1:
            raise TypeError("'flat' is not valid when values_list is called with more than one field.")
        clone = self.only(fields or list(self.model._columns))
        clone._values_list, clone._flat_values_list = True, flat
        return clone

    def ttl(self, ttl: int | None) -> Any:
        """Have what is written forgotten after so many seconds."""
        return self._copy(_ttl=ttl)

    def timestamp(self, timestamp: Any) -> Any:
        """Write with this timestamp."""
        return self._copy(_timestamp=timestamp)

    def if_not_exists(self) -> Any:
        """Insert only where there is no such row."""
        if self.model._has_counter:
            raise IfNotExistsWithCounterColumn("if_not_exists cannot be used with tables containing counter columns")
        return self._copy(_if_not_exists=True)

    def if_exists(self) -> Any:
        """Update or delete only where there is such a row."""
        if self.model._has_counter:
            raise IfExistsWithCounterColumn("if_exists cannot be used with tables containing counter columns")
        return self._copy(_if_exists=True)

    def update(self, **values: Any) -> None:
        """Give columns of the rows other values, without reading them.

        None deletes a column. `name__add`, `name__remove`, `name__append`, `name__prepend` and `name__update` change
        a collection in place.
        """
        if not values:
            return
        deleted: list[str] = []
        update = UpdateStatement(
            self.column_family_name,
            where=self._named_rows(),
            ttl=self._ttl,
            timestamp=self._timestamp,
            conditionals=deepcopy(self._conditional),
            if_exists=self._if_exists,
        )
        where = f"{type(self).__module__}.{self.model.__name__}"
        for keyword, value in values.items():
            name, operation = operation_of(keyword, self.model)
            column = self.model._columns.get(name)
            if column is None:
                raise ValidationError(f"{where} has no column named: {name}")
            if column.is_primary_key:
                raise ValidationError(f"Cannot apply update to primary key '{name}' for {where}")
            if operation == "remove" and isinstance(column, Map):
                if not isinstance(value, (set, frozenset)):
                    raise ValidationError("Cannot apply update operation 'remove' on a Map with a non-set value")
                keys = {column.key_col.to_database(column.key_col.validate(key)): None for key in value}
                update.add_update(KeysOf(column), keys, operation=operation)
                continue
            if column._val_is_null(value) and operation is None:
                if self._conditional:
                    # In one statement: after it the conditions may not hold any more.
                    update._add_assignment_clause(AssignmentClause(column.db_field_name, None))
                else:
                    deleted.append(column.db_field_name)
                continue
            update.add_update(column, column.validate(value), operation=operation)
        if update.assignments:
            self._execute(update)
        if deleted:
            self._execute(
                DeleteStatement(
                    self.column_family_name,
                    fields=deleted,
                    where=self._named_rows(),
                    conditionals=deepcopy(self._conditional),
                    if_exists=self._if_exists,
                )
            )


class KeysOf(Map):
    """A map of which keys are removed: their values do not matter."""

    def __init__(self, column: Map) -> None:
        self.__dict__.update(column.__dict__)

    def to_database(self, value: Any) -> Any:
        return value


OPERATIONS = frozenset({"add", "remove", "append", "prepend", "update"})


def operation_of(keyword: str, model: Any) -> tuple[str, str | None]:
    """The column's name and what is done to it: all of it, where nothing is said."""
    name, mark, operation = keyword.rpartition("__")
    if not mark or keyword in model._columns:
        return keyword, None
    column = model._columns.get(name)
    if column is not None and not (operation in OPERATIONS and isinstance(column, BaseContainerColumn)):
        raise QueryException(f"{operation!r} is nothing that can be done to the column {name!r}")
    return name, operation


@exported_by("cassandra.cqlengine.query")
class ResultObject(dict[str, Any]):
    """A row whose values are attributes too."""

    def __getattr__(self, item: str) -> Any:
        try:
            return self[item]
        except KeyError:
            raise AttributeError(item) from None


@exported_by("cassandra.cqlengine.query")
class SimpleQuerySet(AbstractQuerySet):
    """A query of a table that has no model: its rows are dicts."""

    def _result_constructor(self) -> Any:
        return ResultObject
