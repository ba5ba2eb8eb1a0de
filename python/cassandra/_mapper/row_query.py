"""`DMLQuery`: what stores and deletes one instance of a model."""

from __future__ import annotations

from typing import Any

from cassandra._exported import exported_by
from cassandra._mapper.clauses import AssignmentClause, MapDeleteClause, WhereClause
from cassandra._mapper.collection_columns import Map
from cassandra._mapper.executing import run
from cassandra._mapper.query_errors import check_applied
from cassandra._mapper.statements import DeleteStatement, InsertStatement, UpdateStatement
from cassandra.cluster import _NOT_SET
from cassandra.cqlengine import CQLEngineException
from cassandra.cqlengine.operators import EqualsOperator


@exported_by("cassandra.cqlengine.query")
class DMLQuery:
    """Writes one row. In a batch it adds its statements to it."""

    _ttl: Any = None
    _consistency: Any = None
    _timestamp: Any = None
    _if_not_exists = False
    _if_exists = False

    def __init__(
        self,
        model: Any,
        instance: Any = None,
        batch: Any = None,
        ttl: int | None = None,
        consistency: int | None = None,
        timestamp: Any = None,
        if_not_exists: bool = False,
        conditional: Any = None,
        timeout: Any = _NOT_SET,
        if_exists: bool = False,
    ) -> None:
        self.model = model
        self.column_family_name = model.column_family_name()
        self.instance = instance
        self._batch = batch
        self._ttl = ttl
        self._consistency = consistency
        self._timestamp = timestamp
        self._if_not_exists = if_not_exists
        self._if_exists = if_exists
        self._conditional = conditional
        self._timeout = timeout

    def batch(self, batch_obj: Any) -> DMLQuery:
        """Have the statements added to a batch."""
        from cassandra._mapper.batch import BatchQuery

        if batch_obj is not None and not isinstance(batch_obj, BatchQuery):
            raise CQLEngineException("batch_obj must be a BatchQuery instance or None")
        self._batch = batch_obj
        return self

    def _execute(self, statement: Any) -> Any:
        connection = self.instance._get_connection_of() if self.instance is not None else None
        if self._batch is not None:
            if self._batch._connection:
                differs = connection and connection != self._batch._connection
                if differs and not self._batch._connection_explicit:
                    raise CQLEngineException("BatchQuery queries must be executed on the same connection")
            else:
                # The first statement says where a batch goes that does not know.
                self._batch._connection = connection
            return self._batch.add_query(statement)
        result = run(self.model, statement, self._consistency, self._timeout, connection=connection)
        if self._if_not_exists or self._if_exists or self._conditional:
            check_applied(result)
        return result

    def _of_this_row(self, statement: Any, keys: Any) -> Any:
        for column in keys:
            statement.add_where(column, EqualsOperator(), getattr(self.instance, column.column_name))
        return statement

    def _refuse_no_row(self) -> None:
        if self.instance is None:
            raise CQLEngineException("DML Query instance attribute is None")

    def _deletion(self) -> DeleteStatement:
        return DeleteStatement(
            self.column_family_name,
            timestamp=self._timestamp,
            conditionals=self._conditional,
            if_exists=self._if_exists,
        )

    def save(self) -> None:
        """Store the row: an insert, or where it was stored before under the same key, an update of what changed."""
        self._refuse_no_row()
        if self.model._has_counter or self.instance._can_update():
            self.update()
            return
        insert = InsertStatement(
            self.column_family_name, ttl=self._ttl, timestamp=self._timestamp, if_not_exists=self._if_not_exists
        )
        only_static = self._only_static()
        for name, column in self.instance._columns.items():
            if only_static and not (column.partition_key or column.static):
                continue
            value = getattr(self.instance, name)
            if not column._val_is_null(value):
                insert.add_assignment(column, value)
        if not insert.is_empty:
            self._execute(insert)
        self._delete_null_columns()

    def _only_static(self) -> bool:
        """Whether static columns are all that is to be written: then no clustering column needs a value."""
        columns = self.instance._columns.items()
        if not any(column.static for _, column in columns):
            return False
        values = {name: getattr(self.instance, name) for name, _ in columns}
        clustering = self.model._clustering_keys
        return bool(clustering) and all(values[name] is None for name in clustering)

    def update(self) -> None:
        """Store the columns that have changed."""
        self._refuse_no_row()
        update = UpdateStatement(
            self.column_family_name,
            ttl=self._ttl,
            timestamp=self._timestamp,
            conditionals=self._conditional,
            if_exists=self._if_exists,
        )
        static_only = True
        for name, column in self.instance._columns.items():
            manager = self.instance._values[name]
            if column.is_primary_key:
                continue
            is_counter = self.model._has_counter
            if not (manager.changed or is_counter):
                continue
            if column._val_is_null(manager.value) and not is_counter:
                # Under conditions all is written in one statement: after it they may not hold any more.
                if self._conditional and manager.deleted:
                    update._add_assignment_clause(AssignmentClause(column.db_field_name, None))
                    static_only = static_only and column.static
                continue
            static_only = static_only and column.static
            update.add_update(column, manager.value, previous=manager.previous_value)
        if update.assignments:
            keys = self.model._partition_keys if static_only else self.model._primary_keys
            self._execute(self._of_this_row(update, keys.values()))
        self._delete_null_columns()

    def _delete_null_columns(self) -> None:
        """Delete the columns, and keys of maps, that there are no more."""
        delete = self._deletion()
        static_only = True
        for name, column in self.instance._columns.items():
            manager = self.instance._values[name]
            if column.is_primary_key:
                continue
            if manager.deleted and not self._conditional:
                delete.add_field(column.db_field_name)
            elif isinstance(column, Map) and not column._is_whole:
                gone = MapDeleteClause(
                    column.db_field_name,
                    column.to_database(manager.value),
                    column.to_database(manager.previous_value),
                )
                if not gone.get_context_size():
                    continue
                delete.add_field(gone)
            else:
                continue
            static_only = static_only and column.static
        if delete.fields:
            keys = self.model._partition_keys if static_only else self.model._primary_keys
            self._execute(self._of_this_row(delete, keys.values()))

    def delete(self) -> None:
        """Delete the row."""
        self._refuse_no_row()
        delete = self._deletion()
        clustering = self.model._clustering_keys
        for name, column in self.model._primary_keys.items():
            value = getattr(self.instance, name)
            if value is None and name in clustering:
                # So a whole partition is deleted by an instance that has only its key.
                continue
            delete._add_where_clause(WhereClause(column.db_field_name, EqualsOperator(), column.to_database(value)))
        self._execute(delete)
