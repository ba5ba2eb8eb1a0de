"""`BatchQuery`: statements of models that are sent together; `BatchType`."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar

from cassandra._exported import exported_by
from cassandra._mapper.query_errors import check_applied
from cassandra._mapper.statements import microseconds
from cassandra.cluster import _NOT_SET
from cassandra.cqlengine import CQLEngineException
from cassandra.query import SimpleStatement

exported = exported_by("cassandra.cqlengine.query")


@exported
class BatchType:
    """Kinds of batches, beside the logged one."""

    Unlogged = "UNLOGGED"
    Counter = "COUNTER"


@exported
class BatchQuery:
    """A batch. In a `with`, it is executed at the end, unless something is raised and `execute_on_exception` is false.

    `timestamp` is a `datetime`, a duration from now, or microseconds; `timeout` is in seconds.
    """

    warn_multiple_exec: ClassVar[bool] = True
    """Whether to warn of a batch that is executed more than once."""

    _consistency: Any = None

    def __init__(
        self,
        batch_type: str | None = None,
        timestamp: Any = None,
        consistency: int | None = None,
        execute_on_exception: bool = False,
        timeout: Any = _NOT_SET,
        connection: Any = None,
    ) -> None:
        if timestamp is not None and not isinstance(timestamp, (dt.datetime, dt.timedelta, int)):
            raise CQLEngineException("timestamp must be a datetime, a timedelta or microseconds")
        self.queries: list[Any] = []
        self.batch_type = batch_type
        self.timestamp = timestamp
        self._consistency = consistency
        self._execute_on_exception = execute_on_exception
        self._timeout = timeout
        self._callbacks: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []
        self._executed = False
        self._context_entered = False
        self._connection = connection
        if connection:
            self._connection_explicit = True
        else:
            self._connection_explicit = False

    def add_query(self, query: Any) -> None:
        """Add a statement."""
        self.queries.append(query)

    def consistency(self, consistency: int) -> None:
        """Set the consistency level."""
        self._consistency = consistency

    def add_callback(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Have a function called after the batch was executed."""
        if not callable(fn):
            raise ValueError(f"Value for argument 'fn' is {type(fn)} and is not a callable object.")
        self._callbacks.append((fn, args, kwargs))

    def _execute_callbacks(self) -> None:
        for fn, args, kwargs in self._callbacks:
            fn(*args, **kwargs)

    def execute(self) -> None:
        """Send the statements. LWTException where they are conditional and were not applied."""
        if self._executed and self.warn_multiple_exec:
            message = "Batch executed multiple times."
            if self._context_entered:
                message += " If using the batch as a context manager, there is no need to call execute directly."
            warnings.warn(message, stacklevel=2)
        self._executed = True
        if not self.queries:
            self._execute_callbacks()
            return
        text, parameters = self._text()
        from cassandra.cqlengine import connection as conn

        result = conn.execute(
            SimpleStatement(text, consistency_level=self._consistency),
            parameters,
            timeout=self._timeout,
            connection=self._connection,
        )
        check_applied(result)
        self.queries = []
        self._execute_callbacks()

    def _text(self) -> tuple[str, dict[str, Any]]:
        """The batch in CQL, and its values by their numbers."""
        # `cassandra.query.BatchType` has names too.
        name = str(getattr(self.batch_type, "name", self.batch_type or "")).upper()
        kind = f"{name} " if name not in ("", "LOGGED") else ""
        opener = f"BEGIN {kind}BATCH"
        timestamp = microseconds(self.timestamp)
        if timestamp:
            opener += f" USING TIMESTAMP {timestamp}"
        lines, parameters, number = [opener], {}, 0
        for query in self.queries:
            query.update_context_id(number)
            context = query.get_context()
            number += len(context)
            lines.append(f"  {query}")
            parameters.update(context)
        lines.append("APPLY BATCH;")
        return "\n".join(lines), parameters

    def __enter__(self) -> BatchQuery:
        self._context_entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or self._execute_on_exception:
            self.execute()


@exported
class ContextQuery:
    """`with ContextQuery(Person, keyspace="other") as Person:` has models use another keyspace or connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Programs derive from `BaseModel` too, with a metaclass of their own.
        from cassandra.cqlengine.models import BaseModel

        self.models: list[Any] = []
        if not args:
            raise ValueError("No model provided.")
        keyspace, connection = kwargs.pop("keyspace", None), kwargs.pop("connection", None)
        if kwargs:
            raise ValueError(f"Unknown keyword argument(s): {', '.join(kwargs)}")
        for model in args:
            if not (isinstance(model, type) and issubclass(model, BaseModel)):
                raise ValueError("Models must be derived from base Model.")
            self.models.append(moved(model, keyspace, connection))

    def __enter__(self) -> Any:
        return tuple(self.models) if len(self.models) > 1 else self.models[0]

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left over."""


def moved(model: Any, keyspace: str | None, connection: Any) -> Any:
    """The same model in another keyspace, or over another connection."""
    attributes: dict[str, Any] = {
        "__module__": model.__module__,
        "__table_name__": model._raw_column_family_name(),
        "__table_name_case_sensitive__": True,
        # The attribute is ours here, and no matter of the program's unless its own model has it.
        "_has_warned": model._has_warned or not model.__table_name_case_sensitive__,
    }
    attributes["__keyspace__"] = keyspace or model.__keyspace__
    attributes["__connection__"] = connection or model.__connection__
    made = type(model)(model.__name__, (model,), attributes)
    made.__abstract__ = model.__abstract__
    return made
