"""How the answer to a request becomes what a program sees of it: taken once, read, and published."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cassandra._cluster.failure import with_hosts
from cassandra._cluster.preparing import columns as described
from cassandra._protocol.decryption import Decryption
from cassandra._protocol.handler import ProtocolHandler
from cassandra._protocol.handler import checked as checked_handler
from cassandra._protocol.result_message import ResultMessage
from cassandra._query.rows import tuple_factory
from cassandra._query.trace import QueryTrace

if TYPE_CHECKING:
    from uuid import UUID

    from cassandra._native import RequestCore, ResultCore

log = logging.getLogger("cassandra.cluster")

NO_ROWS: Final = (None, None, None)

Call = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]


class Answer:
    """Mixed into `ResponseFuture`."""

    session: Any
    prepared_statement: Any
    row_factory: Any
    is_schema_agreed: bool
    _lock: Lock

    _col_names: Sequence[str] | None = None
    _col_types: Sequence[Any] | None = None
    _paging_state: bytes | None = None
    _custom_payload: Mapping[str, bytes | None] | None = None
    _warnings: Sequence[str] | None = None
    _final_result: Any = None
    _final_exception: BaseException | None = None
    _is_result_kind_rows = False
    _query_trace_ids: tuple[UUID, ...] = ()
    _query_traces: tuple[QueryTrace, ...] = ()
    _host: Any = None

    _request: RequestCore | None = None
    _began: float | None = None
    _is_traced = False
    _is_internal = False
    _is_settled = False
    _taken: ResultCore | Exception | None = None
    _is_listening = False
    _callbacks: tuple[Call, ...] = ()
    _errbacks: tuple[Call, ...] = ()
    _to_tell: tuple[tuple[RequestCore, tuple[Call, ...], Any], ...] = ()
    _ended: tuple[RequestCore, ...] = ()
    _is_telling = False
    _tried: tuple[Any, ...] = ()

    def _settle(self, kept: type[BaseException] = Exception) -> None:
        """Take the answer, once, if it is there: another thread may have asked for the next page meanwhile.

        What reading it raises becomes its outcome where it is `kept`. All else is raised, and the answer stays.
        """
        with self._lock:
            request = self._request
            if self._is_settled or request is None:
                return
            if self._taken is None:
                try:
                    if not request.done():
                        return
                    self._taken = request.take()
                except Exception as error:
                    self._taken = error
            taken = self._taken
        # Not under the lock: a row factory is the program's and may look at this future. Where it is interrupted, the
        # answer is still there for whoever asks next.
        exception, read = None, NO_ROWS
        try:
            if isinstance(taken, Exception):
                raise taken
            read = self._read(taken)
        except kept as error:
            exception = with_hosts(error, self.session.cluster)
            if not isinstance(error, Exception):
                log.exception("Reading an answer raised what would have ended a thread of the program's own")
        tried = self._tried_in_vain(request) if isinstance(taken, Exception) else ()
        with self._lock:
            if not self._is_settled and self._taken is taken:
                self._tried = tried
                self._publish(request, taken, exception, read)

    def _publish(
        self, request: RequestCore, taken: Any, exception: BaseException | None, read: tuple[Any, Any, Any]
    ) -> None:
        if isinstance(taken, Exception):
            self._host = self._tried[-1] if self._tried else self._host
        else:
            self._note(taken)
        self._final_exception = exception
        if exception is None:
            self._has_read(taken, read)
        if self._began is not None:
            self.session.cluster.metrics.on_request(time.monotonic() - self._began)
        told = self._final_result if exception is None else exception
        if calls := self._callbacks if exception is None else self._errbacks:
            # They are told by who hears of the request's end, though the next page may have been asked for until then.
            self._to_tell = (*self._to_tell, (request, calls, told))
        self._taken = None
        self._is_settled = True

    def _tried_in_vain(self, request: RequestCore) -> tuple[Any, ...]:
        """The hosts that a request which failed was tried on, in order: the last is the one whose error it is."""
        return tuple(map(self.session.cluster._registry.at_address, request.attempted()))

    def _note(self, answer: ResultCore) -> None:
        """What an answer says beside its rows, whether or not they can be read."""
        self._host = answer.host
        if (warnings := answer.warnings) is not None:
            self._warnings = warnings
        if (payload := answer.custom_payload) is not None:
            self._custom_payload = payload
        if self._is_traced and (trace := answer.tracing_id) is not None:
            self._query_trace_ids = (*self._query_trace_ids, trace)
            self._query_traces = (*self._query_traces, QueryTrace(trace, self.session))

    def _has_read(self, answer: ResultCore, read: tuple[Any, Any, Any]) -> None:
        self._paging_state = answer.paging_state
        if answer.kind == "rows":
            self._is_result_kind_rows = True
            self._note_new_columns(answer)
            self._col_names, self._col_types, rows = read
            # A factory may make one mapping of all rows, which is one row then.
            self._final_result = ([rows] if rows else []) if isinstance(rows, Mapping) else rows
            return
        self._final_result = None
        if answer.kind == "schema_change":
            self.is_schema_agreed = answer.schema_agreed

    def _read(self, answer: ResultCore) -> tuple[Any, Any, Any]:
        """The columns' names, their types, and the rows."""
        if answer.kind == "rows":
            if self.session.client_protocol_handler is not ProtocolHandler and not self._is_internal:
                return self._read_by_handler(answer)
            policy = self.session.cluster.column_encryption_policy
            if policy is not None and (hidden := Decryption(policy, answer.columns or ())):
                return self._read_decrypted(answer, hidden)
            made = answer.rows(self.row_factory, self.session.cluster._user_types or None)
            return answer.column_names, answer.column_types, made
        if answer.kind == "schema_change":
            change = answer.schema_change
            self.session.cluster._schema_changed({} if change is None else change)
        return NO_ROWS

    def _read_decrypted(self, answer: ResultCore, hidden: Decryption) -> tuple[Any, Any, Any]:
        """The same where some columns are encrypted."""
        stored = answer.rows(tuple_factory, self.session.cluster._user_types or None)
        rows = hidden.rows(stored, self.session._protocol_version)
        return answer.column_names, hidden.types(answer.column_types or ()), self.row_factory(answer.column_names, rows)

    def _read_by_handler(self, answer: ResultCore) -> tuple[Any, Any, Any]:
        """The same as the program's own protocol handler reads it."""
        session = self.session
        handler = checked_handler(session.client_protocol_handler)
        version = session._protocol_version
        flags, body = answer.body(version)
        known = None if self.prepared_statement is None else self.prepared_statement.result_metadata
        message = handler.decode_message(
            version, session.cluster._user_types, 0, flags, ResultMessage.opcode, body, None, known
        )
        rows = self.row_factory(message.column_names, message.parsed_rows)
        return message.column_names, message.column_types, rows

    def _note_new_columns(self, answer: ResultCore) -> None:
        prepared = self.prepared_statement
        if prepared is None or (new := answer.result_metadata_id) is None or new == prepared.result_metadata_id:
            return
        # The table has changed since: from here on its columns are these.
        prepared.result_metadata_id = new
        prepared.result_metadata = described(answer.columns)
