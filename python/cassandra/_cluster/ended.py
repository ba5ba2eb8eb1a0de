"""Results of a prepared statement that had ended before anybody saw them, and what they keep of their run.

The engine makes them (`execute_concurrent_with_args`, and `execute` without further arguments), with the rows of their
page. The rest is looked up when it is asked for: of many thousand results hardly one is asked for more than its rows.
"""

from __future__ import annotations

from copy import copy
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from cassandra._cluster.response_future import ResponseFuture
from cassandra._cluster.result_set import ResultSet
from cassandra._native import BoundValues, ResultCore
from cassandra._query.bound import BoundStatement

if TYPE_CHECKING:
    from cassandra._native import EndedCore


class Levels(NamedTuple):
    """What a request takes of a profile, as it was when it was sent."""

    consistency_level: Any
    serial_consistency_level: Any
    policy: str | None
    """The name of its policy in the engine."""


class Run:
    """What all executions of one run share: what a result asks for the rest."""

    session: Any
    prepared: Any
    template: BoundStatement
    """The statement without values, with its options as they were when it was run."""
    levels: Levels
    row_factory: Any
    timeout: Any

    def statement(self, given: Any, bound: BoundValues | None) -> BoundStatement:
        """The statement as it was sent: with the values that the program gave, and what was made of them."""
        statement = copy(self.template)
        statement.prepared_statement = self.prepared
        if bound is None and given is not None:
            # The same values give the same bytes, which were not kept.
            return statement.bind(given)
        statement._given, statement._bound, statement._values = given, bound, None
        return statement

    def message_for(self, bound: BoundStatement | None) -> Any:
        """A request with the options that all share; with values, one that can fetch further pages."""
        statement = self.template if bound is None else bound
        # Each execution gets a timestamp of its own.
        message = self.session._execute_message(statement, self.levels, False, None, is_stamped=bound is not None)
        message.timeout, message.policy = self.timeout, self.levels.policy
        return message

    def result_set(self, given: Any, answer: ResultCore) -> ResultSet:
        """The result of an answer that has more to say than its rows."""
        future = EndedFuture(self, given, None, answer)
        if answer.paging_state is not None:
            # Further pages are asked for as this one was, whatever has become of the session and its profiles since.
            future.message = self.message_for(future.query)
        future._read_all(answer)
        return ResultSet(future, future._final_result)


class EndedResultSet(ResultSet):
    """A result that the engine has made, with the rows of its page. It sets all slots."""

    __slots__ = ("_answer", "_current_rows", "_given", "_run", "_sent")
    _run: Any
    _answer: EndedCore
    _given: Any
    _sent: bytes | None
    _has_future = False
    _first_page: Any = None

    @classmethod
    def of_answer(cls, run: Any, given: Any, answer: ResultCore) -> ResultSet:
        """The result of an answer that has more to say than its rows."""
        return cls._run_of(run).result_set(given, answer)

    @staticmethod
    def _run_of(run: Any) -> Run:
        """The run, by what results keep of it."""
        found: Run = run
        return found

    @cached_property
    def response_future(self) -> Any:
        future = EndedFuture(self._run_of(self._run), self._given, self._sent, self._answer)
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


class VoidResultSet(ResultSet):
    """A result without rows that the engine has made. It sets all slots, but for `_given`, which it sets for tuples.

    Other values may be changed by the program until somebody asks, and are not copied for the few who do.
    """

    __slots__ = ("_answer", "_given", "_run")
    _run: Run
    _answer: EndedCore
    _given: tuple[Any, ...]

    @cached_property
    def response_future(self) -> Any:
        return EndedFuture(self._run, getattr(self, "_given", None), None, self._answer)

    @cached_property
    def _current_rows(self) -> Any:
        return []

    @property
    def has_more_pages(self) -> bool:
        """There are none."""
        return False


def call_itself_a_result_set(kind: type[ResultSet]) -> None:
    """A program, and what is written for one, knows but one class of results."""
    kind.__name__ = kind.__qualname__ = ResultSet.__name__
    kind.__module__ = ResultSet.__module__


call_itself_a_result_set(EndedResultSet)
call_itself_a_result_set(VoidResultSet)


class EndedFuture(ResponseFuture):
    """The future of an execution that had ended before anybody saw it."""

    def __init__(self, run: Run, given: Any, sent: bytes | None, answer: EndedCore | ResultCore) -> None:
        self._run = run
        self._given = given
        self._sent = sent
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
        answer = self._answer
        if isinstance(answer, ResultCore):
            return self._run.statement(self._given, answer.bound_values)
        return self._run.statement(self._given, None if self._sent is None else BoundValues.sent(self._sent))

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
