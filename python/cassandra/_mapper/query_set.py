"""`AbstractQuerySet`: a query of rows that is put together step by step, and run when rows are asked for.

Each step gives a new query; the one that it was called on stays as it was.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, ClassVar

from cassandra._exported import exported_by
from cassandra._mapper import executing
from cassandra._mapper.batch import BatchQuery
from cassandra._mapper.clauses import ConditionalClause, WhereClause
from cassandra._mapper.filters import condition, split
from cassandra._mapper.query_errors import QueryException, check_applied
from cassandra._mapper.statements import DeleteStatement, SelectStatement
from cassandra.cluster import _NOT_SET
from cassandra.cqlengine import CQLEngineException

DEFAULT_LIMIT = 10_000
"""Rows of a query that does not say."""


@exported_by("cassandra.cqlengine.query")
class AbstractQuerySet:
    """A query of the rows of a table."""

    _shared: ClassVar[frozenset[str]] = frozenset(
        {"model", "_batch", "_result_cache", "_result_generator", "_timeout", "_connection"}
    )
    """What copies share, or begin without."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._where: list[Any] = []
        self._conditional: list[ConditionalClause | WhereClause] = []
        self._order: list[str] = []
        self._allow_filtering = False
        self._limit: int | None = DEFAULT_LIMIT
        self._defer_fields: set[str] = set()
        self._deferred_values: dict[str, Any] = {}
        self._only_fields: list[str] = []
        self._values_list = False
        self._flat_values_list = False
        self._result_cache: list[Any] | None = None
        self._result_generator: Iterator[Any] | None = None
        self._materialize_results = True
        self._distinct_fields: list[str] | None = None
        self._count: int | None = None
        self._batch: Any = None
        self._ttl: Any = None
        self._consistency: Any = None
        self._timestamp: Any = None
        self._if_not_exists = False
        self._if_exists = False
        self._timeout: Any = _NOT_SET
        self._fetch_size: int | None = None
        self._connection: Any = None

    @property
    def column_family_name(self) -> str:
        """The table's name in CQL."""
        name: str = self.model.column_family_name()
        return name

    def __unicode__(self) -> str:
        return str(self._select_query())

    def __str__(self) -> str:
        return self.__unicode__()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.filter(*args, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        clone = type(self)(self.model)
        for name, value in self.__dict__.items():
            if name in ("_result_cache", "_result_generator", "_count"):
                continue
            clone.__dict__[name] = value if name in self._shared else deepcopy(value, memo)
        return clone

    def _copy(self, **changes: Any) -> Any:
        clone = deepcopy(self)
        clone.__dict__.update(changes)
        return clone

    # What is asked of the server

    def _validate_select_where(self) -> None:
        """Refuse conditions that no server could answer."""

    def _select_fields(self) -> list[str]:
        """The columns that are read; none for all."""
        return []

    def _select_query(self) -> SelectStatement:
        if self._where:
            self._validate_select_where()
        return SelectStatement(
            self.column_family_name,
            fields=self._select_fields(),
            where=self._where,
            order_by=self._order,
            limit=self._limit,
            allow_filtering=self._allow_filtering,
            distinct_fields=self._distinct_fields,
            fetch_size=self._fetch_size,
        )

    def _execute(self, statement: Any) -> Any:
        if self._batch is not None:
            return self._batch.add_query(statement)
        connection = self._connection or self.model._get_connection()
        result = executing.run(self.model, statement, self._consistency, self._timeout, connection=connection)
        if self._if_not_exists or self._if_exists or self._conditional:
            check_applied(result)
        return result

    # Rows

    def _result_constructor(self) -> Any:
        """What makes a result of a row."""
        raise NotImplementedError

    def _fetch_results(self) -> Iterator[Any]:
        rows = self._execute(self._select_query())
        construct = self._result_constructor()
        for row in rows:
            yield construct(row)

    def _execute_query(self) -> None:
        if self._batch is not None:
            raise CQLEngineException("Only inserts, updates, and deletes are available in batch mode")
        if self._result_cache is None:
            self._result_cache = []
            self._result_generator = self._fetch_results()

    def _cached(self) -> list[Any]:
        self._execute_query()
        assert self._result_cache is not None
        return self._result_cache

    def _fill_to(self, wanted: int | None) -> list[Any]:
        """Read until so many results are there; all of them for None."""
        cache = self._cached()
        while wanted is None or len(cache) < wanted:
            try:
                cache.append(next(self._result_generator))  # type: ignore[arg-type]
            except StopIteration:
                break
        return cache

    def __iter__(self) -> Iterator[Any]:
        index = 0
        self._cached()
        if not self._materialize_results:
            yield from self._result_generator or ()
            return
        while len(self._fill_to(index + 1)) > index:
            yield self._cached()[index]
            index += 1

    def __len__(self) -> int:
        return len(self._fill_to(None))

    def __getitem__(self, s: Any) -> Any:
        if isinstance(s, slice):
            bounds = [bound for bound in (s.start, s.stop) if bound is not None]
            if any(bound < 0 for bound in bounds):
                warn_of_negative("slicing")
            backwards = any(bound < 0 for bound in bounds) or s.stop is None or (s.step or 1) < 0
            return self._fill_to(None if backwards else s.stop)[s]
        try:
            index = int(s)
        except (TypeError, ValueError):
            raise TypeError("QuerySet indices must be integers") from None
        if index < 0:
            warn_of_negative("indexing")
        found = self._fill_to(None if index < 0 else index + 1)
        if index < -len(found) or index >= len(found):
            raise IndexError("list index out of range")
        return found[index]

    def first(self) -> Any:
        """The first row, or None."""
        return next(iter(self), None)

    def count(self) -> int:
        """How many rows there are: the server counts, unless they have been read."""
        if self._batch is not None:
            raise CQLEngineException("Only inserts, updates, and deletes are available in batch mode")
        if self._result_cache is not None:
            return len(self)
        if self._count is None:
            query = self._select_query()
            query.count = True
            row = self._execute(query).one()
            self._count = int(next(iter(row.values())) if isinstance(row, dict) else row[0])
        return self._count

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """The one row. DoesNotExist or MultipleObjectsReturned where there is none, or there are others."""
        if args or kwargs:
            return self.filter(*args, **kwargs).get()
        found = self._fill_to(2)
        if not found:
            raise self.model.DoesNotExist
        if len(found) > 1:
            raise self.model.MultipleObjectsReturned("Multiple objects found")
        return found[0]

    # Steps

    def all(self) -> Any:
        """The same query, still to be run."""
        return deepcopy(self)

    def filter(self, *args: Any, **kwargs: Any) -> Any:
        """The rows for which these conditions hold too: `Person.age > 5`, or `age__gt=5`."""
        if any(value is None for value in kwargs.values()):
            raise CQLEngineException("None values on filter are not allowed")
        clone = deepcopy(self)
        for given in args:
            if not isinstance(given, WhereClause):
                raise QueryException(f"{given} is not a valid query operator")
            clone._where.append(given)
        for name, value in kwargs.items():
            clone._where.append(condition(self.model, name, value, clone._deferred_values))
        # What is known of the rows need not be read.
        clone._defer_fields |= set(clone._deferred_values)
        return clone

    def iff(self, *args: Any, **kwargs: Any) -> Any:
        """Write only where columns have these values: `iff(count=5)`."""
        if any(value is None for value in kwargs.values()):
            raise CQLEngineException("None values on iff are not allowed")
        clone = deepcopy(self)
        for given in args:
            if not isinstance(given, (ConditionalClause, WhereClause)):
                raise QueryException(f"{given} is not a valid query operator")
            clone._conditional.append(given)
        for name, value in kwargs.items():
            if split(name)[0] == "pk":
                raise QueryException(f"Can't resolve column name: '{name}'")
            clone._conditional.append(condition(self.model, name, value, {}))
        return clone

    def order_by(self, *colnames: str) -> Any:
        """In the order of these clustering columns; `-name` for the reverse. None for the table's own."""
        if not colnames:
            return self._copy(_order=[])
        conditions = []
        for name in colnames:
            conditions.append('"{}" {}'.format(*self._get_ordering_condition(name)))
        return self._copy(_order=[*self._order, *conditions])

    def _get_ordering_condition(self, colname: str) -> tuple[str, str]:
        direction = "DESC" if colname.startswith("-") else "ASC"
        return colname.replace("-", ""), direction

    def limit(self, v: int | None) -> Any:
        """At most so many rows; None or 0 for any number. Without it, 10,000."""
        if v is None:
            v = 0
        if not isinstance(v, int) or isinstance(v, bool):
            raise TypeError("the limit must be a number of rows")
        if v < 0:
            raise QueryException("Negative limit is not allowed")
        return self._copy(_limit=v or None)

    def fetch_size(self, v: int) -> Any:
        """So many rows in one page."""
        if not isinstance(v, int) or isinstance(v, bool):
            raise TypeError("the fetch size must be a number of rows")
        if v < 1:
            raise QueryException("fetch size less than 1 is not allowed")
        return self._copy(_fetch_size=v)

    def allow_filtering(self) -> Any:
        """Have the server look at all rows where it must."""
        return self._copy(_allow_filtering=True)

    def distinct(self, distinct_fields: Sequence[str] | None = None) -> Any:
        """Only different values of these columns of the key; by default of the partition key."""
        if distinct_fields is None:
            distinct_fields = [column.db_field_name for column in self.model._partition_keys.values()]
        return self._copy(_distinct_fields=list(distinct_fields))

    def only(self, fields: Sequence[str]) -> Any:
        """Read these columns only."""
        return self._only_or_defer("only", fields)

    def defer(self, fields: Sequence[str]) -> Any:
        """Do not read these columns."""
        return self._only_or_defer("defer", fields)

    def _only_or_defer(self, action: str, fields: Sequence[str]) -> Any:
        missing = [field for field in fields if field not in self.model._columns]
        if missing:
            raise QueryException(f"Can't resolve fields {', '.join(missing)} in {self.model.__name__}")
        fields = [self.model._columns[field].db_field_name for field in fields]
        if action == "defer":
            return self._copy(_defer_fields=self._defer_fields | set(fields))
        if self._only_fields:
            raise QueryException("QuerySet already has 'only' fields defined")
        return self._copy(_only_fields=list(fields))

    def consistency(self, consistency: int) -> Any:
        """At this consistency level."""
        return self._copy(_consistency=consistency)

    def timeout(self, timeout: float | None) -> Any:
        """Within so many seconds; None for any time."""
        return self._copy(_timeout=timeout)

    def batch(self, batch_obj: Any) -> Any:
        """Add what is written to a batch."""
        if self._connection:
            raise CQLEngineException("Cannot specify the connection on model in batch mode.")
        if batch_obj is not None and not isinstance(batch_obj, BatchQuery):
            raise CQLEngineException("batch_obj must be a BatchQuery instance or None")
        return self._copy(_batch=batch_obj)

    def using(self, keyspace: str | None = None, connection: Any = None) -> Any:
        """In another keyspace, or over another connection."""
        if connection and self._batch is not None:
            raise CQLEngineException("Cannot specify a connection on model in batch mode.")
        clone = deepcopy(self)
        if keyspace:
            from cassandra._mapper.batch import moved

            clone.model = moved(self.model, keyspace, None)
        if connection:
            clone._connection = connection
        return clone

    # Writing

    def create(self, **kwargs: Any) -> Any:
        """Make a row of values and store it, as this query says."""
        made = self.model(**kwargs)
        made._ttl, made._timestamp = self._ttl, self._timestamp
        made._consistency, made._timeout = self._consistency, self._timeout
        made._if_not_exists, made._batch = self._if_not_exists, self._batch
        if self._connection:
            made._connection = self._connection
        return made.save()

    def delete(self) -> None:
        """Delete the rows. QueryException where the conditions do not name the partition."""
        keys = {column.db_field_name for column in self.model._partition_keys.values()}
        if not keys <= {clause.field for clause in self._where}:
            raise QueryException("The partition key must be defined on delete queries")
        self._execute(
            DeleteStatement(
                self.column_family_name,
                where=self._named_rows(),
                timestamp=self._timestamp,
                conditionals=self._conditional,
                if_exists=self._if_exists,
            )
        )

    def _named_rows(self) -> list[Any]:
        """The program's own conditions, to be numbered by one statement that writes."""
        return [clause for clause in deepcopy(self._where) if not clause.is_implied]

    def __eq__(self, q: object) -> bool:
        if not isinstance(q, AbstractQuerySet) or len(self._where) != len(q._where):
            return False
        return all(clause in q._where for clause in self._where)

    def __ne__(self, q: object) -> bool:
        return not self == q

    __hash__ = None  # type: ignore[assignment]


def warn_of_negative(what: str) -> None:
    """Say what counting from the end costs: all rows are read."""
    warnings.warn(
        f"ModelQuerySet {what} with negative indices support will be removed in 4.0.",
        DeprecationWarning,
        stacklevel=3,
    )
