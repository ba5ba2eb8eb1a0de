"""`BatchStatement`: several statements sent as one BATCH (native protocol, section 4.1.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from itertools import islice
from typing import Any, ClassVar, Final

from cassandra._exported import exported_by
from cassandra._query.bound import BoundStatement
from cassandra._query.placeholders import bind_params
from cassandra._query.prepared import PreparedStatement
from cassandra._query.simple import SimpleStatement
from cassandra._query.statement import Statement, level_name
from cassandra.encoder import Encoder

MAX_STATEMENTS: Final = 0xFFFF
"""Their number travels as a `[short]`."""


@exported_by("cassandra.query")
class BatchType:
    """How the server treats a batch."""

    LOGGED: ClassVar[BatchType]
    """All of it happens in the end, also when the coordinator dies."""

    UNLOGGED: ClassVar[BatchType]
    """Parts of it may happen; right for one partition."""

    COUNTER: ClassVar[BatchType]
    """Counter updates only, and not logged."""

    def __init__(self, name: str, value: int) -> None:
        self.name = name
        self.value = value

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"BatchType.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (BatchType, self.name)


BatchType.LOGGED = BatchType("LOGGED", 0)
BatchType.UNLOGGED = BatchType("UNLOGGED", 1)
BatchType.COUNTER = BatchType("COUNTER", 2)


@exported_by("cassandra.query")
class BatchStatement(Statement):
    """Statements that are sent together. It can be kept and executed again; `clear` empties it.

    Of the statements' own options only custom payloads are taken, and keyspace and routing key from the first
    statement that has both.
    """

    batch_type: BatchType = BatchType.LOGGED
    """One of `BatchType`."""

    def __init__(
        self,
        batch_type: BatchType = BatchType.LOGGED,
        retry_policy: Any = None,
        consistency_level: int | None = None,
        serial_consistency_level: int | None = None,
        session: Any = None,
        custom_payload: Mapping[str, bytes] | None = None,
    ) -> None:
        super().__init__(
            retry_policy=retry_policy,
            consistency_level=consistency_level,
            serial_consistency_level=serial_consistency_level,
            custom_payload=custom_payload,
        )
        self.batch_type = batch_type
        self._session = session
        # (whether prepared, text or id, values in wire form)
        self._statements_and_parameters: list[tuple[bool, str | bytes, Sequence[Any]]] = []
        self._prepared_statements: dict[bytes, PreparedStatement] = {}

    def add(self, statement: Any, parameters: Any = None) -> BatchStatement:
        """Append a statement: text, `SimpleStatement`, `PreparedStatement` or `BoundStatement`; return this batch."""
        if isinstance(statement, str):
            if parameters:
                statement = bind_params(statement, parameters, self._encoder())
            self._append(None, False, statement, ())
        elif isinstance(statement, PreparedStatement):
            bound = statement.bind(() if parameters is None else parameters)
            self._prepared_statements[statement.query_id] = statement
            self._append(bound, True, statement.query_id, bound.values)
        elif isinstance(statement, BoundStatement):
            if parameters:
                raise ValueError("Parameters cannot be passed with a BoundStatement to BatchStatement.add()")
            prepared = statement.prepared_statement
            self._prepared_statements[prepared.query_id] = prepared
            self._append(statement, True, prepared.query_id, statement.values)
        elif isinstance(statement, SimpleStatement):
            text = statement.query_string
            if parameters:
                text = bind_params(text, parameters, self._encoder())
            self._append(statement, False, text, ())
        else:
            raise TypeError(f"a batch takes text and statements, not {type(statement).__name__}")
        return self

    def add_all(self, statements: Iterable[Any], parameters: Iterable[Any]) -> BatchStatement:
        """Append statements, each with the parameters at its place; return this batch."""
        if isinstance(statements, Sized) and isinstance(parameters, Sized) and len(statements) != len(parameters):
            raise ValueError(f"{len(statements)} statements, but parameters for {len(parameters)}")
        given = list(statements)
        values = list(islice(parameters, len(given)))
        if len(values) < len(given):
            raise ValueError(f"{len(given)} statements, but parameters for {len(values)}")
        for statement, value in zip(given, values, strict=True):
            self.add(statement, value)
        return self

    def clear(self) -> None:
        """Take all statements out, and what they brought with them; keep the batch's own options."""
        del self._statements_and_parameters[:]
        self._prepared_statements.clear()
        self.keyspace = None
        self.routing_key = None
        if self.custom_payload:
            self.custom_payload = {}

    def _prepared_of(self, cluster: Any, query_id: Any) -> PreparedStatement:
        """The prepared statement of an id; one that somebody put in by hand must be known to the cluster."""
        found = self._prepared_statements.get(query_id) or cluster._prepared_statements.get(query_id)
        if found is None:
            raise ValueError(f"the batch holds a prepared statement that nobody knows: {query_id!r}")
        prepared: PreparedStatement = found
        return prepared

    def _encoder(self) -> Encoder:
        if self._session is None:
            return Encoder()
        encoder: Encoder = self._session.encoder
        return encoder

    def _append(
        self, statement: Statement | None, is_prepared: bool, text_or_id: str | bytes, values: Sequence[Any]
    ) -> None:
        if len(self._statements_and_parameters) >= MAX_STATEMENTS:
            raise ValueError(f"Batch statement cannot contain more than {MAX_STATEMENTS} statements.")
        self._statements_and_parameters.append((is_prepared, text_or_id, values))
        if statement is None:
            return
        if self.routing_key is None and statement.keyspace and statement.routing_key:
            self.keyspace = statement.keyspace
            self.routing_key = statement.routing_key
        if statement.custom_payload:
            self.custom_payload = {**(self.custom_payload or {}), **statement.custom_payload}

    def __len__(self) -> int:
        return len(self._statements_and_parameters)

    def __str__(self) -> str:
        return f"<BatchStatement type={self.batch_type}, statements={len(self)}, consistency={level_name(self)}>"

    __repr__ = __str__
