"""`execute_concurrent_with_args` by the engine: one prepared statement with many values.

The engine binds, sends and waits in one loop, and comes back to Python for each result. That is the same to a program
only where the session is ours unchanged and nobody listens to its requests; else the general way of
`cassandra.concurrent` is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from cassandra._cluster import engine_policies
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT
from cassandra._cluster.failure import with_hosts
from cassandra._cluster.preparing import core_of
from cassandra._cluster.response_future import ResponseFuture
from cassandra._cluster.result_set import ResultSet
from cassandra._cluster.session import Session
from cassandra._protocol.handler import ProtocolHandler
from cassandra._query.bound import BoundStatement
from cassandra._query.prepared import PreparedStatement

if TYPE_CHECKING:
    from collections.abc import Callable

    from cassandra._native import ResultCore


class ConcurrentRun:
    """One call: what all its executions share, and the values of each."""

    def __init__(self, session: Session, prepared: PreparedStatement, profile: Any, made: Callable[..., Any]) -> None:
        self.session = session
        self.prepared = prepared
        self.profile = profile
        self.row_factory = profile.row_factory
        self.timeout = profile.request_timeout
        self._made = made
        self._kept: list[Any] = []
        # Only a statement that gives rows has further pages, for which the values are needed again.
        self._keeps = bool(prepared.result_metadata)

    def execute(self, parameters: Iterable[Any], concurrency: int, raise_on_first_error: bool) -> list[Any]:
        """Run them all; what `made` makes of each, in order."""
        session = self.session
        message = self.message_for(None)
        message.timestamp = None
        binding = self.prepared._binding()
        try:
            return session._core.execute_concurrent(
                message.prepared,
                binding._binder,
                self._keeping(parameters) if self._keeps else parameters,
                concurrency,
                raise_on_first_error,
                session.timestamp_generator if session.use_client_timestamp else None,
                message.options(),
                self._result,
            )
        except Exception as error:
            known = with_hosts(error, session.cluster)
            if known is error:
                raise
            raise known from None

    def _keeping(self, parameters: Iterable[Any]) -> Iterator[Any]:
        for values in parameters:
            self._kept.append(values)
            yield values

    def _result(self, index: int, is_success: bool, outcome: Any) -> Any:
        if not is_success:
            return self._made(False, with_hosts(outcome, self.session.cluster))
        future = EndedFuture(self, index, outcome)
        return self._made(True, ResultSet(future, future._final_result))

    def message_for(self, bound: Any) -> Any:
        """A request with the options that all share; with values, one that can fetch further pages."""
        statement = BoundStatement(self.prepared) if bound is None else bound
        message = self.session._execute_message(statement, self.profile, False, None)
        message.timeout = self.timeout
        return message

    def statement_at(self, index: int) -> Any:
        """The statement that was run at this place; without its values where nobody needs them any more."""
        return self.prepared.bind(self._kept[index]) if self._keeps else BoundStatement(self.prepared)


class EndedFuture(ResponseFuture):
    """The future of an execution that had ended before anybody saw it."""

    def __init__(self, run: ConcurrentRun, index: int, answer: ResultCore) -> None:
        self._run = run
        self._index = index
        self._answer = answer
        self._lock = Lock()
        self._is_settled = True
        # Of many thousand results hardly one is asked for more than its rows: the rest is looked up when it is.
        kind = answer.kind
        if kind == "rows":
            self._is_result_kind_rows = True
            self._col_names = answer.column_names
            self._col_types = answer.column_types
            self._note_new_columns(answer)
            self._final_result = answer.rows(run.row_factory, run.session.cluster._user_types or None)
        elif kind != "void":
            self._has_read(answer, self._read(answer))

    @cached_property
    def _host(self) -> Any:
        return self._answer.host

    @cached_property
    def _paging_state(self) -> bytes | None:  # type: ignore[override]
        return self._answer.paging_state

    @cached_property
    def _warnings(self) -> Any:  # type: ignore[override]
        return self._answer.warnings

    @cached_property
    def _custom_payload(self) -> Any:  # type: ignore[override]
        return self._answer.custom_payload

    @cached_property
    def session(self) -> Any:
        return self._run.session

    @cached_property
    def query(self) -> Any:
        return self._run.statement_at(self._index)

    @cached_property
    def message(self) -> Any:
        return self._run.message_for(self.query)

    @cached_property
    def prepared_statement(self) -> Any:
        return self._run.prepared

    @cached_property
    def row_factory(self) -> Any:
        return self._run.row_factory

    @cached_property
    def timeout(self) -> Any:
        return self._run.timeout


def run_for(session: Any, statement: Any, execution_profile: Any, made: Callable[..., Any]) -> ConcurrentRun | None:
    """How the engine can run this; None where the general way is to be taken."""
    if not isinstance(session, Session) or type(statement) is not PreparedStatement:
        return None
    if session.client_protocol_handler is not ProtocolHandler:
        return None
    is_ours = type(session).execute_async is Session.execute_async and "execute_async" not in session.__dict__
    if session.cluster._hub is not None:
        # The engine's loop blocks the thread.
        return None
    is_watched = session._request_init_callbacks or session.cluster.metrics is not None
    if not is_ours or is_watched or statement.column_encryption_policy is not None:
        return None
    profile = session._given_profile(EXEC_PROFILE_DEFAULT if execution_profile is None else execution_profile)
    retry = engine_policies.retry(statement.retry_policy or profile.retry_policy)
    if retry != session.cluster._engine_retry or not session._is_engine_planned(profile):
        return None
    if statement.is_idempotent and engine_policies.speculation(
        profile.speculative_execution_policy, None, statement, None
    ):
        return None
    core_of(session, statement)
    return ConcurrentRun(session, statement, profile, made)
