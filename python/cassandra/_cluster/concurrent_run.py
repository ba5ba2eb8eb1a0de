"""`execute_concurrent_with_args` by the engine: one prepared statement with many values.

The engine binds, sends and waits in one loop, and makes the results. That is the same to a program
only where the session is ours unchanged and nobody listens to its requests; else the general way of
`cassandra.concurrent` is taken.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cassandra import timestamps
from cassandra._cluster import engine_policies
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT
from cassandra._cluster.failure import with_hosts
from cassandra._cluster.preparing import core_of
from cassandra._cluster.response_future import ResponseFuture
from cassandra._cluster.result_set import ResultSet
from cassandra._cluster.session import EXECUTE_ASYNC, Session
from cassandra._protocol.handler import ProtocolHandler
from cassandra._query.bound import BoundStatement
from cassandra._query.prepared import PreparedStatement
from cassandra.timestamps import MonotonicTimestampGenerator

if TYPE_CHECKING:
    from cassandra._native import EndedCore, ResultCore


class ConcurrentRun:
    """One call: what all its executions share, and the values of each."""

    def __init__(self, session: Session, prepared: PreparedStatement, profile: Any, made: type[Any]) -> None:
        self.session = session
        self.prepared = prepared
        self.profile = profile
        self.row_factory = profile.row_factory
        self.timeout = profile.request_timeout
        self._made = made
        # Only a statement that gives rows has further pages, for which the values are needed again.
        self._kept: list[Any] | None = [] if prepared.result_metadata else None

    def execute(self, parameters: Iterable[Any], concurrency: int, raise_on_first_error: bool) -> list[Any]:
        """Run them all; an instance of `made` for each, in order."""
        session = self.session
        message = self.message_for(None)
        user_types = session.cluster._user_types or None
        try:
            return session._core.execute_concurrent(
                message.prepared,
                self.prepared._binding()._binder,
                parameters,
                concurrency,
                raise_on_first_error,
                self._timestamps(),
                self._kept,
                message.options(),
                (self._made, EndedResultSet, self, self.row_factory, user_types),
            )
        except Exception as error:
            known = with_hosts(error, session.cluster)
            if known is error:
                raise
            raise known from None

    def _timestamps(self) -> tuple[Any, bool] | None:
        generator = self.session._timestamps()
        return None if generator is None else (generator, is_as_made(generator))

    # What the engine asks for, where it does not make a result by itself

    def failure(self, error: BaseException) -> BaseException:
        """An error of the engine as a program expects it."""
        return with_hosts(error, self.session.cluster)

    def result_set(self, index: Any, answer: ResultCore) -> ResultSet:
        """The result of an answer that has more to say than its rows."""
        future = EndedFuture(self, index, answer)
        if answer.paging_state is not None:
            # Further pages are asked for with the values of this one, whatever has become of the program's since.
            future.query = self.statement_as_sent(index, answer)
            future.message = self.message_for(future.query)
        future._read_all(answer)
        return ResultSet(future, future._final_result)

    def statement_as_sent(self, index: Any, answer: ResultCore) -> BoundStatement:
        """The statement with the values that it was sent with."""
        sent = BoundStatement(self.prepared)
        sent._bound, sent._given = answer.bound_values, self.values_at(index)
        return sent

    def message_for(self, bound: Any) -> Any:
        """A request with the options that all share; with values, one that can fetch further pages."""
        statement = BoundStatement(self.prepared) if bound is None else bound
        # Each execution gets a timestamp of its own.
        message = self.session._execute_message(statement, self.profile, False, None, is_stamped=bound is not None)
        message.timeout = self.timeout
        return message

    def values_at(self, index: Any) -> Any:
        """The values of the execution at this place; None where nobody needs them any more."""
        return None if self._kept is None else self._kept[index]

    def statement_at(self, index: Any) -> Any:
        """The statement that was run at this place; without its values where nobody needs them any more."""
        values = self.values_at(index)
        return BoundStatement(self.prepared) if values is None else self.prepared.bind(values)


class EndedResultSet(ResultSet):
    """A result that the engine has made, with the rows of its page; the rest is looked up when it is asked for.

    Of many thousand results hardly one is asked for more than its rows.
    """

    _run: Any
    _answer: EndedCore
    _index: Any = 0
    _has_future = False
    _first_page: Any = None

    @classmethod
    def of_answer(cls, run: Any, index: Any, answer: ResultCore) -> ResultSet:
        """The result of an answer that has more to say than its rows."""
        made: ResultSet = run.result_set(index, answer)
        return made

    @cached_property
    def response_future(self) -> Any:
        return self._future_of(EndedFuture(self._run, self._index, self._answer))

    def _future_of(self, future: EndedFuture) -> EndedFuture:
        if self._answer.kind == "rows":
            future._is_result_kind_rows = True
            future._final_result = self._current_rows if self._first_page is None else self._first_page
            future._col_names, future._col_types = self.column_names, self.column_types
        self._has_future = True
        return future

    @cached_property
    def column_names(self) -> Any:  # type: ignore[override]
        return self._answer.column_names

    @cached_property
    def column_types(self) -> Any:  # type: ignore[override]
        return self._answer.column_types

    @cached_property
    def _current_rows(self) -> Any:
        return []

    def _leave_page(self) -> None:
        # A future that is asked for later has its rows all the same.
        if not self._has_future:
            self._first_page = self._current_rows
        super()._leave_page()

    @property
    def has_more_pages(self) -> bool:
        # The future knows, as soon as there is one: it is what fetches pages.
        more: bool = self.response_future.has_more_pages if self._has_future else self._answer.paging_state is not None
        return more


def call_itself_a_result_set(kind: type[EndedResultSet]) -> None:
    """A program, and what is written for one, knows but one class of results."""
    kind.__name__ = kind.__qualname__ = ResultSet.__name__
    kind.__module__ = ResultSet.__module__
    # CPython keeps attributes without a dict for each object only as long as the first objects of the class had them.
    first = kind.__new__(kind)
    first._run = first._answer = first._index = first._current_rows = None  # type: ignore[assignment]


call_itself_a_result_set(EndedResultSet)


class EndedFuture(ResponseFuture):
    """The future of an execution that had ended before anybody saw it."""

    def __init__(self, run: ConcurrentRun, index: int, answer: EndedCore | ResultCore) -> None:
        self._run = run
        self._index = index
        self._answer = answer
        self._lock = Lock()
        self._is_settled = True

    def _read_all(self, answer: ResultCore) -> None:
        """Take from the answer all that it says."""
        self._note(answer)
        self._has_read(answer, self._read(answer))

    @cached_property
    def _host(self) -> Any:
        return self._answer.host

    @cached_property
    def _paging_state(self) -> bytes | None:  # type: ignore[override]
        return self._answer.paging_state

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


def is_as_made(generator: Any) -> bool:
    """Whether timestamps come from our generator, in which nobody has changed anything, nor its clock."""
    return (
        type(generator) is MonotonicTimestampGenerator
        and generator.__dict__.keys() <= GENERATORS_OWN
        and all(getattr(MonotonicTimestampGenerator, name) is method for name, method in GENERATORS_METHODS)
        and timestamps.time.time is CLOCK  # type: ignore[attr-defined]
    )


CLOCK: Final = time.time
GENERATORS_OWN: Final = MonotonicTimestampGenerator().__dict__.keys()
GENERATORS_METHODS: Final = tuple(
    (name, getattr(MonotonicTimestampGenerator, name)) for name in ("__call__", "_next_timestamp", "_maybe_warn")
)


def run_for(session: Any, statement: Any, execution_profile: Any, made: type[Any]) -> ConcurrentRun | None:
    """How the engine can run this; None where the general way is to be taken."""
    if not isinstance(session, Session) or type(statement) is not PreparedStatement:
        return None
    if session.client_protocol_handler is not ProtocolHandler:
        return None
    is_ours = type(session).execute_async is EXECUTE_ASYNC and "execute_async" not in session.__dict__
    if session.cluster._hub is not None:
        # The engine's loop blocks the thread.
        return None
    is_watched = session._request_init_callbacks or session.cluster.metrics is not None
    is_encrypted = statement.column_encryption_policy or session.cluster.column_encryption_policy
    if not is_ours or is_watched or is_encrypted:
        return None
    profile = session._given_profile(EXEC_PROFILE_DEFAULT if execution_profile is None else execution_profile)
    retry = engine_policies.retry(statement.retry_policy or profile.retry_policy)
    if retry != session.cluster._engine_retry or not session._is_engine_planned(profile):
        return None
    if statement.is_idempotent and not engine_policies.never_speculates(profile.speculative_execution_policy):
        # The policy is asked for each request, with its values.
        return None
    core_of(session, statement)
    return ConcurrentRun(session, statement, profile, made)
